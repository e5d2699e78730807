# SPDX-License-Identifier: MPL-2.0
"""Segments that are not to be believed: bad checksums and headers, PAWS, data outside of the
window, odd combinations of flags."""
import wire
from peer import IN, OUT, pattern, scenario


@scenario(4, 6)
def bad_checksum_is_dropped(t):
    c, s = t.accepted()
    c.send("PA", seq=1, data=b"abc", good_sum=False)
    c.nothing()
    c.send("PA", data=b"abc")
    c.expect_ack(4)
    s.read(expect=b"abc")


@scenario
def bad_checksum_of_a_syn(t):
    t.listener()
    c = t.conn()
    c.syn(good_sum=False)
    c.nothing()
    c.syn(seq=0)
    c.expect()


@scenario
def bad_checksum_of_a_reset(t):
    c, s = t.accepted()
    c.send("R", good_sum=False)
    c.nothing()
    s.state()


@scenario
def header_too_short(t):
    c, s = t.accepted()
    c.send("PA", seq=1, data=b"abc", offset=4)
    c.nothing()
    s.state()


@scenario
def header_longer_than_the_segment(t):
    c, s = t.accepted()
    c.send("A", offset=15)
    c.nothing()
    s.state()


@scenario
def segment_cut_off_in_the_header(t):
    c, s = t.accepted()
    t.packet(wire.TCP, c.raw("A")[:12])
    c.nothing()
    s.state()


@scenario
def data_left_of_the_window(t):
    c, s = t.accepted()
    c.send("PA", data=b"0123456789")
    c.expect_ack(11)
    c.send("PA", seq=-100, data=b"x" * 20)
    c.expect()
    s.read(expect=b"0123456789")


@scenario
def data_right_of_the_window(t):
    c, s = t.accepted()
    c.send("PA", seq=1 << 22, data=b"far away")
    c.expect()
    s.read()


@scenario
def data_that_begins_left_of_the_window(t):
    c, s = t.accepted()
    c.send("PA", data=b"01234")
    c.expect_ack(6)
    c.send("PA", seq=1, data=b"0123456789")
    c.expect_ack(11)
    s.read(expect=b"0123456789")


@scenario
def every_flag_at_once(t):
    c, s = t.accepted()
    c.send("FSRPAUEC", seq=1, data=b"tree")
    t.ping()
    s.state()


@scenario
def fin_rst(t):
    c, s = t.accepted()
    c.send("FRA", seq=1)
    t.ping()
    s.state()


@scenario
def options_that_end_in_the_middle(t):
    c, s = t.accepted()
    c.send("PA", data=b"abc", options=[("raw", b"\x08\x0a\x00")])
    c.expect_ack(4)
    c.send("PA", data=b"def", options=[("raw", b"\x05\x01\x00\x00")])
    c.expect_ack(7)
    s.read(expect=b"abcdef")


@scenario
def options_without_length(t):
    c, s = t.accepted()
    c.send("PA", data=b"abc", options=[("raw", b"\x1e\x00\x1e\x00")])
    c.expect_ack(4)


@scenario
def mss_option_outside_of_a_syn(t):
    c, s = t.accepted(mss=1000)
    c.send("PA", data=b"abc", options=[("mss", 100)])
    c.expect_ack(4)
    s.write(1500)
    c.expect_data(1501, ack=True)


@scenario
def unknown_options_in_data(t):
    c, s = t.accepted()
    c.send("PA", data=b"abc", options=[(30, b"123456"), (253, b"\x00\x01")])
    c.expect_ack(4)
    s.read(expect=b"abc")


# ---- PAWS ----

@scenario(4, 6)
def old_time_stamp_is_rejected(t):
    """RFC 7323, 5.3: dropped and answered."""
    c, s = t.accepted(ts=True)
    c.ts_value = 2000
    c.send("PA", data=b"new")
    c.expect_ack(4)
    c.ts_value = 1500
    c.send("PA", seq=4, data=b"old")
    c.expect()
    s.read(expect=b"new")


