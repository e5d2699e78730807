// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/net/tcp and tcp6 (proc_pid_net(5)): listeners, connections, TIME_WAIT, and requests, which
 * are connections that a SYN has begun (SYN_RECV), in this order. A record's place is the number of its line, the bucket, and the place in the bucket's chain. As for
 * the other tables, what comes and goes meanwhile may be missed or shown twice.
 */
#include <frame/fmt.h>
#include <frame/task.h>
#include <kernel/file.h>
#include <kernel/inode.h>

#include "tcp/tcp.h"

#define FIRST_TIMEWAIT (TCP_LISTEN_BUCKETS + TCP_BUCKETS)
#define FIRST_REQUEST  (FIRST_TIMEWAIT + TCP_BUCKETS)
#define LINE           149u /* a line of IPv4, with the blanks behind it */

void tcp_show_header(struct fmt *out, bool is4)
{
	size_t from = fmt_len(out);

	fmt_lit(out,
		is4 ? LIT("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode")
		    : LIT("  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"));
	show_line_end(out, from, is4 ? LINE : 0);
}

/* Hundredths of a second until then. */
static u64 ticks(u64 at_ns, u64 now)
{
	return at_ns > now ? (at_ns - now) / (10 * NSEC_PER_MSEC) : 0;
}

/* The kinds are Linux's: 1 retransmission, 2 keepalive, 4 zero-window probe (3 is TIME_WAIT's). */
static void put_timer(struct fmt *out, const struct tcp_sock *ts)
{
	u64 now = time_mono_ns();
	u32 kind = 0;
	u64 at = 0;

	if (ts->state != TCP_LISTEN && ts->xmit_ns) {
		kind = ts->xmit_kind == XMIT_PROBE ? 4 : 1;
		at = ts->xmit_ns;
	} else if (ts->state != TCP_LISTEN && ts->keep_ns) {
		kind = 2;
		at = ts->keep_ns;
	}
	fmt_printf(out, " %02X:%08lX %08X", kind, ticks(at, now), ts->retries);
}

/* ts->lock held. */
static void show_sock(struct fmt *out, const struct tcp_sock *ts, u32 number)
{
	bool is4 = ts->family == AF_INET, listens = ts->state == TCP_LISTEN;
	struct socket *s = ts->inet.socket;
	struct file *file = s ? load_acquire(s->file) : NULL;
	struct inode *ino = file ? load_once(file->inode) : NULL;
	size_t from = fmt_len(out);
	u32 mss = max(ts->mss, 1u);

	fmt_printf(out, "%4u:", number);
	show_address(out, is4, ts->inet.local, ts->inet.local_port);
	show_address(out, is4, listens ? (struct ip_addr){ 0 } : ts->inet.peer,
		listens ? 0u : ts->inet.peer_port);
	fmt_printf(out, " %02X %08X:%08X", ts->state, listens ? 0 : ts->write_seq - ts->snd_una,
		listens ? ts->nr_accept : tcp_readable(ts));
	put_timer(out, ts);
	fmt_printf(out, " %5u %8u %lu %u %016lx %lu %lu %u %u %d", ino ? ino->uid : 0u, ts->probes,
		ino ? ino->ino : 0ul, 1u, 0ul, tcp_rto(ts) / (10 * NSEC_PER_MSEC),
		listens ? 0ul : TCP_DELACK_MIN_NS / (10 * NSEC_PER_MSEC),
		ts->quick_acks << 1 | ts->pingpong, listens ? TCP_INIT_CWND : ts->cwnd / mss,
		listens                                     ? 0
			: ts->ssthresh >= TCP_SSTHRESH_NONE ? -1
							    : (s32)(ts->ssthresh / mss));
	show_line_end(out, from, is4 ? LINE : 0);
}

/* What the lines of TIME_WAIT and of a request have. */
struct small_line {
	u32 family, number, state, timer, retries, uid, refs;
	u64 expires_ns;
};

static void show_small(struct fmt *out, const struct tcp_key *k, const struct small_line *l)
{
	bool is4 = l->family == AF_INET;
	size_t from = fmt_len(out);

	fmt_printf(out, "%4u:", l->number);
	show_address(out, is4, k->local, k->local_port);
	show_address(out, is4, k->peer, k->peer_port);
	fmt_printf(out, " %02X %08X:%08X %02X:%08lX %08X %5u %8u %u %u %016lx", l->state, 0u, 0u,
		l->timer, ticks(l->expires_ns, time_mono_ns()), l->retries, l->uid, 0u, 0u, l->refs,
		0ul);
	show_line_end(out, from, is4 ? LINE : 0);
}

static bool show_timewait(struct fmt *out, u32 family, u32 bucket, u32 *n, u32 number)
{
	struct tcp_timewait *tw = tcp_timewait_next(bucket, family, n);

	if (!tw)
		return false;
	show_small(out, &tw->key,
		&(struct small_line){ .family = family,
			.number = number,
			.state = TCP_TIME_WAIT,
			.timer = 3,
			.refs = 3,
			.expires_ns = tw->expires_ns });
	obj_put(&tw);
	return true;
}

static u32 listener_owner(struct tcp_sock *l)
{
	u32 uid;

	spin_lock(&l->lock);
	uid = l->inet.socket ? socket_owner(l->inet.socket) : 0u;
	spin_unlock(&l->lock);
	return uid;
}

static bool show_request(struct fmt *out, u32 family, u32 bucket, u32 *n, u32 number)
{
	struct tcp_request *r = tcp_request_next(bucket, family, n);

	if (!r)
		return false;
	show_small(out, &r->key,
		&(struct small_line){ .family = family,
			.number = number,
			.state = TCP_SYN_RECV,
			.timer = 1,
			.retries = load_once(r->retries),
			.uid = listener_owner(r->listener),
			.expires_ns = load_once(r->deadline_ns) });
	obj_put(&r);
	return true;
}

/*
 * The first record of the family from place *@n of the bucket on; *@n becomes its place. False: the
 * chain has none. *@shown: whether it is one that is told. One record, with the connection's lock
 * held while it is written: all of its numbers are of one moment.
 */
static bool show_place(struct fmt *out, u32 family, u32 bucket, u32 *n, u32 number, bool *shown)
{
	struct tcp_sock *ts;

	*shown = false;
	if (bucket < FIRST_TIMEWAIT) {
		ts = tcp_table_next(bucket, family, n);
		if (!ts)
			return false;
		spin_lock(&ts->lock);
		*shown = ts->family == family && ts->state != TCP_CLOSE;
		if (*shown)
			show_sock(out, ts, number);
		spin_unlock(&ts->lock);
		obj_put(&ts);
		return true;
	}
	*shown = bucket < FIRST_REQUEST
		? show_timewait(out, family, bucket - FIRST_TIMEWAIT, n, number)
		: show_request(out, family, bucket - FIRST_REQUEST, n, number);
	return *shown;
}

bool tcp_show(struct fmt *out, u32 family, u64 *const next)
{
	u32 number = (u32)(*next >> 40), bucket = *next >> 24 & 0xffff, n = *next & 0xffffff;
	bool shown = false;

	while (!shown && bucket < FIRST_REQUEST + TCP_REQUEST_BUCKETS) {
		if (show_place(out, family, bucket, &n, number, &shown)) {
			n++;
		} else {
			bucket++;
			n = 0;
		}
		task_cond_resched();
	}
	*next = (u64)(number + shown) << 40 | (u64)bucket << 24 | n;
	return shown;
}
