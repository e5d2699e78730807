# SPDX-License-Identifier: MPL-2.0
"""How connections begin: options, retransmissions, refusals, simultaneous opens, cookies and full
listeners."""
from peer import IN, OUT, scenario


def connecting(t):
    """The guest opens a connection; its SYN has come."""
    s = t.tcp()
    c = t.coming()
    s.connect()
    c.expect()
    return c, s


# ---- the peer opens ----

def answer_to(t, **options):
    """The SYN-ACK to a SYN with these options."""
    t.listener()
    c = t.conn()
    c.syn(**options)
    c.expect()
    c.ack()
    c.nothing()


@scenario(4, 6)
def syn_with_no_options(t):
    answer_to(t, mss=0)


@scenario(4, 6)
def syn_with_mss(t):
    answer_to(t, mss=1200)


@scenario(4, 6)
def syn_with_all_options(t):
    answer_to(t, mss=1460, sack=True, ts=True, wscale=7)


@scenario
def syn_with_window_scale(t):
    answer_to(t, wscale=3)


@scenario
def syn_with_too_large_window_scale(t):
    answer_to(t, wscale=15)


@scenario
def syn_with_sack_only(t):
    answer_to(t, sack=True)


@scenario
def syn_with_time_stamps_only(t):
    answer_to(t, ts=True)


@scenario
def syn_with_sack_and_time_stamps(t):
    answer_to(t, ts=True, sack=True)


@scenario
def syn_with_ecn(t):
    answer_to(t, ecn=True)


@scenario
def syn_with_half_of_ecn(t):
    answer_to(t, flags="SE")


@scenario
def syn_with_unknown_options(t):
    t.listener()
    c = t.conn()
    c.send("S", options=[(99, b"abc"), ("mss", 1000), (253, b"\x12\x34"), ("wscale", 2)])
    c.expect()


@scenario
def syn_with_cut_option(t):
    t.listener()
    c = t.conn()
    c.send("S", options=[("mss", 1000), ("raw", b"\x03\x09")])
    c.expect()


@scenario
def syn_with_zero_length_option(t):
    t.listener()
    c = t.conn()
    c.send("S", options=[("raw", b"\x08\x00"), ("mss", 1000)])
    c.expect()


@scenario
def syn_with_tiny_mss(t):
    t.listener()
    c = t.conn()
    c.syn(mss=10)
    c.expect()
    c.ack()


@scenario
def tiny_mss_of_peer_cuts_segments(t):
    c, s = t.accepted(mss=10)
    s.write(100)
    c.expect_data(101, ack=True)


@scenario
def mss_of_peer_cuts_segments(t):
    c, s = t.accepted(mss=700)
    s.write(2100)
    c.expect_data(2101, ack=True)


@scenario
def time_stamps_make_segments_smaller(t):
    c, s = t.accepted(mss=700, ts=True)
    s.write(1400)
    c.expect_data(1401, ack=True)


@scenario
def maxseg_of_listener(t):
    t.listener(MAXSEG=600)
    c = t.conn()
    c.syn()
    c.expect()
    c.ack()


@scenario
def syn_with_data(t):
    t.listener()
    c = t.conn()
    c.send("S", data=b"hello", options=[("mss", 1460)])
    c.next = 1
    c.expect()


@scenario
def syn_with_fast_open_request(t):
    """docs/caveats.md: Keel has no fast open. The default of Linux is not to grant it to listeners
    either."""
    t.listener()
    c = t.conn()
    c.send("S", options=[("mss", 1460), ("fastopen", b"")])
    c.expect()


@scenario(4, 6)
def syn_to_a_closed_port(t):
    c = t.conn()
    c.syn()
    c.expect()


@scenario
def ack_to_a_closed_port(t):
    c = t.conn()
    c.irs = 5000
    c.next = 1
    c.send("A", ack=77, data=b"abc")
    c.expect()


@scenario
def fin_to_a_closed_port(t):
    c = t.conn()
    c.send("F")
    c.expect()


@scenario
def rst_to_a_closed_port(t):
    c = t.conn()
    c.send("R")
    c.nothing()


@scenario
def syn_fin_to_a_listener(t):
    t.listener()
    c = t.conn()
    c.send("SF")
    c.nothing()


@scenario
def no_flags_to_a_listener(t):
    t.listener()
    c = t.conn()
    c.send("", data=b"x")
    c.nothing()


