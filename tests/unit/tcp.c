// SPDX-License-Identifier: MPL-2.0
/*
 * TCP over a simulated network (tcp_sim.h). Arguments: the name of a test, and a seed; without any,
 * the names are printed.
 */
#include "tcp_sim.h"

int strcmp(const char *a, const char *b);

static struct socket *listener, *client, *server;

static void no_wait_accept(void)
{
	UNIT_CHECK(!listener->ops->accept(listener, true, &server));
	UNIT_CHECK(server);
}

/* A connection from the client's address to the server's. */
static void make_pair(void)
{
	listener = sim_listen(SIM_SERVER, 80, 16);
	client = sim_socket();
	UNIT_CHECK(!sim_connect(client, SIM_SERVER, 80, false));
	sim_run(NSEC_PER_SEC * 20);
	no_wait_accept();
}

static u8 pattern(u64 i)
{
	return (u8)(i * 31 + (i >> 8) * 7 + (i >> 16));
}

static void show(const char *name, struct socket *s);
static void check_sums(const struct tcp_sock *ts);
/* Sends @total bytes each way at once, in pieces of any size; all must arrive, and in order. */
static void transfer(u64 total, bool both)
{
	static u8 buf[200000];
	struct socket *const ends[2] = { client, server };
	u64 sent[2] = { 0 }, got[2] = { 0 };
	u64 deadline = sim_now + 4000 * NSEC_PER_SEC;
	u32 i;

	if (!both)
		sent[1] = got[0] = total;
	while (got[0] < total || got[1] < total) {
		bool did = false;
		for (i = 0; i < 2; i++) {
			u64 n = min(total - sent[i],
				(u64)1 + unit_random(unit_random(4) ? 3000 : 200000));
			u64 k;
			ssize_t r;
			for (k = 0; k < n; k++)
				buf[k] = pattern(sent[i] + k + i);
			r = n ? sim_send(ends[i], buf, n, MSG_DONTWAIT) : 0;
			if (r < 0 && r != -EAGAIN)
				show("client", client), show("server", server),
					printf("send: error %ld at %lu of %lu\n", r, sent[i],
						sim_now);
			UNIT_CHECK(r >= 0 || r == -EAGAIN);
			if (r > 0) {
				sent[i] += (u64)r;
				did = true;
			}
			r = sim_recv(ends[i], buf, 1 + unit_random(150000), MSG_DONTWAIT);
			UNIT_CHECK(r >= 0 || r == -EAGAIN);
			for (k = 0; r > 0 && k < (u64)r; k++)
				UNIT_CHECK(buf[k] == pattern(got[i] + k + (1 - i)));
			if (r > 0) {
				got[i] += (u64)r;
				did = true;
			}
		}
		if (!did) {
			check_sums(tcp_of(client));
			check_sums(tcp_of(server));
			if (!sim_step(deadline)) {
				printf("stuck: sent %lu %lu got %lu %lu\n", sent[0], sent[1],
					got[0], got[1]);
				exit(1);
			}
		}
	}
}

/* Both ends close; in the end nothing is left. */
static void finish(void)
{
	s64 before;

	sim_close(&client);
	sim_run(NSEC_PER_SEC * 10);
	if (server)
		sim_close(&server);
	if (listener)
		sim_close(&listener);
	sim_run(400 * NSEC_PER_SEC);
	before = unit_objects;
	sim_run(4000 * NSEC_PER_SEC);
	/* The route and the worker. */
	if (before != 2 || unit_objects != 2)
		printf("objects left: %ld, then %ld\n", before, unit_objects);
	UNIT_CHECK(unit_objects == 2);
	UNIT_CHECK(unit_pages <= 1); /* of the room in packet.c */
	UNIT_CHECK(!atomic_load(&tcp_memory));
	UNIT_CHECK(!atomic_load(&tcp_orphans));
}

/* For a debugger's eyes. */
static void show(const char *name, struct socket *s)
{
	const struct tcp_sock *const ts = tcp_of(s);
	const struct packet *p;
	const struct tcp_island *i;

	printf("%s: state %u una %u nxt %u write %u wnd %u cwnd %u ssthresh %u mss %u flight %u sacked %u lost "
	       "%u retrans %u rec %u xmit %u at %ld backoff %u wmem %u/%u\n",
		name, ts->state, ts->snd_una - ts->iss, ts->snd_nxt - ts->iss,
		ts->write_seq - ts->iss, ts->snd_wnd, ts->cwnd, ts->ssthresh, ts->mss,
		tcp_flight(ts), ts->sacked, ts->lost, ts->retrans, ts->recovery, ts->xmit_kind,
		ts->xmit_ns ? (s64)(ts->xmit_ns - sim_now) : 0, ts->backoff, ts->wmem, ts->sndbuf);
	printf("  rcv_nxt %u wup %u wnd %u copied %u rmem %u/%u islands %u total_retrans %u\n",
		ts->rcv_nxt - ts->irs, ts->rcv_wup - ts->irs, ts->rcv_wnd, ts->copied_seq - ts->irs,
		ts->rmem, ts->rcvbuf, ts->nr_islands, ts->total_retrans);
	list_for_each(p, &ts->sent, link)
		printf("  [%u %u) flags %x\n", p->control[0] - ts->iss, p->control[1] - ts->iss,
			p->control[2]);
	i = ts->islands;
	if (i)
		printf("  island root [%u %u)\n", i->start - ts->irs, i->end - ts->irs);
}

static void test_clean(void)
{
	make_pair();
	transfer(2000000, true);
	UNIT_CHECK(!tcp_of(client)->total_retrans && !tcp_of(server)->total_retrans);
	finish();
}

static void test_loopback(void)
{
	sim_net.mtu = 65536;
	sim_net.whole = true;
	sim_net.delay_ns = 0;
	make_pair();
	transfer(8000000, true);
	UNIT_CHECK(!tcp_of(client)->total_retrans && !tcp_of(server)->total_retrans);
	finish();
}

static void test_loss(void)
{
	sim_net.loss = 50;
	make_pair();
	transfer(1500000, true);
	finish();
}

/*
 * A path that delays each packet unequally and loses none: what looks lost at first is found to be
 * late, the reduction is taken back, and from then on the reordering window covers the path.
 */
static void test_reordering(void)
{
	sim_net.delay_ns = 20 * NSEC_PER_MSEC;
	sim_net.jitter_ns = 10 * NSEC_PER_MSEC;
	sim_net.reorder = 1000;
	make_pair();
	transfer(3000000, false);
	UNIT_CHECK(tcp_of(client)->reordering_seen);
	UNIT_CHECK(tcp_of(client)->total_retrans < 20);
	UNIT_CHECK(tcp_of(client)->ssthresh == TCP_SSTHRESH_NONE);
	finish();
}

static void test_everything(void)
{
	sim_net = (struct sim_network){ .loss = 30,
		.duplicate = 20,
		.reorder = 100,
		.corrupt = 10,
		.jitter_ns = 20 * NSEC_PER_MSEC,
		.mtu = 1500,
		.delay_ns = 10 * NSEC_PER_MSEC };
	make_pair();
	transfer(2000000, true);
	finish();
}

static void test_no_options(void)
{
	tcp_settings.sack = tcp_settings.timestamps = tcp_settings.window_scaling = false;
	sim_net.loss = 20;
	make_pair();
	UNIT_CHECK(!tcp_of(client)->sack_ok && !tcp_of(server)->ts_ok);
	transfer(500000, true);
	finish();
}

static void test_reno(void)
{
	tcp_settings.timestamps = false;
	sim_net.loss = 10;
	make_pair();
	tcp_of(client)->congestion = &tcp_reno;
	transfer(2000000, false);
	finish();
}

static void test_ecn(void)
{
	tcp_settings.ecn = 1;
	sim_net.mark = 20;
	make_pair();
	UNIT_CHECK(tcp_of(client)->ecn_ok && tcp_of(server)->ecn_ok);
	transfer(5000000, false);
	UNIT_CHECK(!tcp_of(client)->total_retrans);
	UNIT_CHECK(tcp_of(client)->ssthresh < 0x7fffffff);
	finish();
}

/* ---- segments by hand ---- */

static struct sim_segment seen;

/* The next segment that was sent to the peer must have these flags. */
static void expect(u32 flags)
{
	UNIT_CHECK(sim_capture(&seen));
	if (seen.flags != flags)
		printf("flags %x, not %x; seq %u ack %u len %u\n", seen.flags, flags, seen.seq,
			seen.ack, seen.len);
	UNIT_CHECK(seen.flags == flags);
}

static void expect_nothing(void)
{
	struct sim_segment g;

	if (sim_capture(&g)) {
		printf("a segment: flags %x seq %u ack %u len %u\n", g.flags, g.seq, g.ack, g.len);
		UNIT_CHECK(!"nothing was expected");
	}
}

static void drain(void)
{
	while (sim_capture(&seen))
		;
}

/* The state of the connection as the peer sees it. */
static u32 my_seq, their_seq, ts_clock;

static void inject(u32 flags, u32 seq, u32 ack, u32 len)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.seq = seq,
		.ack = ack,
		.flags = flags,
		.window = 60000,
		.len = len,
		.wscale = -1,
		.has_ts = ts_clock != 0,
		.ts_value = ts_clock,
		.ts_echo = seen.ts_value };
	u32 i;

	for (i = 0; i < len; i++)
		g.data[i] = pattern(seq - 1001 + i);
	sim_inject(&g);
}

