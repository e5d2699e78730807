# SPDX-License-Identifier: MPL-2.0
"""Takes a disk image apart, by the UEFI and FAT specifications and what is known of the JH7110's boot ROM, with nothing of what made it.

    partitions(image)       the protective MBR and both GUID partition tables: [Partition], or Bad
    spl(image, p)           the header that the boot ROM reads: the payload
    files(image, p)         a FAT32 file system: {"/path": bytes}

All raise Bad, with one sentence, for what a boot loader could stumble over.
"""
import re
import struct
import uuid
import zlib
from types import SimpleNamespace

SECTOR = 512


class Bad(AssertionError):
    pass


def need(condition, text):
    if not condition:
        raise Bad(text)


def protective_mbr(image):
    """UEFI 5.2.3: one entry of type 0xee over the whole disk, so that old tools leave it alone."""
    need(image[510:512] == b"\x55\xaa", "the MBR has no signature")
    entry = image[446:462]
    start, count = struct.unpack("<II", entry[8:16])
    need(entry[4] == 0xee and start == 1, "the MBR protects nothing")
    need(count == min(len(image) // SECTOR - 1, 0xffffffff), "the MBR protects %d sectors of %d" % (count, len(image) // SECTOR - 1))
    need(not entry[0] & 0x80, "the MBR's entry is active")
    need(not any(image[462:510]), "the MBR has more than one entry")


def table(image, lba, which):
    """UEFI 5.3.2, a header and its entries."""
    sector = image[lba * SECTOR:(lba + 1) * SECTOR]
    need(sector[:8] == b"EFI PART", "the %s GPT has no signature" % which)
    names = ("revision", "size", "crc", "reserved", "here", "other", "first", "last", "guid", "entries", "count", "entry_size", "entries_crc")
    h = SimpleNamespace(**dict(zip(names, struct.unpack("<IIIIQQQQ16sQIII", sector[8:92]))))
    need(h.revision == 0x10000 and h.size == 92 and not h.reserved, "the %s GPT's header is of an unknown kind" % which)
    need(zlib.crc32(sector[:16] + bytes(4) + sector[20:92]) == h.crc, "the %s GPT's header has a wrong CRC" % which)
    need(not any(sector[92:]), "the %s GPT's header is not zero behind its end" % which)
    need(h.here == lba, "the %s GPT thinks that it is at sector %d" % (which, h.here))
    need(h.entry_size == 128 and h.count >= 128, "the %s GPT has %d entries of %d bytes" % (which, h.count, h.entry_size))
    raw = image[h.entries * SECTOR:h.entries * SECTOR + h.count * h.entry_size]
    need(zlib.crc32(raw) == h.entries_crc, "the %s GPT's entries have a wrong CRC" % which)
    return h, raw


def partitions(image):
    protective_mbr(image)
    last = len(image) // SECTOR - 1
    first, raw = table(image, 1, "first")
    second, copy = table(image, last, "second")
    need(first.other == last and second.other == 1, "the two GPTs do not name each other")
    need(first.guid == second.guid and any(first.guid), "the two GPTs are of different disks")
    need(raw == copy, "the two GPTs have different entries")
    sectors = len(raw) // SECTOR
    need(first.first >= 2 + sectors and first.first == second.first, "the first usable sector is in the table")
    need(first.last < last - sectors and first.last == second.last, "the last usable sector is in the second table")
    need(second.entries > first.last, "the second table's entries are where partitions can be")
    out = []
    for n in range(first.count):
        e = raw[n * 128:(n + 1) * 128]
        if not any(e[:16]):
            need(not any(e), "entry %d has no type but something else" % (n + 1))
            continue
        p = SimpleNamespace(number=n + 1, type=str(uuid.UUID(bytes_le=e[:16])).upper(), guid=str(uuid.UUID(bytes_le=e[16:32])), name=e[56:].decode("utf-16-le").rstrip("\0"))
        p.first, p.last, p.attributes = struct.unpack("<QQQ", e[32:56])
        need(any(e[16:32]), "partition %d has no GUID" % p.number)
        need(first.first <= p.first <= p.last <= first.last, "partition %d reaches out of the disk" % p.number)
        p.start, p.size = p.first * SECTOR, (p.last - p.first + 1) * SECTOR
        out.append(p)
    by_place = sorted(out, key=lambda p: p.first)
    for a, b in zip(by_place, by_place[1:]):
        need(a.last < b.first, "partitions %d and %d overlap" % (a.number, b.number))
    need(len({p.guid for p in out}) == len(out), "two partitions have the same GUID")
    return out


def spl(image, p):
    """The first KiB says where the program is, how long and its CRC; the ROM loads it to 2 MiB of SRAM and believes nothing else."""
    head = image[p.start:p.start + 0x400]
    offset, backup = struct.unpack("<II", head[:8])
    need(offset == 0x240, "the SPL's header is at %#x, the boot ROM wants 0x240" % offset)
    need(backup == 0x200000, "the SPL's second copy is at %#x" % backup)
    need(not any(head[8:0x284]), "the SPL's header is not zero before its fields")
    version, size, at, crc = struct.unpack("<IIII", head[0x284:0x294])
    need(version == 0x01010101, "the SPL's header has version %#x" % version)
    need(at == 0x400, "the SPL's program is at %#x" % at)
    need(not any(head[0x294:]), "the SPL's header is not zero behind its fields")
    need(0 < size <= 180048 and at + size <= p.size, "the SPL has %d bytes, the boot ROM takes 180048" % size)
    payload = image[p.start + at:p.start + at + size]
    need(zlib.crc32(payload) == crc, "the SPL has a wrong CRC")
    return payload


class Fat:
    """FAT32, as Microsoft's specification of 2005 has it."""

    def __init__(self, image, p):
        boot = image[p.start:p.start + SECTOR]
        need(boot[510:512] == b"\x55\xaa", "the boot sector has no signature")
        (self.sector, per_cluster, reserved, self.count, root_entries, small, media, fat16, _, _, hidden, total, fat_size, _, version, self.root, info,
         backup) = struct.unpack("<HBHBHHBHHHIIIHHIHH", boot[11:52])
        need(self.sector == SECTOR and per_cluster in (1, 2, 4, 8, 16, 32, 64, 128), "sectors of %d bytes, clusters of %d sectors" % (self.sector, per_cluster))
        need(not root_entries and not small and not fat16 and not version, "it is not FAT32")
        need(self.count == 2 and media == 0xf8, "%d FATs, medium %#x" % (self.count, media))
        need(hidden == p.first, "the boot sector is of a partition at sector %d" % hidden)
        need(total * SECTOR <= p.size, "the file system is larger than its partition")
        need(image[p.start + backup * SECTOR:p.start + (backup + 1) * SECTOR] == boot and 0 < backup < reserved, "the boot sector has no copy")
        self.image, self.cluster = image, per_cluster * SECTOR
        fat = p.start + reserved * SECTOR
        self.data = fat + self.count * fat_size * SECTOR
        self.clusters = (total - reserved - self.count * fat_size) // per_cluster
        need(self.clusters >= 65525, "%d clusters are FAT16 to a driver" % self.clusters)
        need(fat_size * SECTOR >= (self.clusters + 2) * 4, "the FAT is too short")
        copies = [image[fat + n * fat_size * SECTOR:fat + n * fat_size * SECTOR + (self.clusters + 2) * 4] for n in range(2)]
        need(copies[0] == copies[1], "the two FATs differ")
        self.fat = [x & 0x0fffffff for x in struct.unpack("<%dI" % (self.clusters + 2), copies[0])]
        need(self.fat[0] == 0x0fffff00 | media, "the FAT does not begin with the medium")
        self.used = set()
        at = p.start + info * SECTOR
        self.info = struct.unpack("<II", image[at + 488:at + 496])
        need(image[at:at + 4] == b"RRaA" and image[at + 484:at + 488] == b"rrAa" and image[at + 508:at + 512] == b"\0\0\x55\xaa", "the FSInfo sector is not one")

    def chain(self, cluster, what):
        out = []
        while cluster < 0x0ffffff8:
            need(2 <= cluster < self.clusters + 2, "%s: cluster %d of %d" % (what, cluster, self.clusters))
            need(cluster not in self.used, "%s: cluster %d is used twice" % (what, cluster))
            self.used.add(cluster)
            at = self.data + (cluster - 2) * self.cluster
            out.append(self.image[at:at + self.cluster])
            cluster = self.fat[cluster]
        return b"".join(out)

    def folder(self, cluster, path):
        """{path: bytes} of all below."""
        raw, long_name, out = self.chain(cluster, path or "/"), {}, {}
        for e in (raw[n:n + 32] for n in range(0, len(raw), 32)):
            if not e[0]:
                break
            if e[0] == 0xe5:
                continue
            if e[11] == 0x0f:
                long_name[e[0] & 0x3f] = (e[1:11] + e[14:26] + e[28:32]).decode("utf-16-le").split("\0")[0]
                need(e[13] == self.checksum(raw, e, long_name), "%s: a long name that belongs to no file" % path)
                continue
            name = "".join(long_name[n] for n in sorted(long_name)) or self.short(e)
            need(sorted(long_name) == list(range(1, len(long_name) + 1)), "%s/%s: a long name with a hole" % (path, name))
            long_name = {}
            start = struct.unpack("<H", e[20:22])[0] << 16 | struct.unpack("<H", e[26:28])[0]
            size, = struct.unpack("<I", e[28:32])
            if e[11] & 0x08 or name in (".", ".."):
                continue
            if e[11] & 0x10:
                out.update(self.folder(start, path + "/" + name))
                continue
            data = self.chain(start, path + "/" + name) if start else b""
            need(len(data) - self.cluster < size <= len(data) or size == len(data) == 0, "%s/%s: %d bytes in %d" % (path, name, size, len(data)))
            out[path + "/" + name] = data[:size]
        return out

    @staticmethod
    def checksum(raw, e, _):
        """Of the short name that stands behind the long one's parts."""
        at = raw.index(e)
        while raw[at + 11] == 0x0f:
            at += 32
        total = 0
        for byte in raw[at:at + 11]:
            total = ((total & 1) << 7 | total >> 1) + byte & 0xff
        return total

    @staticmethod
    def short(e):
        base, ext = e[:8].decode("ascii").rstrip(), e[8:11].decode("ascii").rstrip()
        base, ext = base.lower() if e[12] & 8 else base, ext.lower() if e[12] & 16 else ext
        return base + ("." + ext if ext else "")

    def finish(self):
        used = {n for n in range(2, self.clusters + 2) if self.fat[n]}
        need(used == self.used, "%d clusters belong to no file" % len(used - self.used))
        free, _ = self.info
        need(free in (0xffffffff, self.clusters - len(used)), "FSInfo says %d free clusters, there are %d" % (free, self.clusters - len(used)))


def files(image, p):
    fs = Fat(image, p)
    out = fs.folder(fs.root, "")
    fs.finish()
    return out


def extlinux(text):
    """The labels of an extlinux.conf: {label: {word: rest of the line}}, and the words before the first."""
    words, labels = {}, {}
    here = words
    for line in text.decode("ascii").split("\n"):
        m = re.fullmatch(r"\s*(\S+)(?:\s+(.*))?", line.split("#")[0].rstrip())
        if m and m[1].lower() == "label":
            here = labels.setdefault(m[2], {})
        elif m:
            key = m[1].lower()
            need(key not in here, "extlinux.conf: %s twice" % key)
            here[key] = m[2] or ""
    return words, labels
