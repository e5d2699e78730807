#!/bin/bash
export PATH=/usr/bin:/bin
mkdir -p /proc /sys /tmp /dev/pts /root
/usr/bin/busybox mount -t proc proc /proc
/usr/bin/busybox mount -t sysfs sysfs /sys
/usr/bin/busybox mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
ln -s /proc/self/fd /dev/fd
/usr/bin/busybox mount -t devpts devpts /dev/pts
/usr/bin/busybox mount -t tmpfs tmpfs /dev/shm
# Firmware may have left the line unfinished.
printf "\n=== BEGIN\n"
/session.sh 2>&1
echo "=== END"
/usr/bin/busybox poweroff -f