static void syn(u16 port, u32 seq, bool options)
{
	struct sim_segment g = { .from = port,
		.to = 80,
		.seq = seq,
		.flags = TCP_SYN,
		.window = 60000,
		.wscale = options ? 7 : -1,
		.mss = 1460,
		.sack_ok = options,
		.has_ts = options,
		.ts_value = ts_clock };

	sim_inject(&g);
}

/* A connection from SIM_PEER, whose initial number is 1000; time stamps if ts_clock is set. */
static void accept_peer(void)
{
	listener = sim_listen(SIM_SERVER, 80, 16);
	syn(5000, 1000, ts_clock != 0);
	expect(TCP_SYN | TCP_ACK);
	UNIT_CHECK(seen.ack == 1001);
	UNIT_CHECK(seen.mss == 1460);
	their_seq = seen.seq + 1;
	my_seq = 1001;
	sim_run(20 * NSEC_PER_MSEC);
	inject(TCP_ACK, my_seq, their_seq, 0);
	expect_nothing();
	no_wait_accept();
}

static void end_peer(void)
{
	inject(TCP_RST | TCP_ACK, tcp_of(server)->rcv_nxt, 0, 0);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	sim_close(&server);
	if (listener)
		sim_close(&listener);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2 && !atomic_load(&tcp_memory));
}

/* RFC 5961: only the exact number resets; others in the window are challenged. */
static void test_rst(void)
{
	u8 b[8];

	accept_peer();
	inject(TCP_RST, my_seq + 100, 0, 0);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq);
	inject(TCP_RST, my_seq - 1, 0, 0);
	inject(TCP_RST, my_seq + 1000000, 0, 0);
	expect_nothing();
	/* A SYN in the window, or at the exact number. */
	inject(TCP_SYN, my_seq, 0, 0);
	expect(TCP_ACK);
	inject(TCP_SYN, my_seq + 5, 0, 0);
	expect(TCP_ACK);
	/* An acknowledgement of what was never sent: as on Linux, no answer. */
	inject(TCP_ACK, my_seq, their_seq + 1000, 0);
	expect_nothing();
	inject(TCP_ACK, my_seq, their_seq - 100000000, 0);
	expect(TCP_ACK);
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	inject(TCP_RST, my_seq, 0, 0);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == -ECONNRESET);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 0);
	UNIT_CHECK(sim_send(server, b, 8, MSG_DONTWAIT) == -EPIPE);
	/* Nobody is there now. */
	inject(TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_RST);
	UNIT_CHECK(seen.seq == their_seq);
	syn(5001, 77, false);
	drain();
	sim_close(&server);
	sim_close(&listener);
	inject(TCP_SYN, 500, 0, 0);
	expect(TCP_RST | TCP_ACK);
	UNIT_CHECK(seen.ack == 501);
}

/* RFC 7323: an old time stamp is dropped and answered, whatever its number. */
static void test_paws(void)
{
	u8 b[8];

	ts_clock = 100000;
	accept_peer();
	inject(TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 4 && seen.ts_echo == ts_clock);
	ts_clock -= 5000;
	inject(TCP_ACK, my_seq + 4, their_seq, 4);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 4);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 4);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == -EAGAIN);
	/* But after 24 days it counts again. */
	sim_now += 25ul * 24 * 3600 * NSEC_PER_SEC;
	inject(TCP_ACK, my_seq + 4, their_seq, 4);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 4);
	drain();
	end_peer();
	ts_clock = 0;
}

/* Data behind a gap: SACK blocks, the youngest first; duplicates bring a DSACK. */
static void test_gaps(void)
{
	u8 b[64];
	u32 i;

	ts_clock = 5;
	accept_peer();
	inject(TCP_ACK, my_seq + 20, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.nr_sacks == 1 && seen.sack[0].start == my_seq + 20 &&
		seen.sack[0].end == my_seq + 30 && seen.ack == my_seq);
	inject(TCP_ACK, my_seq + 40, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.nr_sacks == 2 && seen.sack[0].start == my_seq + 40);
	inject(TCP_ACK, my_seq + 20, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.nr_sacks == 3 && seen.sack[0].start == my_seq + 20 &&
		seen.sack[0].end == my_seq + 30);
	/* Overlaps on both sides join the two. */
	inject(TCP_ACK, my_seq + 25, their_seq, 20);
	expect(TCP_ACK);
	inject(TCP_ACK, my_seq, their_seq, 25);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 50 && tcp_of(server)->nr_islands == 0);
	UNIT_CHECK(sim_recv(server, b, 64, MSG_DONTWAIT) == 50);
	for (i = 0; i < 50; i++)
		UNIT_CHECK(b[i] == pattern(i));
	inject(TCP_ACK, my_seq, their_seq, 25);
	expect(TCP_ACK);
	UNIT_CHECK(seen.nr_sacks == 1 && seen.sack[0].start == my_seq &&
		seen.sack[0].end == my_seq + 25);
	end_peer();
	ts_clock = 0;
}

/* Each state that a close goes through, and what it answers. */
static void test_passive_close(void)
{
	u8 b[8];

	accept_peer();
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 5 && tcp_of(server)->state == TCP_CLOSE_WAIT);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 4);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == 0);
	/* The same FIN again. */
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_ACK);
	UNIT_CHECK(sim_send(server, b, 8, MSG_DONTWAIT) == 8);
	expect(TCP_ACK | TCP_PSH);
	sim_close(&server);
	expect(TCP_FIN | TCP_ACK);
	inject(TCP_ACK, my_seq + 5, their_seq + 8, 0);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 1);
	inject(TCP_ACK, my_seq + 5, their_seq + 9, 0);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 0);
	inject(TCP_ACK, my_seq + 5, their_seq + 9, 0);
	expect(TCP_RST);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

static void test_simultaneous_close(void)
{
	accept_peer();
	UNIT_CHECK(!server->ops->shutdown(server, SHUTDOWN_SEND));
	expect(TCP_FIN | TCP_ACK);
	UNIT_CHECK(tcp_of(server)->state == TCP_FIN_WAIT1);
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSING);
	expect(TCP_ACK);
	inject(TCP_ACK, my_seq + 1, their_seq + 1, 0);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	/* TIME_WAIT answers the FIN again, and takes a new SYN. */
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq, 0);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 1 && seen.seq == their_seq + 1);
	inject(TCP_SYN, my_seq - 50, 0, 0);
	expect(TCP_ACK);
	inject(TCP_SYN, my_seq - 50, 0, 0);
	expect_nothing(); /* one answer in half a second */
	inject(TCP_SYN, my_seq + 5000, 0, 0);
	expect(TCP_SYN | TCP_ACK);
	sim_close(&server);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

/* After close, data that nobody can read any more is answered by a reset. */
static void test_data_after_close(void)
{
	accept_peer();
	sim_close(&server);
	expect(TCP_FIN | TCP_ACK);
	inject(TCP_ACK, my_seq, their_seq + 1, 0);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 1);
	inject(TCP_ACK, my_seq, their_seq + 1, 4);
	expect(TCP_RST);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 0);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
	/* Unread data at the close: a reset, too; and with SO_LINGER of 0. */
	accept_peer();
	inject(TCP_ACK, my_seq, their_seq, 4);
	expect(TCP_ACK);
	sim_close(&server);
	expect(TCP_RST | TCP_ACK);
	sim_close(&listener);
	accept_peer();
	server->linger.onoff = 1;
	sim_close(&server);
	expect(TCP_RST | TCP_ACK);
	sim_close(&listener);
	/* FIN_WAIT2 without a peer ends after a minute. */
	accept_peer();
	sim_close(&server);
	expect(TCP_FIN | TCP_ACK);
	inject(TCP_ACK, my_seq, their_seq + 1, 0);
	sim_close(&listener);
	sim_run(59 * NSEC_PER_SEC);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 1);
	sim_run(2 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2 && atomic_load(&tcp_orphans) == 0);
}

/* A peer that never answers: how often, and how long. */
static void test_retransmission(void)
{
	u8 b[100] = { 0 };
	u64 start, last;
	u32 n = 0;

	accept_peer();
	UNIT_CHECK(sim_send(server, b, 100, MSG_DONTWAIT) == 100);
	expect(TCP_ACK | TCP_PSH);
	start = last = sim_now;
	while (tcp_of(server)->state == TCP_ESTABLISHED) {
		UNIT_CHECK(sim_step(NO_DEADLINE));
		while (sim_capture(&seen)) {
			UNIT_CHECK(seen.seq == their_seq && seen.len == 100);
			UNIT_CHECK(sim_now - last <= 121 * NSEC_PER_SEC);
			last = sim_now;
			n++;
		}
	}
	UNIT_CHECK(n == 15 && sim_now - start > 600 * NSEC_PER_SEC);
	UNIT_CHECK(sim_recv(server, b, 8, MSG_DONTWAIT) == -ETIMEDOUT);
	sim_close(&server);
	sim_close(&listener);
	/* TCP_USER_TIMEOUT */
	accept_peer();
	UNIT_CHECK(!sim_setopt(server, TCP_USER_TIMEOUT, 5000));
	UNIT_CHECK(sim_send(server, b, 100, MSG_DONTWAIT) == 100);
	sim_run(4 * NSEC_PER_SEC);
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	sim_run(10 * NSEC_PER_SEC);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	sim_close(&server);
	sim_close(&listener);
	drain();
	UNIT_CHECK(unit_objects == 2);
}

