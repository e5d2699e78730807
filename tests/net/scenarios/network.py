# SPDX-License-Identifier: MPL-2.0
"""What is below TCP: path MTU, fragments, TTL, ICMP, UDP, neighbour discovery and ARP, as a peer
sees them."""
import struct

import wire
from peer import IN, pattern, scenario


# ---- path MTU ----

@scenario(4, 6)
def too_big_makes_segments_smaller(t):
    c, s = t.accepted(mss=1400)
    s.write(2800)
    p = c.expect()
    c.expect()
    t.too_big(1280, p)
    c.gather(2801)
    c.expect(until=lambda x: x.rel == 1)
    t.ping()
    s.info("snd_mss", "pmtu")


@scenario(4, 6)
def too_big_about_what_was_never_sent(t):
    """The sequence number is outside of what is under way: somebody guesses."""
    c, s = t.accepted(mss=1400)
    s.write(1400)
    p = c.expect()
    raw = bytearray(p.packet.raw)
    at = 44 if t.six else 24
    raw[at:at + 4] = struct.pack("!I", (p.seq + (1 << 28)) & 0xffffffff)
    p.packet.raw = bytes(raw)
    t.too_big(1280, p)
    t.ping()
    s.info("snd_mss", "pmtu")


@scenario(4, 6)
def too_big_that_is_not_smaller(t):
    c, s = t.accepted(mss=1400)
    s.write(1400)
    p = c.expect()
    t.too_big(9000, p)
    t.ping()
    s.info("snd_mss", "pmtu")


@scenario(4, 6)
def too_big_with_a_tiny_mtu(t):
    c, s = t.accepted(mss=1400)
    s.write(1400)
    p = c.expect()
    t.too_big(100, p)
    t.ping()
    s.info("snd_mss", "pmtu")


@scenario
def too_big_without_an_mtu(t):
    """An old router does not say how much it takes."""
    c, s = t.accepted(mss=1400)
    s.write(1400)
    p = c.expect()
    t.too_big(0, p)
    t.ping()
    s.info("snd_mss")


@scenario
def too_big_for_another_connection(t):
    c, s = t.accepted(mss=1400)
    s.write(1400)
    p = c.expect()
    raw = bytearray(p.packet.raw)
    raw[22:24] = struct.pack("!H", 4)
    p.packet.raw = bytes(raw)
    t.too_big(600, p)
    t.ping()
    s.info("snd_mss", "pmtu")


@scenario
def too_big_while_path_mtu_is_not_discovered(t):
    c, s = t.accepted(mss=1400, opts={"MTU_DISCOVER": 0})
    s.write(1400)
    p = c.expect()
    t.too_big(800, p)
    t.ping()
    s.info("snd_mss")


@scenario
def quote_cut_off(t):
    """An error needs eight bytes of what it is about."""
    c, s = t.accepted(mss=1400)
    s.write(1400)
    p = c.expect()
    t.too_big(800, p, keep=24)
    t.ping()
    s.info("snd_mss", "pmtu")


# ---- fragments ----

