# SPDX-License-Identifier: MPL-2.0
"""What a scenario plays with: a host on the guest's network (Play), the guest's sockets (Sock), and one connection seen from the peer's side (Conn).

A scenario is a function of one argument, the Play `t`. What the guest sends and what its sockets answer goes into t.log, one line each, in an order that only
events decide; the log of Linux and the log of Keel must be equal. What differs by nature is not written: sequence numbers are relative to the first of their
direction, the guest's chosen ports and time stamps are left out. So a scenario asserts nothing: it causes things, and what comes is compared.

    c, s = t.accepted(mss=1000)     a connection that the guest has accepted: c is the peer's end, s the guest's socket
    c.send("PA", data=b"x" * 10)    one segment; sequence and acknowledgement number are right unless they are given
    c.expect()                      the next segment of the guest
    c.nothing()                     a ping goes to the guest and comes back: what else had it to say before?
    s.read(10)                      the guest's recv()

Where the place is timing's (delayed acknowledgements between data), c.expect(until=...) skips what does not matter.
"""
import queue
import random
import socket
import struct
import time
import zlib

import wire
from guest import GUEST4, GUEST6, LIMIT
from machine import Unmet

IN, PRI, OUT, ERR, HUP, RDHUP = 1, 2, 4, 8, 16, 0x2000
SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP = 1, 0, 41, 6
OPTIONS = {     # by name: level, number
    "SNDBUF": (SOL_SOCKET, 7), "RCVBUF": (SOL_SOCKET, 8), "KEEPALIVE": (SOL_SOCKET, 9), "OOBINLINE": (SOL_SOCKET, 10), "ERROR": (SOL_SOCKET, 4),
    "REUSEADDR": (SOL_SOCKET, 2), "RCVLOWAT": (SOL_SOCKET, 18), "RECVERR": (IPPROTO_IP, 11), "RECVERR6": (IPPROTO_IPV6, 25), "MTU_DISCOVER": (IPPROTO_IP, 10), "TOS": (IPPROTO_IP, 1), "TTL": (IPPROTO_IP, 2),
    "NODELAY": (IPPROTO_TCP, 1), "MAXSEG": (IPPROTO_TCP, 2), "CORK": (IPPROTO_TCP, 3), "KEEPIDLE": (IPPROTO_TCP, 4), "KEEPINTVL": (IPPROTO_TCP, 5),
    "KEEPCNT": (IPPROTO_TCP, 6), "SYNCNT": (IPPROTO_TCP, 7), "LINGER2": (IPPROTO_TCP, 8), "DEFER_ACCEPT": (IPPROTO_TCP, 9), "WINDOW_CLAMP": (IPPROTO_TCP, 10),
    "QUICKACK": (IPPROTO_TCP, 12), "USER_TIMEOUT": (IPPROTO_TCP, 18), "FASTOPEN": (IPPROTO_TCP, 23), "NOTSENT_LOWAT": (IPPROTO_TCP, 25),
}
STATES = "? ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN CLOSING".split()
MSG_OOB, MSG_PEEK, MSG_MORE = 1, 2, 0x8000


def pattern(at, n):
    """Bytes of a stream from @at on, as the agent makes them."""
    return bytes((i * 31 + (i >> 8) + (i >> 16) * 7) & 255 for i in range(at, at + n))


