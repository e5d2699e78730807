# SPDX-License-Identifier: MPL-2.0
"""Windows and when segments go: zero windows and probes, silly windows both ways, Nagle and corks,
delayed acknowledgements, urgent data."""
from peer import IN, MSG_MORE, MSG_OOB, OUT, PRI, pattern, scenario


# ---- the peer's window ----

@scenario(4, 6)
def peers_window_is_kept(t):
    c, s = t.accepted(window=3000, mss=1000)
    s.write(5000)
    c.expect_data(3001)
    c.nothing()
    c.ack(window=2000)
    c.expect_data(5001)
    c.nothing()


@scenario
def scaled_window_is_kept(t):
    c, s = t.accepted(window=4 << 8, mss=500, wscale=8)
    s.write(3000)
    c.gather(1001, quiet=False)
    c.nothing()
    c.ack(window=8)
    c.gather(3001, quiet=False)


@scenario
def zero_window_is_probed(t):
    """The probes have no data, are below the window, and come at doubling intervals."""
    c, s = t.accepted(window=4000, mss=1012, ts=True)
    s.write(5000)
    c.gather(4001)
    c.ack(window=0)
    c.again(4000, 4)
    s.info("probes")


@scenario
def zero_window_opens(t):
    c, s = t.accepted(window=1000, mss=1000)
    s.write(2000)
    c.expect()
    c.ack(window=0)
    c.expect()
    c.ack(window=0)
    c.expect()
    c.ack(window=1000)
    c.expect()
    c.ack()
    c.nothing()


@scenario
def answered_probes_go_on(t):
    c, s = t.accepted(window=1000, mss=1000)
    s.write(2000)
    c.expect()
    c.ack(window=0)
    for _ in range(3):
        c.expect()
        c.ack(window=0)
    s.state()


@scenario
def user_timeout_does_not_end_what_is_answered(t):
    c, s = t.accepted(window=1000, mss=1000, opts={"USER_TIMEOUT": 900})
    s.write(2000)
    c.expect()
    c.ack(window=0)
    for _ in range(3):
        c.expect()
        c.ack(window=0)
    s.state()


@scenario
def window_that_shrinks(t):
    """The peer takes back what it has offered; what is under way is sent again only as far as the
    window goes."""
    c, s = t.accepted(window=4000, mss=1000)
    s.write(4000)
    c.expect_data(4001)
    c.ack(1001, window=1000)
    c.expect()
    c.ack(2001, window=3000)
    c.expect()


@scenario
def window_closes_over_what_is_under_way(t):
    c, s = t.accepted(window=2000, mss=1000)
    s.write(2000)
    c.expect_data(2001)
    c.ack(1, window=0)
    c.expect()
    c.ack(1, window=0)
    s.state()
    c.expect()
    c.ack(2001, window=2000)
    c.nothing()


@scenario
def silly_window_of_the_peer(t):
    """A window that opens by crumbs is not used until it has room for a full segment."""
    c, s = t.accepted(window=4000, mss=1000)
    s.write(6000)
    c.expect_data(4001)
    c.ack(window=100)
    c.nothing()
    c.ack(window=500)
    c.nothing()
    c.ack(window=1000)
    c.expect()
    c.nothing()


@scenario
def half_of_a_small_window_is_used(t):
    """A peer whose largest window is smaller than a segment."""
    c, s = t.accepted(window=600, mss=1460)
    s.write(1200)
    c.expect()
    c.ack(window=600)
    c.expect()
    c.ack(window=600)
    c.expect()


@scenario
def old_window_update_is_not_taken(t):
    c, s = t.accepted(window=1000, mss=1000)
    c.send("PA", data=b"abc")
    c.expect_ack(4)
    s.write(3000)
    c.expect()
    c.ack()
    c.expect()
    c.ack(1001, seq=1, window=5000)
    c.nothing()


# ---- our window ----

@scenario
def window_closes_when_nobody_reads(t):
    c, s = t.accepted(lopts={"RCVBUF": 4096}, mss=1000)
    c.show_window = True
    c.ack()
    sent = 0
    while sent < 40 and not (c.last and not c.last.window):
        room = 1000 if not c.last else min(1000, c.last.window)
        c.send("PA", data=pattern(c.next - 1, room))
        c.expect_ack(c.next, quiet=True)
        sent += 1
    t.say("closed: %s" % (not c.last.window))
    total = c.next - 1
    c.send("PA", data=b"beyond", seq=c.next)
    c.expect_ack(total + 1, quiet=True)
    t.say("still closed: %s" % (not c.last.window))
    got = s.call("recv", 65536, 0).split()[0]
    t.say("all read: %s" % (int(got) == total))
    s = c.expect(quiet=True)
    t.say("opens: %s" % (s.window > 0))


