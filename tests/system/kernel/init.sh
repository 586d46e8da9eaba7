#!/bin/sh
# The first process in User-Mode Linux: a chip of GPIO lines as on a Pi, then what $1 says, then off.
# /dev/shm is the only folder of its own; all the rest is the host's.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devices /dev
mkdir -p /dev/shm && mount -t tmpfs shm /dev/shm
mount -t configfs configfs /sys/kernel/config
mount -t debugfs debugfs /sys/kernel/debug
mount -t tracefs tracefs /sys/kernel/tracing
ip link set lo up

{ cat /proc/cpuinfo; echo 'Revision : c03115'; } >/dev/shm/cpuinfo # a Pi 4, for gpiozero
mount --bind /dev/shm/cpuinfo /proc/cpuinfo

chip=/sys/kernel/config/gpio-sim/pi
mkdir -p $chip/bank0
echo 54 >$chip/bank0/num_lines
echo 1 >$chip/live

mkdir /dev/shm/work && cd /dev/shm/work && sh "$1"
"$2" -c 'import ctypes; ctypes.CDLL(None).reboot(0x4321FEDC)' # LINUX_REBOOT_CMD_POWER_OFF