class Sock:
    """A socket of the guest; its calls never block, and their results are logged."""

    def __init__(self, t, number):
        self.t, self.n, self.written = t, number, 0

    def call(self, word, *args):
        self.t.barrier()
        return self.t.guest.command(word, self.n, *args)

    def logged(self, what, *args):
        r = self.call(*args)
        self.t.say("%s: %s" % (what, r))
        return r

    def bind(self, port, address=None):
        r = self.call("bind", address or self.t.guest_address, port)
        if r != "0":
            self.t.say("bind: " + r)
        return self

    def listen(self, backlog):
        r = self.call("listen", backlog)
        if r != "0":
            self.t.say("listen: " + r)
        return self

    def opt(self, name, value):
        r = self.call("opt", *OPTIONS[name], value)
        if r != "0":
            self.t.say("set %s: %s" % (name, r))
        return self

    def get(self, name):
        return self.logged("get " + name, "get", *OPTIONS[name])

    def error(self):
        return self.logged("SO_ERROR", "get", *OPTIONS["ERROR"])

    def linger(self, seconds, on=1):
        self.call("linger", on, seconds)

    def connect(self, port=None):
        return self.logged("connect", "connect", self.t.address, port or self.t.port)

    def accept(self):
        """The next connection; None: there is none."""
        s = Sock(self.t, self.t.next_sock())
        r = self.call("accept", s.n)
        if r != "0":
            self.t.say("accept: " + r)
            return None
        return s

    def write(self, n, flags=0):
        r = self.logged("write %d" % n, "send", self.written, n, flags)
        if r.isdigit():
            self.written += int(r)

    def fill(self, most=1 << 22):
        """Writes until the buffer is full. How much that is is not compared."""
        while self.written < most:
            r = self.call("send", self.written, 65536, 0)
            if not r.isdigit():
                break
            self.written += int(r)

    def read(self, n=65536, flags=0, expect=None):
        """recv(); logs how many bytes, and whether they are @expect (bytes)."""
        r = self.call("recv", n, flags)
        count, _, s = r.partition(" ")
        if not s:
            self.t.say("read: " + r)
        else:
            self.t.say("read: %s%s" % (count, "" if expect is None else " as sent" if int(s) == zlib.adler32(expect) else " WRONG BYTES"))
        return int(count) if s else -1

    def wait(self, events, seconds=LIMIT):
        """poll() until one of the events is there."""
        self.t.say("poll: " + self.t.guest.command("wait", self.n, events, seconds=seconds))

    def until(self, events, seconds=LIMIT):
        """The same, without a word: what follows shows the state."""
        self.t.guest.command("wait", self.n, events, seconds=seconds)

    def shut(self, how=1):
        self.logged("shutdown", "shut", how)

    def close(self):
        r = self.call("close")
        if r != "0":
            self.t.say("close: " + r)

    def info(self, *names):
        """Fields of TCP_INFO."""
        r = dict(w.split("=") for w in self.call("info").split() if "=" in w)
        self.t.say("info: " + " ".join("%s %s" % (n, STATES[int(r[n])] if n == "state" else r[n]) for n in names))
        return r

    def state(self):
        self.info("state")

    def until_state(self, name, seconds=LIMIT):
        deadline = time.monotonic() + seconds
        while True:
            r = dict(w.split("=") for w in self.call("info").split() if "=" in w)
            if STATES[int(r.get("state", 0))] == name:
                self.t.say("state " + name)
                return
            if time.monotonic() > deadline:
                raise Unmet("state %s and not %s" % (STATES[int(r.get("state", 0))], name))

    def inq(self):
        self.logged("unread", "inq")

    def outq(self):
        self.logged("not acknowledged", "outq")

    def atmark(self):
        self.logged("at the mark", "atmark")


