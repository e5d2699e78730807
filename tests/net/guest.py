# SPDX-License-Identifier: MPL-2.0
"""The machine under test, its wire, and the agent in it.

The wire is a pair of AF_UNIX datagram sockets: QEMU's `-netdev dgram` sends each Ethernet frame of the card as one datagram and takes ours. So no privilege, no
tap and no network namespace is needed, and no packet can reach any other machine: the only hosts on this wire are those that this program plays.
"""
import os
import queue
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import wire
from machine import ARCH, CARD_MODULES, GCC, ROOT, THIS, WORK, Machine, Unmet, initramfs, linux_module

HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.join(WORK, "net")
GUEST4, MASK4, NET4 = "10.9.0.1", "255.255.0.0", bytes((10, 9))
GUEST6, NET6 = "fd09::1", wire.address("fd09::")[:8]
GUEST_MAC = bytes((0x52, 0x54, 0, 9, 0, 1))
CARD = {"riscv64": "virtio-net-device", "x86_64": "virtio-net-pci"}
CARD_GLOBALS = {"riscv64": ["-global", "virtio-mmio.force-legacy=false"], "x86_64": []}
LIMIT = 25      # seconds: a hang's limit for whatever is waited for


def why_not():
    """Why the suite cannot run on this machine; None: it can."""
    if not hasattr(socket, "AF_UNIX"):
        return "this machine has no AF_UNIX sockets"
    try:
        p = subprocess.run([THIS.qemu[0], "-netdev", "help"], capture_output=True, text=True)
    except OSError as e:
        return "%s cannot be started: %s" % (THIS.qemu[0], e)
    if not re.search(r"^dgram$", p.stdout + p.stderr, re.M):
        return "%s has no -netdev dgram, which came with QEMU 7.2" % THIS.qemu[0]
    return None


def build():
    """The ramdisk: the agent as /init, and the modules that Linux needs for the card."""
    tree = os.path.join(OUT, "root")
    shutil.rmtree(tree, ignore_errors=True)
    os.makedirs(tree)
    there = [m for m in CARD_MODULES if linux_module(m, os.path.join(tree, m + ".ko"))]
    subprocess.run([GCC, *"-std=gnu11 -O2 -Wall -Wextra -Wno-unused-result -static -s".split(), '-DGUEST4="%s"' % GUEST4, '-DMASK4="%s"' % MASK4,
                    '-DGUEST6="%s"' % GUEST6, "-DMODULES=" + ",".join('"%s"' % m for m in there), "-o", os.path.join(tree, "init"),
                    os.path.join(HERE, "agent.c")], check=True)
    return initramfs(os.path.join(OUT, "net.cpio"), "--bare", "--add", tree)


def card(ours, theirs, mac):
    """QEMU's arguments for a card whose frames are datagrams between two sockets."""
    return ["-netdev", "dgram,id=wire,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s" % (theirs, ours), *CARD_GLOBALS[ARCH],
            "-device", "%s,netdev=wire,mac=%s" % (CARD[ARCH], ":".join("%02x" % b for b in mac))]


