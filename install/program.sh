# Our own program: each version whole in a folder of its own, /opt/portillon/VERSION-DIGEST-PYTHON-KIND, beside the others.
# `current` names the one that runs. A folder that has no file `complete` was broken off and is made anew.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
VERSION=  # the name of the folder; known from step_program on

source_files() {  # what a version is made of, relative to this folder
    (cd "$HERE" && find api kiosk config systemd install install.sh requirements/runtime.txt pyproject.toml README.md LICENSE \
        -type f ! -name '*.pyc' | LC_ALL=C sort)
}

source_digest() { (cd "$HERE" && source_files | xargs -d '\n' sha256sum | sha256sum | cut -c -8); }

version_here() {
    local number kind=server
    number=$(sed -n 's/^version = "\([0-9a-z.]*\)"$/\1/p' "$HERE/pyproject.toml")
    if has_gate; then kind=gate; fi
    # The Python is in the name: after an upgrade of Debian the next run makes the environment anew.
    printf '%s-%s-%s-%s' "$number" "$(source_digest)" "$(python_name)" "$kind"
}

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
    change version "$VERSION" || return 0
    undo_by rm -rf "${OPT:?}/$VERSION"
    rm -rf "${OPT:?}/$VERSION"
    copy_source "$OPT/$VERSION/source"
    make_environment "$OPT/$VERSION"
    "$OPT/$VERSION/bin/portillon-kiosk" --help >/dev/null
    "$OPT/$VERSION/bin/portillon-api" --version >/dev/null
    printf '%s\n' "$VERSION" >"$OPT/$VERSION/complete"
    sync --file-system "$OPT/$VERSION"
}

copy_source() {  # FOLDER: so that this version can be taken away, or brought back, when the folder we run from is gone
    local file
    while read -r file; do
        install -D --mode "$(mode_of "$file")" "$HERE/$file" "$1/$file"
    done < <(source_files)
}

mode_of() { if [ -x "$HERE/$1" ]; then printf 755; else printf 644; fi; }

make_environment() {  # FOLDER
    local options=() where=()
    if has_gate; then options=(--system-site-packages); fi
    if [ -n "$OFFLINE" ]; then where=(--no-index --find-links "$OFFLINE/wheels"); fi
    python3 -m venv "${options[@]}" "$1"
    pinned >"$SCRATCH/pinned.txt"
    # --no-deps: the list is whole. --ignore-installed: also what apt has by chance in the same version.
    quietly "$1/bin/python" -m pip install --disable-pip-version-check --no-deps --ignore-installed --require-hashes \
        --only-binary :all: --no-cache-dir "${where[@]}" --requirement "$SCRATCH/pinned.txt"
    # In a copy, since building leaves its traces.
    rm -rf "$SCRATCH/build"
    cp -R "$1/source" "$SCRATCH/build"
    quietly "$1/bin/python" -m pip install --disable-pip-version-check --no-index --no-deps --no-build-isolation \
        --no-cache-dir "$SCRATCH/build"
}

pinned() {  # the lock file without what apt gives
    local by_apt=none
    if has_gate; then by_apt=numpy; fi
    if has_gate && is_pi; then by_apt='numpy|lgpio'; fi
    awk -v by_apt="^($by_apt)==" '/^[a-z]/ { left_out = $0 ~ by_apt } !left_out { print }' "$HERE/requirements/runtime.txt"
}

tidy_versions() {  # KEPT…: of all versions that are not running, only the one before this
    local folder
    for folder in "$OPT"/*-py[0-9]*; do
        if [[ " $* " == *" ${folder##*/} "* ]]; then continue; fi
        remove "$folder"
    done
}