@scenario
def probe_of_our_closed_window(t):
    c, s = t.accepted(lopts={"RCVBUF": 4096}, mss=1000)
    while not (c.last and c.last.rel and not c.last.window):
        room = min(1000, c.last.window) if c.last and c.last.rel else 500
        c.send("PA", data=pattern(c.next - 1, room))
        c.expect_ack(c.next, quiet=True)
    end = c.next
    c.send("A", seq=end - 1)
    p = c.expect(quiet=True)
    t.say("answer: ack of all %s, win 0 %s" % ((p.ack - c.iss) & 0xffffffff == end, p.window == 0))
    c.send("PA", seq=end, data=b"x")
    p = c.expect(quiet=True)
    t.say("answer: ack of all %s, win 0 %s" % ((p.ack - c.iss) & 0xffffffff == end, p.window == 0))


@scenario
def small_reads_do_not_open_the_window(t):
    """Silly window avoidance of the receiver: crumbs are not offered."""
    c, s = t.accepted(lopts={"RCVBUF": 4096}, mss=1000)
    while not (c.last and c.last.rel and not c.last.window):
        room = min(1000, c.last.window) if c.last and c.last.rel else 500
        c.send("PA", data=pattern(c.next - 1, room))
        c.expect_ack(c.next, quiet=True)
    s.read(10)
    c.nothing()


@scenario
def window_clamp(t):
    t.listener(WINDOW_CLAMP=3000)
    c = t.conn()
    c.syn(mss=1000)
    c.expect()


@scenario
def data_beyond_our_window_is_cut(t):
    c, s = t.accepted(lopts={"RCVBUF": 4096}, mss=1460)
    while not (c.last and c.last.rel and c.last.window < 1400):
        c.send("PA", data=pattern(c.next - 1, 500))
        c.expect_ack(c.next, quiet=True)
    # docs/caveats.md: Linux takes a segment that begins in the window as a whole, Keel cuts it.
    start, limit = c.next, c.next + c.last.window
    c.send("PA", data=pattern(start - 1, limit - start + 300), seq=start)
    p = c.expect(quiet=True)
    t.say("takes what its window has: %s" % ((p.ack - c.iss) & 0xffffffff >= limit))


# ---- when a segment goes ----

@scenario(4, 6)
def nagle_holds_the_second_small_segment(t):
    c, s = t.accepted()
    s.write(10)
    c.expect()
    s.write(10)
    s.write(10)
    c.nothing()
    c.ack()
    c.expect()
    c.ack()
    c.nothing()


@scenario
def nagle_lets_full_segments_go(t):
    c, s = t.accepted(mss=1000)
    s.write(10)
    c.expect()
    s.write(1500)
    c.expect()
    c.nothing()
    c.ack()
    c.expect()


@scenario
def small_segment_behind_full_ones_goes(t):
    """Minshall: only a small segment that is under way holds up another."""
    c, s = t.accepted(mss=1000)
    s.write(2000)
    s.write(10)
    c.expect_data(2011)
    s.write(10)
    c.nothing()
    c.ack()
    c.expect()


@scenario
def nodelay_sends_at_once(t):
    c, s = t.accepted(opts={"NODELAY": 1})
    s.write(10)
    s.write(10)
    s.write(10)
    c.expect_data(31)


@scenario
def nodelay_flushes(t):
    c, s = t.accepted()
    s.write(10)
    c.expect()
    s.write(10)
    c.nothing()
    s.opt("NODELAY", 1)
    c.expect()


@scenario
def fin_flushes(t):
    c, s = t.accepted()
    s.write(10)
    c.expect()
    s.write(10)
    s.shut()
    c.expect()


@scenario
def cork_keeps_small_segments(t):
    c, s = t.accepted(mss=1000, opts={"CORK": 1})
    s.write(10)
    c.nothing()
    s.write(1500)
    c.expect()
    c.nothing()
    s.opt("CORK", 0)
    c.expect()


@scenario
def cork_opens_by_itself(t):
    c, s = t.accepted(mss=1000, opts={"CORK": 1})
    s.write(10)
    c.expect()


@scenario
def msg_more_keeps_small_segments(t):
    c, s = t.accepted(mss=1000)
    s.write(10, MSG_MORE)
    c.nothing()
    s.write(10)
    c.expect()


@scenario
def push_is_set_at_the_end(t):
    c, s = t.accepted(mss=1000)
    c.show_push = True
    s.write(900)
    c.expect()
    c.ack()
    s.write(10, MSG_MORE)
    s.write(10)
    c.expect()


