# SPDX-License-Identifier: MPL-2.0
"""Holds up CPUs of a machine between two accesses to a word, and lets the others go on: through QEMU's debugger port, so the kernel has no code for it.

    h = Holder(socket_path, ...)             QEMU waits with -S -gdb unix:socket_path,server=on,wait=off
    h.point(4, address, size)                stops at each access to these bytes
    h.held = {cpu}                           these stay where they are
    cpu, address = h.go()                    the others go on until one stops; the address that it has accessed, or None
    cpu, address = h.go(seconds)             the same; cpu is None when none has stopped so long, and all are stopped then
    h.read(address, n), h.write32(address, value), h.argument(cpu), h.symbol(name)

All CPUs stop while this side thinks; CPUs are numbered from 1 as QEMU does.
"""
import re
import socket
import subprocess
import time

from machine import Unmet

PATIENCE = 40 # seconds, when nothing happens any more


class Lost(Unmet):
    """The machine has ended, or nothing stops any more."""


class Holder:
    # Their numbers among the registers that QEMU shows, all of 8 bytes.
    FIRST_ARGUMENT, PC = {"riscv64": 10, "x86_64": 5}, {"riscv64": 32, "x86_64": 16}

    def __init__(self, path, elf, arch, cross, cpus, console):
        """console: reads what the machine has said, which waits when nobody does."""
        self.arch, self.cpus, self.console, self.held, self.data = arch, cpus, console, set(), b""
        self.points = []
        out = subprocess.run([cross + "nm", elf], check=True, capture_output=True, text=True).stdout
        # Statics of functions have a number behind their names.
        self.symbols = {name.split(".")[0] if kind in "bd" else name: int(at, 16) for at, kind, name in re.findall(r"^(\S+) (\S) (\S+)$", out, re.M)}
        self.socket = socket.socket(socket.AF_UNIX)
        for _ in range(400): # QEMU opens it as soon as it runs
            try:
                self.socket.connect(path)
                break
            except OSError:
                time.sleep(0.05)
        else:
            raise Lost("QEMU has not opened its debugger port")
        self.socket.settimeout(0.05)
        self.ask("?")

    # ---- the protocol: $text#sum, each acknowledged with +

    def send(self, text):
        data = text.encode()
        self.put(b"$%s#%02x" % (data, sum(data) & 255))

    def put(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            pass # the machine has ended, as machines do after their last answer; who waits for another one hears of it

    def receive(self, patience=PATIENCE):
        begin = time.monotonic()
        while True:
            m = re.search(rb"\$([^#]*)#..", self.data)
            if m:
                self.data = self.data[m.end():]
                self.put(b"+")
                return m[1].decode()
            try:
                more = self.socket.recv(4096)
            except TimeoutError:
                self.console()
                if time.monotonic() > begin + patience:
                    if patience < PATIENCE:
                        return None
                    raise Lost("no CPU comes to a stop: " + self.where())
                continue
            except ConnectionError as e:
                raise Lost("the machine has ended: %s" % e)
            if not more:
                raise Lost("the machine has ended")
            self.data += more

    def ask(self, text, want=None):
        self.send(text)
        said = self.receive()
        if want is not None and said != want:
            raise Lost("%s: %s" % (text, said))
        return said

    def where(self):
        """Stops all CPUs; the function that each is in."""
        self.put(b"\x03")
        self.socket.settimeout(5)
        self.receive()
        return ", ".join(self.function(cpu) + (" (held)" if cpu in self.held else "") for cpu in range(1, self.cpus + 1))

    def function(self, cpu):
        """The function that a stopped CPU is in; "?": none of the kernel's."""
        pc = self.pc(cpu)
        return max(((v, k) for k, v in self.symbols.items() if v <= pc), default=(0, "?"))[1] if pc >> 63 else "?"

    # ---- what is asked

    def symbol(self, name):
        return self.symbols[name]

    def read(self, address, n=8):
        said = self.ask("m%x,%x" % (address, n))
        for cpu in range(1, self.cpus + 1):
            if not said.startswith("E"):
                break
            self.ask("Hg%x" % cpu, "OK") # the one before is in firmware, and has not the kernel's addresses
            said = self.ask("m%x,%x" % (address, n))
        if said.startswith("E"):
            raise Lost("no CPU has the address 0x%x: %s" % (address, said))
        return int.from_bytes(bytes.fromhex(said), "little")

    def write32(self, address, value):
        self.ask("M%x,4:%s" % (address, value.to_bytes(4, "little").hex()), "OK")

    def register(self, cpu, n):
        self.ask("Hg%x" % cpu, "OK")
        all_ = bytes.fromhex(self.ask("g"))
        return int.from_bytes(all_[8 * n:8 * n + 8], "little")

    def pc(self, cpu):
        return self.register(cpu, self.PC[self.arch])

    def argument(self, cpu):
        return self.register(cpu, self.FIRST_ARGUMENT[self.arch])

    def point(self, kind, address, size, insert=True):
        """kind: 0 an instruction, 2 written, 4 read or written"""
        self.ask("%s%d,%x,%x" % ("Z" if insert else "z", kind, address, size), "OK")
        if insert:
            self.points.append((kind, address, size))
        else:
            self.points.remove((kind, address, size))

    def go(self, patience=PATIENCE):
        self.send("vCont" + "".join(";c:%x" % c for c in range(1, self.cpus + 1) if c not in self.held))
        said = self.receive(patience)
        if said is None:
            self.put(b"\x03") # of no effect if a CPU stops just now
            said = self.receive()
            if said.startswith("T02"):
                return None, None
        m = re.match(r"T05thread:0*([0-9a-f]+);(?:(r|a)?watch:([0-9a-f]+);)?", said)
        if not m:
            if said[0] in "WX":
                raise Lost("the machine has ended")
            raise Lost("unexpected: " + said)
        cpu, accessed = int(m[1], 16), int(m[3], 16) if m[3] else None
        if accessed is not None:
            # QEMU stops before the access.
            self.step(cpu)
        return cpu, accessed

    def step(self, cpu):
        """One instruction of this CPU alone, whatever stops there."""
        points = list(self.points)
        for p in points:
            self.point(*p, insert=False)
        self.ask("vCont;s:%x" % cpu)
        for p in points:
            self.point(*p)

    def step_accesses(self, cpu, address, size):
        """One instruction of this CPU alone: whether it has accessed these bytes, which a point of kind 4 covers.

        QEMU stops neither at atomic accesses nor after others, so an instruction is one if it stops before it is done, or if the bytes have changed. A CPU in
        firmware has not the kernel's addresses: a look that fails says nothing, and firmware accesses none of the kernel's words."""
        before = self.ask("m%x,%x" % (address, size))
        if "watch:" in self.ask("vCont;s:%x" % cpu):
            self.step(cpu)
            return True
        after = self.ask("m%x,%x" % (address, size))
        return after != before and "E" not in (before[0], after[0])

    def leave(self):
        """Lets the machine go on alone."""
        self.send("D")
        self.receive()
        self.close()

    def close(self):
        self.socket.close()
