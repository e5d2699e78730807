# SPDX-License-Identifier: MPL-2.0
"""How connections end: FINs in each order, resets and the rules for them, TIME_WAIT, orphans,
linger, keepalive and timeouts."""
from peer import IN, OUT, ERR, HUP, RDHUP, scenario


# ---- FINs ----

@scenario(4, 6)
def guest_closes_first(t):
    c, s = t.accepted()
    s.close()
    c.expect()
    c.ack()
    c.send("FA")
    c.expect()
    c.nothing()


@scenario
def peer_closes_first(t):
    c, s = t.accepted()
    c.send("FA")
    c.expect_ack(2)
    s.wait(IN | RDHUP)
    s.read()
    s.close()
    c.expect()
    c.ack()
    c.nothing()


@scenario
def fin_with_data(t):
    c, s = t.accepted()
    c.send("FPA", data=b"last words")
    c.expect_ack(12)
    s.read(expect=b"last words")
    s.read()
    s.state()


@scenario
def fin_and_ack_of_fin_in_one(t):
    c, s = t.accepted()
    s.close()
    c.expect()
    c.send("FA")
    c.expect()
    c.nothing()


@scenario(4, 6)
def simultaneous_close(t):
    c, s = t.accepted()
    s.shut()
    c.expect()
    c.send("FA", ack=1)
    c.expect()
    s.state()
    c.ack()
    t.ping()
    s.state()
    c.nothing()


@scenario
def half_closed_peer_still_reads(t):
    c, s = t.accepted()
    c.send("FA")
    c.expect_ack(2)
    s.write(3000)
    c.expect_data(3001, ack=True)
    s.shut()
    c.expect()
    s.state()


@scenario
def half_closed_guest_still_reads(t):
    c, s = t.accepted()
    s.shut()
    c.expect()
    c.ack()
    t.ping()
    s.state()
    c.send("PA", data=b"more")
    c.expect_ack(5)
    s.read(expect=b"more")
    s.write(1)
    c.send("FA")
    c.expect_ack(6)


@scenario
def fin_is_sent_again(t):
    c, s = t.accepted(ts=True)
    s.shut()
    c.again(1, 4)
    c.ack()
    t.ping()
    s.state()


@scenario
def fin_behind_a_gap(t):
    c, s = t.accepted()
    c.send("FPA", seq=6, data=b"late")
    c.expect()
    s.state()
    c.send("PA", seq=1, data=b"early")
    c.expect_ack(11)
    s.read(expect=b"earlylate")
    s.state()


@scenario
def fin_twice(t):
    c, s = t.accepted()
    c.send("FA")
    c.expect_ack(2)
    c.send("FA", seq=1)
    c.expect_ack(2)
    s.state()


@scenario
def data_behind_the_peers_fin(t):
    c, s = t.accepted()
    c.send("FA")
    c.expect_ack(2)
    c.send("PA", data=b"ghost")
    c.nothing()
    s.read()


@scenario
def fin_waits_behind_a_closed_window(t):
    c, s = t.accepted(window=1000)
    s.write(1000)
    c.gather(1001)
    s.close()
    c.ack(window=0)
    c.nothing()
    c.ack(window=1000)
    c.expect()


# ---- resets ----

@scenario
def reset_of_a_connection(t):
    c, s = t.accepted()
    c.rst()
    s.wait(IN | ERR)
    s.error()
    s.read()
    s.write(1)
    c.nothing()


@scenario
def reset_in_close_wait(t):
    c, s = t.accepted()
    c.send("FA")
    c.expect_ack(2)
    c.rst()
    s.until(ERR)
    s.error()


@scenario
def reset_in_fin_wait(t):
    c, s = t.accepted()
    s.shut()
    c.expect()
    c.rst()
    s.until(ERR)
    s.error()


@scenario(4, 6)
def reset_in_the_window_gets_a_challenge(t):
    """RFC 5961, 3.2."""
    c, s = t.accepted()
    c.rst(seq=100)
    c.expect()
    s.state()


@scenario
def reset_outside_of_the_window(t):
    c, s = t.accepted()
    c.rst(seq=-10)
    c.rst(seq=1 << 20)
    c.nothing()
    s.state()


@scenario
def reset_at_the_end_of_sacked_data(t):
    """A reset whose number is the end of the newest SACK block is one of the peer's, after a
    gap."""
    c, s = t.accepted(sack=True)
    c.send("PA", seq=11, data=b"x" * 10)
    c.expect()
    c.rst(seq=21)
    t.ping()
    s.state()


