#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# The same over the card: the host's side of QEMU's own network is a program of this test's (inetd.py), at 10.0.2.100, and nothing else is reached.
say slaac
ip link set eth0 up
settled() { ip -6 addr show dev eth0 | grep -q 'scope site' && ! ip -6 addr show dev eth0 | grep -q tentative; }
wait_for settled
ip -6 -o addr show dev eth0 | sed -E 's/\\.*valid_lft/valid_lft/; s/[0-9]*sec/N/g; s/^[0-9]*: //' | sort
ip -6 route show dev eth0 | sed -E 's/expires [0-9]*sec/expires N/; s/ *$//' | sort
ping -c 1 fe80::2%eth0 | sed 's/time=.*//; s/time .*//; s/rtt.*//'

say dhcp of the card
for family in 4 6; do
	timeout 30 dhcpcd -$family -1 -B -w -f /tmp/dhcpcd.conf eth0 > dhcpcd.log 2>&1; echo "dhcpcd -$family $?"
done
ip -4 -br addr show dev eth0; ip -4 addr flush dev eth0

say card
ip addr add 10.0.2.15/24 dev eth0
ip -4 -br addr show dev eth0
ping -c 2 -i 0.2 10.0.2.2 | sed 's/time=.*//; s/time .*//; s/rtt.*//'
curl -s http://10.0.2.100/big | sha256sum
head -c 3000000 /dev/zero | curl -s -T - http://10.0.2.100/sum
ip addr add 10.0.3.15/24 dev eth3; ip link set eth3 up
wait_for curl -s -I http://10.0.3.100/none
curl -s http://10.0.3.100/big | sha256sum
for tso in on off; do
	ethtool -K eth3 tx-tcp-segmentation $tso > /dev/null; ethtool -k eth3 | grep tx-tcp-seg
	before=$(cat /sys/class/net/eth3/statistics/tx_packets)
	head -c 3000000 /dev/zero | curl -s -T - http://10.0.3.100/sum
	# A packet that the card cuts counts once, or as often as it is cut.
	[ $(($(cat /sys/class/net/eth3/statistics/tx_packets) - before)) -gt 1000 ] || echo few packets
done
ip link set eth3 down
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