static void test_syn_retries(void)
{
	u32 n = 0;

	client = sim_socket();
	UNIT_CHECK(sim_connect(client, SIM_PEER, 9, true) == -EINPROGRESS);
	UNIT_CHECK(sim_connect(client, SIM_PEER, 9, true) == -EALREADY);
	sim_run(300 * NSEC_PER_SEC);
	while (sim_capture(&seen)) {
		UNIT_CHECK(seen.flags == TCP_SYN && seen.mss == 1460 && seen.sack_ok);
		n++;
	}
	/* Five at equal times, then six that double. */
	UNIT_CHECK(n == 11 && tcp_of(client)->state == TCP_CLOSE);
	UNIT_CHECK(atomic_load(&client->error) == ETIMEDOUT);
	sim_close(&client);
	/* SYN-ACKs go again, too, until the request ends. */
	listener = sim_listen(SIM_SERVER, 80, 16);
	syn(5000, 1000, true);
	sim_run(200 * NSEC_PER_SEC);
	for (n = 0; sim_capture(&seen); n++)
		UNIT_CHECK(seen.flags == (TCP_SYN | TCP_ACK) && seen.sack_ok && seen.wscale >= 0);
	UNIT_CHECK(n == 6 && tcp_of(listener)->nr_requests == 0);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

/* A window of zero is probed for ever, if the peer answers. */
static void test_zero_window(void)
{
	u8 b[3000] = { 0 };
	u32 n;
	struct sim_segment g = { .from = 5000, .to = 80, .flags = TCP_ACK, .wscale = -1 };

	accept_peer();
	g.seq = my_seq;
	g.ack = their_seq;
	g.window = 0;
	sim_inject(&g);
	UNIT_CHECK(sim_send(server, b, 3000, MSG_DONTWAIT) == 3000);
	expect_nothing();
	for (n = 0; n < 40; n++) {
		while (!sim_capture(&seen))
			UNIT_CHECK(sim_step(NO_DEADLINE));
		UNIT_CHECK(seen.seq == their_seq - 1 && !seen.len);
		sim_inject(&g);
	}
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	g.window = 60000;
	sim_inject(&g);
	for (n = 0; n < 3000 && sim_capture(&seen); n += seen.len)
		;
	UNIT_CHECK(n == 3000);
	g.ack += 3000;
	sim_inject(&g);
	/* And our own: a full buffer closes the window, reading opens it. */
	expect_nothing();
	end_peer();
}

static void test_simultaneous_open(void)
{
	struct sim_segment g = {
		.from = 9, .mss = 1460, .window = 60000, .wscale = -1, .seq = 1000, .flags = TCP_SYN
	};

	client = sim_socket();
	UNIT_CHECK(!sim_bind(client, SIM_SERVER, 80));
	UNIT_CHECK(sim_connect(client, SIM_PEER, 9, true) == -EINPROGRESS);
	expect(TCP_SYN);
	g.to = 80;
	sim_inject(&g);
	expect(TCP_SYN | TCP_ACK);
	UNIT_CHECK(tcp_of(client)->state == TCP_SYN_RECV && seen.ack == 1001);
	g.seq = 1001;
	g.ack = seen.seq + 1;
	g.flags = TCP_ACK;
	sim_inject(&g);
	UNIT_CHECK(tcp_of(client)->state == TCP_ESTABLISHED);
	sim_close(&client);
	drain();
	g.flags = TCP_RST;
	sim_inject(&g);
	UNIT_CHECK(unit_objects == 2);
}

/* A socket that connects to itself gets what it sends. */
static void test_self_connect(void)
{
	u8 b[8] = { 1, 2, 3 };

	client = sim_socket();
	UNIT_CHECK(!sim_bind(client, SIM_SERVER, 80));
	UNIT_CHECK(!sim_connect(client, SIM_SERVER, 80, false));
	UNIT_CHECK(tcp_of(client)->state == TCP_ESTABLISHED);
	UNIT_CHECK(sim_send(client, b, 3, 0) == 3);
	b[0] = b[1] = b[2] = 0;
	UNIT_CHECK(sim_recv(client, b, 8, 0) == 3 && b[2] == 3);
	sim_close(&client);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

static void test_refused(void)
{
	client = sim_socket();
	UNIT_CHECK(sim_connect(client, SIM_SERVER, 81, false) == -ECONNREFUSED);
	/* The socket can be used again. */
	listener = sim_listen(SIM_SERVER, 80, 1);
	UNIT_CHECK(!sim_connect(client, SIM_SERVER, 80, false));
	UNIT_CHECK(sim_connect(client, SIM_SERVER, 80, false) == -EISCONN);
	sim_close(&client);
	sim_close(&listener);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

/* The queues of a listener: its backlog, and cookies when there are too many requests. */
static void test_cookies(void)
{
	struct sim_segment g = { .to = 80, .window = 500, .wscale = -1, .flags = TCP_ACK };
	u32 i, accepted = 0;

	listener = sim_listen(SIM_SERVER, 80, 8);
	ts_clock = 7000;
	for (i = 0; i < 50; i++)
		syn((u16)(1000 + i), 1000 * i, true);
	UNIT_CHECK(tcp_of(listener)->nr_requests == 8);
	for (i = 0; i < 50; i++) {
		expect(TCP_SYN | TCP_ACK);
		if (i < 40)
			continue;
		/* By a cookie: options stand in the time stamp. */
		g.from = (u16)(1000 + i);
		g.seq = 1000 * i + 1;
		g.ack = seen.seq + 1;
		g.has_ts = true;
		g.ts_value = ts_clock;
		g.ts_echo = seen.ts_value;
		if (i == 44) {
			g.ack += 1; /* forged: another size */
			sim_inject(&g);
			g.ack += 0x05000000 - 1; /* another minute */
			sim_inject(&g);
			continue;
		}
		sim_inject(&g);
	}
	expect(TCP_RST);
	expect(TCP_RST);
	while (!listener->ops->accept(listener, true, &server)) {
		struct tcp_sock *ts = tcp_of(server);
		UNIT_CHECK(ts->sack_ok && ts->wscale_ok && ts->ts_ok && ts->snd_wscale == 7);
		UNIT_CHECK(ts->mss_peer == 1460 && ts->snd_wnd == 500u << 7);
		accepted++;
		server->linger.onoff = 1;
		sim_close(&server);
	}
	UNIT_CHECK(accepted == 9);
	sim_close(&listener);
	drain();
	UNIT_CHECK(unit_objects == 2);
	ts_clock = 0;
}

static void test_keepalive(void)
{
	u32 n = 0;

	accept_peer();
	set_bits(server->options, OPT_KEEPALIVE);
	server->ops->changed(server);
	UNIT_CHECK(!sim_setopt(server, TCP_KEEPIDLE, 10));
	UNIT_CHECK(!sim_setopt(server, TCP_KEEPINTVL, 2));
	UNIT_CHECK(!sim_setopt(server, TCP_KEEPCNT, 3));
	sim_run(9 * NSEC_PER_SEC);
	expect_nothing();
	sim_run(2 * NSEC_PER_SEC);
	expect(TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq - 1);
	inject(TCP_ACK, my_seq, their_seq, 0);
	sim_run(30 * NSEC_PER_SEC);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	UNIT_CHECK(atomic_load(&server->error) == ETIMEDOUT);
	while (sim_capture(&seen))
		n++;
	UNIT_CHECK(n == 4 && seen.flags == (TCP_RST | TCP_ACK));
	sim_close(&server);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

/* Ten segments, the first lost: RACK sends it again long before the timer would. */
static void send_ten(void)
{
	u8 b[14480] = { 0 };
	u32 i;

	ts_clock = 10;
	accept_peer();
	/* A round-trip time of 20 ms is known. */
	UNIT_CHECK(sim_send(server, b, 1, 0) == 1);
	expect(TCP_ACK | TCP_PSH);
	sim_run(20 * NSEC_PER_MSEC);
	their_seq++;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(sim_send(server, b, 14480, 0) == 14480);
	for (i = 0; i < 10; i++) {
		UNIT_CHECK(sim_capture(&seen));
		UNIT_CHECK(seen.len == 1448 && seen.seq == their_seq + i * 1448);
	}
	expect_nothing();
}

static void inject_sack(u32 from, u32 to)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.seq = my_seq,
		.ack = their_seq,
		.flags = TCP_ACK,
		.window = 60000,
		.wscale = -1,
		.has_ts = true,
		.ts_value = ts_clock,
		.ts_echo = seen.ts_value,
		.nr_sacks = 1 };

	g.sack[0] = (struct tcp_range){ their_seq + from * 1448, their_seq + to * 1448 };
	sim_inject(&g);
}

static void test_rack(void)
{
	send_ten();
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 2);
	expect_nothing();
	inject_sack(1, 3);
	expect_nothing();
	inject_sack(1, 4);
	expect(TCP_ACK); /* the three segments above the hole are enough */
	UNIT_CHECK(seen.seq == their_seq && seen.len == 1448);
	UNIT_CHECK(tcp_of(server)->recovery == CA_RECOVERY);
	UNIT_CHECK(tcp_of(server)->ssthresh < 14480);
	their_seq += 14480;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->recovery == CA_OPEN && !tcp_of(server)->lost);
	end_peer();
	ts_clock = 0;
}