@scenario
def ack_to_a_listener(t):
    t.listener()
    c = t.conn()
    c.irs = 0
    c.next = 1
    c.send("A", ack=4711)
    c.expect()


@scenario
def syn_ack_to_a_listener(t):
    t.listener()
    c = t.conn()
    c.irs = 0
    c.send("SA", ack=4711)
    c.expect()


@scenario
def rst_to_a_listener(t):
    l = t.listener()
    t.conn().send("R")
    c = t.handshake(t.conn())
    l.until(IN)
    l.accept()
    c.nothing()


@scenario
def syn_ack_is_sent_again(t):
    t.listener(SYNCNT=2)
    c = t.conn()
    c.syn()
    c.again(0, 3)
    c.nothing()


@scenario
def syn_again_gets_syn_ack_again(t):
    t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.syn(seq=0)
    c.expect()
    c.ack()
    c.nothing()


@scenario
def another_syn_in_syn_received(t):
    t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.syn(seq=1000)
    c.expect()
    c.next = 1
    c.ack()
    c.expect()


@scenario
def old_syn_in_syn_received(t):
    t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.syn(seq=-1000)
    c.expect()


@scenario
def wrong_ack_in_syn_received(t):
    t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.send("A", ack=2)
    c.expect()
    c.send("A", ack=0)
    c.expect()
    c.ack()
    c.nothing()


@scenario
def rst_in_syn_received(t):
    l = t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.send("R", seq=1)
    c.ack()
    c.expect()


@scenario
def rst_within_the_window_in_syn_received(t):
    l = t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.send("R", seq=100)
    c.expect()
    c.next = 1
    c.ack()
    l.until(IN)
    l.accept().state()


@scenario(4, 6)
def icmp_host_unreachable_in_syn_received(t):
    l = t.listener()
    c = t.conn()
    c.syn()
    first = c.expect()
    t.icmp_error(*((1, 3) if t.six else (3, 1)), first)
    t.ping()
    c.ack()
    c.nothing()


@scenario(4, 6)
def icmp_prohibited_in_syn_received(t):
    l = t.listener()
    c = t.conn()
    c.syn()
    first = c.expect()
    t.icmp_error(*((1, 1) if t.six else (3, 13)), first)
    t.ping()
    c.ack()
    c.nothing()


@scenario
def rst_outside_of_window_in_syn_received(t):
    l = t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.send("R", seq=100000)
    c.nothing()
    c.ack()
    l.until(IN)
    l.accept().state()


@scenario
def data_with_the_last_ack_of_the_handshake(t):
    l = t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.send("PA", data=b"first")
    c.expect_ack(6)
    l.until(IN)
    l.accept().read(expect=b"first")


@scenario
def data_before_the_ack_of_the_handshake(t):
    """The ACK is lost, data comes: it completes the handshake as well."""
    l = t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.send("PA", seq=6, data=b"second")
    c.expect()
    c.send("PA", seq=1, data=b"first")
    c.expect_ack(12)
    l.until(IN)
    l.accept().read(expect=b"firstsecond")


@scenario
def fin_with_the_last_ack_of_the_handshake(t):
    l = t.listener()
    c = t.conn()
    c.syn()
    c.expect()
    c.send("FA")
    c.expect_ack(2)
    l.until(IN)
    s = l.accept()
    s.state()
    s.read()
    s.close()
    c.expect()


@scenario
def deferred_accept_waits_for_data(t):
    l = t.listener(DEFER_ACCEPT=10)
    c = t.conn()
    c.syn()
    c.expect()
    c.ack()
    c.nothing()
    l.accept()
    c.send("PA", data=b"now")
    c.expect_ack(4)
    l.until(IN)
    l.accept().read(expect=b"now")


@scenario
def peers_close_before_accept(t):
    l = t.listener()
    c = t.handshake(t.conn())
    c.send("FA")
    c.expect_ack(2)
    l.until(IN)
    s = l.accept()
    s.state()
    s.read()


@scenario
def reset_before_accept(t):
    l = t.listener()
    c = t.handshake(t.conn())
    c.send("R")
    t.ping()
    l.until(IN)
    s = l.accept()
    s.error()
    s.read()


# ---- listeners that are full ----

