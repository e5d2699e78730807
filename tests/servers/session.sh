#!/bin/bash
# SPDX-License-Identifier: MPL-2.0
# Servers and clients of Debian over lo. What is printed must be the same on Linux and on Keel, so times, process ids and ports that a kernel chose are cut.
say() { echo "--- $*"; }
wait_port() { # PORT [ADDRESS]
	for _ in $(seq 300); do nc -z "${2:-127.0.0.1}" "$1" 2>/dev/null && return; sleep 0.1; done
	echo "nobody listens on $1"
}
wait_for() { # COMMAND...: until it succeeds
	for _ in $(seq 300); do "$@" > /dev/null 2>&1 && return; sleep 0.1; done
	echo "never: $*"
}
link_address() { ip -6 -o addr show dev "$1" scope link | awk '{ sub("/.*", "", $4); print $4 }'; }
umask 022
cd /tmp || exit
ip link set lo up
# Two cards on one wire: link-local addresses do not leave their links. QEMU before 8.0 spoils what an e1000e shall cut for IPv6.
ip link set eth1 up; ip link set eth2 up
ethtool -K eth2 tx-tcp6-segmentation off > /dev/null

say python
mkdir www; seq 100000 > www/seq
(cd www && exec python3 -m http.server 8000 --bind 127.0.0.1 > /dev/null 2>&1) &
wait_port 8000
curl -s http://127.0.0.1:8000/seq | sha256sum
wget -q -O - http://127.0.0.1:8000/seq | sha256sum
curl -s -I http://127.0.0.1:8000/none | head -n 1
python3 /streams.py

say nginx
mkdir -p /var/log/nginx /var/lib/nginx
nginx -c /nginx.conf; echo "nginx $?"
wait_port 8080
curl -s http://127.0.0.1:8080/seq | sha256sum
curl -s 'http://[::1]:8080/seq' | sha256sum
curl -s http://127.0.0.1:8080/behind/
curl -s -r 100-199 http://127.0.0.1:8080/seq | md5sum
ab -q -n 200 -c 20 http://127.0.0.1:8080/seq 2>&1 | grep -E '^(Complete|Failed|Total tr|Document L)'
ab -q -k -n 500 -c 10 http://127.0.0.1:8080/behind/ 2>&1 | grep -E '^(Complete|Failed|Keep)'
wrk -t2 -c20 -d1 http://127.0.0.1:8080/behind/ 2>&1 | grep -iE 'threads|error'
other=$(link_address eth2)
wait_for ping -c 1 -W 1 "$other%eth1"
curl -s "http://[$other%25eth1]:8082/seq" | sha256sum
wrk -t2 -c20 -d1 "http://[$other%eth1]:8082/small" 2>&1 | awk '/threads|error|2xx/; /requests in/ { print "over the card", ($1 > 20 ? "many" : $1) }'
nginx -c /nginx.conf -s reload 2> /dev/null; echo "reload $?"
curl -s http://127.0.0.1:8080/behind/
nginx -c /nginx.conf -s quit 2> /dev/null; echo "quit $?"
cat nginx.err

say openssl
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 100 -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost,IP:127.0.0.1 2> /dev/null; echo "req $?"
(cd www && exec openssl s_server -accept 127.0.0.1:8443 -cert ../cert.pem -key ../key.pem -WWW > /dev/null 2>&1) & tls=$!
wait_port 8443
curl -s --cacert cert.pem https://localhost:8443/seq | sha256sum
curl -s https://localhost:8443/seq; echo "unknown $?"
echo | openssl s_client -connect 127.0.0.1:8443 -CAfile cert.pem -verify_return_error 2> /dev/null | grep -E '^(subject|issuer|Verif)' | sort -u
kill $tls

