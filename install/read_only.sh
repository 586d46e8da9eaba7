# A card that a power cut can't harm: the root is read-only under an overlay in memory, and what is to last lies on a data
# partition of its own. That partition is made by whoever prepares the card: shrinking a root that is in use can't be done.
# shellcheck shell=bash disable=SC2034  # what is set here is read in the other parts
DATA=/var/lib/portillon-data
LABEL=portillon-data
FSTAB=/etc/fstab

lasting() {  # folders whose content outlives the power
    printf '%s\n' "$STATE" "$ETC"
    if has_networkmanager; then printf '%s\n' /etc/NetworkManager/system-connections; fi
}

step_read_only() {
    blkid --label "$LABEL" >/dev/null || fail no_data_partition "$LABEL"
    make_folder "$DATA" 755 root:root
    local lines
    lines=$(data_fstab)
    put_block "$FSTAB" <<<"$lines"
    if has_changed "$FSTAB" && [ "$DRY" -eq 0 ] && runs_systemd; then move_data; fi
    put_text /etc/overlayroot.local.conf <<END
# Portillon: memory over the root; recurse=0: the data partition and the boot partition stay as they are.
overlayroot="tmpfs:recurse=0"
END
    if has_changed /etc/overlayroot.local.conf; then
        act initramfs '' quietly update-initramfs -u
        REBOOT=yes
    fi
}

data_fstab() {
    local folder
    # data=journal is not asked for: everything that matters is written with fsync.
    printf 'LABEL=%s %s ext4 defaults,noatime,errors=remount-ro 0 2\n' "$LABEL" "$DATA"
    while read -r folder; do
        printf '%s %s none bind,x-systemd.requires-mounts-for=%s 0 0\n' "$DATA$folder" "$folder" "$DATA"
    done < <(lasting)
}

move_data() {  # copied, not moved: what is under the mounts is the way back
    local folder
    systemctl daemon-reload
    mountpoint --quiet "$DATA" || mount "$DATA"
    while read -r folder; do
        if [ -e "$DATA$folder" ] || mountpoint --quiet "$folder"; then continue; fi
        mkdir -p "$DATA${folder%/*}"
        undo_by rm -rf "$DATA$folder"
        cp --archive "$folder" "$DATA$folder"
    done < <(lasting)
    sync --file-system "$DATA"
}