/* Where order has been seen to change, a hole waits for a quarter of the round-trip time. */
static void test_rack_timer(void)
{
	struct tcp_sock *ts;

	send_ten();
	ts = tcp_of(server);
	ts->reordering_seen = true;
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 4);
	expect_nothing();
	UNIT_CHECK(ts->xmit_kind == XMIT_REORDER && ts->recovery == CA_DISORDER);
	/* A quarter of 20 ms, and 8 ms for a machine that is busy. */
	sim_run(12 * NSEC_PER_MSEC);
	expect_nothing();
	sim_run(2 * NSEC_PER_MSEC);
	expect(TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq && ts->recovery == CA_RECOVERY);
	drain();
	end_peer();
	ts_clock = 0;
}

/*
 * An acknowledgement that comes too soon after a retransmission is of the original. If it counted,
 * all that was sent before the retransmission would be lost.
 */
static void test_rack_early(void)
{
	send_ten();
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 4);
	expect(TCP_ACK);
	sim_run(9 * NSEC_PER_MSEC);
	their_seq += 4 * 1448;
	inject(TCP_ACK, my_seq, their_seq, 0);
	expect_nothing();
	UNIT_CHECK(!tcp_of(server)->lost && tcp_of(server)->total_retrans == 1);
	end_peer();
	ts_clock = 0;
}

/* The reordering window grows by D-SACKs of retransmissions, once in a round, for 16 recoveries. */
static void test_rack_steps(void)
{
	const struct tcp_range dup = { 1, 2 };
	struct tcp_sock *ts;
	u32 i;

	send_ten();
	ts = tcp_of(server);
	ts->total_retrans = 3;
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(!ts->rack_steps); /* no order was seen to change */
	ts->reordering_seen = true;
	ts->tlp_out = ts->tlp_retrans = true;
	ts->tlp_high = dup.end;
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(!ts->rack_steps); /* the answer to a probe */
	ts->tlp_out = false;
	ts->dsack_dups = 4;
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(!ts->rack_steps); /* the network duplicates */
	ts->dsack_dups = 1;
	tcp_rack_dsack(ts, dup);
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(ts->rack_steps == 1);
	their_seq += 14480;
	inject(TCP_ACK, my_seq, their_seq, 0);
	tcp_rack_dsack(ts, dup);
	UNIT_CHECK(ts->rack_steps == 2);
	for (i = 0; i < 15; i++)
		tcp_rack_recovered(ts);
	UNIT_CHECK(ts->rack_steps == 2);
	tcp_rack_recovered(ts);
	UNIT_CHECK(!ts->rack_steps);
	drain();
	end_peer();
	ts_clock = 0;
}

/* The probe of an only segment waits for the peer's delayed acknowledgement, too. */
static void test_tlp_alone(void)
{
	u8 b[1] = { 0 };
	u64 start;

	send_ten();
	their_seq += 14480;
	sim_run(20 * NSEC_PER_MSEC);
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(sim_send(server, b, 1, 0) == 1);
	expect(TCP_ACK | TCP_PSH);
	start = sim_now;
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(sim_now - start >= 220 * NSEC_PER_MSEC && sim_now - start < 260 * NSEC_PER_MSEC);
	UNIT_CHECK(tcp_of(server)->tlp_out && tcp_of(server)->recovery == CA_OPEN);
	end_peer();
	ts_clock = 0;
}

/*
 * Three segments that look lost go again. An acknowledgement of one original draws no further
 * retransmission; the reduction is taken back when no retransmission is under way any more.
 */
static void test_late_originals(void)
{
	u32 original, ssthresh;
	struct tcp_sock *ts;

	send_ten();
	ts = tcp_of(server);
	original = seen.ts_value;
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(3, 6);
	expect(TCP_ACK);
	expect(TCP_ACK);
	expect(TCP_ACK);
	expect_nothing();
	ssthresh = ts->ssthresh;
	UNIT_CHECK(ts->recovery == CA_RECOVERY && ts->retrans == 3 * 1448);
	seen.ts_value = original;
	their_seq += 1448;
	inject_sack(5, 9);
	expect_nothing();
	UNIT_CHECK(ts->recovery == CA_RECOVERY && ts->ssthresh == ssthresh);
	UNIT_CHECK(ts->reordering_seen);
	their_seq += 5 * 1448;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(ts->recovery != CA_RECOVERY && ts->ssthresh == 0x7fffffff);
	check_sums(ts);
	drain();
	end_peer();
	ts_clock = 0;
}

/* The last segments are lost: a probe after two round-trip times, not the timer. */
static void test_tlp(void)
{
	u64 start;

	send_ten();
	start = sim_now;
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(sim_now - start < 60 * NSEC_PER_MSEC);
	UNIT_CHECK(seen.seq == their_seq + 9 * 1448 && seen.len == 1448);
	UNIT_CHECK(tcp_of(server)->recovery == CA_OPEN);
	/* Its SACK shows the others lost. */
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(9, 10);
	sim_run(20 * NSEC_PER_MSEC);
	expect(TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq);
	drain();
	end_peer();
	ts_clock = 0;
}

/* The peer takes back what it had reported: after the timeout all goes again. */
static void test_reneging(void)
{
	u32 got = 0, i;
	u64 start;

	send_ten();
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 10);
	drain();
	their_seq += 1448; /* the first is there, and the rest is forgotten */
	inject(TCP_ACK, my_seq, their_seq, 0);
	drain();
	start = sim_now;
	for (i = 0; i < 200 && got < 9; i++) {
		while (!sim_capture(&seen))
			UNIT_CHECK(sim_step(NO_DEADLINE));
		if (seen.seq == their_seq) {
			got++;
			their_seq += seen.len;
			inject(TCP_ACK, my_seq, their_seq, 0);
		}
	}
	UNIT_CHECK(got == 9 && !tcp_of(server)->sent.first);
	/* One timeout, not one for each segment. */
	UNIT_CHECK(sim_now - start < NSEC_PER_SEC);
	end_peer();
	ts_clock = 0;
}

/* ---- anything in any state ---- */

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

static u32 tree_size(const struct packet *p, const struct packet *parent)
{
	if (!p)
		return 0;
	UNIT_CHECK(p->order_node.parent == parent);
	UNIT_CHECK((p->control[TQ_FLAGS] & (TQ_INDEXED | TQ_SACKED)) == TQ_INDEXED);
	return 1 + tree_size(p->order_node.left, p) + tree_size(p->order_node.right, p);
}

/* The orders of the scoreboard have those packets that they should have. */
static void check_board(const struct tcp_sock *ts)
{
	u32 indexed = 0, to_repeat = 0, repeated = 0;
	const struct packet *p;
	bool ended = false;
	u64 last = 0;

	list_for_each(p, &ts->sent, link) {
		u32 flags = p->control[TQ_FLAGS];
		UNIT_CHECK(!ended || !(flags & TQ_INDEXED));
		ended = !(flags & TQ_INDEXED);
		indexed += (flags & (TQ_INDEXED | TQ_SACKED)) == TQ_INDEXED;
		if (flags & TQ_SACKED)
			continue;
		to_repeat += (flags & (TQ_LOST | TQ_RETRANS)) == TQ_LOST;
		repeated += (flags & TQ_EVER) && (flags & (TQ_LOST | TQ_RETRANS)) != TQ_LOST;
		/* The search for lost originals has not passed one that is out. */
		UNIT_CHECK(!(flags & TQ_INDEXED) || (flags & (TQ_LOST | TQ_EVER)) ||
			seq_after(p->control[TQ_END], ts->board_originals));
	}
	UNIT_CHECK(tree_size(ts->board, NULL) == indexed);
	list_for_each(p, &ts->to_repeat, order_link)
		to_repeat--;
	list_for_each(p, &ts->repeated, order_link) {
		UNIT_CHECK(!(p->control[TQ_FLAGS] & TQ_RETRANS) || tq_time(p) >= last);
		last = tq_time(p);
		repeated--;
	}
	UNIT_CHECK(!to_repeat && !repeated);
}