class Conn:
    """One connection from the peer's side. Numbers of both directions are relative: 0 is the SYN, the first byte of data is 1."""

    def __init__(self, t, port, guest_port=None):
        self.t, self.port, self.guest_port = t, port, guest_port
        self.iss = t.random.getrandbits(32)
        self.irs = None         # of the guest
        self.next = 0           # the next number that we send
        self.rcv = 0            # the next that we expect
        self.window, self.options = 65535, []
        self.ts, self.ts_value, self.ts_echo = False, 1000, 0
        self.last = None
        self.tos = 0
        self.held = []
        self.show_window = self.show_push = False
        self.show_options = True
        self.times = []         # of the guest's clock, if it sends time stamps

    # ---- to the guest ----
    def raw(self, flags, seq=None, ack=None, data=b"", window=None, options=None, **more):
        """The bytes of a segment; nothing is advanced."""
        if options is None:
            options = list(self.options)
            if self.ts:
                options = [("nop",), ("nop",), ("ts", self.ts_value, self.ts_echo)] + options
        rel = [(o[0], *((a + (self.irs or 0), b + (self.irs or 0)) for a, b in o[1:])) if o[0] == "sack" else o for o in options]
        return wire.tcp(self.t.raw_address, self.t.raw_guest, self.port, self.guest_port, self.iss + (self.next if seq is None else seq),
                        ((self.rcv if ack is None else ack) + (self.irs or 0)) if "A" in flags or ack is not None else 0, flags,
                        self.window if window is None else window, rel, data, **more)

    def send(self, flags="A", seq=None, ack=None, data=b"", tos=None, **more):
        self.t.packet(wire.TCP, self.raw(flags, seq, ack, data, **more), tos=self.tos if tos is None else tos)
        if seq is None:
            self.next += len(data) + ("S" in flags) + ("F" in flags)
        return self

    def ack(self, upto=None, **more):
        return self.send("A", ack=upto, **more)

    def syn(self, mss=1460, wscale=None, sack=False, ts=False, ecn=False, flags=None, **more):
        options = [("mss", mss)] if mss else []
        if sack:
            options.append(("sackOK",))
        if ts:
            options.append(("ts", self.ts_value, 0))
        if wscale is not None:
            options += [("nop",), ("wscale", wscale)]
        self.ts = ts
        return self.send(flags or ("SEC" if ecn else "S"), options=options, **more)

    def syn_ack(self, mss=1460, wscale=None, sack=False, ts=False, ecn=False, **more):
        options = [("mss", mss)] if mss else []
        if sack:
            options.append(("sackOK",))
        if ts:
            options.append(("ts", self.ts_value, self.ts_echo))
        if wscale is not None:
            options += [("nop",), ("wscale", wscale)]
        self.ts = ts
        return self.send("SAE" if ecn else "SA", options=options, **more)

    # ---- from the guest ----
    def mine(self, p):
        if p.protocol != wire.TCP:
            return None
        s = wire.read_tcp(p)
        if s and s.dport == self.port and self.guest_port in (None, s.sport):
            s.packet = p
            return s
        return None

    def get(self, seconds=LIMIT):
        """The next segment of this connection, not logged; None: none came."""
        s = self.t.take(self.mine, seconds)
        if not s:
            return None
        self.guest_port = s.sport
        if self.irs is None or ("S" in s.flags and "A" not in s.flags and s.seq != self.irs):
            self.irs = s.seq
        s.rel = (s.seq - self.irs) & 0xffffffff
        s.rel -= (s.rel >> 31) << 32
        s.end = s.rel + len(s.data) + ("S" in s.flags) + ("F" in s.flags)
        for o in s.options:
            if o[0] == "ts":
                self.ts_echo = o[1]
                self.times.append(o[1])
        if s.rel <= self.rcv < s.end:
            self.rcv = s.end
        self.last = s
        return s

    def text(self, s):
        rel_ack = (s.ack - self.iss) & 0xffffffff
        rel_ack -= (rel_ack >> 31) << 32
        # Where Linux pushes depends on how far the sender was when the first segment went out.
        flags = s.flags if self.show_push else s.flags.replace("P", "")
        words = [flags or "-", "seq %d" % s.rel if s.flags != "RA" or s.seq else "seq none"]
        if len(s.data):
            words.append("len %d" % len(s.data))
            if s.data != pattern(max(s.rel - 1, 0), len(s.data)):
                words.append("OTHER BYTES")
        if "A" in s.flags:
            words.append("ack %d" % rel_ack)
        if "S" in s.flags or self.show_window:
            words.append("win %d" % s.window)
        elif not s.window and "R" not in s.flags:
            words.append("win 0")
        if "U" in s.flags:
            words.append("urg %d" % s.urgent)
        shown = []
        for o in s.options:
            if o[0] == "ts":
                shown.append("ts ecr %d" % o[2])
            elif o[0] == "sack":
                shown.append("sack " + " ".join("%d-%d" % tuple(((x - self.iss) & 0xffffffff) for x in pair) for pair in o[1:]))
            elif o[0] == "wscale":
                shown.append("wscale" if o[1] else "wscale 0")      # how much is a matter of the machine's memory
            else:
                shown.append(" ".join(str(len(x) if isinstance(x, bytes) else x) for x in o))
        if shown and self.show_options:
            words.append("<%s>" % ",".join(shown))
        if s.packet.tos & 3:
            words.append("ECT%d" % (s.packet.tos & 3))
        if not s.packet.df:
            words.append("no DF")
        if not s.good:
            words.append("BAD SUM")
        return " ".join(words)

    def expect(self, until=None, seconds=LIMIT, quiet=False):
        """Waits for the guest's next segment, and logs it; with @until for the first for which that holds, and logs only that one."""
        deadline = time.monotonic() + seconds
        while True:
            s = self.get(max(0, deadline - time.monotonic()))
            if not s:
                self.t.say("> nothing")
                raise Unmet("no segment came")
            if until is None or until(s):
                if not quiet:
                    self.t.say("> " + self.text(s))
                return s

    def expect_ack(self, number, **more):
        """The acknowledgement of all before @number; those of less do not matter."""
        return self.expect(until=lambda s: "A" in s.flags and (s.ack - self.iss) & 0xffffffff == number, **more)

    def expect_data(self, upto, ack=False):
        """Reads until the guest has sent all before @upto, logs each; acknowledges each with @ack."""
        while self.rcv < upto:
            self.expect()
            if ack:
                self.ack()

    def gather(self, upto, quiet=True):
        """The same, where how it is cut does not matter."""
        seen = 0
        while self.rcv < upto:
            self.expect(quiet=True)
            seen += 1
        if not quiet:
            self.t.say("> data up to %d" % self.rcv)
        return seen

    def nothing(self):
        """Logs what the guest sends before it answers a ping: usually nothing, as the log then says."""
        self.t.ping()
        seen = False
        while True:
            s = self.get(0)
            if not s:
                break
            seen = True
            self.t.say("> " + self.text(s))
        if not seen:
            self.t.say("> nothing")

    def again(self, number, n, seconds=LIMIT):
        """The n next segments that begin at @number: how often they came and whether the time between them doubles, by the guest's clock or else ours."""
        stamps = []
        for _ in range(n):
            s = self.expect(until=lambda s: s.rel == number and "R" not in s.flags, seconds=seconds, quiet=True)
            guest = [o[1] for o in s.options if o[0] == "ts"]
            stamps.append(guest[0] if guest else s.packet.when * 1000)
            text = self.text(s)
        self.t.say("> %d times %s" % (n, text))
        gaps = [b - a for a, b in zip(stamps, stamps[1:])]
        self.t.say("each later than the last: %s" % all(b > 1.4 * a for a, b in zip(gaps, gaps[1:])))

    def rst(self, **more):
        return self.send("R", **more)