@scenario(4, 6)
def time_stamp_of_the_tick_before_is_taken(t):
    """Of two segments that a host's CPUs send at the same time either may arrive first."""
    c, s = t.accepted(ts=True)
    c.ts_value = 2000
    c.send("PA", data=b"new")
    c.expect_ack(4)
    c.ts_value = 1999
    c.send("PA", seq=4, data=b"too")
    c.expect_ack(7)
    s.read(expect=b"newtoo")
    # What is echoed does not go back.
    c.ts_value = 2000
    c.send("PA", seq=7, data=b"end")
    c.expect()


@scenario
def late_acknowledgement_is_not_answered(t):
    """It says nothing new, and its time stamp is not older than a timeout."""
    c, s = t.accepted(ts=True)
    c.ts_value = 2000
    c.send("PA", data=b"new")
    c.expect_ack(4)
    c.ts_value = 1950
    c.send("A", seq=4)
    c.nothing()


@scenario
def old_time_stamp_of_a_reset(t):
    c, s = t.accepted(ts=True)
    c.ts_value = 2000
    c.send("PA", data=b"new")
    c.expect_ack(4)
    c.send("R", options=[("nop",), ("nop",), ("ts", 1500, 0)])
    t.ping()
    s.state()


@scenario
def equal_time_stamp_is_taken(t):
    c, s = t.accepted(ts=True)
    for _ in range(3):
        c.send("PA", data=b"abc")
        c.expect()
    s.read(expect=b"abcabcabc")


@scenario
def time_stamp_is_missing(t):
    """Linux takes a segment without the time stamp that was agreed on."""
    c, s = t.accepted(ts=True)
    c.send("PA", data=b"abc", options=[])
    c.expect()
    s.read(expect=b"abc")


@scenario
def time_stamp_that_was_not_agreed_on(t):
    c, s = t.accepted()
    c.send("PA", data=b"abc", options=[("nop",), ("nop",), ("ts", 5, 6)])
    c.expect()


@scenario
def echoed_time_stamp_is_of_the_segment_that_moved_the_window(t):
    """RFC 7323, 4.3: of several, the one of the earliest that was not acknowledged."""
    c, s = t.accepted(ts=True)
    c.ts_value = 2000
    c.send("PA", seq=11, data=b"x" * 10)
    c.expect()
    c.ts_value = 3000
    c.send("PA", seq=1, data=b"x" * 10)
    c.expect()


@scenario
def old_ack_does_not_change_the_echo(t):
    c, s = t.accepted(ts=True)
    c.ts_value = 2000
    c.send("PA", data=b"abc")
    c.expect()
    c.ts_value = 2500
    c.send("A", seq=1)
    t.ping()
    c.ts_value = 2600
    c.send("PA", data=b"def", seq=4)
    c.expect()


@scenario
def limited_answers_to_old_time_stamps(t):
    c, s = t.accepted(ts=True)
    c.ts_value = 2000
    c.send("PA", data=b"new")
    c.expect_ack(4)
    for _ in range(4):
        c.send("A", options=[("nop",), ("nop",), ("ts", 100, 0)])
    c.expect()
    c.nothing()


@scenario
def segment_to_another_port(t):
    c, s = t.accepted()
    other = t.conn(c.port)
    other.guest_port = c.guest_port + 40000 & 0xffff
    other.irs, other.next = 0, 1
    other.send("A", ack=1)
    other.expect()
    c.nothing()


@scenario
def land_attack(t):
    """A SYN whose source is its destination."""
    t.listener()
    p = wire.tcp(t.raw_guest, t.raw_guest, t.guest_port, t.guest_port, 1000, 0, "S")
    p = wire.ip(t.raw_guest, t.raw_guest, wire.TCP, p)
    t.net.frame(wire.ethernet(t.net.guest_mac, t.mac, wire.ETH_IP4, p))
    c = t.conn()
    c.syn()
    c.expect()
    c.nothing()
