# What machine this is, and whether it will do.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
REBOOT=no
# Of all runs since the last boot, which takes it away: a later one, in which nothing is left to change, tells it too.
REBOOT_WANTED=/run/portillon-reboot-wanted

is_pi() { [ -e "$BOOT/config.txt" ]; }  # what its firmware reads; on Raspberry Pi OS and on Debian for the Pi
runs_systemd() { [ -d /run/systemd/system ]; }  # no: an image being made, in a chroot
has_networkmanager() { [ -d /etc/NetworkManager ]; }
python_name() { python3 -c 'import sys; print("py%d.%d" % sys.version_info[:2])'; }

look_at_machine() {
    [ "$(id -u)" -eq 0 ] || fail not_root
    command -v apt-get >/dev/null || fail no_apt
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || fail old_python
    [ "$(getconf LONG_BIT)" = 64 ] || fail not_64_bit
    not_overlaid || fail overlaid
    if [ "$COMMAND" = uninstall ]; then return; fi
    local missing part
    for part in api kiosk config systemd requirements/runtime.txt pyproject.toml; do
        [ -e "$HERE/$part" ] || missing+=" $part"
    done
    [ -z "${missing:-}" ] || fail not_whole "$HERE" "$missing"
    # Two versions and what pip unpacks between.
    [ "$(df --output=avail --block-size=1M "$(existing "$OPT")" | tail -n 1)" -ge 700 ] || fail no_room "$OPT"
}

want_reboot() {
    REBOOT=yes
    if [ "$DRY" -eq 1 ] || [ -e "$REBOOT_WANTED" ]; then return; fi
    touch "$REBOOT_WANTED"
    undo_by rm -f "$REBOOT_WANTED"
}

existing() {  # PATH: it or the nearest folder above that there is
    local path=$1
    until [ -e "$path" ]; do path=${path%/*} path=${path:-/}; done
    printf '%s' "$path"
}

not_overlaid() { [ "$(findmnt --noheadings --output FSTYPE / 2>/dev/null)" != overlay ] || [ ! -e /etc/overlayroot.local.conf ]; }
