# SPDX-License-Identifier: MPL-2.0
"""Asks the group of mDNS by a device for the types of the records of each name, and shows those that come back."""
import socket
import struct
import sys

TYPES = {16: "TXT", 28: "AAAA", 33: "SRV"}
index = socket.if_nametoindex(sys.argv[1])
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
s.settimeout(10)
for name in sys.argv[2:]:
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    for kind, text in TYPES.items():
        if (kind == 28) != (name == "keel.local"):
            continue
        s.sendto(struct.pack(">HHHHHH", kind, 0, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1), ("ff02::fb", 5353, 0, index))
        try:
            data, sender = s.recvfrom(9000)
        except OSError as e:
            print(name, text, e)
            continue
        number, flags, questions, answers = struct.unpack(">HHHH", data[:8])
        print(name, text, number == kind, hex(flags), questions, answers > 0, sender[1], sender[0].startswith("fe80"))