@scenario
def initial_window(t):
    """RFC 6928: ten segments."""
    c, s = t.accepted(far=True, mss=1000)
    s.write(20000)
    c.gather(10001, quiet=False)
    c.nothing()
    c.ack(2001)
    c.gather(14001, quiet=False)
    c.nothing()


@scenario
def window_after_idle(t):
    c, s = t.accepted(mss=1000)
    s.write(10000)
    c.gather(10001)
    for n in range(2001, 10002, 2000):
        c.ack(n)
    t.ping()
    s.info("cwnd", "unacked")


# ---- acknowledgements ----

@scenario
def first_segments_are_acknowledged_at_once(t):
    c, s = t.accepted()
    for i in range(4):
        c.send("PA", data=b"x" * 100)
        c.expect()


@scenario
def second_full_segment_is_acknowledged_at_once(t):
    """Without quick acknowledgements: one for two."""
    c, s = t.accepted(mss=1000, opts={"QUICKACK": 0})
    c.send("A", data=pattern(0, 1000))
    c.send("A", data=pattern(1000, 1000))
    c.expect_ack(2001)
    c.nothing()


@scenario
def acknowledgement_is_delayed_and_comes(t):
    c, s = t.accepted(mss=1000, opts={"QUICKACK": 0})
    c.send("PA", data=b"x" * 10)
    c.expect()


@scenario
def quickack_sends_what_is_pending(t):
    c, s = t.accepted(mss=1000, opts={"QUICKACK": 0})
    c.send("PA", data=b"x" * 10)
    t.ping()
    s.opt("QUICKACK", 1)
    c.expect()
    c.nothing()


@scenario
def reply_carries_the_acknowledgement(t):
    c, s = t.accepted(opts={"QUICKACK": 0})
    c.send("PA", data=b"question")
    s.until(IN)
    s.read(expect=b"question")
    s.write(6)
    c.expect_ack(9, quiet=True)
    c.gather(7, quiet=False)


@scenario
def gap_is_acknowledged_at_once(t):
    c, s = t.accepted(opts={"QUICKACK": 0}, sack=True)
    c.send("PA", seq=101, data=b"x" * 100)
    c.expect()
    c.send("PA", seq=301, data=b"x" * 100)
    c.expect()


@scenario
def filled_gap_is_acknowledged_at_once(t):
    c, s = t.accepted(opts={"QUICKACK": 0}, sack=True)
    c.send("PA", seq=101, data=pattern(100, 100))
    c.expect()
    c.send("PA", seq=1, data=pattern(0, 100))
    c.expect()
    s.read(expect=pattern(0, 200))


# ---- urgent data ----

@scenario
def urgent_byte_is_sent(t):
    c, s = t.accepted()
    s.write(5, MSG_OOB)
    c.expect()
    c.ack()
    s.write(3)
    c.expect()


@scenario
def urgent_byte_is_received(t):
    c, s = t.accepted()
    c.send("PAU", data=b"abcU", urgent=4)
    c.expect_ack(5)
    s.wait(PRI)
    s.read(10, expect=b"abc")
    s.atmark()
    s.read(1, MSG_OOB, expect=b"U")
    s.read(1, MSG_OOB)
    c.send("PA", data=b"def")
    c.expect_ack(8)
    s.read(10, expect=b"def")


@scenario
def urgent_byte_in_line(t):
    c, s = t.accepted(opts={"OOBINLINE": 1})
    c.send("PAU", data=b"abcUde", urgent=4)
    c.expect_ack(7)
    s.read(10, expect=b"abc")
    s.atmark()
    s.read(10, expect=b"Ude")


@scenario
def urgent_pointer_before_its_byte(t):
    c, s = t.accepted()
    c.send("PAU", data=b"abc", urgent=5)
    c.expect_ack(4)
    s.read(1, MSG_OOB)
    s.read(10, expect=b"abc")
    c.send("PA", data=b"dUf")
    c.expect_ack(7)
    s.wait(PRI)
    s.read(1, MSG_OOB, expect=b"U")
    s.read(10, expect=b"d")
    s.read(10, expect=b"f")


@scenario
def urgent_pointer_of_zero(t):
    c, s = t.accepted()
    c.send("PAU", data=b"abc", urgent=0)
    c.expect_ack(4)
    s.read(10)


@scenario
def urgent_data_through_a_closed_window(t):
    c, s = t.accepted(window=1000, mss=1000)
    s.write(1000)
    c.expect()
    c.ack(window=0)
    s.write(1, MSG_OOB)
    c.expect()
