# A card that a power cut can't harm: the root is read-only under an overlay in memory, and what is to last lies on a data
# partition of its own. That partition is made by whoever prepares the card: shrinking a root that is in use can't be done.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
DATA=/var/lib/portillon-data
LABEL=portillon-data
FSTAB=/etc/fstab
NETWORKS=/etc/NetworkManager/system-connections
STOPPED=''  # units that this step has stopped

lasting() {  # folders whose content outlives the power
    printf '%s\n' "$STATE" "$ETC"
    if has_networkmanager; then printf '%s\n' "$NETWORKS"; fi
}

step_read_only() {
    blkid --label "$LABEL" >/dev/null || fail no_data_partition "$LABEL"
    make_folder "$DATA" 755 root:root
    if runs_systemd && ! all_moved; then act data_moved "$DATA" move_data; fi
    local lines
    lines=$(data_fstab)
    put_block "$FSTAB" <<<"$lines"  # only now: a boot that finds these lines finds whole copies
    if [ "$DRY" -eq 0 ]; then copies_in_use; fi
    put_text /etc/overlayroot.local.conf <<END
# Portillon: memory over the root; recurse=0: the data partition and the boot partition stay as they are.
overlayroot="tmpfs:recurse=0"
END
    if has_changed /etc/overlayroot.local.conf; then
        act initramfs '' quietly update-initramfs -u
        want_reboot
    fi
    # What runs again writes to the partition: undone from here on, that would be lost at the next boot. So all that an
    # interruption still undoes is that they stand still. One that does not start is told of by the last step, with its words.
    UNDO=()
    undo_by start_units "$STOPPED"
    start_units "$STOPPED" || true
}

data_fstab() {
    local folder
    # data=journal is not asked for: everything that matters is written with fsync.
    printf 'LABEL=%s %s ext4 defaults,noatime,errors=remount-ro 0 2\n' "$LABEL" "$DATA"
    while read -r folder; do
        printf '%s %s none bind,x-systemd.requires-mounts-for=%s 0 0\n' "$DATA$folder" "$folder" "$DATA"
    done < <(lasting)
}

all_moved() {
    local folder
    while read -r folder; do
        mountpoint --quiet "$folder" || return 1
    done < <(lasting)
}

move_data() {  # and used from there at once: what is written to the old place from now on would be lost at the next boot
    local folder
    STOPPED=$(systemctl list-units --plain --no-legend --state=active 'portillon-*.service' | cut -d ' ' -f 1)
    undo_by start_units "$STOPPED"
    # Until the step is over: what they wrote meanwhile would be lost if it were undone.
    # shellcheck disable=SC2086  # one word a unit
    [ -z "$STOPPED" ] || systemctl stop $STOPPED
    mountpoint --quiet "$DATA" || mount --types ext4 --options noatime,errors=remount-ro "LABEL=$LABEL" "$DATA"
    undo_by umount "$DATA"
    while read -r folder; do
        if mountpoint --quiet "$folder"; then continue; fi
        copy_data "$folder"
        mount --bind "$DATA$folder" "$folder"
        undo_by umount "$folder"
    done < <(lasting)
}

start_units() {  # NAMES
    # shellcheck disable=SC2086  # one word a unit
    [ -z "$1" ] || systemctl start $1
}

# FOLDER: what is under the mount stays as it is: the way back. What a partition of before holds is kept; but not what a run
# copied that was cut off before the copy was in use, since the folder itself has gone on since: FOLDER.copied says so.
copy_data() {
    local to=$DATA$1
    if [ -e "$to" ] && [ ! -e "$to.copied" ]; then return; fi
    mkdir -p "${to%/*}"
    undo_by drop_copy "$1"
    rm -rf "$to" "$to.new"
    cp --archive "$1" "$to.new"
    touch "$to.copied"
    sync --file-system "$to.new"
    mv --no-target-directory "$to.new" "$to"
    sync --file-system "$to"
}

drop_copy() {  # FOLDER: unless it could not be unmounted
    mountpoint --quiet "$1" || rm -rf "$DATA$1" "$DATA$1.new" "$DATA$1.copied"
}

copies_in_use() {
    local folder
    while read -r folder; do rm -f "$DATA$folder.copied"; done < <(lasting)
}

take_back_overlay() {  # from the next boot on the root is written to again
    if ! grep --quiet --no-messages '^# Portillon' /etc/overlayroot.local.conf; then return; fi
    remove /etc/overlayroot.local.conf
    act initramfs '' quietly update-initramfs -u
    want_reboot
}

take_back_data() {  # networks come back to where they were; the partition itself is left to whoever made it
    if ! grep --quiet --no-messages "^LABEL=$LABEL " "$FSTAB"; then return; fi
    local folder
    while read -r folder; do
        if mountpoint --quiet "$folder"; then act unmount "$folder" umount "$folder"; fi
    done < <(lasting)
    if [ "$DRY" -eq 0 ]; then copies_in_use; fi
    if [ "$DRY" -eq 0 ] && [ -d "$DATA$NETWORKS" ]; then cp --archive "$DATA$NETWORKS/." "$NETWORKS/"; fi
    if mountpoint --quiet "$DATA"; then act unmount "$DATA" umount "$DATA"; fi
    put_block "$FSTAB" </dev/null
    remove "$DATA"
    note data_kept "$LABEL"
}
