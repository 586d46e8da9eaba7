# Everything that install.sh put here goes. Settings, credentials, journal and tickets stay, unless they are to be purged.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts

own_files() {
    printf '%s\n' /etc/sysusers.d/portillon.conf /etc/tmpfiles.d/portillon.conf /etc/udev/rules.d/60-portillon.rules \
        /etc/systemd/journald.conf.d/portillon.conf /etc/systemd/system.conf.d/portillon.conf \
        /etc/NetworkManager/conf.d/portillon.conf
}

step_stop() {
    local unit name
    for unit in "$SYSTEM"/portillon-*; do
        name=${unit##*/}
        if [ ! -e "$unit" ] || [[ $name == *@* ]]; then continue; fi
        if runs_systemd && systemctl --quiet is-active "$name"; then act stop "$name" systemctl stop "$name"; fi
        if systemctl --quiet is-enabled "$name" 2>/dev/null; then act disable "$name" quietly systemctl disable "$name"; fi
    done
}

step_remove() {
    local file
    for file in "$SYSTEM"/portillon-*; do remove "$file"; done
    while read -r file; do
        remove "$file"
        remove_if_empty "${file%/*}"
    done < <(own_files)
    put_block "$BOOT/config.txt" </dev/null
    take_back_packages
    remove "$OPT"
    if [ "$CHANGES" -eq 0 ] || ! runs_systemd; then return; fi
    act daemon_reload '' systemctl daemon-reload
    act restart systemd-journald.service systemctl restart systemd-journald.service
}

remove_if_empty() {  # those that packages made stay
    case $1 in
        *.conf.d) if [ -d "$1" ] && [ "$DRY" -eq 0 ]; then rmdir --ignore-fail-on-non-empty "$1"; fi ;;
    esac
}

take_back_packages() {  # what we asked apt for is again what nobody asked for
    if [ ! -s "$OPT/packages" ]; then return; fi
    local names
    mapfile -t names < <(sort -u "$OPT/packages")
    act packages_back "${names[*]}" quietly apt-mark auto "${names[@]}"
    note autoremove
}

step_purge() {
    remove "$ETC" "$STATE"
    if getent passwd portillon >/dev/null; then act no_account portillon userdel portillon; fi
}
