# SPDX-License-Identifier: MPL-2.0
"""Reads a disassembly for atomic accesses that are ordered less than their names say (frame/order.h).

Each belongs to an inlined function whose name says the order (debug information tells), or to a function of hand-written assembly that is listed here: what does
neither is a finding, and so is whatever has a form that is not expected. frame/order.h and docs/memory-order.md say why these forms are right.
"""
import os
import re
import subprocess

NAME = re.compile(r"^_(?:cas|add|or|and|swap)(?:32|64)(?:_if)?_(relaxed|acquire|release|acq_rel|full)$")
# Functions in assembly, and those that a probe is made of, which say their order at the end.
# A reservation: a store-conditional whose result nobody wants, before user mode or a return, ends one.
ASSEMBLY = {"arch_user_cas32": "annotated", "boot": "acquire", "_riscv_user_enter": "reservation", "save": "reservation"}
PROBE = re.compile(r"^\w+?_(relaxed|acquire|release|acq_rel|full|barrier|load_acquire|store_release|device_read|device_write)$")
# Without an atomic instruction: the whole function is read.
WHOLE = ("barrier", "load_acquire", "store_release", "device_read", "device_write")


class Insn:
    def __init__(self, at, text, symbol):
        self.at, self.symbol = at, symbol
        self.op, _, rest = text.partition("\t") if "\t" in text else text.partition(" ")
        self.op, self.args = self.op.strip(), re.sub(r"\s*[#<].*$", "", rest).strip()
        self.names, self.places = [], []

    def __str__(self):
        return "%x <%s> (%s): %s %s" % (self.at, self.symbol, " in ".join(self.names[:3]), self.op, self.args)


def disassemble(objdump, path):
    out, symbol = [], ""
    text = subprocess.run([objdump, "-d", "--no-show-raw-insn", path], capture_output=True, text=True, check=True).stdout
    for line in text.splitlines():
        m = re.match(r"^\s*([0-9a-f]+):\s+(.*\S)", line)
        if m:
            out.append(Insn(int(m[1], 16), m[2], symbol))
        else:
            m = re.match(r"^[0-9a-f]+ <([^>]+)>:$", line)
            if m and not m[1].startswith(".L"):
                symbol = m[1]
    return out


def find_names(addr2line, path, insns):
    """Gives each instruction the functions that it is of, the innermost inlined one first, and where in each of them it stands."""
    if not insns:
        return
    text = subprocess.run([addr2line, "-a", "-f", "-i", "-e", path], input="".join("%x\n" % i.at for i in insns), capture_output=True, text=True, check=True).stdout
    by_at, current = {i.at: i for i in insns}, None
    for n, line in enumerate(text.splitlines()):
        if line.startswith("0x"):
            current, first = by_at[int(line, 16)], n
        elif (n - first) % 2:
            current.names.append(line)
        else:
            current.places.append(re.sub(r" \(discriminator.*", "", os.path.normpath(line)))


def order_of(insn, probe):
    """What its name asks for, None: it has no name."""
    inlined = [n for n in insn.names if n != "_arch_add64_if"] # which is a part
    for pattern, name in [(NAME, n) for n in inlined[:1]] + [(PROBE, insn.symbol)] * probe:
        m = pattern.match(name)
        if m:
            return m[1]
    return ASSEMBLY.get(insn.symbol)


# ---- riscv64 ----