def fragments(t, payload, cuts, order, protocol=wire.TCP, ident=77):
    """Sends an IPv4 payload as fragments that begin at the cuts."""
    edges = [0, *cuts, len(payload)]
    for i in order:
        part = payload[edges[i]:edges[i + 1]]
        more = 0x2000 if edges[i + 1] < len(payload) else 0
        t.packet(protocol, part, ident=ident, frag=more | edges[i] // 8)


@scenario
def fragments_in_order(t):
    c, s = t.accepted()
    fragments(t, c.raw("PA", data=pattern(0, 100)), (40, 80), (0, 1, 2))
    c.expect()
    s.read(expect=pattern(0, 100))


@scenario
def fragments_in_reverse(t):
    c, s = t.accepted()
    fragments(t, c.raw("PA", data=pattern(0, 100)), (40, 80), (2, 1, 0))
    c.expect()
    s.read(expect=pattern(0, 100))


@scenario
def fragment_twice(t):
    c, s = t.accepted()
    fragments(t, c.raw("PA", data=pattern(0, 100)), (40, 80), (0, 0, 1, 2))
    c.expect()
    s.read(expect=pattern(0, 100))


@scenario
def overlapping_fragments(t):
    """RFC 5722 for IPv6, and Linux for IPv4 too: the datagram is dropped."""
    c, s = t.accepted()
    p = c.raw("PA", data=pattern(0, 100))
    t.packet(wire.TCP, p[0:48], ident=5, frag=0x2000)
    t.packet(wire.TCP, p[40:80], ident=5, frag=0x2000 | 5)
    t.packet(wire.TCP, p[80:], ident=5, frag=10)
    c.nothing()
    s.read()


@scenario
def missing_fragment(t):
    c, s = t.accepted()
    fragments(t, c.raw("PA", data=pattern(0, 100)), (40, 80), (0, 2))
    c.nothing()


# ---- IPv4 and IPv6 headers ----

@scenario
def bad_sum_of_ipv4(t):
    c, s = t.accepted()
    raw = bytearray(wire.ip(t.raw_address, t.raw_guest, wire.TCP, c.raw("PA", data=b"abc")))
    raw[10] ^= 1
    t.net.frame(wire.ethernet(t.net.guest_mac, t.mac, wire.ETH_IP4, bytes(raw)))
    c.nothing()


@scenario
def options_of_ipv4_are_skipped(t):
    c, s = t.accepted()
    t.packet(wire.TCP, c.raw("PA", data=b"abc"), options=b"\1\1\1\0")
    c.expect()


@scenario
def frame_for_another_mac(t):
    c, s = t.accepted()
    raw = wire.ip(t.raw_address, t.raw_guest, wire.TCP, c.raw("PA", data=b"abc"))
    t.net.frame(wire.ethernet(b"\2\2\2\2\2\2", t.mac, wire.ETH_IP4, raw))
    c.nothing()


@scenario
def segment_to_the_broadcast_mac(t):
    """RFC 1122, 4.2.3.10: not taken."""
    c, s = t.accepted()
    raw = wire.ip(t.raw_address, t.raw_guest, wire.TCP, c.raw("PA", data=b"abc"))
    t.net.frame(wire.ethernet(b"\xff" * 6, t.mac, wire.ETH_IP4, raw))
    c.nothing()


@scenario
def padding_of_short_frames_is_no_data(t):
    c, s = t.accepted()
    c.ack()
    c.send("PA", data=b"a")
    c.expect()
    s.read(expect=b"a")


@scenario(4, 6)
def unknown_protocol(t):
    t.packet(200, b"what is this")
    t.expect_icmp()


@scenario(4, 6)
def udp_to_a_closed_port(t):
    head = struct.pack("!HHHH", 4000, 9, 8 + 4, 0) + b"ping"
    s = wire.checksum(wire.pseudo(t.raw_address, t.raw_guest, wire.UDP, len(head)) + head)
    t.packet(wire.UDP, head[:6] + struct.pack("!H", s) + head[8:])
    t.expect_icmp()


@scenario(4, 6)
def udp_with_a_bad_sum(t):
    head = struct.pack("!HHHH", 4000, 9, 8 + 4, 0x1111) + b"ping"
    t.packet(wire.UDP, head)
    t.ping()
    errors = (wire.ICMP, wire.ICMP6)
    p = t.take(lambda p: p if p.protocol in errors and p.payload[0] in (1, 3) else None, 0)
    t.say("> nothing" if not p else "> ICMP %d %d" % (p.payload[0], p.payload[1]))


@scenario
def tos_of_replies(t):
    c, s = t.accepted(opts={"TOS": 0x10, "TTL": 9})
    s.write(10)
    p = c.expect()
    t.say("tos %d ttl %d" % (p.packet.tos, p.packet.ttl))


@scenario(4, 6)
def ttl_of_segments(t):
    t.listener()
    c = t.conn()
    c.syn()
    p = c.expect()
    t.say("tos %d ttl %d" % (p.packet.tos, p.packet.ttl))


def six_only(f):
    return scenario(6)(f)


@six_only
def padding_options_of_ipv6(t):
    """Hop-by-hop and destination options of padding before a SYN."""
    t.listener()
    c = t.conn()
    syn = c.raw("S", options=[("mss", 1440)])
    c.next = 1
    t.packet(0, bytes((60, 0, 1, 4, 0, 0, 0, 0)) + bytes((6, 0, 1, 4, 0, 0, 0, 0)) + syn)
    c.expect()


@six_only
def unknown_option_that_is_skipped(t):
    t.listener()
    c = t.conn()
    syn = c.raw("S", options=[("mss", 1440)])
    t.packet(60, bytes((6, 0, 0x1e, 4, 0, 0, 0, 0)) + syn)
    c.expect()


@six_only
def routing_header_of_type_0(t):
    """RFC 5095: refused."""
    t.packet(43, bytes((6, 2, 0, 1, 0, 0, 0, 0)) + t.raw_guest + b"x" * 20)
    t.expect_icmp()


@six_only
def no_next_header(t):
    t.packet(59, b"nothing")
    t.ping()
    t.say("silent: %s" % (not t.aside))


@six_only
def fragment_header_of_a_whole_packet(t):
    """RFC 6946: an atomic fragment is taken at once."""
    c, s = t.accepted()
    t.packet(44, bytes((6, 0, 0, 0, 0, 0, 0, 9)) + c.raw("PA", data=b"abc"))
    c.expect()


@six_only
def fragments_of_ipv6(t):
    c, s = t.accepted()
    p = c.raw("PA", data=pattern(0, 100))
    t.packet(44, struct.pack("!BBHI", 6, 0, 40 | 0, 10) + p[40:])
    t.packet(44, struct.pack("!BBHI", 6, 0, 0 | 1, 10) + p[:40])
    c.expect()
    s.read(expect=pattern(0, 100))


@six_only
def overlapping_fragments_of_ipv6(t):
    """RFC 5722: all of it is dropped."""
    c, s = t.accepted()
    p = c.raw("PA", data=pattern(0, 100))
    t.packet(44, struct.pack("!BBHI", 6, 0, 0 | 1, 11) + p[:48])
    t.packet(44, struct.pack("!BBHI", 6, 0, 40 | 0, 11) + p[40:])
    c.nothing()
    s.read()


@six_only
def fragment_of_a_length_that_is_no_multiple(t):
    c, s = t.accepted()
    p = c.raw("PA", data=pattern(0, 100))
    t.packet(44, struct.pack("!BBHI", 6, 0, 0 | 1, 12) + p[:41])
    t.expect_icmp()
