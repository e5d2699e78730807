#!/usr/bin/python3
# SPDX-License-Identifier: MPL-2.0
"""Debian's ss(8), about sockets that this program makes, by NETLINK_SOCK_DIAG alone; numbers that differ from run to run are masked."""
import os
import re
import socket
import subprocess

PORTS = "( sport = :47201 or dport = :47201 or sport = :47202 or dport = :47202 or sport = :47203 )"


def run(*args, mask=(), words=()):
    """Prints what ss says, line by line, sorted, with one blank between words."""
    p = subprocess.run(["ss", *args], capture_output=True, text=True)
    text = p.stdout + p.stderr
    for pattern, by in ((r":(3[2-9]|[45]\d|6\d)\d\d\d\b(?<!:4720\d)", ":PORT"), (r"pid=\d+", "pid=N"), (r"fd=\d+", "fd=N"), (r"ino:\d+", "ino:N"),
                        (r"sk:\w+", "sk:N"), (r" cgroup:\S+", ""), (r"Failed to find cgroup2 mount\n", ""), *mask):
        text = re.sub(pattern, by, text)
    print("$ ss", *args, "->", p.returncode)
    for line in sorted(" ".join(line.split()) for line in text.split("\n") if line.strip()):
        print(line if not words else " ".join(w for w in words if re.search(w, line)))


subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
a = socket.create_server(("127.0.0.1", 47201), backlog=5)
b = socket.create_server(("::", 47202), family=socket.AF_INET6, dualstack_ipv6=True, backlog=6)
c = socket.create_connection(("127.0.0.1", 47201))
d, _ = a.accept()
e = socket.create_connection(("::1", 47202))
f = socket.create_connection(("127.0.0.1", 47202))
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.bind(("127.0.0.1", 47203))
v = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
v.bind(("::1", 47203))
w = socket.socket(socket.AF_INET, socket.SOCK_RAW, 254)
x = socket.socket(socket.AF_UNIX)
x.bind("/tmp/ss-sock")
x.listen(4)
y = socket.socket(socket.AF_UNIX)
y.connect("/tmp/ss-sock")
os.environ["PATH"] = "/usr/bin:/usr/sbin"

run("-tanH", PORTS)
run("-tlnH", PORTS)
run("-tulpnH", PORTS)
run("-tan4H", PORTS)
run("-tan6H", PORTS)
run("-uanH", PORTS)
run("-wanH")
run("-tenH", PORTS, mask=((r"timer:\([^)]*\) ?", ""),))
run("-tinH", "sport = :47201", words=(r"^cubic", r"wscale:\d+,\d+", r"mss:\d+", r"cwnd:10\b", r"advmss:\d+", r"rcv_space:", r"minrtt:"))
run("-tmnlH", PORTS, mask=((r"(rb|tb)\d+", r"\1N"),))
run("-tnH", "state", "established", "sport = :47201")
run("-tnH", "state", "listening", "sport = :47201")
run("-tnH", "state", "time-wait", "sport = :47201")
run("-tanH", "dst", "127.0.0.0/8", "dport = :47201")
run("-tanH", "dst", "[::1]:47202")
run("-tanH", "src", "127.0.0.1:47201", "and", "not", "dport = 0")
run("-tanH", "sport >= :47201 and sport <= :47202")
run("-xaH", "src", "/tmp/ss-sock", mask=((r"\b\d{2,}\b", "N"),))
run("-xlH", "src", "/tmp/ss-sock", mask=((r"\b\d{2,}\b", "N"),))
run("-s", mask=((r"\d+", "N"),))
run("-KtnH", "sport = :47201", "dport != 0")
try:
    d.recv(1)
except OSError as error:
    print(error.strerror)
run("-tanH", "( sport = :47201 or dport = :47201 ) and dport != 0")
run("-KtlnH", "sport = :47202")
try:
    b.accept()
except OSError as error:
    print(error.strerror)
