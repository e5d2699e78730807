// SPDX-License-Identifier: MPL-2.0
/* Any segment and any call in any state. */
#include "tcp.h"

static u32 near(u32 a)
{
	switch (unit_random(8)) {
	case 0:
		return a + 1;
	case 1:
		return a - 1;
	case 2:
		return a + unit_random(3000);
	case 3:
		return a - unit_random(3000);
	case 4:
		return unit_random(~0u);
	default:
		return a;
	}
}

static void fuzz_segment(const struct tcp_sock *ts)
{
	static const u8 usual[] = { TCP_ACK, TCP_ACK, TCP_ACK, TCP_ACK | TCP_PSH, TCP_SYN,
		TCP_FIN | TCP_ACK, TCP_RST, TCP_SYN | TCP_ACK, TCP_ACK | TCP_URG };
	struct sim_segment g = { .from = (u16)(5000 + unit_random(3)), .to = 80, .wscale = -1 };
	u32 i;

	g.flags = unit_random(6) ? usual[unit_random(ARRAY_LEN(usual))] : unit_random(256);
	if ((g.flags & TCP_RST) && unit_random(10))
		g.flags &= ~(u32)TCP_RST;
	g.seq = near(ts ? ts->rcv_nxt : 1001);
	g.ack = near(ts ? unit_random(2) ? ts->snd_nxt : ts->snd_una : seen.seq + 1);
	g.window = unit_random(4) ? 60000 : unit_random(65536);
	g.len = unit_random(2) ? unit_random(64) : 0;
	g.has_ts = unit_random(2);
	g.ts_value = unit_random(5) ? ts_clock++ : unit_random(~0u);
	g.ts_echo = seen.ts_value;
	if (g.flags & TCP_SYN) {
		g.mss = (u16)unit_random(3000);
		g.wscale = unit_random(2) ? (s32)unit_random(20) : -1;
		g.sack_ok = unit_random(2);
	} else {
		g.nr_sacks = unit_random(3) ? 0 : unit_random(g.has_ts ? 4 : 5);
	}
	for (i = 0; i < g.nr_sacks; i++) {
		g.sack[i].start = near(ts ? ts->snd_una + unit_random(20000) : 0);
		g.sack[i].end = g.sack[i].start + unit_random(5000);
	}
	sim_inject(&g);
}

static void fuzz_call(struct socket *s)
{
	static u8 b[20000];
	struct socket *c = NULL;

	switch (unit_random(8)) {
	case 0:
	case 1:
		(void)sim_send(s, b, 1 + unit_random(sizeof(b)),
			MSG_DONTWAIT |
				(unit_random(4)                  ? 0
						: unit_random(2) ? MSG_OOB
								 : TCP_MSG_MORE));
		break;
	case 2:
	case 3:
		(void)sim_recv(s, b, 1 + unit_random(2000),
			MSG_DONTWAIT |
				(unit_random(4)                  ? 0
						: unit_random(2) ? MSG_PEEK
								 : MSG_OOB));
		break;
	case 4:
		if (!unit_random(20))
			(void)s->ops->shutdown(s, 1 + unit_random(3));
		break;
	case 5:
		if (!tcp_is_writable(tcp_of(s)))
			(void)sim_setopt(s, TCP_NODELAY, (s32)unit_random(2));
		break;
	case 6:
		if (!unit_random(20)) {
			struct sockaddr_any none = { .family = AF_UNSPEC };
			(void)s->ops->connect(s, &none, 16, true);
		}
		break;
	default:
		if (tcp_of(s)->state == TCP_CLOSE)
			(void)sim_connect(s, SIM_PEER, (u16)(5000 + unit_random(3)), true);
		else if (tcp_of(s)->state == TCP_LISTEN && !s->ops->accept(s, true, &c))
			sim_close(&c);
		break;
	}
}

#define FUZZ_SOCKETS 4

static void fuzz_round(void)
{
	struct socket *s[FUZZ_SOCKETS] = { NULL };
	u32 i, n;

	listener = sim_listen(SIM_SERVER, 80, unit_random(3));
	for (n = 0; n < 3000; n++) {
		struct socket **at = &s[unit_random(FUZZ_SOCKETS)];
		if (!*at) {
			if (listener->ops->accept(listener, true, at)) {
				*at = NULL;
				if (!unit_random(50)) {
					*at = sim_socket();
					UNIT_CHECK(!sim_bind(*at, SIM_SERVER, 80));
					(void)sim_connect(*at, SIM_PEER,
						(u16)(5000 + unit_random(3)), true);
				}
			}
		} else if (!unit_random(300)) {
			sim_close(at);
		} else if (!unit_random(3)) {
			fuzz_call(*at);
		}
		fuzz_segment(*at ? tcp_of(*at) : NULL);
		while (unit_random(3) && sim_capture(&seen))
			;
		if (!unit_random(10))
			(void)sim_step(sim_now + 100 * NSEC_PER_SEC);
		for (i = 0; i < FUZZ_SOCKETS; i++) {
			if (s[i])
				check_sums(tcp_of(s[i]));
		}
	}
	for (i = 0; i < FUZZ_SOCKETS; i++) {
		if (s[i])
			sim_close(&s[i]);
	}
	sim_close(&listener);
	sim_run(3000 * NSEC_PER_SEC);
	drain();
	if (unit_objects != 2)
		sim_list();
	UNIT_CHECK(unit_objects == 2 && !atomic_load(&tcp_memory) && !atomic_load(&tcp_orphans));
}

static void test_fuzz(void)
{
	u32 i;

	for (i = 0; i < 20; i++)
		fuzz_round();
}

const struct tcp_test tcp_fuzz_tests[] = {
	{ "fuzz", test_fuzz },
	{ NULL, NULL },
};
