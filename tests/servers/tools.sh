#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Programs that show and set up a network: net-tools, busybox's, brctl, ip, bridge, ethtool. Counters, times and ports that a kernel chose are cut.
numbers() { sed -E 's/(packets|bytes|dropped)[: ][0-9]+/\1 N/g; s/ \([0-9.]+ [KMGi]*B\)//g'; }
both() { "$@"; busybox "$@" | numbers; }

say net-tools
ip link set eth0 up
wait_for grep -q up /sys/class/net/eth0/operstate
ifconfig eth0 10.9.0.1 netmask 255.255.255.0 broadcast 10.9.0.255 mtu 1400
ifconfig lo | numbers
ifconfig eth0 | grep -v inet6 | numbers
ifconfig eth0:1 10.9.1.1 netmask 255.255.255.0; ifconfig eth0:1 | head -n 2; ifconfig eth0:1 down
ifconfig -s | awk '{ print $1, $2, $NF }'
route add -net 10.77.0.0/16 gw 10.9.0.2; route add default gw 10.9.0.2; both route -n
route del -net 10.77.0.0/16; route del default; both netstat -rn
arp -s 10.9.0.99 02:00:00:00:00:99; arp -n; busybox arp -n; arp -d 10.9.0.99; arp -n
python3 -c 'import socket, time
a = socket.create_server(("127.0.0.1", 7100)); u = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); u.bind(("::1", 7101))
c = socket.create_connection(("127.0.0.1", 7100)); b = a.accept()
open("held", "w"); time.sleep(1000)' & holder=$!
wait_for test -e held
netstat -tlnp | grep ':7100 ' | sed 's, [0-9]*/, N/,; s/ *$//'
netstat -tan | grep ':7100 ' | sed 's/:[34569][0-9]*/:N/g' | sort
netstat -uan | grep ':7101 '
kill $holder
netstat -i | awk '{ print $1, $2, $NF }'
ipmaddr show dev lo
mii-tool eth0
ifconfig eth0 0.0.0.0 mtu 1500

say brctl
ip link add d0 type dummy; ip link set d0 address 02:00:00:00:00:10 up
ip link add d1 type dummy; ip link set d1 address 02:00:00:00:00:11 up
brctl addbr br0; brctl addbr br0; brctl addif br0 d0; brctl addif br0 d0; brctl addif br0 d1; brctl addif br0 lo; brctl addif none d0
ip link set br0 up
brctl show; brctl showmacs br0 | sort -u
brctl setageing br0 100; brctl stp br0 off; brctl showstp br0 | grep -v timer
bridge link show | sed 's/^[0-9]*: //'
bridge fdb show br br0 | grep -v -e vlan -e self | sort
brctl delif br0 d1; brctl delif br0 d1; brctl delbr br0; ip link set br0 down; brctl delbr br0; brctl delbr br0
busybox brctl addbr br1; busybox brctl addif br1 d0; busybox brctl addif br1 lo; busybox brctl delif br1 d0; busybox brctl delbr br1
ip link del d0; ip link del d1

say settings
ip netconf show dev lo; ip -4 netconf show dev eth0; ip -6 netconf show dev eth0
ip nexthop; ip mroute; ip neigh show proxy; ip tunnel; ip vrf
ethtool lo; ethtool -i lo; ethtool -P eth0; ethtool eth0 | grep -E 'Speed|Link'
busybox ip route; busybox ip rule; busybox nslookup localhost 127.0.0.2 > /dev/null 2>&1; echo "nslookup $?"
tracepath -n 127.0.0.1 | sed 's/ *[0-9.]*ms//'
traceroute -6 -n ::1 | sed 's/ *[0-9.]* ms.*//'
