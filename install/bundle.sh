#!/usr/bin/env bash
# Everything that install.sh needs where there is no network, in one folder: `make bundle FOR=trixie CPU=aarch64 TO=DIR`;
# with SCREEN=yes what --screen needs as well.
#   portillon/  the program with its install.sh     wheels/  Python packages, as pinned and with their hashes looked at
#   debs/       Debian packages, where this machine's apt is of the same release and CPU; otherwise it says what is missing
set -euo pipefail
HERE=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=install/program.sh
. "$HERE/install/program.sh"
# shellcheck source=install/packages.sh
. "$HERE/install/packages.sh"
SYSTEM=  # nothing is installed here
# shellcheck source=install/screen.sh
. "$HERE/install/screen.sh"
readonly release=${1:?bundle.sh RELEASE CPU FOLDER [yes: with the screen]} cpu=${2:?} folder=${3:?}
mapfile -t packages < <(bundle_packages "${4:-no}" | sort -u)

say() { printf 'bundle: %s\n' "$*"; }

python_of() {
    case $1 in
        trixie) printf 3.13 ;;
        bookworm) printf 3.11 ;;
        *) say "there is no bundle for $1: trixie, or bookworm" >&2; return 2 ;;
    esac
}

wheels() {  # for the target's Python and CPU, not for those of this machine
    local list python platforms
    python=$(python_of "$release")
    # Every C library up to bookworm's, 2.36; the newest first, as pip takes them.
    mapfile -t platforms < <(seq -f "--platform=manylinux_2_%g_$cpu" 36 -1 17)
    list=$(mktemp)
    "$HERE/.venv/bin/python" "$HERE/tests/system/machine/pinned.py" "$python" "$HERE/requirements/runtime.txt" >"$list"
    "$HERE/.venv/bin/python" -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps \
        --only-binary :all: --python-version "$python" "${platforms[@]}" --platform "manylinux2014_$cpu" \
        --requirement "$list" --dest "$folder/wheels"
    rm -f "$list"
    say "$(find "$folder/wheels" -name '*.whl' | wc -l) wheels for Python $python on $cpu"
}

same_system() {  # whose apt can tell what the target lacks
    # shellcheck source=/dev/null
    [ "$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")" = "$release" ] && [ "$(uname -m)" = "$cpu" ] &&
        command -v apt-get >/dev/null
}

debs() {
    if ! same_system; then
        say "no Debian packages: this machine is not $release on $cpu. Make the bundle on one that is, or have on the target:"
        say "  ${packages[*]}"
        return
    fi
    local name known=()
    for name in "${packages[@]}"; do
        if apt-cache show "$name" >/dev/null 2>&1; then known+=("$name"); else say "apt does not know $name here"; fi
    done
    mkdir -p "$folder/debs/partial"
    : >"$folder/debs/status"  # as if nothing were installed: the target may lack what this machine has
    apt-get --quiet --quiet --yes --download-only --no-install-recommends -o "Dir::State::Status=$folder/debs/status" \
        -o "Dir::Cache::Archives=$folder/debs" -o APT::Sandbox::User=root -o Debug::NoLocking=1 install "${known[@]}" >/dev/null
    rm -rf "$folder/debs/partial" "$folder/debs/status" "$folder/debs/lock"
    list_debs >"$folder/debs/Packages"
    say "$(grep -c '^Package: ' "$folder/debs/Packages") Debian packages of $release"
}

list_debs() {  # what makes a folder an apt repository
    local deb
    for deb in "$folder"/debs/*.deb; do
        dpkg-deb --field "$deb"
        printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "${deb##*/}" "$(stat -c %s "$deb")" \
            "$(sha256sum "$deb" | cut -d ' ' -f 1)"
    done
}

python_of "$release" >/dev/null
if [ -e "$folder" ]; then
    say "$folder is there already: remove it, or name another with TO=DIR" >&2
    exit 1
fi
mkdir -p "$folder"
copy_source "$folder/portillon"
wheels
debs
say "done. On the machine: sudo $folder/portillon/install.sh --offline $folder --profile turnstile"
