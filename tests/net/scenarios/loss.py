# SPDX-License-Identifier: MPL-2.0
"""Loss, reordering and duplicates: retransmission timers, fast retransmit, SACK recovery, RACK,
tail loss probes, D-SACK, ECN."""
from peer import IN, OUT, pattern, scenario


def flight(t, n=10, size=1000, **options):
    """A connection with n segments under way; a first exchange has told the guest the round-trip
    time."""
    options.setdefault("mss", size + (12 if options.get("ts") else 0))
    c, s = t.accepted(far=True, **options)
    s.write(size)
    c.expect(quiet=True)
    c.ack()
    t.ping()
    t.log.clear()
    s.write(size * n)
    c.gather(1 + size * (n + 1))
    return c, s


def read_ten(t, **options):
    """A connection whose first ten bytes the guest has acknowledged."""
    c, s = t.accepted(**options)
    c.send("PA", data=b"0123456789")
    c.expect_ack(11)
    return c, s


def send_pieces(c, *ranges):
    """Pieces of the pattern, by offset and length; each draws an answer."""
    for at, n in ranges:
        c.send("PA", seq=1 + at, data=pattern(at, n))
        c.expect()


# ---- timers ----

@scenario(4, 6)
def retransmission_backs_off(t):
    c, s = t.accepted(ts=True, mss=1000)
    s.write(100)
    c.again(1, 5)
    s.info("retransmits", "backoff")
    c.ack(101)
    t.ping()
    s.info("retransmits", "backoff", "unacked")


@scenario
def backoff_without_time_stamps(t):
    c, s = t.accepted(mss=1000)
    s.write(100)
    c.again(1, 4)
    c.ack(101)
    c.nothing()


@scenario
def timeout_sends_the_first_segment_only(t):
    c, s = t.accepted(mss=1000)
    s.write(5000)
    c.gather(5001)
    # First a tail loss probe may come, the last segment; then the timer's, the first.
    c.expect(until=lambda x: x.rel == 1)
    c.nothing()
    s.info("cwnd", "ca", "lost")


@scenario
def after_a_timeout_slow_start(t):
    c, s = t.accepted(mss=1000)
    s.write(5000)
    c.gather(5001)
    c.expect(until=lambda x: x.rel == 1)
    c.ack(1001)
    c.expect()
    c.expect()
    c.nothing()
    c.ack(3001)
    c.expect()
    c.expect()
    c.ack(5001)
    c.nothing()


@scenario
def retransmission_after_half_an_ack(t):
    """An acknowledgement within a segment: what is sent again begins there."""
    c, s = t.accepted(mss=1000)
    s.write(1000)
    c.expect()
    c.ack(501)
    c.expect()


@scenario
def retransmission_joins_small_segments(t):
    c, s = t.accepted(mss=1000, opts={"NODELAY": 1})
    for _ in range(3):
        s.write(100)
    c.gather(301)
    c.expect(until=lambda x: x.rel == 1, quiet=True)
    c.ack(301)
    c.nothing()


@scenario
def lost_handshake_ack_and_retransmission(t):
    l = t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.expect()
    c.ack()
    l.until(IN)
    s = l.accept()
    s.write(10)
    c.expect()


# ---- needless timeouts: F-RTO (RFC 5682) ----

def late(t, **options):
    """The timer has sent the first of ten segments again, and more data waits to be sent; where the
    probe before that ends."""
    c, s = flight(t, 10, sack=True, **options)
    s.write(20000)
    high = 11001
    while True:
        x = c.expect(quiet=True)
        if x.rel == 1001:
            t.log.clear()
            return c, s, high
        high = max(high, x.rel + 1000)


@scenario(4, 6)
def late_originals_after_a_timeout(t):
    """The second acknowledgement is of data that was sent once: nothing more is sent again, and the
    window is back."""
    c, s, high = late(t)
    c.ack(2001)
    c.expect()
    c.expect()
    c.nothing()
    s.info("ca")
    c.ack(4001)
    t.ping()
    s.info("ca", "lost")


@scenario
def late_originals_at_once(t):
    """The first acknowledgement is already of data that was sent once."""
    c, s, high = late(t)
    c.ack(5001)
    t.ping()
    s.info("ca", "lost", "ssthresh")


