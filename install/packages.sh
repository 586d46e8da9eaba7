# Debian packages, from the machine's own sources or from the bundle.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts

wanted_packages() {
    printf '%s\n' python3-venv
    if has_gate; then
        # zbar reads the codes that zxing-cpp misses. The camera's library is built against apt's numpy, so the gate runs on
        # that numpy too; lgpio has no wheel for Python 3.13. Both are Raspberry Pi's own packages.
        printf '%s\n' libzbar0 python3-numpy
        if is_pi; then printf '%s\n' python3-lgpio python3-picamera2; fi
    fi
    if has_server; then printf '%s\n' fonts-dejavu-core; fi  # letters of printed tickets
    if [ "$SCREEN" = yes ]; then screen_packages; fi
    # A clock of a machine without one. Not beside another that sets it.
    [ -e /usr/sbin/chronyd ] || [ -e /usr/sbin/ntpd ] || printf '%s\n' systemd-timesyncd
    if [ "$READ_ONLY" = yes ]; then printf '%s\n' overlayroot; fi
}

bundle_packages() {  # yes|no, with the screen: what any machine may want, for a bundle
    printf '%s\n' python3-venv libzbar0 python3-numpy python3-lgpio python3-picamera2 fonts-dejavu-core systemd-timesyncd \
        overlayroot
    if [ "$1" = yes ]; then screen_packages; fi
}

really_installed() {  # NAME: the name under which it is here, or nothing; on trixie libzbar0 is called libzbar0t64
    { dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' "$1" "$1t64" 2>/dev/null || true; } |
        sed -n 's/^installed //p'
}

is_installed() { [ -n "$(really_installed "$1")" ]; }

step_packages() {
    local name missing=()
    while read -r name; do
        is_installed "$name" || missing+=("$name")
    done < <(wanted_packages | sort -u)
    if [ ${#missing[@]} -eq 0 ]; then return; fi
    change packages "${missing[*]}" || return 0
    undo_by undo_packages "${missing[@]}"
    if [ -n "$OFFLINE" ]; then
        apt_offline "${missing[@]}"
    else
        quietly apt-get update
        apt_install "${missing[@]}"
    fi
    for name in "${missing[@]}"; do made package "$(really_installed "$name")"; done
}

made() {  # KIND NAME: what was not here before, for `uninstall`
    mkdir -p "$OPT"
    printf '%s %s\n' "$1" "$2" >>"$OPT/made"
}

apt_install() { DEBIAN_FRONTEND=noninteractive quietly apt-get --yes --no-install-recommends "${APT[@]}" install "$@"; }
APT=()

apt_offline() {  # the bundle's folder is the only source, and nothing of apt's own lists is touched
    [ -e "$OFFLINE/debs/Packages" ] || fail no_debs "$OFFLINE" "$*"
    scratch
    mkdir -p "$SCRATCH/lists/partial"
    printf 'deb [trusted=yes] file:%s ./\n' "$OFFLINE/debs" >"$SCRATCH/sources.list"
    chmod 755 "$SCRATCH"  # apt reads it as a user of its own
    APT=(-o "Dir::Etc::SourceList=$SCRATCH/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$SCRATCH/lists")
    quietly apt-get "${APT[@]}" update
    apt_install "$@"
}

undo_packages() {  # NAME…: of those that were not here before, what has come
    local name come=()
    for name in "$@"; do
        if is_installed "$name"; then come+=("$(really_installed "$name")"); fi
    done
    [ ${#come[@]} -eq 0 ] || DEBIAN_FRONTEND=noninteractive quietly apt-get --yes purge "${come[@]}"
}

quietly() {  # COMMAND…: what it says is only told when it fails
    local log
    scratch
    log=$(mktemp "$SCRATCH/log.XXXXXX")
    if "$@" >"$log" 2>&1; then return; fi
    tail -n 15 "$log" >&2
    BROKEN=$*
    return 1
}
