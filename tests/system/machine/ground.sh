#!/usr/bin/env bash
# What one machine stands on, in a mount namespace of its own and for as long as stdin is open:
#   /mnt/disk       the machine's disk: IMAGE, an ext4 on a loop device
#   /mnt/root       its root: SYSTEM below, which is never written to, and all that was ever changed on the disk
#   CGROUP          all of the machine's processes, so that one word ends them
# Says "ready" when all is there. When stdin ends, because the tests are through or dead, all of it goes.
set -euo pipefail
readonly image=$1 system=$2 cgroup=/sys/fs/cgroup/$3

end() {
    set +e
    echo 1 >"$cgroup/cgroup.kill"
    while grep -q 'populated 1' "$cgroup/cgroup.events"; do read -r -t 0.02 <><(:); done
    find "$cgroup" -depth -type d -exec rmdir {} +
    umount /mnt/root
    umount /mnt/disk
}

mount -t tmpfs none /mnt
mkdir -p /mnt/disk /mnt/root /run/systemd/nspawn
mount -t tmpfs none /run/systemd/nspawn
mount -t cgroup2 none /sys/fs/cgroup
mkdir "$cgroup"
trap end EXIT
mount -o loop "$image" /mnt/disk
mkdir -p /mnt/disk/changed /mnt/disk/work
mount -t overlay overlay -o "lowerdir=$system,upperdir=/mnt/disk/changed,workdir=/mnt/disk/work" /mnt/root
echo ready
cat >/dev/null