@scenario
def reset_within_sacked_data_gets_a_challenge(t):
    c, s = t.accepted(sack=True)
    c.send("PA", seq=11, data=b"x" * 10)
    c.expect()
    c.send("PA", seq=31, data=b"x" * 10)
    c.expect()
    c.rst(seq=21)
    c.expect()
    s.state()


@scenario
def reset_with_the_number_of_the_fin(t):
    c, s = t.accepted()
    c.send("FA")
    c.expect_ack(2)
    c.rst(seq=1)
    t.ping()
    s.state()
    s.error()


@scenario
def reset_with_data(t):
    c, s = t.accepted()
    c.send("RA", data=b"goodbye")
    s.until(ERR | HUP)
    s.error()


@scenario(4, 6)
def syn_in_the_window_gets_a_challenge(t):
    """RFC 5961, 4.2."""
    c, s = t.accepted()
    c.send("S", seq=100)
    c.expect()
    s.state()


@scenario
def syn_outside_of_the_window_gets_a_challenge(t):
    c, s = t.accepted()
    c.send("S", seq=1 << 24)
    c.expect()
    s.state()


@scenario
def challenges_to_old_segments_are_limited(t):
    """Segments without data outside of the window: one answer in half a second
    (tcp_invalid_ratelimit)."""
    c, s = t.accepted()
    for _ in range(5):
        c.send("A", seq=1 << 24)
    c.expect()
    c.nothing()


@scenario
def challenges_to_syns_are_limited(t):
    c, s = t.accepted()
    for _ in range(5):
        c.send("S", seq=1 << 24)
    c.expect()
    c.nothing()


@scenario
def segment_without_ack_is_dropped(t):
    c, s = t.accepted()
    c.send("P", data=b"no ack")
    c.nothing()
    c.send("PA", seq=1, data=b"ack")
    c.expect_ack(4)


@scenario
def ack_of_what_was_not_sent(t):
    c, s = t.accepted()
    c.send("A", ack=1000)
    c.nothing()
    c.send("PA", seq=1, ack=1000, data=b"abc")
    c.nothing()
    s.read()


@scenario
def ack_of_what_was_not_sent_after_a_close(t):
    c, s = t.accepted()
    s.shut()
    c.expect()
    c.send("A", ack=1000)
    c.expect()
    s.state()


@scenario
def ack_from_long_ago(t):
    """RFC 5961, 5.2: below what the window ever covered."""
    c, s = t.accepted()
    c.send("PA", ack=-200000, data=b"abc")
    c.expect()
    s.read()


@scenario
def old_ack_with_data_is_taken(t):
    c, s = t.accepted()
    s.write(100)
    c.expect()
    c.ack()
    c.send("PA", ack=50, data=b"abc")
    c.expect_ack(4)
    s.read(expect=b"abc")


@scenario
def close_with_unread_data_resets(t):
    c, s = t.accepted()
    c.send("PA", data=b"unread")
    c.expect_ack(7)
    s.close()
    c.expect()


@scenario
def data_after_close_resets(t):
    c, s = t.accepted()
    s.close()
    c.expect()
    c.ack()
    c.send("PA", data=b"too late")
    c.expect()
    c.ack()
    c.expect()


@scenario
def data_after_close_before_ack_of_fin_resets(t):
    c, s = t.accepted()
    s.close()
    c.expect()
    c.send("PA", ack=1, data=b"too late")
    c.expect()


@scenario
def data_after_shutdown_of_reading_is_taken(t):
    c, s = t.accepted()
    s.shut(0)
    c.send("PA", data=b"abc")
    c.expect_ack(4)
    s.read()


@scenario
def linger_zero_resets(t):
    c, s = t.accepted()
    s.linger(0)
    s.close()
    c.expect()
    c.nothing()


@scenario
def linger_zero_with_unsent_data_resets(t):
    c, s = t.accepted(window=500)
    s.write(2000)
    c.gather(501)
    s.linger(0)
    s.close()
    c.expect()


@scenario
def linger_zero_in_fin_wait(t):
    c, s = t.accepted()
    s.shut()
    c.expect()
    c.ack()
    t.ping()
    s.state()
    s.linger(0)
    s.close()
    c.expect()


# ---- TIME_WAIT ----

def in_time_wait(t, **options):
    c, s = t.accepted(**options)
    s.close()
    c.expect(quiet=True)
    c.send("FA")
    c.expect(quiet=True)
    return c


@scenario
def fin_again_in_time_wait(t):
    c = in_time_wait(t)
    c.send("FA", seq=1)
    c.expect()


@scenario
def old_data_in_time_wait(t):
    c = in_time_wait(t)
    c.send("PA", seq=1, data=b"old")
    c.expect()