class Riscv64:
    ATOMIC = re.compile(r"^(lr|sc|amo\w+)\.[wd](?:\.(aqrl|aq|rl))?$")
    BRANCH = re.compile(r"^(b\w+|j|jal|jr|jalr|ret|call|tail|ecall|ebreak|sret|mret|c\.j\w*|c\.b\w*)$")
    MEMORY = re.compile(r"^(l[bhwd]u?|s[bhwd]|fence.*|sfence.*|lr\..*|sc\..*|amo.*)$")
    # All fences that the kernel has: none that is unknown is taken for one that is enough. (w, nothing: pause.)
    FENCES = {"iorw,iorw", "iorw,ow", "iorw,o", "i,iorw", "r,i", "rw,rw", "rw,w", "r,rw", "w,unknown", "w,0", "w,"}

    def __init__(self, insns):
        self.insns = insns
        self.index = {i.at: n for n, i in enumerate(insns)}
        self.sources = {} # of jumps, by target
        for i in insns:
            if self.BRANCH.match(i.op):
                m = re.search(r"\b([0-9a-f]+)$", i.args)
                if m:
                    i.target = int(m[1], 16)
                    self.sources.setdefault(i.target, []).append(i)

    def fence(self, n, before, after):
        """Whether instruction @n is a fence of at least @before against @after."""
        i = self.insns[n] if 0 <= n < len(self.insns) else None
        if not i or i.op != "fence":
            return False
        args = (i.args or "iorw,iorw").split(",")
        return set(before) <= set(args[0]) and set(after) <= set(args[1])

    def is_spill(self, i):
        """Of what the compiler keeps on the stack: no local that others know moves over a fence."""
        return bool(re.match(r"^(l[bhwd]u?|s[bhwd])$", i.op) and re.search(r"\((sp|s0)\)$", i.args))

    def fenced_before(self, n, before, after, own=()):
        """Straight back from @n to such a fence, over nothing that touches shared memory or is jumped to; @own: jumps back to @n that are part of it."""
        if any(s not in own for s in self.sources.get(self.insns[n].at, [])):
            return False
        while n > 0:
            n -= 1
            i = self.insns[n]
            if self.fence(n, before, after):
                return True
            if self.MEMORY.match(i.op) and not self.is_spill(i) or self.BRANCH.match(i.op) or i.at in self.sources:
                return False
        return False

    def fenced_after(self, n, before, after):
        """Straight on from @n (jumps without a condition are followed) to such a fence, over nothing that touches shared memory."""
        for _ in range(40):
            if n >= len(self.insns):
                return False
            i = self.insns[n]
            if self.fence(n, before, after):
                return True
            if i.op in ("j", "c.j") and hasattr(i, "target"):
                n = self.index.get(i.target, len(self.insns))
                continue
            if self.MEMORY.match(i.op) and not self.is_spill(i) or self.BRANCH.match(i.op):
                return False
            n += 1
        return False

    def atomics(self):
        return [i for i in self.insns if self.ATOMIC.match(i.op)]

    def barriers(self):
        return [i for i in self.insns if i.op == "fence"]

    def check_pair(self, n, order):
        """The load-reserved at @n: its looks at the word, its store-conditional and its retry, which stand right behind."""
        lr, fails, at = self.insns[n], [], n + 1
        while at + 1 < len(self.insns) and self.insns[at].op in ("and", "add", "bne", "bnez", "beqz") and at < n + 7:
            fails += [self.insns[at]] * self.insns[at].op.startswith("b")
            at += 1
        sc, retry = self.insns[at:at + 2]
        if not fails or not sc.op.startswith("sc.") or retry.op not in ("bnez", "bne"):
            return "a load-reserved that is not followed by compare, store-conditional, retry"
        aq, sc_bits = self.ATOMIC.match(lr.op)[2] or "", self.ATOMIC.match(sc.op)[2] or ""
        if "aq" in sc_bits and "aq" not in aq:
            return "acquires by its store-conditional only, which the architecture gives no meaning"
        if order == "annotated":
            return "" if aq == sc_bits == "aqrl" else "not aqrl"
        if getattr(retry, "target", 0) not in self.index or self.index[retry.target] > n \
           or any(getattr(f, "target", 0) not in self.index for f in fails):
            return "jumps that are not understood"
        first = self.index[retry.target]
        if first != n:
            return "a retry that repeats more than the pair"
        if order in ("acquire", "acq_rel") and "aq" not in aq:
            return "does not acquire"
        if order == "acq_rel" and not self.fenced_before(n, "iorw", "ow", [retry]):
            return "does not release"
        if order == "full":
            if not self.fenced_before(n, "rw", "rw", [retry]):
                return "no full fence before it"
            if not all(self.fenced_after(m, "rw", "rw") for m in [at + 2] + [self.index[f.target] for f in fails]):
                return "no full fence after it"
        return "" if order in ("relaxed", "acquire", "acq_rel", "full") else "no such compare-and-swap"

    def check(self, insn, order):
        n = self.index[insn.at]
        m = self.ATOMIC.match(insn.op)
        if m[1] == "lr":
            return self.check_pair(n, order)
        if order == "reservation":
            return "" if m[1] == "sc" and insn.args.startswith("zero,") else "more than the end of a reservation"
        if m[1] == "sc":
            before = [i.op for i in self.insns[max(n - 7, 0):n]]
            return "" if any(op.startswith("lr.") for op in before) else "a store-conditional by itself"
        if order in ("acquire", "full") and "aq" not in (m[2] or ""):
            return "does not acquire"
        if order in ("release", "full") and not self.fenced_before(n, "iorw", "ow"):
            return "does not release"
        return "" if order in ("relaxed", "acquire", "release", "full") else "no such operation"

    def check_barrier(self, insn):
        if (insn.args or "iorw,iorw") not in self.FENCES:
            return "a fence of an unknown kind"
        n = self.index[insn.at]
        if insn.names[:1] == ["memory_barrier"] and not self.fence(n, "rw", "rw"):
            return "no full fence"
        if insn.names[:1] == ["_arch_fence_release"] and not self.fence(n, "iorw", "ow"):
            return "no releasing fence"
        return ""

    def check_probe(self, name):
        """Loads, stores and fences, which have no atomic instruction: the whole of a function that is one."""
        body = [n for n, i in enumerate(self.insns) if i.symbol == name]
        loads = [n for n in body if re.match(r"^l[wd]$", self.insns[n].op)]
        stores = [n for n in body if re.match(r"^s[wd]$", self.insns[n].op)]
        if name.endswith("load_acquire"):
            return "" if len(loads) == 1 and not stores and self.fence(loads[0] + 1, "r", "rw") else "no fence right after the load"
        if name.endswith("store_release"):
            return "" if len(stores) == 1 and not loads and self.fenced_before(stores[0], "iorw", "ow") else "no fence of memory and devices right before the store"
        if name.endswith("device_read"):
            good = len(loads) == 1 and not stores and self.fenced_before(loads[0], "r", "i") and self.fenced_after(loads[0] + 1, "i", "iorw")
            return "" if good else "not between fences"
        if name.endswith("device_write"):
            return "" if len(stores) == 1 and not loads and self.fenced_before(stores[0], "iorw", "o") else "no fence right before the store"
        return "" if any(self.fence(n, "rw", "rw") for n in body) else "no full fence"