/* Sums that must hold whatever comes. */
static void check_sums(const struct tcp_sock *ts)
{
	const struct packet *p;
	u32 sacked = 0, lost = 0, retrans = 0, wmem = 0, rmem = 0, at = ts->snd_una;

	list_for_each(p, &ts->sent, link) {
		u32 flags = p->control[TQ_FLAGS], n = tq_space(p);
		UNIT_CHECK(p->control[TQ_SEQ] == at);
		UNIT_CHECK(n == p->len + ((flags & TQ_FIN) != 0));
		at = p->control[TQ_END];
		sacked += flags & TQ_SACKED ? n : 0;
		lost += flags & TQ_LOST ? n : 0;
		retrans += flags & TQ_RETRANS ? n : 0;
		wmem += p->control[TQ_CHARGE];
	}
	if (ts->state != TCP_SYN_SENT && ts->state != TCP_SYN_RECV && ts->state != TCP_CLOSE &&
		ts->state != TCP_LISTEN)
		UNIT_CHECK(at == ts->snd_nxt);
	check_board(ts);
	list_for_each(p, &ts->unsent, link)
		wmem += p->control[TQ_CHARGE];
	list_for_each(p, &ts->ready, link)
		rmem += p->control[RQ_CHARGE];
	UNIT_CHECK(sacked == ts->sacked && lost == ts->lost && retrans == ts->retrans);
	UNIT_CHECK(wmem == ts->wmem && rmem <= ts->rmem);
	UNIT_CHECK(ts->islands || rmem == ts->rmem);
	UNIT_CHECK(ts->rmem <= ts->rcvbuf + 70000);
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

/* A timeout that was too early: the acknowledgement of the original takes the reduction back. */
static void test_undo(void)
{
	u32 cwnd, original;

	send_ten();
	original = seen.ts_value;
	cwnd = tcp_of(server)->cwnd;
	while (tcp_of(server)->recovery != CA_LOSS)
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(tcp_of(server)->cwnd == 1448);
	drain();
	seen.ts_value = original;
	their_seq += 1448;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->recovery == CA_OPEN && tcp_of(server)->cwnd >= cwnd);
	UNIT_CHECK(!tcp_of(server)->lost && tcp_of(server)->ssthresh == 0x7fffffff);
	check_sums(tcp_of(server));
	drain();
	end_peer();
	ts_clock = 0;
}

/* After a timeout slow start sends two segments for one that arrives, also of one large packet. */
static void test_loss_of_a_packet(void)
{
	static u8 b[14600];
	u32 i;

	accept_peer();
	UNIT_CHECK(sim_send(server, b, sizeof(b), 0) == sizeof(b));
	for (i = 0; i < 10; i++)
		UNIT_CHECK(sim_capture(&seen));
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(seen.seq == their_seq && tcp_of(server)->recovery == CA_LOSS);
	expect_nothing();
	for (i = 1; i < 4; i++) {
		their_seq += 1460;
		inject(TCP_ACK, my_seq, their_seq, 0);
		UNIT_CHECK(sim_capture(&seen) && sim_capture(&seen));
		expect_nothing();
	}
	end_peer();
}

/* An answer within a tick of the time stamps says nothing of the least round-trip time. */
static void test_tick(void)
{
	send_ten();
	while (tcp_of(server)->recovery != CA_LOSS)
		UNIT_CHECK(sim_step(NO_DEADLINE));
	drain();
	their_seq += 1448;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->min_rtt_ns >= NSEC_PER_MSEC);
	UNIT_CHECK(tcp_of(server)->srtt8 >= 8 * NSEC_PER_MSEC);
	drain();
	end_peer();
	ts_clock = 0;
}

/*
 * A DSACK of data that is older than the loss takes nothing back; one of the retransmission does.
 */
static void test_dsack(void)
{
	struct tcp_sock *ts;

	send_ten();
	ts = tcp_of(server);
	sim_run(20 * NSEC_PER_MSEC);
	inject_sack(1, 4);
	expect(TCP_ACK);
	UNIT_CHECK(ts->recovery == CA_RECOVERY && ts->undo_retrans == 1);
	inject_sack(-1u, 0);
	UNIT_CHECK(ts->recovery == CA_RECOVERY && ts->undo_retrans == 1);
	/* The whole comes, and the retransmission for a second time. */
	their_seq += 4 * 1448;
	seen.ts_value += 1000; /* not the original's */
	inject_sack(-4u, -3u);
	UNIT_CHECK(ts->recovery == CA_OPEN && ts->ssthresh == 0x7fffffff);
	drain();
	end_peer();
	ts_clock = 0;
}

/*
 * A loss that only the probe has seen and repaired reduces the window; a needless probe does not.
 */
static void test_tlp_repairs(void)
{
	u8 b[1];
	u32 ssthresh;

	send_ten();
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(tcp_of(server)->tlp_out && tcp_of(server)->tlp_retrans);
	their_seq += 14480;
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(tcp_of(server)->tlp_out && tcp_of(server)->ssthresh == 0x7fffffff);
	UNIT_CHECK(sim_send(server, b, 1, 0) == 1);
	expect(TCP_ACK | TCP_PSH);
	their_seq++;
	inject(TCP_ACK, my_seq, their_seq, 0);
	ssthresh = tcp_of(server)->ssthresh;
	UNIT_CHECK(!tcp_of(server)->tlp_out && ssthresh < 0x7fffffff);
	UNIT_CHECK(sim_send(server, b, 1, 0) == 1);
	expect(TCP_ACK | TCP_PSH);
	while (!sim_capture(&seen))
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(tcp_of(server)->tlp_retrans);
	their_seq++;
	inject(TCP_ACK, my_seq, their_seq, 0);
	inject(TCP_ACK, my_seq, their_seq, 0);
	UNIT_CHECK(!tcp_of(server)->tlp_out && tcp_of(server)->ssthresh == ssthresh);
	drain();
	end_peer();
	ts_clock = 0;
}

/* TCP_INFO: how long there was something to send, what came out of order, the window that is offered. */
static void test_info(void)
{
	struct user_tcp_info i;

	send_ten();
	sim_run(30 * NSEC_PER_MSEC);
	tcp_get_info(tcp_of(server), &i);
	UNIT_CHECK(i.busy_time == 20000 + 30000);
	their_seq += 14480;
	inject(TCP_ACK, my_seq, their_seq, 0);
	sim_run(100 * NSEC_PER_MSEC);
	inject(TCP_ACK, my_seq + 30, their_seq, 10);
	inject(TCP_ACK, my_seq + 10, their_seq, 10);
	tcp_get_info(tcp_of(server), &i);
	UNIT_CHECK(i.busy_time == 50000 && i.rcv_ooopack == 2);
	UNIT_CHECK(i.rcv_wnd == tcp_of(server)->rcv_wnd && i.rcv_wnd > 20000);
	drain();
	end_peer();
	ts_clock = 0;
}

/* The last acknowledgement, after those that wait for a millisecond. */
static void last_ack(void)
{
	u32 n = 0;

	sim_run(2 * NSEC_PER_MSEC);
	while (sim_capture(&seen))
		n++;
	UNIT_CHECK(n && seen.flags == TCP_ACK);
}

/* The @i-th block reports @len bytes at @at. */
static void expect_block(u32 i, u32 at, u32 len)
{
	UNIT_CHECK(i < seen.nr_sacks);
	UNIT_CHECK(seen.sack[i].start == my_seq + at && seen.sack[i].end == my_seq + at + len);
}

/* With many islands the first block is still that of the segment which drew the acknowledgement. */
static void test_many_islands(void)
{
	u32 i;

	ts_clock = 10;
	accept_peer();
	for (i = 0; i < 100; i++) {
		inject(TCP_ACK, my_seq + 10 + i * 8, their_seq, 4);
		last_ack();
		expect_block(0, 10 + i * 8, 4);
	}
	inject(TCP_ACK, my_seq + 14 + 80 * 8, their_seq, 2);
	last_ack();
	expect_block(0, 10 + 80 * 8, 6);
	end_peer();
	ts_clock = 0;
}

/* Blocks stand from the newest to the oldest, and four are remembered (RFC 2018, 4; Linux). */
static void test_sack_order(void)
{
	u32 i;

	ts_clock = 10;
	accept_peer();
	for (i = 0; i < 6; i++)
		inject(TCP_ACK, my_seq + 10 + i * 10, their_seq, 4);
	last_ack();
	UNIT_CHECK(seen.nr_sacks == 3);
	for (i = 0; i < 3; i++)
		expect_block(i, 60 - i * 10, 4);
	/* An older island grows, and comes first. */
	inject(TCP_ACK, my_seq + 44, their_seq, 2);
	last_ack();
	expect_block(0, 40, 6);
	expect_block(1, 60, 4);
	expect_block(2, 50, 4);
	/* Two become one. */
	inject(TCP_ACK, my_seq + 54, their_seq, 6);
	last_ack();
	expect_block(0, 50, 14);
	expect_block(1, 40, 6);
	expect_block(2, 30, 4);
	/* What is acknowledged is not reported, and what was forgotten does not come back. */
	inject(TCP_ACK, my_seq, their_seq, 40);
	last_ack();
	UNIT_CHECK(seen.ack == my_seq + 46 && seen.nr_sacks == 2);
	expect_block(0, 10, 4); /* came twice */
	expect_block(1, 50, 14);
	end_peer();
	ts_clock = 0;
}

/* Of many segments behind a gap only the first are acknowledged one by one. */
static void test_compressed_acks(void)
{
	u32 i;

	ts_clock = 10;
	accept_peer();
	for (i = 0; i < 16; i++) { /* those of a new connection go at once */
		inject(TCP_ACK, my_seq, their_seq, 10);
		expect(TCP_ACK);
		my_seq += 10;
	}
	for (i = 0; i < 3; i++) {
		inject(TCP_ACK, my_seq + 10 + i * 10, their_seq, 10);
		expect(TCP_ACK);
	}
	for (; i < 20; i++)
		inject(TCP_ACK, my_seq + 10 + i * 10, their_seq, 10);
	expect_nothing();
	sim_run(2 * NSEC_PER_MSEC);
	expect(TCP_ACK);
	expect_block(0, 10, 200);
	expect_nothing();
	UNIT_CHECK(tcp_counter_sum(TCP_ACK_COMPRESSED) == 17);
	/* The gap is filled: this is said at once. */
	inject(TCP_ACK, my_seq, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.ack == my_seq + 210 && !seen.nr_sacks);
	my_seq += 210;
	/* 44 are the most that one stands for. */
	for (i = 0; i < 3 + 45; i++)
		inject(TCP_ACK, my_seq + 10 + i * 10, their_seq, 10);
	for (i = 0; i < 4; i++)
		expect(TCP_ACK);
	expect_block(0, 10, 480);
	expect_nothing();
	/* No block is pushed out before it was reported. */
	for (i = 0; i < 4; i++)
		inject(TCP_ACK, my_seq + 1000 + i * 20, their_seq, 10);
	expect(TCP_ACK);
	expect_block(0, 1020, 10);
	expect_block(2, 10, 480);
	expect(TCP_ACK);
	expect_block(0, 1040, 10);
	expect_block(2, 1000, 10);
	expect_nothing();
	end_peer();
	ts_clock = 0;
}

