# SPDX-License-Identifier: MPL-2.0
"""Commands for Keel in gdb: keel-ps, keel-log, keel-walk. `make gdb` loads them. They read the kernel's
own structures, so they work at any stop."""
import struct

import gdb


def value(expression):
    return gdb.parse_and_eval(expression)


def arch():
    name = gdb.selected_frame().architecture().name()
    return "x86_64" if "x86-64" in name else "riscv64"


def symbol(pc):
    """`function+offset` of a code address."""
    text = gdb.execute("info symbol %#x" % pc, to_string=True)
    return text.split(" in section")[0].replace(" + ", "+") if " in section" in text else "%#x" % pc


def word(address):
    return struct.unpack("<Q", gdb.selected_inferior().read_memory(address, 8).tobytes())[0]


def callers(context, most):
    """Where a task that is not running will continue, from its frame pointers."""
    if arch() == "riscv64":
        pc, fp, ret, prev = int(context["ra"]), int(context["s"][0]), -8, -16
    else:
        sp = int(context["sp"]) # six registers, then the return address: switch.S
        pc, fp, ret, prev = word(sp + 48), word(sp + 40), 8, 0
    names = []
    while len(names) < most and pc:
        names.append(symbol(pc - 1))
        try:
            pc, fp = word(fp + ret), word(fp + prev)
        except gdb.MemoryError:
            break
    return names


class Ps(gdb.Command):
    """keel-ps: all threads: ids, state, CPU, name, and the place in the kernel where a sleeping one is."""

    def __init__(self):
        super().__init__("keel-ps", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        table = value("thread_table")
        first, last = table.type.range()
        print("%6s %6s %-9s %3s %-16s %s" % ("TID", "PID", "STATE", "CPU", "NAME", "WHERE"))
        for i in range(first, last + 1):
            t = table[i]
            if not int(t):
                continue
            task = t["task"]
            state, cpu, where = "new", "-", ""
            if int(t["exited"]) or not int(task):
                state = "zombie" if int(t["exited"]) else "new"
            else:
                state = ("none", "new", "runnable", "sleeping", "dead")[int(task["state"])]
                cpu = str(int(task["cpu"]))
                if int(task["on_cpu"]):
                    state = "running"
                elif state == "sleeping":
                    where = " < ".join(n for n in callers(task["context"], 7) if not n.startswith(("schedule", "arch_switch", "task_park")))
            print("%6d %6d %-9s %3s %-16s %s" % (int(t["tid"]), int(t["process"]["pid"]), state, cpu, t["comm"].string(errors="replace"), where))


class Log(gdb.Command):
    """keel-log: the kernel's log, including records that the console has not shown."""

    def __init__(self):
        super().__init__("keel-log", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        ring = value("'frame/lib/log.c'::ring")
        data = gdb.selected_inferior().read_memory(int(ring.address), ring.type.sizeof).tobytes()
        at, head = int(value("'frame/lib/log.c'::tail")), int(value("'frame/lib/log.c'::head"))

        def take(n):
            nonlocal at
            start = at % len(data)
            at += n
            return (data + data)[start:start + n]

        while at < head:
            _, ns, level, length = struct.unpack("<QQII", take(24))
            print("<%d>[%5d.%06d] %s" % (level, ns // 10**9, ns // 1000 % 10**6, take(length).decode("utf-8", "replace")))


class Walk(gdb.Command):
    """keel-walk ADDRESS: each level of this CPU's page table for the address, and the physical address."""

    def __init__(self):
        super().__init__("keel-walk", gdb.COMMAND_DATA)

    def physical(self, address):
        gdb.execute("maint packet Qqemu.PhyMemMode:1", to_string=True)
        try:
            return word(address)
        finally:
            gdb.execute("maint packet Qqemu.PhyMemMode:0", to_string=True)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("keel-walk ADDRESS")
        asked = value(argument)
        va = int(asked.address if asked.type.code == gdb.TYPE_CODE_FUNC else asked) & (1 << 64) - 1
        if arch() == "riscv64":
            satp = int(value("$satp")) & (1 << 64) - 1
            if not satp >> 60:
                raise gdb.GdbError("translation is off")
            levels, table, bits = 3 + (satp >> 60) - 8, (satp & (1 << 44) - 1) << 12, "VRWXUGAD"
            target = lambda e: (e >> 10 & (1 << 44) - 1) << 12
            leaf = lambda e, level: bool(e & 0xe)
        else:
            levels, table, bits = 4, int(value("$cr3")) & 0xffffffffff000, "PWU--AD"
            target = lambda e: e & 0xffffffffff000
            leaf = lambda e, level: level == 0 or bool(e & 0x80)
        for level in reversed(range(levels)):
            shift = 12 + 9 * level
            entry = self.physical(table + (va >> shift & 511) * 8)
            flags = "".join(b if entry >> i & 1 else "-" for i, b in enumerate(bits))
            print("level %d: table %#x index %3d entry %#018x %s" % (level, table, va >> shift & 511, entry, flags))
            if not entry & 1:
                print("%#x is not mapped" % va)
                return
            if leaf(entry, level):
                print("%#x is at physical %#x" % (va, target(entry) & ~((1 << shift) - 1) | va & (1 << shift) - 1))
                return
            table = target(entry)


Ps()
Log()
Walk()
