# SPDX-License-Identifier: MPL-2.0
"""A relay between two machines that loses, delays, reorders and duplicates frames, and transfers of data through it.

Each machine has a wire of its own to the relay (guest.card). What happens to a frame is decided by a generator with a seed; when it arrives is real time, so
how long a transfer takes is measured and never asserted.
"""
import heapq
import os
import random
import select
import shutil
import socket
import tempfile
import threading
import time
import zlib
from types import SimpleNamespace

import guest
import peer
import wire
from machine import Unmet

ADDRESSES = [("10.9.0.1", "fd09::1"), ("10.9.0.2", "fd09::2")]
CONDITIONS = {
    "nothing lost": {},
    "2 % lost": dict(loss=0.02, delay=0.003),
    "10 % duplicated": dict(duplicate=0.1, delay=0.002),
    "reordered": dict(delay=0.004, jitter=0.004),
    "lost, duplicated, reordered": dict(loss=0.01, duplicate=0.05, delay=0.003, jitter=0.003),
}


class Relay:
    """conditions(): loss and duplicate are shares of frames; delay and jitter seconds: a frame takes from delay - jitter to delay + jitter."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="keel-relay-")
        self.ends = [SimpleNamespace(ours=os.path.join(self.folder, "host%d" % i), theirs=os.path.join(self.folder, "guest%d" % i),
                                     sock=socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM), mac=bytes((0x52, 0x54, 0, 9, 0, 1 + i))) for i in range(2)]
        for e in self.ends:
            e.qemu = lambda e=e: guest.card(e.ours, e.theirs, e.mac)
            e.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            e.sock.bind(e.ours)
            e.sock.setblocking(False)
        self.stopping = False
        self.frames = self.lost = 0
        self.sent = [0, 0]      # bytes of frames that each machine has sent
        self.conditions()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def conditions(self, loss=0.0, duplicate=0.0, delay=0.0, jitter=0.0, seed=1):
        self.rules = SimpleNamespace(loss=loss, duplicate=duplicate, delay=delay, jitter=jitter, random=random.Random(seed))

    def close(self):
        self.stopping = True
        self.thread.join(5)
        for e in self.ends:
            e.sock.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def take(self, waiting, i, data, now):
        """A frame has come from machine i: when it goes on to the other, if at all."""
        r = self.rules
        self.sent[i] += len(data)
        if data[12:14] == b"\x08\x06" or (data[12:14] == b"\x86\xdd" and data[20] == wire.ICMP6):
            heapq.heappush(waiting, (now, self.frames, 1 - i, data))     # neighbours find each other at once
            self.frames += 1
            return
        for _ in range(1 + (r.random.random() < r.duplicate)):
            self.frames += 1
            if r.random.random() < r.loss:
                self.lost += 1
                continue
            heapq.heappush(waiting, (now + r.delay + r.jitter * (2 * r.random.random() - 1), self.frames, 1 - i, data))

    def run(self):
        waiting = []
        socks = {e.sock.fileno(): i for i, e in enumerate(self.ends)}
        while not self.stopping:
            now = time.monotonic()
            ready, _, _ = select.select(list(socks), [], [], max(0, min(0.5, waiting[0][0] - now)) if waiting else 0.5)
            now = time.monotonic()
            for fd in ready:
                for _ in range(64):
                    try:
                        data = self.ends[socks[fd]].sock.recv(70000)
                    except BlockingIOError:
                        break
                    if len(data) >= 14:
                        self.take(waiting, socks[fd], data, now)
            while waiting and waiting[0][0] <= now:
                _, _, to, data = heapq.heappop(waiting)
                e = self.ends[to]
                try:
                    e.sock.setblocking(True)
                    e.sock.sendto(data, e.theirs)
                except (ConnectionError, FileNotFoundError):
                    pass
                finally:
                    e.sock.setblocking(False)


class Pair:
    """Two machines with a relay between them. @kernels: [(label, image, append)] * 2."""

    def __init__(self, name, kernels, initrd, smp=1):
        self.relay, self.guests, self.port = Relay(), [], 6000
        failures = []

        def boot(i):
            label, kernel, append = kernels[i]
            try:
                self.guests[i] = guest.Guest("net-%s-%d-%s" % (name, i, label), kernel, "%s -- %s %s" % ((append,) + ADDRESSES[i]), initrd, smp, self.relay.ends[i])
            except Unmet as e:
                failures.append(e)
        self.guests = [None, None]
        threads = [threading.Thread(target=boot, args=(i,)) for i in range(2)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        if failures:
            self.close()
            raise failures[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for g in self.guests:
            if g:
                g.close()
        self.relay.close()

    def transfer(self, sender, size, connections=1, six=False, seconds=120):
        """@size bytes on each of the connections from a machine to the other: seconds; raises Unmet unless all arrive whole."""
        a, b = self.guests[sender], self.guests[1 - sender]
        self.port += 1
        family, to = (6, ADDRESSES[1 - sender][1]) if six else (4, ADDRESSES[1 - sender][0])
        listener = b.take_slot()
        for words in (("socket", listener, family), ("bind", listener, to, self.port), ("listen", listener, 64)):
            if b.command(*words) != "0":
                raise Unmet("%s failed" % words[0])
        pairs = []
        for _ in range(connections):
            s, r = a.take_slot(), b.take_slot()
            a.command("socket", s, family)
            a.command("connect", s, to, self.port)
            b.command("wait", listener, peer.IN, seconds=seconds)
            if b.command("accept", listener, r) != "0" or "out" not in a.command("wait", s, peer.OUT, seconds=seconds):
                raise Unmet("no connection")
            pairs.append((s, r))
        begin = time.monotonic()
        sinks = [b.start("sink", r) for _, r in pairs]
        sources = [a.start("source", s, size) for s, _ in pairs]
        want = "%d %d end" % (size, adler(size))
        for n in sinks:
            got = b.finish(n, seconds)
            if got != want:
                raise Unmet("arrived: %s, not %s" % (got, want))
        took = time.monotonic() - begin
        for n in sources:
            a.finish(n, seconds)
        for s, r in pairs:
            a.command("close", s)
            b.command("close", r)
            a.give_slot(s)
            b.give_slot(r)
        b.command("close", listener)
        b.give_slot(listener)
        return took


SUMS = {}


def adler(size):
    if size not in SUMS:
        SUMS[size] = zlib.adler32(b"".join(peer.pattern(at, min(65536, size - at)) for at in range(0, size, 65536)))
    return SUMS[size]
