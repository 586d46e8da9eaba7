#!/usr/bin/env bash
# emulate.sh FOLDER CHECKOUT COMMAND…: runs a command in the arm64 Debian of `.ci/machine arm64`, the checkout at /checkout.
# To be started in user and mount namespaces of its own: what the kernel is told here about arm64 programs stays in there.
set -euo pipefail
readonly folder=$1 checkout=$2
mount -t binfmt_misc none /mnt
# An ELF header: 64 bits, little end first, a program or a library, for machine 0xb7. F: qemu is opened now, outside the root.
magic='\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00'
mask='\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
printf ':aarch64:M::%s:%s:%s:F' "$magic" "$mask" "$folder/qemu-aarch64" >/mnt/register
mount --bind -o ro "$checkout" "$folder/system/checkout"
mount -t tmpfs none "$folder/system/tmp"
mount -t tmpfs none "$folder/system/var/cache"
cd /
exec env --ignore-environment PATH=/usr/bin:/usr/sbin LANG=C.UTF-8 HOME=/tmp PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/checkout:/opt/site chroot "$folder/system" "${@:3}"