# ---- x86_64 ----

class X86_64:
    """Stores that need more than the CPU's own order must be done by an instruction that locks."""
    LOCKED = re.compile(r"^(lock\s.*|xchg\w?)$")

    def __init__(self, insns):
        self.insns = insns
        for i in insns:
            if i.op == "lock" or i.op.startswith("lock "):
                i.op = "lock"

    def is_locked(self, i):
        return i.op == "lock" or (i.op.startswith("xchg") and "(" in i.args)

    def is_barrier(self, i):
        return i.op == "mfence" or (i.op == "lock" and re.search(r"or\w?\s+\$0x0,(0x0)?\(%rsp\)", i.args))

    def atomics(self):
        return [i for i in self.insns if self.is_locked(i) and not self.is_barrier(i)]

    def barriers(self):
        return [i for i in self.insns if self.is_barrier(i)]

    def check(self, insn, order):
        return ""

    def check_barrier(self, insn):
        return ""

    def check_probe(self, name):
        body = [i for i in self.insns if i.symbol == name]
        if name.endswith("barrier"):
            return "" if any(self.is_barrier(i) for i in body) else "no fence"
        if name.endswith(WHOLE):
            moves = [i for i in body if i.op.startswith("mov") and "(" in i.args]
            return "" if len(moves) == 1 and not any(self.is_locked(i) or self.is_barrier(i) for i in body) else "not one plain access"
        return "" if any(self.is_locked(i) for i in body) else "no locked instruction"


MACHINES = {"riscv64": Riscv64, "x86_64": X86_64}


def machine(arch, objdump, path):
    return MACHINES[arch](disassemble(objdump, path))


def image(arch, cross, path):
    """Findings in a linked image, and how many atomic accesses it has."""
    m = machine(arch, cross + "objdump", path)
    atomics, barriers = m.atomics(), m.barriers()
    find_names(cross + "addr2line", path, atomics + barriers)
    found = []
    for i in atomics:
        order = order_of(i, False)
        why = m.check(i, order) if order else "an atomic access that is none of frame/order.h's"
        found += ["%s: %s" % (i, why)] if why else []
    for i in barriers:
        why = m.check_barrier(i)
        found += ["%s: %s" % (i, why)] if why else []
    if not any(i.names[:1] == ["memory_barrier"] for i in barriers):
        found.append("no barrier at all: the names were not found")
    return found, len(atomics)


def releases(path):
    """{function of the frame: in how many places it releases}, in an image for riscv64, where each is a fence. In each copy that the compiler makes of a
    function the fence says the place that it came from."""
    m, out = machine("riscv64", "riscv64-linux-gnu-objdump", path), {}
    fences = m.barriers()
    find_names("riscv64-linux-gnu-addr2line", path, fences)
    for i in fences:
        if i.names[:1] == ["_arch_fence_release"]:
            n = 2 if NAME.match(i.names[1]) else 1
            place = os.path.relpath(i.places[n])
            if re.match(r"frame/|arch/\w+/frame/", place):
                out.setdefault(i.names[n], set()).add(place)
    return {name: len(places) for name, places in out.items()}


def probes(arch, objdump, path):
    """{function: what is wrong with it, "": nothing} of an object file whose functions are one access each, with the order at the end of their names."""
    m = machine(arch, objdump, path)
    out = {}
    for name in dict.fromkeys(i.symbol for i in m.insns):
        order = PROBE.match(name)
        if not order:
            continue
        own = [i for i in m.atomics() if i.symbol == name]
        if order[1] in WHOLE:
            out[name] = "an atomic instruction" if own else m.check_probe(name)
            continue
        whys = [m.check(i, order[1]) for i in own]
        out[name] = next((w for w in whys if w), "") if own else "no atomic instruction"
    return out
