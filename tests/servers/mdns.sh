#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Names without a server: avahi on one card, asked by its own programs and, over the wire, by another machine, which a socket of the other card plays.
say avahi
mkdir -p /run/dbus /run/avahi-daemon
dbus-daemon --system --fork 2> /dev/null; echo "dbus $?"
printf '[server]\nhost-name=keel\nallow-interfaces=eth1\nuse-ipv4=no\n[wide-area]\nenable-wide-area=no\n' > avahi.conf
avahi-daemon -D --no-drop-root --no-chroot -f /tmp/avahi.conf 2> avahi.log; echo "avahi $?"
avahi-publish -s site _http._tcp 80 path=/x > avahi-publish.log 2>&1 & publish=$!
wait_for grep -q Established avahi-publish.log
[ "$(avahi-resolve -6 -n keel.local | cut -f2)" = "$(link_address eth1)" ] && echo resolved
avahi-browse -t -r -p _http._tcp | grep -v '^=.*IPv4' | sed "s/$(link_address eth1)/ADDRESS/" | sort
python3 /mdns.py eth2 keel.local site._http._tcp.local
ss -ulnH 'sport = :5353' | awk '{ print $4 }' | sort
kill $publish; avahi-daemon -k -f /tmp/avahi.conf; echo "killed $?"
pkill dbus-daemon
