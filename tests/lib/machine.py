# SPDX-License-Identifier: MPL-2.0
"""An emulated machine whose console a test can read and write, what differs between architectures, and the counting of results.

    m = Machine("boot-1", smp=1, append="panic=-1")     starts QEMU; its console is logged in boot-1.log
    m.expect(r"login: ", 60)                            waits for a pattern; raises Unmet (with what was there instead)
    m.send("ls\\n")
    m.wait(30)                                          waits for the end of QEMU, returns its exit status

Limits are seconds that the machine could run in (clock()).

From the environment: ARCH (riscv64), DEBUG=1 (the debug build), HARTS (how many, where a suite has no number of its own), BOOT (how the kernel is
started, see ARCHES), LOGS (where console logs go).
"""
import contextlib
import fcntl
import lzma
import os
import re
import resource
import select
import subprocess
import sys
import time
from types import SimpleNamespace

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
OPENSBI = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin"
UBOOT = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin"

USER = ["-netdev", "user,id=n0"]
HUB = ["-netdev", "user,id=n0", *(a for i in ("0,netdev=n0", "1", "2") for a in ("-netdev", "hubport,hubid=0,id=h" + i))]

# All that tests know of an architecture. boot: the ways to start the kernel, as arguments of QEMU's; with uboot the kernel, its ramdisk and command line are on
# a disk. linux: what the oracle is told, to have the same
# addresses as Keel. kernel_devices: what the kernel's self-tests need, as arguments of QEMU's, beside virtio (a generator for
# the driver, one for the tests, and a device of a class that is refused); kernel_says: what the log then says of these devices. instruction: bytes of a
# debugger's stop. net: two network cards and a network, on one hub; card: one such card; modern: what keeps virtio from being legacy; pins: whether interrupts of PCI
# functions may be pins. controllers: Ethernet controllers over descriptor rings, by boot path: a name, arguments, and QEMU's name of what its cable is pulled out of.
ARCHES = {
    "riscv64": SimpleNamespace(
        qemu=["qemu-system-riscv64", "-M", "virt"], image="Image", cross="riscv64-linux-gnu-", debian="riscv64", go="riscv64", musl="riscv64",
        linux="", qemu_package="qemu-system-riscv", boot={"direct": [], "opensbi": ["-bios", OPENSBI], "uboot": ["-kernel", UBOOT], "sifive_u": ["-M", "sifive_u"]},
        virtio=["-global", "virtio-mmio.force-legacy=false", "-device", "virtio-rng-device", "-device", "virtio-rng-device", "-device", "virtio-balloon-device"],
        modern=["-global", "virtio-mmio.force-legacy=false"], card="virtio-net-device",
        net=[*HUB, "-device", "virtio-net-device,netdev=h1", "-device", "virtio-net-device,netdev=h2"], kernel_devices=[],
        kernel_says=["class rng", "class net", "refused: its class is not known to be harmless"], instruction=2, pins=True,
        controllers={"direct": [("e1000e-by-pins", [*USER, "-device", "e1000e,netdev=n0,id=card"], "card")], "sifive_u": [("gem", [*USER, "-net", "nic,netdev=n0"], "n0")]}),
    "x86_64": SimpleNamespace(
        qemu=["qemu-system-x86_64", "-M", "q35", "-cpu", "max", "-nic", "none", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x4"], image="keel.elf",
        cross="x86_64-linux-gnu-", debian="amd64", go="amd64", musl="x86_64", linux=" no5lvl", qemu_package="qemu-system-x86", boot={"pvh": []},
        virtio=["-device", "virtio-rng-pci", "-device", "virtio-rng-pci", "-device", "virtio-balloon-pci"],
        modern=[], card="virtio-net-pci",
        net=[*HUB, "-device", "virtio-net-pci,netdev=h1", "-device", "virtio-net-pci,netdev=h2"], kernel_devices=["-device", "edu", "-device", "e1000e"],
        kernel_says=["1234:11e8", "8086:10d3", "class rng", "class net", "refused: its class is not known to be harmless"], instruction=1, pins=False,
        controllers={"pvh": [("e1000e", [*USER, "-device", "e1000e,netdev=n0,id=card"], "card")]}),
}
# Machines that differ from an architecture's usual one, by boot path. tty: the console's; harts_beside: how many cannot run a kernel; powers_off: whether it can;
# moves_memory: whether it has a device by itself that does, for the kernel's self-tests.
USUAL = SimpleNamespace(tty="ttyS0", harts_beside=0, powers_off=True, moves_memory=False)
OTHERS = {"sifive_u": SimpleNamespace(tty="ttySIF0", harts_beside=1, powers_off=False, moves_memory=True)}
ARCH = os.environ.get("ARCH") or "riscv64"
if ARCH not in ARCHES:
    sys.exit("ARCH=%s: no such architecture, there are: %s" % (ARCH, ", ".join(ARCHES)))
THIS = ARCHES[ARCH]
BOOT = os.environ.get("BOOT") or next(iter(THIS.boot))
if BOOT not in THIS.boot:
    sys.exit("BOOT=%s: %s has no such boot path, there are: %s" % (BOOT, ARCH, ", ".join(THIS.boot)))
MACHINE = OTHERS.get(BOOT, USUAL)
GCC = THIS.cross + "gcc"
KERNEL = os.path.join(BUILD, ARCH + ("-debug" if os.environ.get("DEBUG") else ""))
IMAGE = os.path.join(KERNEL, THIS.image)
KTEST_IMAGE = os.path.join(KERNEL, "ktest", THIS.image) # with self-tests: make KTEST=1
INITRAMFS = os.path.join(KERNEL, "initramfs.cpio.gz")
SKELETON = os.path.join(ROOT, "platform/rootfs")
# Programs built for tests and what the oracle said: the same for every build of the kernel.
WORK = os.path.join(BUILD, ARCH, "tests")
LOGS = os.path.join(ROOT, os.environ.get("LOGS") or os.path.join(WORK, "logs"))


class Unmet(Exception):
    pass


def harts(default):
    return int(os.environ.get("HARTS") or default)


@contextlib.contextmanager
def alone(name):
    """While several suites run: one at a time makes the things of this name."""
    os.makedirs(WORK, exist_ok=True)
    with open(os.path.join(WORK, name + ".lock"), "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def run_limited(args, seconds, **more):
    """Runs a program of the host's, which hangs if it computes for so long, or is there for three times as long: others may have the CPUs meanwhile."""
    limits = (seconds, seconds + 5) # SIGXCPU, SIGKILL
    return subprocess.run(args, capture_output=True, timeout=3 * seconds, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, limits), **more)


def host_debian():
    return subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()


def fetch(folder, *packages, arch=THIS.debian, closure=False):
    """Unpacks Debian packages (once), by default the one the folder is named after, with all they need if asked; returns the folder."""
    out = os.path.join(BUILD, "cache", ARCH, folder)
    subprocess.run([os.path.join(ROOT, "tools/setup/fetch"), *(["--closure"] if closure else []), out, arch, *(packages or [folder])], check=True, cwd=ROOT)
    return out


def linux_image():
    """Debian's own kernel, the oracle."""
    found = [os.path.join(folder, n) for folder, _, names in os.walk(fetch("linux-image")) for n in names if n.startswith("vmlin")]
    return sorted(found)[0]


def linux_module(name, out):
    """Writes a module of that kernel, ready to be loaded; False: it has none of that name."""
    found = [os.path.join(folder, n) for folder, _, names in os.walk(fetch("linux-image")) for n in names if re.fullmatch(name + r"\.ko(\.xz)?", n)]
    if not found:
        return False
    with (lzma.open if found[0].endswith(".xz") else open)(found[0], "rb") as f, open(out, "wb") as g:
        g.write(f.read())
    return True


# Drivers of virtio's network card, in the order in which Linux can load them; those that it has built in are not there.
CARD_MODULES = ["virtio", "virtio_ring", "virtio_mmio", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "failover", "net_failover", "virtio_net"]
LINUX_APPEND = "console=%s quiet loglevel=1 panic=-1%s" % (MACHINE.tty, THIS.linux)
# For the oracle where it has much to do: without its defences against faulty processors and faults of its own, which no program sees, and without the waits of
# its RCU. On one hart, for those of an emulator spend as much on waiting for each other: together half of the time.
LINUX_QUICK = LINUX_APPEND + " mitigations=off init_on_alloc=0 hardened_usercopy=off randomize_kstack_offset=off rcupdate.rcu_expedited=1"
# SUBJECT=linux: the suites that compare play the oracle against itself, which finds tests that do not say the same each time.
LINUX_TWICE = os.environ.get("SUBJECT") == "linux"


def subject():
    """The kernel that is compared with the oracle: a label for its log, its image, and its words on the command line."""
    return ("linux-again", linux_image(), LINUX_APPEND) if LINUX_TWICE else ("keel", IMAGE, "panic=-1 loglevel=6")


def lost_nothing(text):
    return LINUX_TWICE or bool(re.search(r"leaks: 0$", text, re.M))


def initramfs(out, *args):
    subprocess.run([os.path.join(ROOT, "tools/initramfs"), out, *args], check=True, cwd=ROOT)
    return out


def opensbi():
    """Firmware of the next Debian, whose harts sleep until they are started. Those of QEMU 7.2's own and of Debian 12's spin: under U-Boot all but one, and for
    ever the hart of sifive_u that cannot run a kernel. `boot` starts these two as well."""
    return os.path.join(fetch("opensbi"), "usr/lib/riscv64-linux-gnu/opensbi/generic/fw_dynamic.bin")


def busybox():
    return os.path.join(fetch("busybox-static"), "usr/bin/busybox")


# What kernels say last when the machine does not turn itself off.
BY_HAND = re.compile(r"(turn it off by hand|reboot: Power down)$", re.M)


def boot_disk(out, kernel=IMAGE, initrd=INITRAMFS, append="console=ttyS0", lines="", files=()):
    """A disk of QEMU's virt machine from which U-Boot starts the kernel; @lines are added to its extlinux.conf, @files (["/path=file"]) to the file system."""
    platform = os.path.join(ROOT, "platform/qemu-virt-riscv64")
    with open(os.path.join(platform, "extlinux.conf")) as f:
        conf = f.read()
    with open(out + ".conf", "w") as f:
        f.write((conf if initrd else re.sub(r"(?m)^\tinitrd .*\n", "", conf)) + lines)
    args = ["--layout", os.path.join(platform, "disk.layout"), "--fill", "/extlinux/extlinux.conf=" + out + ".conf", "--set", "APPEND=" + append]
    for what in [*(["/Image=" + kernel] if kernel else []), *(["/initramfs.cpio.gz=" + initrd] if initrd else []), *files]:
        args += ["--file", what]
    subprocess.run([os.path.join(ROOT, "tools/image"), out, *args], check=True)
    os.unlink(out + ".conf")
    return out


def drive(path):
    """QEMU's arguments for a disk on virtio-blk."""
    return ["-drive", "file=%s,format=raw,if=none,id=disk" % path, "-device", "virtio-blk-device,drive=disk"]


class Machine:
    def __init__(self, name, kernel=IMAGE, initrd=INITRAMFS, append="panic=-1", smp=1, mem="256M", extra=(), qemu=THIS.qemu, disk=None):
        """With uboot, @disk is one that is there already: what is on it counts, not kernel, initrd and append."""
        os.makedirs(LOGS, exist_ok=True)
        self.log = open(os.path.join(LOGS, name + ".log"), "wb")
        self.disk = None
        # With -nographic a PC's BIOS would read the console as its keyboard, and input would be lost.
        args = [*qemu, "-display", "none", "-serial", "mon:stdio", "-no-reboot", "-smp", str(smp + MACHINE.harts_beside), "-m", mem, *THIS.boot[BOOT]]
        if BOOT in ("uboot", "sifive_u") and qemu == THIS.qemu:
            args += ["-bios", opensbi()]
        if BOOT == "uboot":
            if not disk:
                disk = self.disk = boot_disk(os.path.join(LOGS, name + ".img"), kernel, initrd, append)
            args += drive(disk)
            kernel = initrd = append = None
        if kernel:
            args += ["-kernel", kernel]
        if initrd:
            args += ["-initrd", initrd]
        if append:
            args += ["-append", append]
        self.process = subprocess.Popen([*args, *extra], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = ""      # of the console, not yet consumed by expect
        self.ended = False
        self.waited = {}    # by thread: how long it has waited for a CPU of the host's, when clock() looked last
        self.starved, self.looked = 0.0, time.monotonic()

    def clock(self):
        """Seconds by which limits are counted: those in which a thread of QEMU's waited for a CPU of the host's do not count, nine tenths of the time at most. So a
        hang is found in the time that the limit says, or in ten times that on a host that is as busy."""
        now = time.monotonic()
        if now - self.looked < 1:
            return now - self.starved
        worst, folder = 0, "/proc/%d/task" % self.process.pid
        try:
            for thread in os.listdir(folder):
                with open("%s/%s/schedstat" % (folder, thread)) as f:
                    wait = int(f.read().split()[1])
                worst = max(worst, wait - self.waited.get(thread, 0))
                self.waited[thread] = wait
        except (OSError, IndexError):
            pass            # a thread or QEMU has ended; or the host's kernel does not count: time is time then
        self.starved += min(worst / 1e9, 0.9 * (now - self.looked))
        self.looked = now
        return now - self.starved

    def pump(self, seconds):
        """Reads what comes within the time; False at the end of the output."""
        out = self.process.stdout.fileno()
        ready, _, _ = select.select([out], [], [], max(0, seconds))
        if not ready:
            return True
        data = os.read(out, 65536)
        if not data:
            self.ended = True
            return False
        self.log.write(data)
        self.log.flush()
        self.text += data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "")
        return True

    def settle(self, seconds):
        """Reads until nothing has come for so long (20 times that at most)."""
        for _ in range(20 * 50):
            before = len(self.text)
            begin = self.clock()
            while self.pump(max(0, begin + seconds - self.clock())) and len(self.text) == before and self.clock() < begin + seconds:
                pass
            if len(self.text) == before:
                return

    def expect(self, pattern, seconds=30):
        """Waits until the console shows the pattern; consumes the text up to it and returns the match.

        A line may have arrived in part: the end of the text so far is no end of a line, so what
        one more character would change is no match yet. \\Z is for prompts: the text ends here."""
        deadline = self.clock() + seconds
        regex = re.compile(pattern, re.M)
        while True:
            found = regex.search(self.text)
            if found and not self.ended and "\\Z" not in pattern:
                after = regex.search(self.text + "\0")
                found = found if after and after.span() == found.span() else None
            if found:
                self.text = self.text[found.end():]
                return found
            left = deadline - self.clock()
            if self.ended or left <= 0:
                why = "the machine ended" if self.ended else "after %d s" % seconds
                raise Unmet("%s: no %r in: %s" % (why, pattern, self.text[-600:]))
            self.pump(min(left, 1.0))

    def send(self, text):
        data = text.encode() if isinstance(text, str) else text
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except OSError:
            raise Unmet("the machine ended before it could read %r" % text) from None

    def read_all(self, seconds):
        """Everything until QEMU ends, or is ended in place of a machine that waits to be turned off: its status is 0 then, too."""
        deadline = self.clock() + seconds
        while not self.ended:
            if not MACHINE.powers_off and BY_HAND.search(self.text):
                self.process.terminate()
            left = deadline - self.clock()
            if left <= 0:
                raise Unmet("still running after %d s; last: %s" % (seconds, self.text[-600:]))
            self.pump(min(left, 1.0))
        return self.text

    def wait(self, seconds=30):
        self.read_all(seconds)
        return self.process.wait()

    def close(self):
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError): # what a machine that has ended did not read
            self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()
        if self.disk:
            os.unlink(self.disk)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Results:
    """Counts and prints; the last line is `N passed, N failed`."""

    def __init__(self, only=None):
        self.passed, self.failed, self.only = 0, 0, only

    def ok(self, name, note=""):
        self.passed += 1
        print("  ok    %s%s" % (name, " (%s)" % note if note else ""), flush=True)

    def fail(self, name, why):
        self.failed += 1
        print("  FAIL  %s: %s" % (name, str(why).strip()), flush=True)

    def run(self, name, test):
        """Runs test(); what it raises is its failure."""
        if self.only and not re.search(self.only, name):
            return
        begin, before = time.monotonic(), os.times()
        try:
            test()
        except (Unmet, AssertionError, OSError, subprocess.SubprocessError) as e:
            self.fail(name, e or type(e).__name__)
        else:
            after = os.times()
            computed = sum(getattr(after, f) - getattr(before, f) for f in ("user", "system", "children_user", "children_system"))
            self.ok(name, "%.0f s, %.0f of CPU" % (time.monotonic() - begin, computed))

    def finish(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        sys.exit(1 if self.failed or not self.passed else 0)
