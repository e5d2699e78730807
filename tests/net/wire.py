# SPDX-License-Identifier: MPL-2.0
"""Bytes on the wire: Ethernet, ARP, IPv4, IPv6, ICMP and TCP, made and read.

A received frame becomes a Packet with what a test wants to see; TCP's header is a Segment in it."""
import socket
import struct
from types import SimpleNamespace

ETH_IP4, ETH_ARP, ETH_IP6 = 0x0800, 0x0806, 0x86dd
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
FLAGS = "FSRPAUEC"      # bit 0 is FIN
OPTION_NAMES = {2: "mss", 3: "wscale", 4: "sackOK", 5: "sack", 8: "ts", 34: "fastopen"}


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def address(text):
    return socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)


def text_of(raw):
    return socket.inet_ntop(socket.AF_INET6 if len(raw) == 16 else socket.AF_INET, raw)


def pseudo(src, dst, protocol, length):
    if len(src) == 4:
        return src + dst + struct.pack("!BBH", 0, protocol, length)
    return src + dst + struct.pack("!II", length, protocol)


def ethernet(dst, src, kind, payload):
    return dst + src + struct.pack("!H", kind) + payload


def ip(src, dst, protocol, payload, ttl=64, tos=0, ident=0, frag=0x4000, options=b""):
    """An IPv4 or IPv6 packet, by the kind of its addresses (bytes)."""
    if len(src) == 16:
        return struct.pack("!IHBB", 6 << 28 | tos << 20, len(payload), protocol, ttl) + src + dst + payload
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, tos, 20 + len(options) + len(payload), ident, frag, ttl, protocol, 0) + src + dst + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def flag_bits(text):
    return sum(1 << FLAGS.index(c) for c in text)


def flag_text(bits):
    return "".join(c for i, c in enumerate("FSRPAUEC") if bits >> i & 1)


def options_bytes(options):
    """[("mss", 1460), ("sackOK",), ("ts", value, echo), ("wscale", 7), ("sack", (a, b), ...), ("nop",), (kind, b"raw")], padded with nops in front."""
    out = b""
    for name, *args in options:
        if name == "nop":
            out += b"\1"
        elif name == "mss":
            out += struct.pack("!BBH", 2, 4, *args)
        elif name == "wscale":
            out += struct.pack("!BBB", 3, 3, *args)
        elif name == "sackOK":
            out += b"\4\2"
        elif name == "sack":
            out += struct.pack("!BB", 5, 2 + 8 * len(args)) + b"".join(struct.pack("!II", a & 0xffffffff, b & 0xffffffff) for a, b in args)
        elif name == "ts":
            out += struct.pack("!BBII", 8, 10, args[0] & 0xffffffff, args[1] & 0xffffffff)
        elif name == "fastopen":
            out += struct.pack("!BB", 34, 2 + len(args[0])) + args[0]
        elif isinstance(name, int):
            out += struct.pack("!BB", name, 2 + len(args[0])) + args[0]
        else:
            out += args[0]      # "raw"
    return b"\1" * (-len(out) % 4) + out


def read_options(raw):
    found, at = [], 0
    while at < len(raw) and raw[at]:
        kind = raw[at]
        if kind == 1:
            found.append(("nop",))
            at += 1
            continue
        size = raw[at + 1]
        body, at = raw[at + 2:at + size], at + size
        if kind == 2:
            found.append(("mss", struct.unpack("!H", body)[0]))
        elif kind == 3:
            found.append(("wscale", body[0]))
        elif kind == 5:
            words = struct.unpack("!%dI" % (len(body) // 4), body)
            found.append(("sack", *zip(words[::2], words[1::2])))
        elif kind == 8:
            found.append(("ts", *struct.unpack("!II", body)))
        else:
            found.append((OPTION_NAMES.get(kind, kind), *([body] if body else [])))
    return found


def tcp(src, dst, sport, dport, seq, ack, flags, window=65535, options=(), data=b"", urgent=0, good_sum=True, offset=None):
    opts = options_bytes(options)
    words = (20 + len(opts)) // 4 if offset is None else offset
    head = struct.pack("!HHIIBBHHH", sport, dport, seq & 0xffffffff, ack & 0xffffffff, words << 4, flag_bits(flags), window, 0, urgent) + opts
    s = checksum(pseudo(src, dst, TCP, len(head) + len(data)) + head + data)
    if not good_sum:
        s ^= 0x1234
    return head[:16] + struct.pack("!H", s) + head[18:] + data


def icmp(src, dst, kind, code, rest, body):
    """An ICMP or ICMPv6 message, by the kind of the addresses. @rest: the second word of its header."""
    head = struct.pack("!BBHI", kind, code, 0, rest)
    six = len(src) == 16
    s = checksum((pseudo(src, dst, ICMP6, len(head) + len(body)) if six else b"") + head + body)
    return head[:2] + struct.pack("!H", s) + head[4:] + body


def read_tcp(p):
    b = p.payload
    if len(b) < 20:
        return None
    sport, dport, seq, ack, off, flags, window, s, urgent = struct.unpack("!HHIIBBHHH", b[:20])
    size = (off >> 4) * 4
    return SimpleNamespace(sport=sport, dport=dport, seq=seq, ack=ack, flags=flag_text(flags), window=window, urgent=urgent, options=read_options(b[20:size]),
                           data=b[size:], good=checksum(pseudo(p.src, p.dst, TCP, len(b)) + b) == 0)


def read_ip(frame):
    """The IP packet in an Ethernet frame, or None."""
    kind = struct.unpack("!H", frame[12:14])[0]
    b = frame[14:]
    if kind == ETH_IP4 and len(b) >= 20:
        head, total = (b[0] & 15) * 4, struct.unpack("!H", b[2:4])[0]
        return SimpleNamespace(six=False, src=b[12:16], dst=b[16:20], protocol=b[9], ttl=b[8], tos=b[1], df=bool(b[6] & 0x40), frag=struct.unpack("!H", b[6:8])[0] & 0x3fff,
                               payload=b[head:total], raw=b[:total], good=checksum(b[:head]) == 0, mac=frame[6:12])
    if kind == ETH_IP6 and len(b) >= 40:
        word, size, nxt, hops = struct.unpack("!IHBB", b[:8])
        return SimpleNamespace(six=True, src=b[8:24], dst=b[24:40], protocol=nxt, ttl=hops, tos=word >> 20 & 255, df=True, frag=0, payload=b[40:40 + size],
                               raw=b[:40 + size], good=True, mac=frame[6:12])
    return None