@scenario
def ack_in_time_wait(t):
    c = in_time_wait(t)
    c.ack()
    c.nothing()


@scenario
def reset_in_time_wait(t):
    """Ends it (RFC 1337 is not wanted), so another answer follows."""
    c = in_time_wait(t)
    c.rst()
    c.send("FA", seq=1)
    c.expect()


@scenario
def reset_outside_of_the_window_in_time_wait(t):
    c = in_time_wait(t)
    c.rst(seq=500000)
    c.send("FA", seq=1)
    c.expect()


@scenario(4, 6)
def higher_syn_opens_again_in_time_wait(t):
    c = in_time_wait(t)
    t.listener()
    c.next = 70000
    c.syn()
    s = c.expect(quiet=True)
    t.say("> %s, above the old numbers: %s" % (s.flags, s.seq != 0))
    c.ack(s.rel + 1)
    c.nothing()


@scenario
def lower_syn_in_time_wait(t):
    c = in_time_wait(t)
    t.listener()
    c.syn(seq=-5000)
    c.expect()


@scenario
def syn_with_newer_time_stamp_in_time_wait(t):
    c = in_time_wait(t, ts=True)
    t.listener()
    c.ts_value = 5000
    c.send("S", seq=-5000, options=[("mss", 1460), ("sackOK",), ("ts", 5000, 0)])
    s = c.expect(quiet=True)
    t.say("> " + s.flags)


@scenario
def syn_with_older_time_stamp_in_time_wait(t):
    c = in_time_wait(t, ts=True)
    t.listener()
    c.send("S", seq=90000, options=[("mss", 1460), ("sackOK",), ("ts", 10, 0)])
    c.expect()


@scenario
def answers_in_time_wait_are_limited(t):
    c = in_time_wait(t)
    for _ in range(4):
        c.send("S", seq=-5000)
    c.expect()
    c.nothing()


@scenario
def lost_last_ack(t):
    """The guest is in LAST_ACK: its FIN comes again until it is acknowledged."""
    c, s = t.accepted(ts=True)
    c.send("FA")
    c.expect_ack(2)
    s.close()
    c.again(1, 3)
    c.ack()
    c.nothing()
    c.ack()
    c.expect()


@scenario
def orphan_in_fin_wait_2_ends(t):
    c, s = t.accepted(opts={"LINGER2": 1})
    s.close()
    c.expect()
    c.ack()
    t.ping()
    # No FIN comes. In the end the connection is no more: then an acknowledgement draws a reset.
    for _ in range(200):
        c.ack()
        t.ping()
        r = c.get(0.05)
        if r:
            t.say("> " + c.text(r))
            return


# ---- silence ----

@scenario(4, 6)
def keepalive_probes(t):
    c, s = t.accepted(opts={"KEEPIDLE": 1, "KEEPINTVL": 1, "KEEPCNT": 2, "KEEPALIVE": 1})
    c.expect()
    c.ack()
    c.expect()
    c.ack()
    s.state()


@scenario
def keepalive_gives_up(t):
    c, s = t.accepted(ts=True, opts={"KEEPIDLE": 1, "KEEPINTVL": 1, "KEEPCNT": 2, "KEEPALIVE": 1})
    c.expect()
    c.expect()
    c.expect()
    s.wait(IN)
    s.error()


@scenario
def keepalive_is_answered_by_a_reset(t):
    c, s = t.accepted(opts={"KEEPIDLE": 1, "KEEPINTVL": 1, "KEEPCNT": 2, "KEEPALIVE": 1})
    c.expect()
    c.rst()
    s.wait(IN)
    s.error()


@scenario
def peers_keepalive_is_answered(t):
    c, s = t.accepted()
    c.send("A", seq=0)
    c.expect()
    c.send("A", seq=0, data=b"\0")
    c.expect()


@scenario
def user_timeout_ends_a_silent_connection(t):
    c, s = t.accepted(ts=True, opts={"USER_TIMEOUT": 1000})
    s.write(100)
    s.wait(IN)
    s.error()
    c.expect()


@scenario
def icmp_error_of_an_established_connection_is_soft(t):
    c, s = t.accepted()
    s.write(10)
    p = c.expect()
    t.icmp_error(3, 1, p)
    t.ping()
    s.state()
    s.error()
    c.ack()


@scenario(4, 6)
def icmp_error_of_an_established_connection_with_recverr(t):
    c, s = t.accepted(opts={"RECVERR6" if t.six else "RECVERR": 1})
    s.write(10)
    p = c.expect()
    t.icmp_error(*((1, 4) if t.six else (3, 3)), p)
    t.ping()
    s.state()
    s.error()
    c.ack()