class Wire:
    """All hosts on the guest's network: answers ARP and neighbour solicitations for each address that a test has taken, and gives the packets to it."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="keel-net-")
        self.ours, self.theirs = os.path.join(self.folder, "host"), os.path.join(self.folder, "guest")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.sock.bind(self.ours)
        self.hosts, self.stray, self.bad = {}, 0, []
        self.guest_mac = GUEST_MAC
        self.tap = None         # tests that want each frame: called with it
        self.stopping = False
        self.thread = threading.Thread(target=self.receive, daemon=True)
        self.thread.start()

    def qemu(self):
        return card(self.ours, self.theirs, GUEST_MAC)

    def close(self):
        self.stopping = True
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"", self.ours)
        self.thread.join()
        self.sock.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def host(self, number):
        """Takes the addresses of this number: (IPv4, IPv6, MAC, the queue of packets for them)."""
        a4, a6 = NET4 + struct.pack("!H", number), NET6 + struct.pack("!Q", number)
        box = (queue.Queue(), b"\2\0\0\0" + struct.pack("!H", number))
        self.hosts[a4] = self.hosts[a6] = box
        return a4, a6, box[1], box[0]

    def frame(self, data):
        try:
            self.sock.sendto(data.ljust(60, b"\0"), self.theirs)
        except (ConnectionError, FileNotFoundError):
            pass    # the machine has ended: who waits for it sees that

    def receive(self):
        while True:
            data = self.sock.recv(70000)
            if self.stopping:
                return
            if self.tap:
                self.tap(data)
            if len(data) < 14:
                continue
            kind = struct.unpack("!H", data[12:14])[0]
            if kind == wire.ETH_ARP:
                self.answer_arp(data)
                continue
            p = wire.read_ip(data)
            if not p:
                continue
            if p.six and p.protocol == wire.ICMP6 and p.payload[:1] == b"\x87":
                self.answer_solicitation(p)
                continue
            box = self.hosts.get(p.dst)
            if box:
                p.when = time.monotonic()
                box[0].put(p)
            else:
                self.stray += 1

    def answer_arp(self, data):
        op, src_mac, src, target = struct.unpack("!H6s4s6x4s", data[20:42])
        box = self.hosts.get(target)
        if op == 1 and box:
            self.frame(wire.ethernet(src_mac, box[1], wire.ETH_ARP, struct.pack("!HHBBH6s4s6s4s", 1, wire.ETH_IP4, 6, 4, 2, box[1], target, src_mac, src)))

    def answer_solicitation(self, p):
        target = p.payload[8:24]
        box = self.hosts.get(target)
        if box and any(p.src):
            # Solicited, override; the option is our link address.
            body = target + struct.pack("!BB6s", 2, 1, box[1])
            m = wire.icmp(target, p.src, 136, 0, 0x60000000, body)
            self.frame(wire.ethernet(p.mac, box[1], wire.ETH_IP6, wire.ip(target, p.src, wire.ICMP6, m, ttl=255)))


class Guest:
    """A started machine. command() may be called by many threads."""

    def __init__(self, name, kernel, append, initrd, smp, wire_):
        self.machine = Machine(name, kernel=kernel, initrd=initrd, append=append, smp=smp, mem="256M", extra=wire_.qemu())
        self.lock, self.number, self.answers = threading.Lock(), 0, {}
        self.changed = threading.Condition()
        self.text, self.gone = "", False
        self.slots = list(range(2000, 0, -1))
        self.ready = threading.Event()
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        if not self.ready.wait(150) or self.gone:
            self.close()
            raise Unmet("the machine did not start: " + self.text[-600:])

    def read(self):
        m = self.machine
        while m.pump(3600):
            lines = m.text.split("\n")
            m.text = lines.pop()
            with self.changed:
                for line in lines:
                    found = re.match(r"@(\d+) (.*)$", line)
                    if not found:
                        self.text += line + "\n"
                    elif found[1] == "0":
                        self.ready.set()
                    else:
                        self.answers[int(found[1])] = found[2].strip()
                self.changed.notify_all()
        with self.changed:
            self.text += m.text
            self.gone = True
            self.changed.notify_all()
        self.ready.set()

    def start(self, *words):
        """Gives a command; its number, for finish()."""
        with self.lock:
            self.number += 1
            n = self.number
            try:
                self.machine.send("%d %s\n" % (n, " ".join(str(w) for w in words)))
            except OSError:
                raise Unmet("the machine ended: " + self.text[-600:])
        return n

    def finish(self, n, seconds=LIMIT):
        deadline = time.monotonic() + seconds
        with self.changed:
            while n not in self.answers:
                left = deadline - time.monotonic()
                if self.gone or left <= 0:
                    raise Unmet("%s: %s" % ("the machine ended" if self.gone else "the guest did not answer", self.text[-600:]))
                self.changed.wait(left)
            return self.answers.pop(n)

    def command(self, *words, seconds=LIMIT):
        return self.finish(self.start(*words), seconds)

    def take_slot(self):
        with self.lock:
            return self.slots.pop()

    def give_slot(self, n):
        with self.lock:
            self.slots.append(n)

    def power_off(self):
        """Ends the machine; what its console said."""
        self.start("quit")
        deadline = time.monotonic() + LIMIT
        with self.changed:
            while not self.gone and time.monotonic() < deadline:
                self.changed.wait(1)
        return self.text

    def close(self):
        self.machine.process.kill()
        self.thread.join(10)
        self.machine.close()
