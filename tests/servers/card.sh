#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# The same over the card: the host's side of QEMU's own network is a program of this test's (inetd.py), at 10.0.2.100, and nothing else is reached.
say card
ip link set eth0 up
ip addr add 10.0.2.15/24 dev eth0
ip -4 -br addr show dev eth0
ping -c 2 -i 0.2 10.0.2.2 | sed 's/time=.*//; s/time .*//; s/rtt.*//'
curl -s http://10.0.2.100/big | sha256sum
head -c 3000000 /dev/zero | curl -s -T - http://10.0.2.100/sum
echo 'deb [trusted=yes] http://10.0.2.100/debian ./' > /etc/apt/sources.list
apt-get -qq update && apt-cache show keel-hello | grep -E '^(Package|Version)'
DEBIAN_FRONTEND=noninteractive apt-get -qq -y install keel-hello 2>&1 | grep -E '^(Setting up|E:|W:)'
keel-hello

say ssh from outside
sed 's/^ListenAddress.*//; s/^Port.*/Port 22/' /sshd_config > sshd_card
/usr/sbin/sshd -f /tmp/sshd_card -o ListenAddress=10.0.2.15 -E sshd_card.log; echo "sshd $?"
wait_port 22 10.0.2.15
echo "=== KNOCK"
read -r -t 120 answer
echo "$answer"