say chrony
mkdir -p /run/chrony /var/lib/chrony; chown _chrony /run/chrony /var/lib/chrony; chmod 750 /run/chrony
printf 'local stratum 5\nallow 127.0.0.1\nbindaddress 127.0.0.1\nport 1123\ncmdport 0\nbindcmdaddress /\npidfile /run/chrony/server.pid\n' > server.conf
printf 'server 127.0.0.1 port 1123 iburst\nport 0\ncmdport 1323\nbindcmdaddress 127.0.0.1\npidfile /run/chrony/client.pid\n' > client.conf
chronyd -x -f /tmp/server.conf; echo "server $?"
chronyd -x -f /tmp/client.conf; echo "client $?"
chronyc -h 127.0.0.1 -p 1323 waitsync 60 0 0 0.5 > /dev/null; echo "waitsync $?"
chronyc -h 127.0.0.1 -p 1323 -c sources | cut -d, -f1-4
chronyc -h 127.0.0.1 -p 1323 tracking | grep -E '^(Reference|Stratum|Leap)'
chronyd -Q -t 30 'server 127.0.0.1 port 1123 iburst' 2>&1 | grep -c 'System clock wrong by'
kill "$(cat /run/chrony/server.pid)" "$(cat /run/chrony/client.pid)"

say redis
redis-server --port 6379 --bind 127.0.0.1 --save '' --daemonize yes --dir /tmp --unixsocket /tmp/redis.sock > /dev/null
wait_port 6379
redis-cli set a 1; redis-cli incr a; redis-cli -s /tmp/redis.sock incr a
redis-benchmark -q -n 1000 -c 20 -t ping,set,get,lpush,mset 2>&1 | tr '\r' '\n' | grep 'requests per' | sed 's/: .*//' | sort -u
redis-cli shutdown nosave; echo "shutdown $?"

say memcached
memcached -u nobody -l 127.0.0.1 -p 11211 -U 11211 -d -P /tmp/memcached.pid; wait_port 11211
printf 'set k 0 0 5\r\nhello\r\nget k\r\nincr n 1\r\nquit\r\n' | nc 127.0.0.1 11211
printf '\0\1\0\0\0\1\0\0get k\r\n' | nc -u -w 1 127.0.0.1 11211 | tail -c +9
kill "$(cat memcached.pid)"

say iperf3
# All that a run sends fits into the queue of a server that gets no processor for a while, as on a busy host.
echo 16777216 > /proc/sys/net/core/rmem_default
iperf3 -s -D; wait_port 5201
for options in "" "-R" "-P 4" "-u -b 10M" "--bidir"; do
	# shellcheck disable=SC2086
	iperf3 -c 127.0.0.1 $options -n 2M -J | python3 /iperf.py
done
iperf3 -6 -c ::1 -n 2M -J | python3 /iperf.py
for options in "" "-R" "-P 4" "-P 4 -R" "-u -b 10M" "-u -b 10M -R"; do
	# shellcheck disable=SC2086
	iperf3 -c "$other%eth1" $options -n 2M -J | python3 /iperf.py | sed 's/ [^ ]*$//' # the wire may lose datagrams
done
pkill iperf3
echo 212992 > /proc/sys/net/core/rmem_default
tcpdump -Z root -n -i eth1 -c 6 -w cap icmp6 2> /dev/null & dump=$!
wait_for test -e cap
wait_for ping -q -c 4 -i 0.2 -W 1 "$other%eth1"
wait $dump
tcpdump -Z root -n -r cap 2> /dev/null | grep -o 'echo re[a-z]*' | sort -u

. /mdns.sh
ip link set eth1 down; ip link set eth2 down

say ssh
mkdir -p -m 700 /root/.ssh /home/user/.ssh
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
ssh-keygen -q -t ed25519 -N '' -f host_key
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
cp /root/.ssh/id_ed25519.pub /home/user/.ssh/authorized_keys
chown -R 1000:1000 /home/user
chmod 700 /home/user /home/user/.ssh
cp /ssh_config /root/.ssh/config
/usr/sbin/sshd -f /sshd_config -E sshd.log; echo "sshd $?"
wait_port 2200
# shellcheck disable=SC2016
ssh 127.0.0.1 'echo hello from $USER; exit 7'; echo "exit $?"
ssh user@::1 'id -un; umask; pwd'
ssh -tt user@127.0.0.1 'tty | cut -d/ -f1-3; stty size; exit 3' < /dev/null | tr -d '\r'; echo "pty ${PIPESTATUS[0]}"
head -c 3000000 /dev/urandom > big
ssh 127.0.0.1 'sha256sum' < big | cmp - <(sha256sum < big) && echo piped
scp -q big 127.0.0.1:/tmp/big.scp && cmp big big.scp && echo scp
echo 'put /tmp/big /tmp/big.sftp' | sftp -q -b - 127.0.0.1 > /dev/null && cmp big big.sftp && echo sftp
rsync -a -e ssh /usr/lib/openssh/ 127.0.0.1:/tmp/copy/ && diff -r /usr/lib/openssh copy && echo rsync
ssh -N -f -L 9000:127.0.0.1:8000 127.0.0.1; wait_port 9000; curl -s http://127.0.0.1:9000/seq | md5sum
ssh -N -f -R 9001:127.0.0.1:8000 127.0.0.1; wait_port 9001; curl -s http://127.0.0.1:9001/seq | md5sum
ssh -N -f -D 9002 127.0.0.1; wait_port 9002; curl -s --socks5 127.0.0.1:9002 http://127.0.0.1:8000/seq | md5sum
ssh -o PreferredAuthentications=password -o NumberOfPasswordPrompts=0 127.0.0.1 true; echo "refused $?"
grep -iE 'error|fatal|seccomp|audit' sshd.log | grep -v 'syslogin_perform_logout'

