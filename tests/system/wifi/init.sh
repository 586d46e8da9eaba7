#!/bin/sh
# The first process in User-Mode Linux: $1, a Debian with NetworkManager, becomes the root, with folders of its own where it
# writes; then $3 of the repository $2 runs there, tells $4, and the power goes off. The host's files stay as they are.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc "$1/proc"
mount -t sysfs -o ro sysfs "$1/sys" # read-only: NetworkManager waits for no udev then
mount -t devtmpfs devices "$1/dev"
for folder in run tmp var/lib/NetworkManager etc/NetworkManager/system-connections etc/NetworkManager/conf.d mnt; do
    mount -t tmpfs -o mode=700 tmpfs "$1/$folder"
done
chmod 755 "$1/run" && chmod 1777 "$1/tmp"
mkdir "$1/mnt/repository" "$1/mnt/told"
mount --bind "$2" "$1/mnt/repository"
mount --bind "$4" "$1/mnt/told"
chroot "$1" /usr/bin/python3 "/mnt/repository/$3" /mnt/told/lines
chroot "$1" /usr/bin/python3 -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321FEDC)' # LINUX_REBOOT_CMD_POWER_OFF