@scenario
def timeout_of_a_real_loss(t):
    """After new data a block of it: what was sent before the timeout is lost, and sent again."""
    c, s, high = late(t)
    c.ack(2001)
    c.expect()
    c.expect()
    c.ack(2001, options=[("nop",), ("nop",), ("sack", (high, high + 1000))])
    c.expect()
    s.info("ca", "sacked")
    c.ack(4001, options=[("nop",), ("nop",), ("sack", (high, high + 1000))])
    c.expect()
    c.expect()


@scenario
def timeout_and_a_closed_window(t):
    """New data has no room at the peer: what is lost is sent again at once."""
    c, s, high = late(t)
    c.ack(2001, window=high - 2001)
    c.expect()
    c.expect()
    s.info("ca")


# ---- tail loss probe ----

@scenario(4, 6)
def tail_loss_probe(t):
    """RFC 8985, 7: the last segment is sent again before the timer is due."""
    c, s = flight(t, 4, sack=True)
    c.expect()
    c.ack(5001)
    c.nothing()
    s.info("ca")


@scenario
def tail_loss_probe_finds_a_loss(t):
    c, s = flight(t, 4, sack=True)
    p = c.expect()
    c.send("A", ack=2001, options=[("nop",), ("nop",), ("sack", (4001, 5001))])
    c.expect(until=lambda x: x.rel == 2001)
    c.send("A", ack=3001, options=[("nop",), ("nop",), ("sack", (4001, 5001))])
    c.expect(until=lambda x: x.rel == 3001)
    c.ack(5001)
    c.nothing()


@scenario
def tail_loss_probe_sends_new_data(t):
    c, s = t.accepted(far=True, mss=1000, sack=True)
    s.write(1000)
    c.expect(quiet=True)
    c.ack()
    s.write(12000)
    c.gather(12001)
    c.expect()


@scenario
def tail_loss_probe_repaired_a_loss(t):
    """The probe was the last segment, which had been lost: no D-SACK comes, so the window is
    reduced."""
    c, s = flight(t, 2, sack=True)
    c.expect()
    c.ack(3001)
    t.ping()
    s.info("ca", "cwnd")


@scenario
def tail_loss_probe_was_not_needed(t):
    c, s = flight(t, 2, sack=True)
    c.expect()
    c.send("A", ack=3001, options=[("nop",), ("nop",), ("sack", (2001, 3001))])
    t.ping()
    s.info("ca", "cwnd")


@scenario
def one_segment_is_probed(t):
    c, s = flight(t, 1, sack=True)
    c.expect()
    c.expect()
    c.ack(2001)
    c.nothing()


# ---- fast retransmit ----

@scenario(4, 6)
def fast_retransmit(t):
    c, s = flight(t, 6)
    for _ in range(3):
        c.ack(1001)
    c.expect()
    s.info("ca")
    c.ack(7001)
    t.ping()
    s.info("ca")


@scenario
def two_duplicates_are_not_enough(t):
    c, s = flight(t, 8, sack=True, ts=True)
    times, block = ("ts", c.ts_value, c.ts_echo), ("sack", (2001, 3001))
    c.send("A", ack=1001, options=[("nop",), ("nop",), times, ("nop",), ("nop",), block])
    c.ack(9001)
    c.nothing()
    s.info("ca", "lost")


@scenario(4, 6)
def sack_recovery_of_one_hole(t):
    c, s = flight(t, 8, sack=True)
    for end in (3001, 4001, 5001):
        c.ack(1001, options=[("nop",), ("nop",), ("sack", (2001, end))])
    c.expect()
    s.info("ca", "sacked", "lost", "retrans")
    c.ack(9001)
    t.ping()
    s.info("ca", "sacked")


@scenario
def sack_recovery_of_two_holes(t):
    c, s = flight(t, 9, sack=True)
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (2001, 5001))])
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (6001, 9001), (2001, 5001))])
    c.expect()
    c.expect()
    s.info("ca", "sacked", "lost", "retrans")
    c.ack(5001, options=[("nop",), ("nop",), ("sack", (6001, 9001))])
    c.ack(10001)
    t.ping()
    s.info("ca")


