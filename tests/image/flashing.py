# SPDX-License-Identifier: MPL-2.0
"""tools/flash, against a made-up /sys, /proc and /dev in which a device is a file: what it refuses, with what words, and that it writes and notices what it
cannot read back."""
import importlib.machinery
import importlib.util
import os
import pty
import re
import select
import shutil
import subprocess
import sys

MIB = 1 << 20
DISK = "sys/devices/pci0/usb1/block/sdz"


class World:
    """A machine with one card reader, /dev/sdz with partitions sdz1 and sdz2, whose files are in @folder."""

    def __init__(self, folder, tool, size=8 * MIB, image_size=4 * MIB):
        shutil.rmtree(folder, ignore_errors=True)
        self.folder, self.tool = folder, tool
        self.image, self.device = os.path.join(folder, "card.img"), os.path.join(folder, "dev/sdz")
        self.data = os.urandom(512) + b"EFI PART" + os.urandom(image_size - 520)
        self.put("card.img", self.data)
        self.put("dev/sdz", b"\xaa" * size)
        self.disk("sdz", DISK, "8:64", size)
        for n in (1, 2):
            self.put("dev/sdz%d" % n, b"")
            self.part("sdz", DISK, n, "8:%d" % (64 + n))
        self.put("proc/self/mountinfo", "22 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n")
        self.put("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n/dev/vdb partition 1 0 -2\n")

    def put(self, path, data):
        path = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data if isinstance(data, bytes) else data.encode())
        return path

    def link(self, name, path):
        there = os.path.join(self.folder, "sys/class/block", name)
        os.makedirs(os.path.dirname(there), exist_ok=True)
        os.symlink(os.path.join(self.folder, path), there)

    def disk(self, name, path, numbers, size, removable="1"):
        for f, text in (("dev", numbers), ("size", str(size // 512)), ("removable", removable), ("ro", "0"), ("device/vendor", "ACME"), ("device/model", "Card Reader")):
            self.put(path + "/" + f, text + "\n")
        os.makedirs(os.path.join(self.folder, path, "holders"), exist_ok=True)
        self.link(name, path)

    def part(self, disk, path, n, numbers):
        for f, text in (("dev", numbers), ("size", "2048"), ("partition", str(n)), ("ro", "0")):
            self.put("%s/%s%d/%s" % (path, disk, n, f), text + "\n")
        os.makedirs(os.path.join(self.folder, path, "%s%d/holders" % (disk, n)), exist_ok=True)
        self.link("%s%d" % (disk, n), "%s/%s%d" % (path, disk, n))

    def flash(self, *args, image=None, device=None, prefix=()):
        env = dict(os.environ, KEEL_FLASH_ROOT=self.folder)
        p = subprocess.run([*prefix, sys.executable, self.tool, *args, image or self.image, device or self.device], env=env, stdin=subprocess.DEVNULL,
                           capture_output=True, text=True)
        return p.returncode, p.stdout + p.stderr

    def content(self):
        with open(self.device, "rb") as f:
            return f.read()

    def refused(self, pattern, *args, forced=False, **how):
        """Says so in one message, and has written nothing. @forced: --force twice overrides it, once does not."""
        before = self.content()
        for options in (args, ("--force", *args)) if forced else (args, ("--force", "--force", *args)):
            status, text = self.flash(*options, **how)
            assert status == 1 and re.match("flash: " + pattern, text.strip()), "%s: status %d, says: %s" % (options, status, text)
            assert len(text.strip().split("\n")) == (2 if forced else 1) and "Traceback" not in text, text
            assert self.content() == before, "it has written"
        if forced:
            status, text = self.flash("--force", "--force", *args, **how)
            assert status == 0 and re.search("forced: " + pattern, text), "forced: status %d, says: %s" % (status, text)


def tests(results, work, root):
    tool = os.path.join(root, "tools/flash")

    def case(name, test, **how):
        results.run("flash: " + name, lambda: test(World(os.path.join(work, "world"), tool, **how)))

    def writes(w):
        status, text = w.flash()
        assert status == 0 and "ACME Card Reader" in text and "8 MiB" in text and "written and compared" in text, "%d: %s" % (status, text)
        got = w.content()
        assert got[:len(w.data)] == w.data and got[len(w.data):] == b"\xaa" * (8 * MIB - len(w.data)), "the card does not hold the image and what was behind it"
    case("writes the image and nothing behind it", writes)
    case("writes an image as large as the card", lambda w: check(w.flash()[0] == 0 and w.content() == w.data), size=4 * MIB)
    case("writes an image of odd size", lambda w: check(w.flash()[0] == 0 and w.content()[:len(w.data)] == w.data), image_size=5 * MIB + 12345)

    case("no image", lambda w: w.refused("there is no image .*/none", image=os.path.join(w.folder, "none")))
    case("an image that is no disk", lambda w: w.refused(".* is no disk image", image=w.put("text", "x" * 4096)))
    case("an image that is empty", lambda w: w.refused(".* is no disk image", image=w.put("empty", "")))
    case("an image that is a folder", lambda w: w.refused("cannot read the image|.* is no file", image=w.folder))
    case("a packed image", lambda w: w.refused(r".* is packed, unpack it first: xz -dk", image=w.put("card.img.xz", b"\xfd7zXZ\0" + bytes(2000))))
    case("image and device in the wrong order", lambda w: w.refused(".* is no disk image", image=w.device, device=w.image))
    case("no such device", lambda w: w.refused("there is no device .*/sdq", device=os.path.join(w.folder, "dev/sdq")))
    case("a character device", lambda w: w.refused(".* is not a block device", device="/dev/null"))
    case("a folder for a device", lambda w: w.refused(".* is not a block device", device=w.folder))
    case("a card that is too small", lambda w: w.refused(r".*/sdz is too small: it has 3 MiB, the image needs 4 MiB"), size=3 * MIB)
    case("a reader without a card", lambda w: (w.put(DISK + "/size", "0\n"), w.refused(".*/sdz has no medium")))
    case("a write-protected card", lambda w: (w.put(DISK + "/ro", "1\n"), w.refused(".*/sdz is write-protected")))

    def mounted(line, pattern):
        def test(w):
            w.put("proc/self/mountinfo", "22 1 254:0 / / rw - ext4 /dev/vda rw\n" + line)
            w.refused(pattern, forced=True)
        return test
    case("a mounted device", mounted("40 22 8:64 / /mnt rw - vfat /dev/sdz rw\n", "/dev/sdz is mounted on /mnt"))
    case("a mounted partition", mounted("40 22 8:66 / /media/my\\040card rw,nosuid shared:1 - vfat /dev/sdz2 rw\n", "/dev/sdz2 is mounted on /media/my card"))
    case("a mounted device under another name", mounted("40 22 8:65 / /boot rw - vfat /dev/root rw\n", "/dev/sdz1 is mounted on /boot"))
    case("a mounted file system of another number", mounted("40 22 0:44 / /data rw - btrfs /dev/sdz1 rw\n", "/dev/sdz1 is mounted on /data"))
    case("swap space", lambda w: (w.put("proc/swaps", "Filename Type Size Used Priority\n/dev/sdz2 partition 1 0 -2\n"), w.refused("/dev/sdz2 is swap space", forced=True)))
    case("a member of LVM or RAID", lambda w: (w.put(DISK + "/sdz1/holders/dm-0", ""), w.refused("/dev/sdz1 belongs to dm-0", forced=True)))
    case("a whole device in RAID", lambda w: (w.put(DISK + "/holders/md0", ""), w.refused("/dev/sdz belongs to md0", forced=True)))
    case("a disk that is not removable", lambda w: (w.put(DISK + "/removable", "0\n"), w.refused(r".*/sdz \(ACME Card Reader, 8 MiB\) is not removable", forced=True)))

    def partition(w):
        w.put(DISK + "/sdz1/size", str(8 * MIB // 512))
        w.put("dev/sdz1", bytes(8 * MIB))
        w.refused(".*/sdz1 is a partition; the whole device is /dev/sdz", device=os.path.join(w.folder, "dev/sdz1"), forced=True)
    case("a partition", partition)
    case("a file that is no device", lambda w: w.refused(".*/file is a file, not a block device", device=w.put("file", bytes(8 * MIB)), forced=True))

    def slot(kind):
        def test(w):
            path = "sys/devices/soc/mmc0/block/mmcblk0"
            w.disk("mmcblk0", path, "179:0", 8 * MIB, removable="0")
            w.put(path + "/device/type", kind + "\n")
            w.device = w.put("dev/mmcblk0", bytes(8 * MIB))
            if kind == "SD":
                status, text = w.flash()
                assert status == 0 and w.content()[:len(w.data)] == w.data, text
            else:
                w.refused(".*/mmcblk0 .* is not removable", forced=True)
        return test
    case("an SD card in a slot of its own is a card", slot("SD"))
    case("eMMC is no card", slot("MMC"))
    case("a name of udev's leads to the device", lambda w: (os.symlink("sdz", w.device + "-by-id"), check(w.flash(device=w.device + "-by-id")[0] == 0 and w.content()[:512] == w.data[:512])))

    def not_root(w):
        os.chmod(w.device, 0o444)
        # Root without its capabilities is an owner like any other.
        w.refused(".*run this as root", prefix=["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else [])
    case("not root", not_root)
    case("a difference is found wherever it is", lambda w: broken(w, tool))
    case("a card that does not keep what is written is noticed", lambda w: spoilt(w, tool))
    case("asks on a terminal", asks)


def check(condition):
    assert condition


def load(tool):
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("flash", tool)
    flash = importlib.util.module_from_spec(importlib.util.spec_from_loader("flash", loader))
    loader.exec_module(flash)
    return flash


def spoilt(w, tool):
    """A card that changes a byte once it is written."""
    flash = load(tool)

    def spoil(fd):
        os.pwrite(fd, bytes([w.data[12345] ^ 0x10]), 12345)
    flash.forget = spoil
    fd = os.open(w.device, os.O_RDWR)
    try:
        flash.flash(w.image, fd, flash.Disk(w.device), len(w.data))
    except flash.Refused as e:
        assert "from byte 12345 on" in str(e), str(e)
    else:
        raise AssertionError("nobody looks at what was written")
    finally:
        os.close(fd)


def broken(w, tool):
    """What comes back differs in one byte: comparison says where."""
    flash = load(tool)
    for at in (0, 4 * MIB - 1, 5 * MIB - 1, None):
        card = bytearray(w.data + os.urandom(MIB))
        with open(w.image, "wb") as f:
            f.write(card)
        if at is not None:
            card[at] ^= 1
        w.put("dev/sdz", bytes(card if at is not None else card[:-100]))
        fd = os.open(w.device, os.O_RDONLY)
        try:
            with open(w.image, "rb") as image:
                flash.compare(image, fd, 5 * MIB)
        except flash.Refused as e:
            assert "from byte %d on" % (at if at is not None else 5 * MIB - 100) in str(e), str(e)
        else:
            raise AssertionError("byte %s differs and nobody says so" % at)
        finally:
            os.close(fd)


def asks(w):
    """`yes` and nothing else writes; what would be lost is shown before."""
    for answer, status in (("no", 1), ("", 1), ("y", 1), ("yes", 0)):
        before = w.content()
        pid, fd = pty.fork()
        if not pid:
            os.environ["KEEL_FLASH_ROOT"] = w.folder
            os.execv(sys.executable, [sys.executable, w.tool, w.image, w.device])
        text = b""
        while b"Type yes" not in text:
            assert select.select([fd], [], [], 30)[0], text
            text += os.read(fd, 4096)
        assert b"ACME Card Reader, 8 MiB" in text and w.content() == before, text
        os.write(fd, answer.encode() + b"\n")
        try:
            while more := os.read(fd, 4096):
                text += more
        except OSError:
            pass    # the terminal's other side is closed
        os.close(fd)
        got = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert got == status, "%r: status %d, says: %s" % (answer, got, text.decode())
        assert (w.content() == before) == bool(status), "%r: written or not" % answer
    assert b"100 %" in text, "no progress: %r" % text
