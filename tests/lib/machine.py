# SPDX-License-Identifier: MPL-2.0
"""An emulated machine whose console a test can read and write, and the counting of results.

    m = Machine("boot-1", smp=1, append="panic=-1")     starts QEMU; its console is logged in build/tests/boot-1.log
    m.expect(r"login: ", 60)                            waits for a pattern; raises Unmet (with what was there instead)
    m.send("ls\\n")
    m.wait(30)                                          waits for the end of QEMU, returns its exit status
"""
import os
import re
import select
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, "build")
ARCH = "riscv64"
IMAGE = os.path.join(BUILD, ARCH, "Image")
INITRAMFS = os.path.join(BUILD, ARCH, "initramfs.cpio.gz")
LOGS = os.path.join(BUILD, "tests")


class Unmet(Exception):
    pass


def cache():
    return os.path.join(BUILD, "cache")


def fetch(folder, arch=ARCH, *packages, closure=False):
    """Unpacks Debian packages (once), by default the one the folder is named after, with all they need if asked; returns the folder."""
    out = os.path.join(cache(), folder)
    subprocess.run([os.path.join(ROOT, "tools/setup/fetch"), *(["--closure"] if closure else []), out, arch, *(packages or [folder])], check=True, cwd=ROOT)
    return out


def linux_image():
    """Debian's own kernel, the oracle."""
    found = [os.path.join(folder, n) for folder, _, names in os.walk(fetch("linux-image")) for n in names if n.startswith("vmlin")]
    return sorted(found)[0]


def initramfs(out, *args):
    subprocess.run([os.path.join(ROOT, "tools/initramfs"), out, *args], check=True, cwd=ROOT)
    return out


def busybox():
    return os.path.join(fetch("busybox-static"), "usr/bin/busybox")


class Machine:
    def __init__(self, name, kernel=IMAGE, initrd=INITRAMFS, append="panic=-1", smp=1, mem="256M", bios="default", extra=(),
                 qemu=("qemu-system-riscv64",)):
        os.makedirs(LOGS, exist_ok=True)
        self.log = open(os.path.join(LOGS, name + ".log"), "wb")
        args = [*qemu, "-M", "virt", "-nographic", "-no-reboot", "-smp", str(smp), "-m", mem, "-bios", bios]
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
            begin = time.monotonic()
            while self.pump(max(0, begin + seconds - time.monotonic())) and len(self.text) == before and time.monotonic() < begin + seconds:
                pass
            if len(self.text) == before:
                return

    def expect(self, pattern, seconds=30):
        """Waits until the console shows the pattern; consumes the text up to it and returns the match."""
        deadline = time.monotonic() + seconds
        regex = re.compile(pattern, re.M)
        while True:
            found = regex.search(self.text)
            if found:
                self.text = self.text[found.end():]
                return found
            left = deadline - time.monotonic()
            if self.ended or left <= 0:
                why = "the machine ended" if self.ended else "after %d s" % seconds
                raise Unmet("%s: no %r in: %s" % (why, pattern, self.text[-600:]))
            self.pump(min(left, 1.0))

    def send(self, text):
        data = text.encode() if isinstance(text, str) else text
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def read_all(self, seconds):
        """Everything until QEMU ends."""
        deadline = time.monotonic() + seconds
        while not self.ended:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Unmet("still running after %d s; last: %s" % (seconds, self.text[-600:]))
            self.pump(left)
        return self.text

    def wait(self, seconds=30):
        self.read_all(seconds)
        return self.process.wait()

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        self.log.close()

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
        begin = time.monotonic()
        try:
            test()
        except (Unmet, AssertionError, OSError, subprocess.SubprocessError) as e:
            self.fail(name, e or type(e).__name__)
        else:
            self.ok(name, "%.0f s" % (time.monotonic() - begin))

    def finish(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        sys.exit(1 if self.failed or not self.passed else 0)