@scenario
def partial_acks_without_sack(t):
    """NewReno (RFC 6582): each partial acknowledgement sends the next hole."""
    c, s = flight(t, 8)
    for _ in range(3):
        c.ack(1001)
    c.expect()
    c.ack(3001)
    c.expect()
    c.ack(9001)
    t.ping()
    s.info("ca")


@scenario
def retransmission_lost_again(t):
    """What was sent again and lost again is found by RACK, or at last by the timer."""
    c, s = flight(t, 6, sack=True)
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (2001, 7001))])
    c.expect(until=lambda x: x.rel == 1001)
    c.expect(until=lambda x: x.rel == 1001)
    c.ack(7001)
    c.nothing()


@scenario
def reneging_peer(t):
    """The peer drops what it has reported: after the timeout all is sent again."""
    c, s = flight(t, 5, sack=True)
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (2001, 6001))])
    c.expect(until=lambda x: x.rel == 1001)
    c.ack(2001)
    c.expect(until=lambda x: x.rel == 2001)
    c.ack(6001)
    c.nothing()


@scenario
def sack_of_what_was_never_sent(t):
    c, s = flight(t, 4, sack=True)
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (90001, 91001))])
    t.ping()
    s.info("sacked", "lost")


@scenario
def sack_with_its_ends_swapped(t):
    c, s = flight(t, 4, sack=True)
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (4001, 2001))])
    t.ping()
    s.info("sacked", "lost")


@scenario
def sack_that_was_not_agreed_on(t):
    c, s = flight(t, 4)
    for end in (3001, 4001, 5001):
        c.ack(2001, options=[("nop",), ("nop",), ("sack", (3001, end))])
    c.expect()


@scenario
def reordering_is_not_loss(t):
    """RACK waits a part of the round-trip time; then the late one's acknowledgement comes."""
    c, s = flight(t, 4, sack=True)
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (2001, 3001))])
    c.ack(3001)
    c.ack(5001)
    c.nothing()
    s.info("ca", "lost", "total_retrans")


@scenario
def window_after_a_recovery_is_the_threshold(t):
    """Also where nothing was left to be sent in the recovery, so that its own window was small."""
    c, s = flight(t, 9, sack=True)
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (2001, 10001))])
    c.expect(until=lambda x: x.rel == 1001)
    c.ack(10001)
    t.ping()
    s.info("ca", "cwnd", "ssthresh")


@scenario
def dsack_undoes_a_reduction(t):
    """All retransmissions turn out to have been needless."""
    c, s = flight(t, 8, sack=True)
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (2001, 6001))])
    c.expect(until=lambda x: x.rel == 1001)
    c.ack(9001, options=[("nop",), ("nop",), ("sack", (1001, 2001))])
    t.ping()
    s.info("ca")


@scenario
def dsack_after_the_recovery_undoes_its_reduction(t):
    """The original has ended the recovery; the D-SACK of the needless retransmission comes
    later."""
    c, s = flight(t, 8, sack=True)
    c.ack(1001, options=[("nop",), ("nop",), ("sack", (2001, 6001))])
    c.expect(until=lambda x: x.rel == 1001)
    c.ack(9001)
    t.ping()
    s.info("ca", "ssthresh")
    s.write(1000)
    c.expect(until=lambda x: x.rel == 9001)
    c.ack(9001, options=[("nop",), ("nop",), ("sack", (1001, 2001))])
    t.ping()
    s.info("ca", "ssthresh")


# ---- what we report ----

@scenario(4, 6)
def sack_blocks_of_gaps(t):
    """The block of the latest segment comes first."""
    c, s = t.accepted(sack=True)
    for at in (11, 31, 51, 71):
        c.send("PA", seq=at, data=b"x" * 10)
        c.expect()
    c.send("PA", seq=41, data=b"x" * 10)
    c.expect()