static void hystart_round(u64 ms)
{
	u32 i;

	for (i = 0; i < 8; i++)
		tcp_hystart_sample(tcp_of(server), ms * NSEC_PER_MSEC);
}

/* RFC 9406: careful when the least time of a round has grown; five such rounds end slow start. */
static void test_hystart(void)
{
	struct tcp_sock *ts;
	u32 i;

	accept_peer();
	ts = tcp_of(server);
	hystart_round(20);
	UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 1000);
	hystart_round(23);
	UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 1000);
	hystart_round(27);
	UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 250);
	hystart_round(26); /* it was chance */
	UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 1000);
	for (i = 0; i < 5; i++) {
		UNIT_CHECK(ts->ssthresh == TCP_SSTHRESH_NONE);
		hystart_round(40 + i);
		UNIT_CHECK(tcp_hystart_growth(ts, 1000) == 250);
	}
	UNIT_CHECK(ts->ssthresh == ts->cwnd && tcp_counter_sum(TCP_HYSTART_DELAY) == 1);
	end_peer();
}

/* A link of 10 Mbit/s whose queue takes nine times what the path does: slow start alone would fill it. */
static void test_bottleneck(void)
{
	sim_net.delay_ns = 20 * NSEC_PER_MSEC;
	sim_net.rate = 1250000;
	sim_net.queue = 450000;
	make_pair();
	transfer(3000000, false);
	UNIT_CHECK(!tcp_of(client)->total_retrans);
	UNIT_CHECK(tcp_counter_sum(TCP_HYSTART_DELAY) == 1);
	finish();
}

/* A peer that closes its window over data under way, and answers, keeps its connection. */
static void test_window_closes_over_data(void)
{
	struct sim_segment g = { .from = 5000, .to = 80, .flags = TCP_ACK, .wscale = -1 };
	u8 b[1000] = { 0 };
	u32 i;

	accept_peer();
	UNIT_CHECK(sim_send(server, b, 1000, 0) == 1000);
	drain();
	g.seq = my_seq;
	g.ack = their_seq;
	for (i = 0; i < 40; i++) {
		sim_inject(&g);
		while (!sim_capture(&seen))
			UNIT_CHECK(sim_step(NO_DEADLINE));
	}
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	/* Silent, it loses it. */
	while (tcp_of(server)->state == TCP_ESTABLISHED)
		UNIT_CHECK(sim_step(NO_DEADLINE));
	UNIT_CHECK(sim_recv(server, b, 1, 0) == -ETIMEDOUT);
	sim_close(&server);
	sim_close(&listener);
	drain();
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

/*
 * The peer sends no more because the window is small, though SO_RCVLOWAT bytes are not there yet.
 */
static void test_poll_of_little(void)
{
	u32 n = 0;

	tcp_settings.rmem[1] = 8000;
	accept_peer();
	server->rcvlowat = 60000;
	while (tcp_window_left(tcp_of(server)) > tcp_of(server)->rcv_mss) {
		UNIT_CHECK(!(server->ops->poll(server, NULL) & POLLIN));
		inject(TCP_ACK, my_seq, their_seq, 60);
		my_seq += 60;
		UNIT_CHECK(tcp_of(server)->rcv_nxt == my_seq && n++ < 100);
	}
	UNIT_CHECK(tcp_readable(tcp_of(server)) < tcp_of(server)->rcvbuf / 2);
	UNIT_CHECK(server->ops->poll(server, NULL) & POLLIN);
	drain();
	end_peer();
}

static void test_nagle_and_cork(void)
{
	u8 b[2000] = { 0 };

	accept_peer();
	UNIT_CHECK(sim_send(server, b, 10, 0) == 10);
	expect(TCP_ACK | TCP_PSH);
	/* A second small segment waits for the first one's acknowledgement. */
	UNIT_CHECK(sim_send(server, b, 10, 0) == 10);
	UNIT_CHECK(sim_send(server, b, 10, 0) == 10);
	expect_nothing();
	inject(TCP_ACK, my_seq, their_seq + 10, 0);
	expect(TCP_ACK | TCP_PSH);
	UNIT_CHECK(seen.len == 20);
	UNIT_CHECK(!sim_setopt(server, TCP_NODELAY, 1));
	UNIT_CHECK(sim_send(server, b, 10, 0) == 10);
	expect(TCP_ACK | TCP_PSH);
	inject(TCP_ACK, my_seq, their_seq + 40, 0);
	/* A cork keeps what is not a full segment, for 200 ms at most. */
	UNIT_CHECK(!sim_setopt(server, TCP_CORK, 1));
	UNIT_CHECK(sim_send(server, b, 1500, 0) == 1500);
	expect(TCP_ACK);
	UNIT_CHECK(seen.len == 1460);
	expect_nothing();
	UNIT_CHECK(!sim_setopt(server, TCP_CORK, 0));
	expect(TCP_ACK | TCP_PSH);
	UNIT_CHECK(seen.len == 40);
	inject(TCP_ACK, my_seq, their_seq + 1540, 0);
	UNIT_CHECK(sim_send(server, b, 10, TCP_MSG_MORE) == 10);
	expect_nothing();
	sim_run(300 * NSEC_PER_MSEC);
	expect(TCP_ACK | TCP_PSH);
	UNIT_CHECK(seen.len == 10);
	end_peer();
}

/* Our window: it closes when nobody reads, and reading tells the peer. */
static void test_own_window(void)
{
	u8 b[20000];
	u32 sent = 0, i;
	ssize_t n;

	accept_peer();
	for (i = 0; i < 4000; i++) {
		u32 room = tcp_of(server)->rcv_wup + tcp_of(server)->rcv_wnd - my_seq - sent;
		if (!room)
			break;
		inject(TCP_ACK, my_seq + sent, their_seq, min(room, 64u));
		sent += min(room, 64u);
		UNIT_CHECK(tcp_of(server)->rmem <= tcp_of(server)->rcvbuf);
	}
	sim_run(NSEC_PER_SEC);
	drain();
	UNIT_CHECK(seen.window == 0 && seen.ack == my_seq + sent && sent > 50000);
	/* More is not taken, and answered. */
	inject(TCP_ACK, my_seq + sent, their_seq, 10);
	expect(TCP_ACK);
	UNIT_CHECK(seen.window == 0 && seen.ack == my_seq + sent);
	for (i = 0; i < sent; i += (u32)n) {
		u32 k;
		n = sim_recv(server, b, sizeof(b), MSG_DONTWAIT);
		UNIT_CHECK(n > 0);
		for (k = 0; k < (u32)n; k++)
			UNIT_CHECK(b[k] == pattern(i + k));
	}
	expect(TCP_ACK);
	UNIT_CHECK(seen.window > 10000);
	drain();
	end_peer();
}

static void test_urgent(void)
{
	struct sim_segment g = {
		.from = 5000, .to = 80, .flags = TCP_ACK, .window = 6000, .wscale = -1, .len = 5
	};
	u8 b[10] = { 1, 2, 3 };

	accept_peer();
	UNIT_CHECK(sim_send(server, b, 3, MSG_OOB) == 3);
	expect(TCP_ACK | TCP_PSH | TCP_URG);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == -EINVAL);
	/* The flag of URG without a pointer is nothing; with one, the byte before it. */
	g.seq = my_seq;
	g.ack = their_seq + 3;
	memcpy(g.data, "abcde", 5);
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 10, MSG_DONTWAIT) == 5);
	drain();
	end_peer();
}

/* ---- two tasks, or a task and the peer ---- */

static void urgent_comes(void)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.seq = my_seq + 1,
		.ack = their_seq,
		.flags = TCP_ACK,
		.window = 6000,
		.wscale = -1,
		.len = 4,
		.data = "Uend" };

	sim_inject(&g);
}

/*
 * The mark lies behind what has come: a reader sleeps until the byte is there, and reads on behind
 * it.
 */
static void test_urgent_ahead(void)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.flags = TCP_ACK | TCP_URG,
		.window = 6000,
		.wscale = -1,
		.len = 1,
		.urgent = 2,
		.data = "A" };
	u8 b[10];

	accept_peer();
	g.seq = my_seq;
	g.ack = their_seq;
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 1 && b[0] == 'A');
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB | MSG_DONTWAIT) == -EAGAIN);
	UNIT_CHECK(!(server->ops->poll(server, NULL) & POLLPRI));
	sim_in_wait = urgent_comes;
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 3 && b[0] == 'e' && b[2] == 'd');
	UNIT_CHECK(!tcp_readable(tcp_of(server)));
	/* A mark behind the last byte of all: there is no such byte. */
	g.seq += 5;
	g.len = 0;
	g.urgent = 1;
	g.flags |= TCP_FIN;
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == -EAGAIN);
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 0);
	UNIT_CHECK(!tcp_readable(tcp_of(server)));
	drain();
	end_peer();
}

