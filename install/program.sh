# Our own program: each version in a folder of its own, /opt/portillon/VERSION-DIGEST-PYTHON-KIND, beside the others. `current`
# names the one that runs. The Python packages that it is built on are in packages-DIGEST, which versions with the same list
# share: an upgrade that changes none of them takes seconds, and no network.
# A folder that has no file `complete` was broken off and is made anew.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
VERSION=  # the name of the folder; known from step_program on

source_files() {  # what a version is made of, relative to this folder
    (cd "$HERE" && find api kiosk config systemd install install.sh requirements/runtime.txt pyproject.toml README.md LICENSE \
        -type f ! -name '*.pyc' | LC_ALL=C sort)
}

source_digest() { (cd "$HERE" && source_files | xargs -d '\n' sha256sum | sha256sum | cut -c -8); }

version_here() {
    local number
    number=$(sed -n 's/^version = "\([0-9a-z.]*\)"$/\1/p' "$HERE/pyproject.toml")
    # The Python is in the name: after an upgrade of Debian the next run makes the environment anew.
    printf '%s-%s-%s-%s' "$number" "$(source_digest)" "$(python_name)" "$(version_kind)"
}

version_kind() { if has_gate; then printf gate; else printf server; fi; }

step_program() {
    VERSION=$(version_here)
    if [ ! -e "$OPT/$VERSION/complete" ]; then make_version; fi
    if [ "$DRY" -eq 0 ]; then check_settings; fi
}

check_settings() {  # the new version reads them; otherwise nothing of the machine is touched
    local bin=$OPT/$VERSION/bin
    if has_gate && ! "$bin/portillon-kiosk" config check "$ETC/kiosk.toml" >/dev/null; then fail bad_settings "$ETC/kiosk.toml"; fi
    if has_server && ! "$bin/portillon-api" config check "$ETC/api.toml" >/dev/null; then fail bad_settings "$ETC/api.toml"; fi
}

make_version() {
    scratch
    pinned >"$SCRATCH/pinned.txt"
    local packages
    packages=packages-$({ python_name && version_kind && cat "$SCRATCH/pinned.txt"; } | sha256sum | cut -c -8)
    if [ ! -e "$OPT/$packages/complete" ]; then make_packages "$OPT/$packages"; fi
    change version "$VERSION" || return 0
    anew "$OPT/$VERSION"
    copy_source "$OPT/$VERSION/source"
    make_environment "$OPT/$VERSION" "$OPT/$packages"
    "$OPT/$VERSION/bin/portillon-kiosk" --help >/dev/null
    "$OPT/$VERSION/bin/portillon-api" --version >/dev/null
    mark_complete "$OPT/$VERSION" "$packages"
}

anew() {  # FOLDER: nothing is in it, and it goes when the step is undone
    undo_by clear_away "$1"
    clear_away "$1"
    mkdir -p "$1"
}

mark_complete() {  # FOLDER TEXT: all else of it is on the disk first, wherever the power goes
    sync --file-system "$1"
    printf '%s\n' "$2" >"$1/complete"
    sync --file-system "$1"
}

unmark() {  # FOLDER: so that it counts as broken off before anything else of it goes
    if [ ! -e "$1/complete" ]; then return; fi
    rm -f "$1/complete"
    sync "$1"
}

clear_away() {  # FOLDER
    unmark "$1"
    rm -rf "${1:?}"
}

copy_source() {  # FOLDER: so that this version can be taken away, or brought back, when the folder we run from is gone
    local file
    while read -r file; do
        install -D --mode "$(mode_of "$file")" "$HERE/$file" "$1/$file"
    done < <(source_files)
}

mode_of() { if [ -x "$HERE/$1" ]; then printf 755; else printf 644; fi; }

environment() {  # FOLDER OPTIONS…
    if has_gate; then set -- "$@" --system-site-packages; fi
    python3 -m venv "$@"
}

make_packages() {  # FOLDER
    change python_packages "$1" || return 0
    anew "$1"
    environment "$1"
    local where=()
    if [ -n "$OFFLINE" ]; then where=(--no-index --find-links "$OFFLINE/wheels"); fi
    # --no-deps: the list is whole. --ignore-installed: also what apt has by chance in the same version.
    quietly "$1/bin/python" -m pip install --disable-pip-version-check --no-deps --ignore-installed --require-hashes \
        --only-binary :all: --no-cache-dir "${where[@]}" --requirement "$SCRATCH/pinned.txt"
    mark_complete "$1" whole
}

make_environment() {  # FOLDER PACKAGES: our own program, which finds the packages beside its folder
    environment "$1" --without-pip
    local sites
    sites=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$2${sites#"$1"}" >"$sites/packages.pth"
    # In a copy, since building leaves its traces.
    rm -rf "$SCRATCH/build"
    cp -R "$1/source" "$SCRATCH/build"
    quietly "$2/bin/python" -m pip --python "$1/bin/python" install --disable-pip-version-check --no-index --no-deps \
        --no-build-isolation --no-cache-dir "$SCRATCH/build"
}

pinned() {  # the lock file without what apt gives
    local by_apt=none
    if has_gate; then by_apt=numpy; fi
    if has_gate && is_pi; then by_apt='numpy|lgpio'; fi
    awk -v by_apt="^($by_apt)==" '/^[a-z]/ { left_out = $0 ~ by_apt } !left_out { print }' "$HERE/requirements/runtime.txt"
}

tidy_versions() {  # KEPT…: of all versions that are not running, only the one before this; and the packages of both
    local folder name kept=" $* "
    for name in "$@"; do kept+="$(cat "$OPT/$name/complete" 2>/dev/null || true) "; done
    for folder in "$OPT"/*-py[0-9]* "$OPT"/packages-*; do
        if [ ! -d "$folder" ] || [[ $kept == *" ${folder##*/} "* ]]; then continue; fi
        [ "$DRY" -eq 1 ] || unmark "$folder"
        remove "$folder"
    done
    # The tickets as they were before a version that is gone; and .new and .trial, which a run that was killed had begun.
    for name in "$STATE"/backups/before-*.sqlite3*; do
        folder=${name##*/before-}
        if [ ! -f "$name" ] || [[ $kept == *" ${folder%%.sqlite3*} "* && $folder != *.sqlite3.* ]]; then continue; fi
        change remove "$name" || continue
        as_portillon rm -f "$name"
    done
}