@scenario(4, 6)
def sack_blocks_of_many_gaps(t):
    """Four are remembered. An older one that grows comes first again; what is joined, or
    acknowledged, is one block less."""
    c, s = t.accepted(sack=True)
    for at in (11, 31, 51, 71, 91, 111):
        c.send("PA", seq=at, data=b"x" * 10)
        c.expect()
    c.send("PA", seq=81, data=b"x" * 5)
    c.expect()
    c.send("PA", seq=61, data=b"x" * 10)
    c.expect()
    c.send("PA", seq=1, data=b"x" * 10)
    c.expect()
    s.read(30, expect=b"x" * 20)


@scenario
def sack_blocks_beside_time_stamps(t):
    """Three fit in."""
    c, s = t.accepted(sack=True, ts=True)
    for at in (11, 31, 51, 71):
        c.send("PA", seq=at, data=b"x" * 10)
        c.expect()


@scenario
def dsack_of_a_duplicate(t):
    c, s = read_ten(t, sack=True)
    c.send("PA", seq=1, data=b"0123456789")
    c.expect()


@scenario
def dsack_of_a_duplicate_behind_a_gap(t):
    c, s = t.accepted(sack=True)
    c.send("PA", seq=21, data=b"x" * 10)
    c.expect()
    c.send("PA", seq=21, data=b"x" * 10)
    c.expect()


@scenario
def dsack_of_an_overlap(t):
    c, s = read_ten(t, sack=True)
    c.send("PA", seq=6, data=b"56789abcde")
    c.expect()
    s.read(expect=b"0123456789abcde")


@scenario
def no_dsack_without_sack(t):
    c, s = read_ten(t)
    c.send("PA", seq=1, data=b"0123456789")
    c.expect()


@scenario
def islands_are_joined(t):
    c, s = t.accepted(sack=True)
    send_pieces(c, (10, 10), (30, 10), (20, 10), (0, 10))
    s.read(expect=pattern(0, 40))


@scenario
def overlaps_behind_a_gap(t):
    """The bytes that came first are kept."""
    c, s = t.accepted(sack=True)
    c.send("PA", seq=11, data=b"AAAAAAAAAA")
    c.expect()
    c.send("PA", seq=16, data=b"BBBBBBBBBB")
    c.expect()
    c.send("PA", seq=6, data=b"CCCCCCCCCC")
    c.expect()
    c.send("PA", seq=1, data=b"DDDDDDDDDD")
    c.expect()
    r = s.call("recv", 100, 2)
    t.say("read: " + r)


@scenario
def segment_that_covers_islands(t):
    c, s = t.accepted(sack=True)
    send_pieces(c, (10, 5), (20, 5), (5, 40), (0, 5))
    s.read(expect=pattern(0, 45))


@scenario
def reversed_segments(t):
    c, s = t.accepted(sack=True)
    for at in range(9, -1, -1):
        c.send("PA", seq=1 + 10 * at, data=pattern(10 * at, 10))
        c.expect()
    s.read(expect=pattern(0, 100))


@scenario
def duplicates_of_everything(t):
    c, s = t.accepted()
    for at in range(5):
        for _ in range(2):
            c.send("PA", seq=1 + 10 * at, data=pattern(10 * at, 10))
            c.expect()
    s.read(expect=pattern(0, 50))


# ---- ECN ----

@scenario
def ce_is_echoed_until_cwr(t):
    c, s = t.accepted(ecn=True)
    c.send("PA", data=b"abc", tos=3)
    c.expect()
    c.send("PA", data=b"def", tos=2)
    c.expect()
    c.send("PAC", data=b"ghi", tos=2)
    c.expect()


@scenario
def ece_reduces_the_window_and_sends_cwr(t):
    c, s = t.accepted(ecn=True, mss=1000)
    s.write(4000)
    c.expect_data(4001)
    c.send("AE", ack=2001)
    t.ping()
    s.info("ca")
    s.write(1000)
    c.expect()
    c.ack()
    s.write(100)
    c.expect()


@scenario
def retransmissions_are_not_ect(t):
    c, s = t.accepted(ecn=True, mss=1000)
    s.write(100)
    c.expect()
    c.expect()


@scenario
def ce_without_ecn_means_nothing(t):
    c, s = t.accepted()
    c.send("PA", data=b"abc", tos=3)
    c.expect()