/* The byte comes without the flag, after an older mark, and again. */
static void test_urgent_byte(void)
{
	struct sim_segment g = { .from = 5000,
		.to = 80,
		.flags = TCP_ACK | TCP_URG,
		.window = 6000,
		.wscale = -1,
		.len = 3,
		.urgent = 2,
		.data = "aXb" };
	u8 b[10];

	accept_peer();
	g.seq = my_seq;
	g.ack = their_seq;
	sim_inject(&g);
	UNIT_CHECK(server->ops->poll(server, NULL) & POLLPRI);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == 1 && b[0] == 'X');
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == -EINVAL);
	g.seq += 3;
	g.len = 0;
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == -EAGAIN);
	g.flags = TCP_ACK;
	g.len = 3;
	memcpy(g.data, "cYd", 3);
	sim_inject(&g);
	UNIT_CHECK(sim_recv(server, b, 1, MSG_OOB) == 1 && b[0] == 'Y');
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 4 && !memcmp(b, "abXc", 1));
	UNIT_CHECK(sim_recv(server, b, 10, 0) == 1 && b[0] == 'd');
	drain();
	end_peer();
}

static void more_comes(void)
{
	inject(TCP_ACK, my_seq + 20, their_seq, 4);
}

static void other_reads(void)
{
	u8 b[20];

	inject(TCP_ACK, my_seq, their_seq, 20);
	UNIT_CHECK(sim_recv(server, b, 20, 0) == 20);
	sim_in_wait = more_comes;
}

/* Another reader takes what a peek waited for: the peek waits on, and sees what comes next. */
static void test_peek_beside(void)
{
	u8 b[20];
	u32 i;

	accept_peer();
	sim_in_wait = other_reads;
	UNIT_CHECK(sim_recv(server, b, 20, MSG_PEEK) == 4);
	for (i = 0; i < 4; i++)
		UNIT_CHECK(b[i] == pattern(20 + i));
	UNIT_CHECK(sim_recv(server, b, 20, MSG_DONTWAIT) == 4);
	drain();
	end_peer();
}

static const struct sockaddr_any nobody = { .family = AF_UNSPEC };
static bool has_waited;

static void disconnect_blocks(void)
{
	sim_blocks = true;
	if (!setjmp(sim_blocked)) {
		(void)server->ops->connect(server, &nobody, 16, false);
		UNIT_CHECK(!"the packets went while a reader was at them");
	}
	sim_blocks = false;
	has_waited = true;
}

static void disconnect(void)
{
	UNIT_CHECK(!server->ops->connect(server, &nobody, 16, false));
}

/* connect(AF_UNSPEC) waits for a reader that copies, and ends one that sleeps. */
static void test_disconnect_beside(void)
{
	static u8 b[5000];

	make_pair();
	UNIT_CHECK(sim_send(client, b, 5000, 0) == 5000);
	sim_run(NSEC_PER_SEC);
	sim_in_copy = disconnect_blocks;
	UNIT_CHECK(sim_recv(server, b, 5000, 0) == 5000 && has_waited);
	mutex_unlock(&tcp_of(server)->send_lock); /* of the call that was left */
	disconnect();
	UNIT_CHECK(sim_recv(server, b, 1, 0) == -ENOTCONN);
	UNIT_CHECK(sim_recv(client, b, 1, 0) == 0 || true);
	sim_close(&server);
	sim_close(&client);
	sim_close(&listener);
	make_pair();
	sim_in_wait = disconnect;
	UNIT_CHECK(sim_recv(server, b, 1, 0) == -EPIPE);
	sim_in_wait = disconnect;
	UNIT_CHECK(sim_recv(client, b, 1, 0) == -ECONNRESET);
	finish();
}

static void reset_comes(void)
{
	inject(TCP_RST, my_seq + 4, 0, 0);
}