@scenario
def full_accept_queue_drops_syns(t):
    l = t.listener(backlog=1)
    t.handshake(t.conn())
    t.handshake(t.conn())
    c = t.conn()
    c.syn()
    c.nothing()
    l.accept()
    c.syn(seq=0)
    c.expect()


@scenario
def full_accept_queue_drops_the_last_ack(t):
    l = t.listener(backlog=1)
    late = t.conn()
    late.syn()
    late.expect()
    t.handshake(t.conn())
    t.handshake(t.conn())
    late.ack()
    late.nothing()
    l.accept()
    late.send("PA", data=b"abc")
    late.expect_ack(4)


@scenario
def closing_a_listener_resets_what_waits(t):
    l = t.listener()
    c = t.handshake(t.conn())
    half = t.conn()
    half.syn()
    half.expect()
    l.close()
    c.expect()
    half.nothing()
    half.ack()
    half.expect()


@scenario(4, 6)
def syn_cookies_under_a_flood(t):
    """The queue of requests is filled by SYNs that never go on; an honest peer still connects."""
    l = t.listener(backlog=8)
    for _ in range(40):
        t.conn().syn(mss=1460, wscale=7, sack=True, ts=True)
    t.ping()
    c = t.conn()
    c.syn(mss=1460)
    c.expect()
    c.send("PA", data=b"honest")
    c.expect_ack(7)
    l.until(IN)
    s = l.accept()
    s.read(expect=b"honest")
    s.info("snd_mss")


@scenario
def syn_cookies_keep_options_in_time_stamps(t):
    l = t.listener(backlog=8)
    for _ in range(40):
        t.conn().syn(mss=1460, wscale=7, sack=True, ts=True)
    t.ping()
    c = t.conn()
    c.syn(mss=1400, wscale=5, sack=True, ts=True)
    c.expect()
    c.send("PA", data=b"honest")
    c.expect_ack(7)
    l.until(IN)
    s = l.accept()
    s.read(expect=b"honest")
    s.info("snd_mss", "options")


@scenario
def forged_syn_cookie(t):
    l = t.listener(backlog=8)
    for _ in range(40):
        t.conn().syn(mss=1460)
    t.ping()
    c = t.conn()
    c.irs = 0x12345678
    c.next = 1
    c.send("A", ack=1)
    c.expect()
    l.accept()


# ---- the guest opens ----

@scenario(4, 6)
def connect_options(t):
    c, s = connecting(t)
    c.syn_ack(wscale=7, sack=True, ts=True)
    c.expect()
    s.wait(OUT)
    s.error()
    s.state()


@scenario
def connect_to_a_plain_peer(t):
    c, s = connecting(t)
    c.syn_ack(mss=0)
    c.expect()
    s.until(OUT)
    s.write(2000)
    c.expect_data(2001, ack=True)
    s.info("snd_mss", "options")


@scenario
def connect_with_a_small_receive_buffer(t):
    s = t.tcp(RCVBUF=8192)
    c = t.coming()
    s.connect()
    c.expect()


@scenario
def connect_with_maxseg(t):
    s = t.tcp(MAXSEG=500)
    c = t.coming()
    s.connect()
    c.expect()
    c.syn_ack()
    c.expect()
    s.until(OUT)
    s.write(1200)
    c.expect_data(1201, ack=True)


@scenario
def connect_sends_syn_again(t):
    s = t.tcp(SYNCNT=3)
    c = t.coming()
    s.connect()
    c.again(0, 3)
    c.send("RA", seq=0)
    s.wait(OUT)
    s.error()


@scenario
def connect_gives_up(t):
    """TCP_SYNCNT=1: for the time that two timeouts would take of which the second is doubled; but
    the first ones are equal, so three SYNs fit in."""
    s = t.tcp(SYNCNT=1)
    c = t.coming()
    s.connect()
    c.again(0, 3)
    s.wait(OUT)
    s.error()
    c.nothing()


@scenario(4, 6)
def connect_is_refused(t):
    c, s = connecting(t)
    c.send("RA", seq=0)
    s.wait(OUT)
    s.error()


@scenario
def reset_without_ack_in_syn_sent(t):
    c, s = connecting(t)
    c.send("R", seq=0)
    c.nothing()
    s.state()


@scenario
def reset_with_wrong_ack_in_syn_sent(t):
    c, s = connecting(t)
    c.send("RA", seq=0, ack=2)
    c.expect()
    s.state()


