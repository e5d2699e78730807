# SPDX-License-Identifier: MPL-2.0
"""Flattened devicetrees read and written in Python: an opinion of its own beside libfdt's. See the Devicetree specification, chapter 5.

    root = parse(blob)              nodes with .name, .parent, .props (name -> bytes, in order), .children, and .reserved (of the root: [(address, size)])
    root.find("/soc/serial@10000000").set("status", "okay")
    blob = flatten(root)
"""
import struct

MAGIC, BEGIN, END, PROP, NOP, LAST = 0xd00dfeed, 1, 2, 3, 4, 9


class Node:
    def __init__(self, name, parent=None):
        self.name, self.parent, self.props, self.children = name, parent, {}, []
        if parent:
            parent.children.append(self)

    @property
    def path(self):
        return self.parent.path.rstrip("/") + "/" + self.name if self.parent else "/"

    def walk(self):
        yield self
        for c in self.children:
            yield from c.walk()

    def find(self, path):
        n = self
        for word in path.strip("/").split("/") if path.strip("/") else []:
            n = next((c for c in n.children if c.name == word), None)
            if n is None:
                return None
        return n

    def add(self, name, **props):
        n = Node(name, self)
        for key, value in props.items():
            n.set(key.replace("__", ",").replace("_", "-"), value)
        return n

    def set(self, name, value=b""):
        """bytes; text or a list of texts; a number or a list of numbers (cells)."""
        if isinstance(value, (str, int)):
            value = [value]
        if not isinstance(value, (bytes, bytearray)):
            value = b"".join(v.encode() + b"\0" if isinstance(v, str) else struct.pack(">I", v) for v in value)
        self.props[name] = bytes(value)
        return self

    def drop(self):
        self.parent.children.remove(self)

    def cells(self, name):
        b = self.props.get(name, b"")
        return list(struct.unpack(">%dI" % (len(b) // 4), b[:len(b) // 4 * 4]))

    def strings(self, name):
        return [s.decode() for s in self.props.get(name, b"").split(b"\0")[:-1]]


def parse(blob):
    magic, total, structure, strings, reservations, version = struct.unpack(">6I", blob[:24])
    assert magic == MAGIC and total <= len(blob) and version >= 16

    def text(at):
        return blob[at:blob.index(b"\0", at)].decode()
    at, node, root = structure, None, None
    while True:
        token, = struct.unpack(">I", blob[at:at + 4])
        at += 4
        if token == BEGIN:
            name = text(at)
            at += (len(name) + 4) & ~3
            node = Node(name, node)
            root = root or node
        elif token == END:
            node = node.parent
        elif token == PROP:
            size, name = struct.unpack(">2I", blob[at:at + 8])
            node.props[text(strings + name)] = blob[at + 8:at + 8 + size]
            at += 8 + ((size + 3) & ~3)
        elif token == LAST:
            break
        else:
            assert token == NOP, "token %d" % token
    root.reserved = []
    while True:
        entry = struct.unpack(">2Q", blob[reservations:reservations + 16])
        if entry == (0, 0):
            return root
        root.reserved.append(entry)
        reservations += 16


def flatten(root, boot_cpu=0):
    names, structure = bytearray(), bytearray()

    def offset(name):
        raw = name.encode() + b"\0"
        at = names.find(raw)
        if at < 0:
            at = len(names)
            names.extend(raw)
        return at

    def put(node):
        raw = node.name.encode() + b"\0"
        structure.extend(struct.pack(">I", BEGIN) + raw + bytes(-len(raw) % 4))
        for name, value in node.props.items():
            structure.extend(struct.pack(">3I", PROP, len(value), offset(name)) + value + bytes(-len(value) % 4))
        for c in node.children:
            put(c)
        structure.extend(struct.pack(">I", END))
    put(root)
    structure.extend(struct.pack(">I", LAST))
    reservations = b"".join(struct.pack(">2Q", *r) for r in root.reserved) + bytes(16)
    at = 40 + len(reservations)
    total = at + len(structure) + len(names)
    head = struct.pack(">10I", MAGIC, total, at, at + len(structure), 40, 17, 16, boot_cpu, len(names), len(structure))
    return head + reservations + bytes(structure) + bytes(names)