/* An error behind bytes is the next call's. */
static void test_error_after_bytes(void)
{
	static u8 b[100000];

	accept_peer();
	inject(TCP_ACK, my_seq, their_seq, 4);
	sim_in_wait = reset_comes;
	UNIT_CHECK(sim_recv(server, b, 20, MSG_WAITALL) == 4);
	UNIT_CHECK(sim_recv(server, b, 20, 0) == -ECONNRESET);
	UNIT_CHECK(sim_recv(server, b, 20, 0) == 0);
	drain();
	sim_close(&server);
	sim_close(&listener);
	accept_peer();
	sim_in_wait = reset_comes;
	my_seq -= 4;
	tcp_of(server)->sndbuf = 4000;
	tcp_of(server)->snd_fixed = true;
	UNIT_CHECK(sim_send(server, b, sizeof(b), 0) > 0);
	UNIT_CHECK(sim_send(server, b, 1, 0) == -ECONNRESET);
	UNIT_CHECK(sim_send(server, b, 1, 0) == -EPIPE);
	drain();
	sim_close(&server);
	sim_close(&listener);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

static u32 woken;

/* Whoever sees that the listener stops must find it off the chain: listen enters it anew. */
static void listen_again(struct socket *s)
{
	sim_in_wake = NULL;
	woken++;
	UNIT_CHECK(!tcp_listen_add(tcp_of(s)));
	tcp_listen_remove(tcp_of(s));
}

static void test_listen_beside(void)
{
	struct socket *other = sim_socket();

	listener = sim_socket();
	set_bits(other->options, OPT_REUSEPORT);
	set_bits(listener->options, OPT_REUSEPORT);
	UNIT_CHECK(!sim_bind(other, SIM_SERVER, 80) && !other->ops->listen(other, 5));
	UNIT_CHECK(!sim_bind(listener, SIM_SERVER, 80) && !listener->ops->listen(listener, 5));
	UNIT_CHECK(tcp_listen_add(tcp_of(listener)) == -EADDRINUSE);
	sim_in_wake = listen_again;
	UNIT_CHECK(!listener->ops->shutdown(listener, SHUTDOWN_RCV) && woken == 1);
	UNIT_CHECK(!listener->ops->listen(listener, 5));
	UNIT_CHECK(!listener->ops->shutdown(listener, SHUTDOWN_RCV));
	syn(5000, 1000, false);
	expect(TCP_SYN | TCP_ACK);
	sim_close(&listener);
	sim_close(&other);
	UNIT_CHECK(unit_objects == 2);
}

/* A request whose connection somebody else has entered meanwhile goes, and the timer rests. */
static void test_request_without_child(void)
{
	struct tcp_key k = { .local = SIM_SERVER,
		.peer = SIM_PEER,
		.local_port = 80,
		.peer_port = 5000,
		.ifindex = 2 };
	struct tcp_seg seg = { .from_port = 5000,
		.to_port = 80,
		.seq = 1001,
		.flags = TCP_ACK,
		.window = 500,
		.header_len = 20 };
	struct tcp_request *r;
	struct packet *p = packet_new(0);
	u32 n;

	listener = sim_listen(SIM_SERVER, 80, 16);
	syn(5000, 1000, false);
	expect(TCP_SYN | TCP_ACK);
	seg.ack = seen.seq + 1;
	r = tcp_request_find(&k);
	UNIT_CHECK(r);
	client = sim_socket();
	UNIT_CHECK(!sim_bind(client, SIM_SERVER, 80));
	UNIT_CHECK(sim_connect(client, SIM_PEER, 5000, true) == -EINPROGRESS);
	p->tail = 20;
	p->len = 20;
	tcp_input_request(r, p, &seg, &k);
	obj_put(&r);
	UNIT_CHECK(!tcp_of(listener)->nr_requests);
	for (n = 0; sim_step(sim_now + 100 * NSEC_PER_SEC); n++)
		UNIT_CHECK(n < 50);
	sim_close(&client);
	sim_close(&listener);
	drain();
	UNIT_CHECK(unit_objects == 2);
}

/* No two ends answer each other for ever, and none itself. */
static void test_storms(void)
{
	struct sim_segment land = { .source = SIM_SERVER,
		.from = 80,
		.to = 80,
		.seq = 1000,
		.flags = TCP_SYN,
		.window = 60000,
		.wscale = -1 };
	struct sim_segment g = { .source = SIM_CLIENT,
		.to = 80,
		.seq = 77,
		.flags = TCP_SYN,
		.window = 60000,
		.wscale = -1 };
	u64 before;

	listener = sim_listen(SIM_SERVER, 80, 16);
	sim_inject(&land);
	sim_run(60 * NSEC_PER_SEC);
	UNIT_CHECK(sim_sent < 20);
	sim_close(&listener);
	make_pair();
	g.from = tcp_of(client)->inet.local_port;
	sim_close(&client);
	sim_run(NSEC_PER_SEC);
	sim_close(&server);
	sim_run(NSEC_PER_SEC);
	before = sim_sent;
	sim_inject(&g);
	sim_run(50 * NSEC_PER_SEC);
	UNIT_CHECK(sim_sent - before < 300);
	sim_close(&listener);
	sim_run(200 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

/* The answer to a segment outside of a request's window is an ACK; to a SYN-ACK there is none. */
static void test_request_window(void)
{
	listener = sim_listen(SIM_SERVER, 80, 16);
	syn(5000, 1000, false);
	expect(TCP_SYN | TCP_ACK);
	their_seq = seen.seq + 1;
	inject(TCP_SYN | TCP_ACK, 77, their_seq, 0);
	expect_nothing();
	inject(TCP_ACK, 77, their_seq, 0);
	expect(TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq && seen.ack == 1001);
	inject(TCP_ACK, 77, their_seq, 0);
	expect_nothing();
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

/* A peer that acknowledges and never opens its window does not keep an orphan for ever. */
static void test_orphan_at_zero_window(void)
{
	struct sim_segment g = { .from = 5000, .to = 80, .flags = TCP_ACK, .wscale = -1 };
	u8 b[1000] = { 0 };

	accept_peer();
	g.seq = my_seq;
	g.ack = their_seq;
	sim_inject(&g);
	UNIT_CHECK(sim_send(server, b, 1000, MSG_DONTWAIT) == 1000);
	sim_close(&server);
	sim_close(&listener);
	UNIT_CHECK(atomic_load(&tcp_orphans) == 1);
	while (atomic_load(&tcp_orphans)) {
		UNIT_CHECK(sim_now < 3600 * NSEC_PER_SEC && sim_step(NO_DEADLINE));
		while (sim_capture(&seen)) {
			if (!(seen.flags & TCP_RST))
				sim_inject(&g);
		}
	}
	UNIT_CHECK(sim_now > 100 * NSEC_PER_SEC);
	UNIT_CHECK(unit_objects == 2);
}

/* Each destination has all ports; in TIME_WAIT, too. */
static void test_ports(void)
{
	struct socket *s[16], *t;
	u32 i, k;

	sim_first_port = 40000;
	sim_last_port = 40006;
	for (i = 0; i < 14; i++) {
		s[i] = sim_socket();
		UNIT_CHECK(sim_connect(s[i], SIM_PEER, (u16)(90 + i % 2), true) == -EINPROGRESS);
		for (k = i & 1; k < i; k += 2)
			UNIT_CHECK(tcp_of(s[i])->inet.local_port != tcp_of(s[k])->inet.local_port);
	}
	t = sim_socket();
	UNIT_CHECK(sim_connect(t, SIM_PEER, 90, true) == -EADDRNOTAVAIL);
	UNIT_CHECK(sim_connect(t, SIM_PEER, 92, true) == -EINPROGRESS);
	sim_close(&t);
	for (i = 0; i < 14; i++)
		sim_close(&s[i]);
	drain();
	UNIT_CHECK(unit_objects == 2);
}

/* A new connection out of TIME_WAIT begins above the old one's numbers, however fast that was. */
static void test_isn_after_timewait(void)
{
	accept_peer();
	tcp_of(server)->snd_una = tcp_of(server)->snd_nxt = tcp_of(server)->write_seq += 2000000000;
	their_seq += 2000000000;
	UNIT_CHECK(!server->ops->shutdown(server, SHUTDOWN_SEND));
	expect(TCP_FIN | TCP_ACK);
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq + 1, 0);
	expect(TCP_ACK);
	UNIT_CHECK(tcp_of(server)->state == TCP_CLOSE);
	/* The FIN again, half a minute later: it waits another minute from now on. */
	sim_run(40 * NSEC_PER_SEC);
	inject(TCP_FIN | TCP_ACK, my_seq, their_seq + 1, 0);
	expect(TCP_ACK);
	sim_run(40 * NSEC_PER_SEC);
	inject(TCP_SYN, my_seq + 5000, 0, 0);
	expect(TCP_SYN | TCP_ACK);
	UNIT_CHECK(seen.seq == their_seq + 1 + 65537);
	sim_close(&server);
	sim_close(&listener);
	UNIT_CHECK(unit_objects == 2);
}

/* ICMP: a smaller path, and hints that are too old to be believed. */
static void test_path(void)
{
	struct ip_error e = { .error = EMSGSIZE, .info = 1000, .mtu = 1000 };
	u8 b[1460] = { 0 };

	accept_peer();
	e.flow = (struct flow){
		.from = SIM_SERVER, .to = SIM_PEER, .from_port = 80, .to_port = 5000
	};
	UNIT_CHECK(sim_send(server, b, 1460, 0) == 1460);
	expect(TCP_ACK | TCP_PSH);
	e.sequence = their_seq - 50000;
	tcp_error(&e, NULL);
	UNIT_CHECK(tcp_of(server)->mss == 1460 && !sim_learned);
	e.sequence = their_seq;
	sim_net.mtu = 1000;
	tcp_error(&e, NULL);
	UNIT_CHECK(tcp_of(server)->mss == 960 && sim_learned == 1000);
	expect(TCP_ACK);
	UNIT_CHECK(seen.len == 960 && seen.seq == their_seq);
	/* Errors that are no end of an established connection. */
	e.error = EHOSTUNREACH;
	e.fatal = true;
	tcp_error(&e, NULL);
	UNIT_CHECK(tcp_of(server)->state == TCP_ESTABLISHED);
	drain();
	end_peer();
}

/* Connections that nobody accepts: the backlog, and what a listener's end does to them. */
static void test_backlog(void)
{
	u32 i;

	listener = sim_listen(SIM_SERVER, 80, 2);
	for (i = 0; i < 5; i++) {
		struct sim_segment g = { .from = (u16)(1000 + i),
			.to = 80,
			.window = 500,
			.wscale = -1,
			.flags = TCP_ACK,
			.seq = 1001 };
		syn((u16)(1000 + i), 1000, false);
		if (i > 2) {
			expect_nothing();
			continue;
		}
		expect(TCP_SYN | TCP_ACK);
		g.ack = seen.seq + 1;
		sim_inject(&g);
	}
	UNIT_CHECK(tcp_of(listener)->nr_accept == 3);
	syn(4000, 1000, false); /* dropped: the queue is full */
	expect_nothing();
	no_wait_accept();
	sim_close(&listener);
	expect(TCP_RST | TCP_ACK);
	expect(TCP_RST | TCP_ACK);
	server->linger.onoff = 1;
	sim_close(&server);
	expect(TCP_RST | TCP_ACK);
	expect_nothing();
	UNIT_CHECK(unit_objects == 2);
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

static const struct tcp_test {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "clean", test_clean },
	{ "loopback", test_loopback },
	{ "loss", test_loss },
	{ "reordering", test_reordering },
	{ "everything", test_everything },
	{ "no_options", test_no_options },
	{ "reno", test_reno },
	{ "ecn", test_ecn },
	{ "rst", test_rst },
	{ "paws", test_paws },
	{ "gaps", test_gaps },
	{ "passive_close", test_passive_close },
	{ "simultaneous_close", test_simultaneous_close },
	{ "data_after_close", test_data_after_close },
	{ "retransmission", test_retransmission },
	{ "syn_retries", test_syn_retries },
	{ "zero_window", test_zero_window },
	{ "simultaneous_open", test_simultaneous_open },
	{ "self_connect", test_self_connect },
	{ "refused", test_refused },
	{ "cookies", test_cookies },
	{ "keepalive", test_keepalive },
	{ "rack", test_rack },
	{ "rack_timer", test_rack_timer },
	{ "rack_early", test_rack_early },
	{ "rack_steps", test_rack_steps },
	{ "late_originals", test_late_originals },
	{ "tlp", test_tlp },
	{ "tlp_alone", test_tlp_alone },
	{ "reneging", test_reneging },
	{ "undo", test_undo },
	{ "loss_of_a_packet", test_loss_of_a_packet },
	{ "tick", test_tick },
	{ "dsack", test_dsack },
	{ "tlp_repairs", test_tlp_repairs },
	{ "info", test_info },
	{ "many_islands", test_many_islands },
	{ "sack_order", test_sack_order },
	{ "compressed_acks", test_compressed_acks },
	{ "hystart", test_hystart },
	{ "bottleneck", test_bottleneck },
	{ "window_closes_over_data", test_window_closes_over_data },
	{ "poll_of_little", test_poll_of_little },
	{ "nagle_and_cork", test_nagle_and_cork },
	{ "own_window", test_own_window },
	{ "urgent", test_urgent },
	{ "urgent_ahead", test_urgent_ahead },
	{ "urgent_byte", test_urgent_byte },
	{ "peek_beside", test_peek_beside },
	{ "disconnect_beside", test_disconnect_beside },
	{ "error_after_bytes", test_error_after_bytes },
	{ "listen_beside", test_listen_beside },
	{ "request_without_child", test_request_without_child },
	{ "storms", test_storms },
	{ "request_window", test_request_window },
	{ "orphan_at_zero_window", test_orphan_at_zero_window },
	{ "ports", test_ports },
	{ "isn_after_timewait", test_isn_after_timewait },
	{ "path", test_path },
	{ "backlog", test_backlog },
	{ "fuzz", test_fuzz },
};

int main(int argc, char **argv)
{
	u32 i;

	for (i = 0; i < ARRAY_LEN(tests); i++) {
		if (argc < 2) {
			printf("%s\n", tests[i].name);
		} else if (!strcmp(argv[1], tests[i].name)) {
			sim_start(argc > 2 ? strtoul(argv[2], NULL, 0) : 1);
			tests[i].run();
			return 0;
		}
	}
	return argc > 1;
}
