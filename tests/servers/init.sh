#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# First process of tests/servers: mounts, modules (for Debian's kernel alone), then the session.
export PATH=/usr/bin:/usr/sbin:/bin:/sbin LC_ALL=C HOME=/root
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
busybox mount -t devpts devpts /dev/pts
busybox mount -t tmpfs tmpfs /dev/shm
busybox mount -t tmpfs -o mode=1777 tmpfs /tmp
busybox mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/sshd
ln -sf /proc/self/fd /dev/fd
while read -r module; do
	[ ! -f "/modules/$module.ko" ] || busybox insmod "/modules/$module.ko"
done < /modules/order
busybox hostname keel
# Kernels number cards in their own order: the last digit of the address tells which one it is.
for order in 1 2; do
	for dir in /sys/class/net/*; do
		read -r address < "$dir/address"
		case $address in
		52:54:00:00:00:0?) ip link set "${dir##*/}" name "$([ $order = 1 ] && echo card || echo eth)${address: -1}" ;;
		esac
	done
done
# Firmware may have left the line unfinished.
printf "\n=== BEGIN\n"
bash /session.sh 2>&1
echo "=== END"
busybox poweroff -f
