# Everything that install.sh put here goes. Settings, credentials, journal and tickets stay, unless they are to be purged.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts

own_files() {
    printf '%s\n' /etc/sysusers.d/portillon.conf /etc/sysusers.d/portillon-screen.conf /etc/tmpfiles.d/portillon.conf /etc/udev/rules.d/60-portillon.rules \
        /etc/systemd/journald.conf.d/portillon.conf /etc/systemd/system.conf.d/portillon.conf \
        /etc/NetworkManager/conf.d/portillon.conf "$COMMANDS/portillon-kiosk" "$COMMANDS/portillon-api" \
        /var/lib/systemd/timers/stamp-portillon-backup.timer
}

GROUPS_MADE=()  # read while the list is still there

step_stop() {
    mapfile -t GROUPS_MADE < <(made_before group)
    local unit name
    for unit in "$SYSTEM"/portillon-*; do
        name=${unit##*/}
        if [ ! -e "$unit" ] || [[ $name == *@* ]]; then continue; fi
        if runs_systemd && systemctl --quiet is-active "$name"; then act stop "$name" systemctl stop "$name"; fi
        if [ "$(systemctl is-enabled "$name" 2>/dev/null)" = enabled ]; then act disable "$name" quietly systemctl disable "$name"; fi
    done
    # The first terminal is a login's again.
    if [ -e "$SYSTEM/portillon-screen.service" ] && runs_systemd; then
        act start getty@tty1.service systemctl start getty@tty1.service
    fi
}

step_remove() {
    local file folder
    for file in "$SYSTEM"/portillon-*; do remove "$file"; done
    while read -r file; do
        remove "$file"
        remove_if_empty "${file%/*}"
    done < <(own_files)
    put_block "$BOOT/config.txt" </dev/null
    take_back_screen
    take_back_overlay
    take_back_packages
    for folder in "$OPT"/*; do [ "$DRY" -eq 1 ] || unmark "$folder"; done
    remove "$OPT"
    if [ "$CHANGES" -eq 0 ] || ! runs_systemd; then return; fi
    act daemon_reload '' forget_units
    if has_changed /etc/systemd/journald.conf.d/portillon.conf; then
        act restart systemd-journald.service systemctl restart systemd-journald.service
    fi
}

forget_units() {  # those that had failed too
    systemctl daemon-reload
    systemctl reset-failed 'portillon-*' 2>/dev/null || true
}

remove_if_empty() {  # FOLDER: those of packages stay
    if [[ $1 != *.d ]] || [ "$DRY" -eq 1 ] || dpkg-query --search "$1" >/dev/null 2>&1; then return; fi
    if [ -d "$1" ]; then rmdir --ignore-fail-on-non-empty "$1"; fi
}

take_back_packages() {  # what we asked apt for is again what nobody asked for
    local names
    mapfile -t names < <(made_before package)
    if [ ${#names[@]} -eq 0 ]; then return; fi
    act packages_back "${names[*]}" quietly apt-mark auto "${names[@]}"
    note autoremove
}

made_before() { if [ -e "$OPT/made" ]; then sed -n "s/^$1 //p" "$OPT/made" | sort -u; fi; }  # KIND

step_purge() {
    take_back_data
    remove "$ETC" "$STATE"
    local group
    for group in "${GROUPS_MADE[@]}"; do act no_group "$group" groupdel "$group"; done
    if getent passwd portillon >/dev/null; then act no_account portillon userdel portillon; fi
}