say git
git config --global user.email a@b; git config --global user.name n; git config --global init.defaultBranch main
git init -q --bare repo.git
git clone -q repo.git work 2> /dev/null
seq 5000 > work/f; git -C work add f; git -C work commit -qm one; git -C work push -q origin main
git clone -q ssh://127.0.0.1/tmp/repo.git by-ssh && cmp work/f by-ssh/f && echo git over ssh
git -C repo.git update-server-info; cp -r repo.git www/
git clone -q http://127.0.0.1:8000/repo.git by-http && cmp work/f by-http/f && echo git over http
git daemon --reuseaddr --base-path=/tmp --export-all --listen=127.0.0.1 /tmp > /dev/null 2>&1 & daemon=$!
wait_port 9418
git clone -q git://127.0.0.1/repo.git by-git && cmp work/f by-git/f && echo git daemon
kill $daemon

say dns
python3 /dns.py & dns=$!
wait_port 53
dig +short keel.example A; dig +short keel.example AAAA; dig +short +tcp keel.example A
python3 -c 'import socket; print(socket.getaddrinfo("keel.example", 80, type=socket.SOCK_STREAM))'
kill $dns
printf 'server:\n interface: 127.0.0.1\n interface: ::1\n port: 5300\n username: ""\n chroot: ""\n directory: "/tmp"\n pidfile: "/tmp/unbound.pid"
 num-threads: 2\n so-reuseport: yes\n local-zone: "keel.example." static\n local-data: "keel.example. A 192.0.2.7"
 local-data: "keel.example. AAAA 2001:db8::7"\nremote-control:\n control-enable: no\n' > unbound.conf
unbound -c /tmp/unbound.conf; echo "unbound $?"
wait_for dig -p 5300 @::1 keel.example
dig +short -p 5300 @127.0.0.1 keel.example A; dig +short -p 5300 @::1 keel.example AAAA; dig +short +tcp -p 5300 @::1 keel.example A
kill "$(cat unbound.pid)"

say socat
socat TCP-LISTEN:7001,reuseaddr,bind=127.0.0.1,fork EXEC:'tr a-z A-Z' 2> /dev/null & upper=$!
wait_port 7001
echo hello | socat -t 5 - TCP:127.0.0.1:7001
kill $upper

say ip
ping -c 2 -i 0.2 127.0.0.1 | sed 's/time=.*//; s/time .*//; s/rtt.*//'
ping -c 2 -i 0.2 ::1 | sed 's/time=.*//; s/time .*//; s/rtt.*//'
traceroute -n 127.0.0.1 | sed 's/ *[0-9.]* ms.*//'
ip -br addr show dev lo
ip route show table local | sort
ip rule
ip route get 127.0.0.9

say ss
ss -tlnH | awk '{ print $1, $4 }' | sort

say tcpdump
ping -q -i 0.2 127.0.0.1 > /dev/null & pings=$!
tcpdump -Z root -n -i lo -c 4 icmp 2> /dev/null | sed 's/^[0-9:.]* //; s/id [0-9]*, seq [0-9]*/id, seq/' | sort -u
kill $pings

. /tools.sh
. /lan.sh
. /card.sh
