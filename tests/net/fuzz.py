# SPDX-License-Identifier: MPL-2.0
"""A fuzzer from outside: valid packets of every protocol that the guest knows, damaged, on its wire.

Everything is decided by a seed, so a run can be had again. Nothing is expected of the guest but that it still answers afterwards, that it keeps no more memory
than it may, and that it has lost nothing when it is turned off.
"""
import random
import struct

import wire
from guest import GUEST4, GUEST6
from machine import Unmet

GROUP4, ALL6 = wire.address("224.0.0.1"), wire.address("ff02::1")
INTERESTING = (0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 20, 39, 40, 41, 59, 60, 63, 64, 127, 128, 129, 253, 254, 255)


class Fuzzer:
    def __init__(self, play, anchor, seed):
        self.t, self.anchor, self.r = play, anchor, random.Random(seed)
        self.six = False
        self.seq, self.ack = 1000, 2000
        self.sent = 0
        self.conn = None        # (Conn, Sock): one that is open, to be aimed at

    # ---- valid packets ----
    def addresses(self):
        if self.six:
            return wire.address("fd09::%x" % self.t.number), wire.address(GUEST6)
        return struct.pack("!BBH", 10, 9, self.t.number), wire.address(GUEST4)

    def data(self, most=200):
        return self.r.randbytes(self.r.randrange(most))

    def echo(self):
        src, dst = self.addresses()
        return wire.ICMP6 if self.six else wire.ICMP, wire.icmp(src, dst, 128 if self.six else 8, 0, self.r.getrandbits(32), self.data())

    def udp(self):
        src, dst = self.addresses()
        d = self.data()
        head = struct.pack("!HHHH", 4000, self.r.choice((7, 53, 2500)), 8 + len(d), 0) + d
        return wire.UDP, head[:6] + struct.pack("!H", wire.checksum(wire.pseudo(src, dst, wire.UDP, len(head)) + head)) + head[8:]

    def aimed(self):
        """A segment of the open connection, near its numbers."""
        c, r = self.conn[0], self.r
        near = lambda n: n + r.choice((0, 0, 0, 1, -1, 10, 1000, -1000, 70000))
        flags = r.choice(("A", "A", "PA", "PA", "PA", "FA", "RA", "S", "SA", "PAU", "PAE", "PAC", "AE"))
        options = r.choice(([], [], [("nop",), ("nop",), ("ts", r.getrandbits(32), r.getrandbits(32))],
                            [("nop",), ("nop",), ("sack", *((near(c.rcv), near(c.rcv) + r.randrange(3000)) for _ in range(r.randrange(1, 4))))]))
        return wire.TCP, c.raw(flags, near(c.next), near(c.rcv), self.data(), r.choice((0, 1, 100, 65535)), options, urgent=r.randrange(300))

    def tcp(self):
        if self.conn and self.r.random() < 0.5:
            self.six = False
            return self.aimed()
        src, dst = self.addresses()
        flags = self.r.choice(("S", "S", "SA", "A", "PA", "FA", "R", "RA", "PAU", "SEC", "", "FSRPAU"))
        options = self.r.choice(((), (("mss", 1460), ("sackOK",), ("ts", self.r.getrandbits(32), 0), ("nop",), ("wscale", 7)), (("nop",), ("nop",), ("ts", 1, 2)),
                                 (("nop",), ("nop",), ("sack", (self.r.getrandbits(32), self.r.getrandbits(32)))), ((self.r.randrange(256), self.data(20)),)))
        port = self.r.choice((2500, 2500, 9, 2501))
        return wire.TCP, wire.tcp(src, dst, self.r.choice((5000, 5001, 5002, self.r.randrange(65536))), port, self.r.choice((self.seq, self.r.getrandbits(32))),
                                  self.r.choice((self.ack, self.r.getrandbits(32))), flags, self.r.randrange(65536), options, self.data(), self.r.randrange(65536))

    def error(self):
        """An ICMP error about a packet that the guest may have sent."""
        src, dst = self.addresses()
        about = wire.ip(dst, src, self.r.choice((wire.TCP, wire.UDP, wire.ICMP)), self.tcp()[1][:self.r.randrange(60)])
        kind, code = self.r.choice(((1, 4), (2, 0), (3, 0), (4, 1)) if self.six else ((3, 1), (3, 3), (3, 4), (11, 0), (12, 0), (5, 1), (4, 0)))
        return wire.ICMP6 if self.six else wire.ICMP, wire.icmp(src, dst, kind, code, self.r.choice((0, 100, 552, 1280, 1400, self.r.getrandbits(32))), about)

    def discovery(self):
        """Neighbour discovery, router advertisements, redirects, MLD; ARP's place is raw frames."""
        src, dst = self.addresses()
        self.six = True
        src, dst = self.addresses()
        kind = self.r.choice((133, 134, 135, 136, 137, 130, 131, 132, 143))
        target = self.r.choice((dst, src, wire.address("fe80::1"), ALL6))
        body = target if kind in (135, 136, 130, 131, 132) else target + dst if kind == 137 else self.r.randbytes(8) if kind == 134 else b""
        if kind == 134:
            body += struct.pack("!BBBBIII", 3, 4, 64, 0xc0, 100, 100, 0) + wire.address("fd0a::")
        if kind == 143:
            body = struct.pack("!BBH", 4, 0, 0) + ALL6
        body += b"".join(struct.pack("!BB", self.r.choice((1, 2, 3, 4, 5, 24, 25, 31)), self.r.choice((0, 1, 1, 1, 4))) + self.r.randbytes(6) for _ in range(self.r.randrange(3)))
        return wire.ICMP6, wire.icmp(src, dst, kind, 0, self.r.choice((0, 0x60000000, self.r.getrandbits(32))), body)

    def igmp(self):
        self.six = False
        body = struct.pack("!BBH4s", self.r.choice((0x11, 0x12, 0x16, 0x17, 0x22)), self.r.randrange(256), 0, self.r.choice((GROUP4, b"\0\0\0\0", wire.address("239.1.2.3"))))
        body += self.r.choice((b"", struct.pack("!BBH", 0, 0, 1) + self.data(9)))
        return 2, body[:2] + struct.pack("!H", wire.checksum(body)) + body[4:]

    def extension(self, protocol, payload):
        """Puts a header of IPv6 before the payload."""
        kind = self.r.choice((0, 43, 44, 60, 60, 135, 50, 51))
        if kind == 44:
            return kind, struct.pack("!BBHI", protocol, 0, self.r.choice((0, 1, self.r.randrange(65536))), self.r.randrange(8)) + payload
        n = self.r.randrange(3)
        return kind, struct.pack("!BB", protocol, n) + self.r.choice((bytes((1, 4, 0, 0, 0, 0)), self.r.randbytes(6))) + self.r.randbytes(8 * n) + payload

    def packet(self):
        """An Ethernet frame."""
        self.six = self.r.random() < 0.5
        protocol, payload = self.r.choice((self.echo, self.udp, self.tcp, self.tcp, self.error, self.discovery, self.igmp))()
        src, dst = self.addresses()
        if self.r.random() < 0.05:
            dst = ALL6 if self.six else GROUP4
        if self.six:
            for _ in range(self.r.choice((0, 0, 0, 1, 1, 2, 9))):
                protocol, payload = self.extension(protocol, payload)
            body = wire.ip(src, dst, protocol, payload, ttl=self.r.choice((255, 255, 64, 1)), tos=self.r.choice((0, 2, 3)))
        else:
            options = self.r.choice((b"", b"", b"", b"\1\1\1\0", bytes((7, 7, 4)) + self.r.randbytes(5), bytes((0x83, 7, 4)) + self.r.randbytes(5), self.r.randbytes(8)))
            frag = self.r.choice((0x4000, 0x4000, 0x4000, 0, 0x2000, 0x2000 | self.r.randrange(100), self.r.randrange(65536)))
            body = wire.ip(src, dst, protocol, payload, ident=self.r.randrange(8), frag=frag, options=options)
        mac = self.t.net.guest_mac if self.r.random() < 0.95 else b"\xff" * 6
        return wire.ethernet(mac, self.t.mac, wire.ETH_IP6 if self.six else wire.ETH_IP4, body)

    def arp(self):
        src, dst = struct.pack("!BBH", 10, 9, self.t.number), wire.address(GUEST4)
        body = struct.pack("!HHBBH6s4s6s4s", 1, wire.ETH_IP4, 6, 4, self.r.choice((1, 2, 3, 8)), self.t.mac, src, b"\0" * 6, self.r.choice((dst, src)))
        return wire.ethernet(self.r.choice((b"\xff" * 6, self.t.net.guest_mac)), self.t.mac, wire.ETH_ARP, body)

    # ---- damage ----
    def damage(self, frame):
        """A few bytes changed; often the sum of the IPv4 header is right again afterwards, so that what is behind it is looked at, too."""
        b = bytearray(frame)
        for _ in range(self.r.choice((0, 1, 1, 2, 4))):
            at = self.r.randrange(12, len(b))
            b[at] = self.r.choice((self.r.choice(INTERESTING), b[at] ^ 1 << self.r.randrange(8)))
        if self.r.random() < 0.15:
            del b[self.r.randrange(14, len(b) + 1):]
        if self.r.random() < 0.05:
            b += self.r.randbytes(self.r.randrange(1400))
        if b[12:14] == b"\x08\x00" and len(b) >= 34 and self.r.random() < 0.8:
            head = 14 + (b[14] & 15) * 4
            b[24:26] = b"\0\0"
            b[24:26] = struct.pack("!H", wire.checksum(bytes(b[14:head])))
        if self.r.random() < 0.5:
            self.right_sum(b)
        return bytes(b[:1514])

    @staticmethod
    def right_sum(b):
        """Makes the transport's sum right again, where it can be found, so that the damage gets past it."""
        p = wire.read_ip(bytes(b[:1514])) if len(b) >= 54 else None
        at = {wire.TCP: 16, wire.UDP: 6, wire.ICMP: 2, wire.ICMP6: 2, 2: 2}.get(p.protocol) if p and not p.frag else None
        if at is None or len(p.payload) < at + 2:
            return
        body = bytearray(p.payload)
        body[at:at + 2] = b"\0\0"
        pseudo = b"" if p.protocol in (wire.ICMP, 2) else wire.pseudo(p.src, p.dst, p.protocol, len(body))
        body[at:at + 2] = struct.pack("!H", wire.checksum(pseudo + bytes(body)))
        start = 54 if p.six else 14 + (b[14] & 15) * 4
        b[start:start + len(body)] = body

    def open_connection(self):
        """A fresh one, with data under way."""
        t = self.t
        if self.conn:
            self.conn[1].call("close")
        try:
            self.conn = t.accepted(sack=True, ts=self.r.random() < 0.5, mss=1000)
            self.conn[1].write(5000)
            self.conn[1].read()
        except Unmet:
            self.conn = None

    def run(self, count):
        """Sends so many frames; a ping every now and then keeps the guest's queue from running over."""
        t = self.t
        for n, port in ((2, 2500), (2, 53)):
            for family in (4, 6):
                s = t.next_sock()
                t.guest.command("socket", s, family, n)
                t.guest.command("bind", s, "::" if family == 6 else GUEST4, port)
        s = t.next_sock()
        t.guest.command("socket", s, 6)
        t.guest.command("bind", s, "::", 2500)
        t.guest.command("listen", s, 16)
        for i in range(count):
            if i % 500 == 0:
                self.open_connection()
            t.net.frame(self.damage(self.arp() if self.r.random() < 0.05 else self.packet()))
            self.sent += 1
            if i % 100 == 99:
                t.clear()
                self.anchor.ping()
                self.anchor.clear()
        if self.conn:
            self.conn[1].call("close")