class Play:
    """One scenario's run: a host of its own, so that no other scenario's packets and nothing that the guest knows of another host come into it."""

    def __init__(self, name, guest, net, number, six=False):
        self.name, self.guest, self.net, self.number, self.six = name, guest, net, number, six
        self.log, self.lines = [], 0
        self.random = random.Random(number)
        a4, a6, self.mac, self.box = net.host(number)
        self.raw_address, self.raw_guest = (a6, wire.address(GUEST6)) if six else (a4, wire.address(GUEST4))
        self.address, self.guest_address = wire.text_of(self.raw_address), GUEST6 if six else GUEST4
        self.port = 5000
        self.guest_port = 2000 + number % 20000
        self.aside, self.pings = [], 0
        self.unseen = self.careless = False     # careless: the fuzzer's host, whose pings may get lost
        self.socks = []
        self.mtu_head = 60 if six else 40

    def say(self, line):
        self.log.append(line)

    # ---- packets ----
    def packet(self, protocol, payload, ttl=64, **more):
        self.unseen = not self.careless
        p = wire.ip(self.raw_address, self.raw_guest, protocol, payload, ttl=ttl, **more)
        self.net.frame(wire.ethernet(self.net.guest_mac, self.mac, wire.ETH_IP6 if self.six else wire.ETH_IP4, p))

    def take(self, mine, seconds):
        """The first packet for which @mine gives something, from those put aside or those to come; the others are put aside."""
        for i, p in enumerate(self.aside):
            r = mine(p)
            if r:
                del self.aside[i]
                return r
        deadline = time.monotonic() + seconds
        while True:
            try:
                p = self.box.get(timeout=max(0, deadline - time.monotonic())) if seconds else self.box.get_nowait()
            except queue.Empty:
                return None
            r = mine(p)
            if r:
                return r
            self.aside.append(p)

    def barrier(self):
        """Before a call of a socket: what we have sent has been taken. The console and the wire are two ways, and would race."""
        if self.unseen:
            self.ping()

    def clear(self):
        """Forgets what has come."""
        self.aside.clear()
        while not self.box.empty():
            self.box.get_nowait()

    def ping(self):
        """An echo request; returns when the answer is here, so all that the guest had sent before is here, too."""
        self.pings += 1
        rest = 0x77 << 16 | self.pings
        kinds = (128, 129) if self.six else (8, 0)
        proto = wire.ICMP6 if self.six else wire.ICMP
        self.packet(proto, wire.icmp(self.raw_address, self.raw_guest, kinds[0], 0, rest, b"keel"))

        def answer(p):
            return p if p.protocol == proto and p.payload[0] == kinds[1] and struct.unpack("!I", p.payload[4:8])[0] == rest else None
        if not self.take(answer, LIMIT):
            raise Unmet("the guest does not answer a ping")
        self.unseen = False

    def expect_icmp(self):
        """The next ICMP message but echoes: its type and code, and what it is about."""
        proto = wire.ICMP6 if self.six else wire.ICMP

        def other(p):
            return p if p.protocol == proto and p.payload[0] not in (0, 8, 128, 129, 135, 136, 143) else None
        p = self.take(other, LIMIT)
        self.say("> ICMP %s" % ("nothing" if not p else "%d %d" % (p.payload[0], p.payload[1])))
        return p

    def icmp_error(self, kind, code, about, rest=0, keep=None):
        """An ICMP error of this host about a packet of the guest (a segment that was got)."""
        proto = wire.ICMP6 if self.six else wire.ICMP
        body = about.packet.raw[:keep or (1000 if self.six else 28)]
        self.packet(proto, wire.icmp(self.raw_address, self.raw_guest, kind, code, rest, body))

    def too_big(self, mtu, about, **more):
        if self.six:
            self.icmp_error(2, 0, about, rest=mtu, **more)
        else:
            self.icmp_error(3, 4, about, rest=mtu, **more)

    # ---- sockets ----
    def next_sock(self):
        n = self.guest.take_slot()
        self.socks.append(n)
        return n

    def tcp(self, **options):
        s = Sock(self, self.next_sock())
        s.call("socket", 6 if self.six else 4)
        for name, value in options.items():
            s.opt(name, value)
        return s

    def listener(self, backlog=8, **options):
        s = self.tcp(REUSEADDR=1, **options)
        s.bind(self.guest_port)
        s.listen(backlog)
        return s

    def conn(self, port=None):
        """A connection that the peer is going to open to the guest's listener."""
        self.port += 1
        return Conn(self, port or self.port, self.guest_port)

    def coming(self):
        """A connection that the guest is going to open to the peer."""
        return Conn(self, self.port)

    def handshake(self, c, window=65535, far=False, **options):
        """The peer opens, and the guest answers; not logged. @far: the path is long, so the timers that follow the round-trip time are longer than a busy host
        is late."""
        c.syn(window=window, **options)
        s = c.expect(until=lambda s: "S" in s.flags, quiet=True)
        c.peer_scale = next((o[1] for o in s.options if o[0] == "wscale"), 0) if options.get("wscale") is not None else 0
        c.window = window >> (options.get("wscale") or 0)
        if far:
            time.sleep(0.1)
        c.ack()
        return c

    def accepted(self, opts=None, lopts=None, window=65535, **options):
        """A connection that the peer has opened and the guest accepted. @opts: of the accepted socket, @lopts: of the listener; the rest goes to Conn.syn."""
        listener = self.listener(**(lopts or {}))
        c = self.handshake(self.conn(), window=window, **options)
        listener.until(IN)
        s = listener.accept()
        listener.close()
        for name, value in (opts or {}).items():
            s.opt(name, value)
        return c, s

    def connected(self, opts=None, window=65535, **options):
        """A connection that the guest has opened; the peer's window and options. Not logged."""
        s = self.tcp(**(opts or {}))
        c = self.coming()
        c.options = []
        s.call("connect", self.address, self.port)
        first = c.expect(quiet=True)
        c.offered = [o[0] for o in first.options]
        c.syn_ack(window=window, **options)
        c.window = window >> (options.get("wscale") or 0)
        c.expect(until=lambda x: "S" not in x.flags, quiet=True)
        s.until(OUT)
        return c, s

    def finish(self):
        """Closes what the scenario left open."""
        for n in self.socks:
            self.guest.command("linger", n, 1, 0)
            self.guest.command("close", n)
            self.guest.give_slot(n)
        self.socks = []


SCENARIOS = []


def scenario(*families):
    """Registers a function as a scenario, for IPv4 by default; @scenario(4, 6) plays it over both."""
    def register(f, which=(4,)):
        for six in which:
            SCENARIOS.append((f.__name__ + ("_v6" if six == 6 else ""), f, six == 6))
        return f
    if families and callable(families[0]):
        return register(families[0])
    return lambda f: register(f, families or (4,))
