#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Addresses from a server: dnsmasq gives them by DHCP, DHCPv6 and router advertisements at one end of a cable, Debian's clients ask for them at the other.
shown() { sed -E 's/\x1b\[[0-9;]*m//g; s/ *$//' | sort; }

say dhcp
mkdir -p /var/lib/dhcpcd /var/lib/dhcp
ip link add v0 type veth peer name v1
ip link set v0 address 02:00:00:00:01:00; ip link set v1 address 02:00:00:00:01:01
ip addr add 10.5.0.1/24 dev v0; ip addr add 2001:db8:5::1/64 dev v0 nodad
ip link set v0 up; ip link set v1 up
dnsmasq --conf-file=/dev/null --interface=v0 --bind-interfaces --except-interface=lo --port=0 --user=root --dhcp-range=10.5.0.50,10.5.0.59,1h \
	--dhcp-range=2001:db8:5::100,2001:db8:5::100,64,1h --enable-ra --dhcp-leasefile=/tmp/leases --log-dhcp --log-facility=/tmp/dnsmasq.log --pid-file=/tmp/dnsmasq.pid
echo "dnsmasq $?"
advertised() { ip -6 route show dev v1 | grep -q default; }
wait_for advertised
printf 'duid ll\nnodelay\nnoarp\nnoipv4ll\nscript /bin/true\nia_na\n' > dhcpcd.conf
for family in 4 6; do
	timeout 60 dhcpcd -$family -1 -B -w -f /tmp/dhcpcd.conf v1 > dhcpcd.log 2>&1; echo "dhcpcd -$family $?"
	grep -E 'leased|acknowledged|REPLY6|adding|deleted' dhcpcd.log | sort -u
	ip -o addr show dev v1 | shown | sed 's/ valid_lft.*//; s/^[0-9]*: //'
	# Linux may drop the kernel's own route to a router while dhcpcd runs.
	{ ip route show dev v1; ip -6 route show dev v1; } | shown | sed -E '/default.*expires/d; s/metric 10[0-9][0-9]/metric N/; s/expires [0-9]*sec/expires N/'
	ip addr flush dev v1 scope global; ip route flush dev v1 proto dhcp; ip -6 route flush dev v1 proto ra
done
awk '/02:00|2001:/ { print $3 }' leases | sort
cat > dhclient.sh <<'X'
#!/bin/bash
echo "$reason $new_ip_address $new_subnet_mask $new_dhcp_server_identifier"
[ "$reason" != BOUND ] || ip addr add "$new_ip_address/24" dev "$interface"
X
cat > udhcpc.sh <<'X'
#!/bin/bash
echo "$1 $ip $subnet $serverid"
[ "$1" != bound ] || ip addr add "$ip/24" dev "$interface"
X
chmod +x dhclient.sh udhcpc.sh
timeout 60 dhclient -1 -sf /tmp/dhclient.sh -lf /tmp/dhclient.leases -pf /tmp/dhclient.pid v1 2> /dev/null; echo "dhclient $?"
ip -4 -br addr show dev v1; kill "$(cat dhclient.pid)"; ip -4 addr flush dev v1
busybox udhcpc -i v1 -n -q -s /tmp/udhcpc.sh 2> /dev/null; echo "udhcpc $?"
ip -4 -br addr show dev v1
kill "$(cat dnsmasq.pid)"
ip link del v0
