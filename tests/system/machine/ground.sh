#!/usr/bin/env bash
# What one machine stands on, in a mount namespace of its own and for as long as stdin is open:
#   /mnt/disk       the machine's disk: IMAGE, an ext4 on a loop device
#   /mnt/below      the disk of a machine that is off, where it begins as a copy of that: BELOW, or "" for none
#   /mnt/root       its root: SYSTEM and BELOW, which are never written to, and all that was ever changed on the disk
#   CGROUP          all of the machine's processes, so that one word ends them
# Says "ready" when all is there. When stdin ends, because the tests are through or dead, all of it goes.
set -euo pipefail
readonly image=$1 below=$2 system=$3 cgroup=/sys/fs/cgroup/$4

gone() {  # CGROUP: all of its processes end, within 10 s, and it is no more
    local _
    echo 1 >"$1/cgroup.kill"
    for _ in {1..500}; do
        grep -q 'populated 1' "$1/cgroup.events" || break
        read -r -t 0.02 <><(:)
    done
    find "$1" -depth -type d -exec rmdir {} +
}

sweep() {  # machines of tests that were killed together with their ground
    local left process
    for left in /sys/fs/cgroup/portillon-machine-*; do
        process=${left#*-machine-}
        if [ -d "$left" ] && [ ! -e "/proc/${process%%-*}" ]; then gone "$left"; fi
    done 2>/dev/null
}

end() {
    set +e
    gone "$cgroup"
    umount /mnt/root
    umount /mnt/disk
    mountpoint --quiet /mnt/below && umount /mnt/below
}

mount -t tmpfs none /mnt
mkdir -p /mnt/disk /mnt/below /mnt/root /run/systemd/nspawn
mount -t tmpfs none /run/systemd/nspawn
mount -t cgroup2 none /sys/fs/cgroup
sweep || true  # another test may be at it too
mkdir "$cgroup"
trap end EXIT
mount -o loop "$image" /mnt/disk
mkdir -p /mnt/disk/changed /mnt/disk/work
layers=$system
if [ -n "$below" ]; then
    mount -o loop,ro "$below" /mnt/below
    layers=/mnt/below/changed:$system
fi
mount -t overlay overlay -o "lowerdir=$layers,upperdir=/mnt/disk/changed,workdir=/mnt/disk/work" /mnt/root
echo ready
cat >/dev/null