@scenario
def syn_ack_with_wrong_ack(t):
    """RFC 9293, 3.10.7.3: a reset, then the SYN again, soon. The connection goes on."""
    c, s = connecting(t)
    c.send("SA", seq=0, ack=5, options=[("mss", 1460)])
    c.expect()
    c.expect()
    s.state()
    c.next = 0
    c.syn_ack()
    c.expect()
    s.state()


@scenario
def ack_alone_in_syn_sent(t):
    c, s = connecting(t)
    c.send("A", seq=0, ack=1)
    c.nothing()
    s.state()


@scenario
def fin_in_syn_sent(t):
    c, s = connecting(t)
    c.send("FA", seq=0, ack=1)
    c.nothing()
    s.state()


@scenario(4, 6)
def simultaneous_open(t):
    s = t.tcp()
    s.bind(t.guest_port)
    c = t.coming()
    s.connect()
    c.expect()
    c.syn(mss=1460)
    # docs/caveats.md: Linux repeats all that it has offered, Keel what both have.
    c.show_options = False
    c.expect()
    s.state()
    c.send("SA", seq=0, options=[("mss", 1460)])
    c.expect()
    s.wait(OUT)
    s.state()
    c.send("PA", data=b"abc")
    c.expect_ack(4)
    s.read(expect=b"abc")


@scenario
def simultaneous_open_by_plain_ack(t):
    c, s = connecting(t)
    c.syn(mss=1460, wscale=3, sack=True, ts=True)
    c.expect()
    c.ack()
    s.wait(OUT)
    s.state()
    s.write(10)
    c.expect()


@scenario
def data_in_the_syn_ack(t):
    c, s = connecting(t)
    c.send("SA", data=b"early", options=[("mss", 1460)])
    c.expect()
    s.until(OUT)
    s.read(expect=b"early")


@scenario
def syn_ack_twice(t):
    c, s = t.connected()
    c.send("SA", seq=0, options=[("mss", 1460)])
    c.expect()
    s.state()


@scenario
def syn_ack_without_the_options_that_were_asked(t):
    c, s = t.connected(mss=1000)
    s.info("options", "snd_mss")
    s.write(1500)
    c.expect_data(1501, ack=True)


@scenario
def close_in_syn_sent(t):
    c, s = connecting(t)
    s.close()
    c.nothing()
    c.syn_ack()
    c.expect()


@scenario(4, 6)
def icmp_port_unreachable_in_syn_sent(t):
    s = t.tcp()
    c = t.coming()
    s.connect()
    syn = c.expect()
    t.icmp_error(*((1, 4) if t.six else (3, 3)), syn)
    s.wait(OUT)
    s.error()


@scenario(4, 6)
def icmp_host_unreachable_in_syn_sent(t):
    s = t.tcp(SYNCNT=1)
    c = t.coming()
    s.connect()
    syn = c.expect()
    t.icmp_error(*((1, 3) if t.six else (3, 1)), syn)
    t.ping()
    s.state()
    s.wait(OUT)
    s.error()


@scenario
def icmp_about_another_sequence_number_in_syn_sent(t):
    s = t.tcp()
    c = t.coming()
    s.connect()
    syn = c.expect()
    raw = bytearray(syn.packet.raw)
    raw[24:28] = bytes((raw[24] ^ 0x40, *raw[25:28]))
    syn.packet.raw = bytes(raw)
    t.icmp_error(3, 3, syn)
    t.ping()
    s.state()


@scenario
def ttl_exceeded_in_syn_sent(t):
    s = t.tcp(SYNCNT=1)
    c = t.coming()
    s.connect()
    syn = c.expect()
    t.icmp_error(11, 0, syn)
    t.ping()
    s.state()
    s.wait(OUT)
    s.error()


@scenario
def ecn_is_not_asked_for(t):
    """The default is to answer ECN, not to ask: a peer that grants it unasked gets none."""
    c, s = connecting(t)
    c.syn_ack(ecn=True)
    c.expect()
    s.until(OUT)
    s.write(10)
    c.expect()


@scenario
def user_timeout_in_syn_sent(t):
    s = t.tcp(USER_TIMEOUT=1500)
    c = t.coming()
    s.connect()
    c.again(0, 2)
    s.wait(OUT)
    s.error()
