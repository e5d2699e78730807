// SPDX-License-Identifier: MPL-2.0
/*
 * TIME_WAIT: a connection that both ends have closed is kept for a minute as a small object, which
 * answers the peer's last FIN again and keeps old segments from a new connection with the same four
 * numbers. There are at most tcp_max_tw_buckets. All wait for the same time, so one list in the
 * order of their ends is enough; the worker of timer.c looks at its front.
 *
 * The entry holds a use of the port, unless the socket keeps it, so bind sees it as taken until the
 * minute is over. It is entered before the connection leaves its own table (tcp_timewait_start,
 * then tcp_done), so a segment in between finds one of the two. Without memory, or with too many
 * entries, the connection just ends, as on Linux: then an old segment may meet a new connection,
 * which its sequence number and time stamp nearly always give away.
 *
 * Who answers what: a SYN that is provably new opens a connection at once (RFC 6191, RFC 1122,
 * 4.2.2.13); a RST with the right number ends the wait unless tcp_rfc1337 is set; a FIN again
 * restarts the minute; what else is no plain acknowledgement is answered by one, limited in rate if
 * it has no data.
 *
 * Locks: tw_lock guards the list and the table.
 */
#include "tcp.h"

#define NR_BUCKETS TCP_BUCKETS

OBJ_TYPE(tcp_timewait, NULL_RELEASE);

static struct spinlock tw_lock;
static LIST_HEAD(tcp_timewait) by_end; /* references */
static u32 nr_timewait;
static struct tcp_timewait *table[NR_BUCKETS];

void tcp_timewait_init(void)
{
	lock_level(&tw_lock, LOCK_NET_TABLE);
}

static u32 timewait_bucket(const struct tcp_key *k)
{
	return tcp_key_hash(k) % NR_BUCKETS;
}

static bool timewait_same_key(const struct tcp_key *a, const struct tcp_key *b)
{
	return a->local_port == b->local_port && a->peer_port == b->peer_port &&
		ip_equal(a->local, b->local) && ip_equal(a->peer, b->peer) &&
		(!a->ifindex || !b->ifindex || a->ifindex == b->ifindex);
}

struct tcp_timewait *tcp_timewait_find(const struct tcp_key *k)
{
	struct tcp_timewait *tw;

	if (!load_once(nr_timewait))
		return NULL;
	spin_lock(&tw_lock);
	tw = table[timewait_bucket(k)];
	while (tw && !timewait_same_key(&tw->key, k))
		tw = tw->hash_next;
	if (tw)
		(void)obj_get(tw);
	spin_unlock(&tw_lock);
	return tw;
}

struct tcp_timewait *tcp_timewait_next(u32 bucket, u32 family, u32 *n)
{
	struct tcp_timewait *tw;
	u32 i = 0;

	if (!load_once(*array_at(table, bucket)))
		return NULL;
	spin_lock(&tw_lock);
	for (tw = *array_at(table, bucket); tw; tw = tw->hash_next, i++) {
		if (i >= *n && tw->family == family)
			break;
	}
	*n = i;
	if (tw)
		(void)obj_get(tw);
	spin_unlock(&tw_lock);
	return tw;
}

static void timewait_unlink_locked(struct tcp_timewait *tw)
{
	struct tcp_timewait *at, *next = tw->hash_next;
	u32 i = timewait_bucket(&tw->key);

	if (table[i] == tw) {
		table[i] = next;
	} else {
		for (at = table[i]; at && at->hash_next != tw; at = at->hash_next)
			;
		if (at)
			at->hash_next = next;
	}
	tw->hashed = false;
	list_remove(&by_end, tw, link);
	store_once(nr_timewait, nr_timewait - 1);
}

void tcp_timewait_remove(struct tcp_timewait *tw)
{
	struct tcp_timewait *ref = NULL;

	spin_lock(&tw_lock);
	if (tw->hashed) {
		timewait_unlink_locked(tw);
		ref = tw;
	}
	spin_unlock(&tw_lock);
	if (ref) {
		inet_port_drop(&tcp_ports, &ref->port);
		obj_put(&ref);
	}
}

static struct tcp_timewait *timewait_make(struct tcp_sock *ts)
{
	struct tcp_timewait *tw = obj_new(tcp_timewait);

	if (!tw)
		return NULL;
	tw->key = tcp_key_of(ts);
	tw->family = ts->family;
	tw->rcv_nxt = ts->rcv_nxt;
	tw->snd_nxt = ts->snd_nxt;
	tw->window = ts->rcv_wnd >> ts->rcv_wscale;
	tw->ts_ok = ts->ts_ok;
	tw->ts_recent = ts->ts_recent;
	tw->ts_recent_ns = ts->ts_recent_ns;
	tw->ts_offset = ts->ts_offset;
	tw->expires_ns = time_mono_ns() + TCP_TIMEWAIT_NS;
	return tw;
}

/*
 * The connection's state moves to the small object, which is in its table before the big one goes.
 */
void tcp_timewait_start(struct tcp_sock *ts)
{
	struct tcp_timewait *tw = NULL;
	u32 i;

	if (load_once(nr_timewait) < tcp_settings.max_tw_buckets)
		tw = timewait_make(ts);
	else
		tcp_count(TCP_TIMEWAIT_OVERFLOW);
	if (tw) {
		if (!ts->bound || !ts->inet.socket)
			tw->port = inet_port_take(&ts->inet);
		i = timewait_bucket(&tw->key);
		spin_lock(&tw_lock);
		tw->hash_next = table[i];
		table[i] = tw;
		tw->hashed = true;
		list_push_back(&by_end, tw, link);
		store_once(nr_timewait, nr_timewait + 1);
		spin_unlock(&tw_lock);
		tcp_worker_at(tw->expires_ns);
	}
	tcp_done(ts, 0);
}

void tcp_timewait_expire(u64 now)
{
	struct tcp_timewait *tw;
	u64 next = 0;

	for (;;) {
		spin_lock(&tw_lock);
		tw = list_first(&by_end);
		next = tw ? tw->expires_ns : 0;
		if (tw && next <= now)
			(void)obj_get(tw);
		else
			tw = NULL;
		spin_unlock(&tw_lock);
		if (!tw)
			break;
		tcp_timewait_remove(tw);
		tcp_count(TCP_TIMEWAITED);
		obj_put(&tw);
		task_cond_resched(); /* max_tw_buckets is the administrator's */
	}
	if (next)
		tcp_worker_at(next);
}

static void timewait_answer(const struct tcp_timewait *tw)
{
	struct tcp_out o = { .wscale = -1,
		.seq = tw->snd_nxt,
		.ack = tw->rcv_nxt,
		.flags = TCP_ACK,
		.window = tw->window,
		.has_ts = tw->ts_ok,
		.ts_echo = tw->ts_recent };

	if (tw->ts_ok)
		o.ts_value = (u32)(time_mono_ns() / NSEC_PER_MSEC) + tw->ts_offset;
	tcp_send_bare(&tw->key, &o, 0);
}

/*
 * A new connection begins above all that the old one has sent (RFC 9293, 3.4.1): a fast one may
 * have passed the clock of tcp_start_numbers. As Linux.
 */
static u32 next_isn(const struct tcp_timewait *tw)
{
	return max(tw->snd_nxt + 65535 + 2, 1u);
}

/* The list stays in the order of the ends. */
static void restart(struct tcp_timewait *tw, u64 now)
{
	spin_lock(&tw_lock);
	if (tw->hashed) {
		list_remove(&by_end, tw, link);
		tw->expires_ns = now + TCP_TIMEWAIT_NS;
		list_push_back(&by_end, tw, link);
	}
	spin_unlock(&tw_lock);
}

/* A SYN that cannot be an old one: its number is new, or its time stamp (RFC 6191). */
static bool is_new(const struct tcp_timewait *tw, const struct tcp_seg *seg)
{
	if ((seg->flags & (TCP_SYN | TCP_RST | TCP_ACK | TCP_FIN)) != TCP_SYN)
		return false;
	return seq_after(seg->seq, tw->rcv_nxt) ||
		(tw->ts_ok && seg->has_ts && (s32)(tw->ts_recent - seg->ts_value) < 0);
}

/* RFC 9293, 3.10.7.4, TIME-WAIT; RFC 1337 if wanted. */
bool tcp_input_timewait(struct tcp_timewait *tw, const struct tcp_seg *seg, u32 *const isn)
{
	bool old = tw->ts_ok && seg->has_ts && (s32)(tw->ts_recent - seg->ts_value) > 0;
	u64 now = time_mono_ns();

	if (!old && is_new(tw, seg)) {
		*isn = next_isn(tw);
		tcp_timewait_remove(tw);
		return true;
	}
	if (seg->flags & TCP_RST) {
		if (seg->seq == tw->rcv_nxt && !old && !tcp_settings.rfc1337)
			tcp_timewait_remove(tw);
		return false;
	}
	if (!old && !seg->len && seg->seq == tw->rcv_nxt && !(seg->flags & (TCP_SYN | TCP_FIN)))
		return false; /* an acknowledgement of ours */
	/* A FIN again: the peer needs its answer for another two lifetimes of segments. */
	if (seg->flags & TCP_FIN)
		restart(tw, now);
	if (tcp_oow_allowed(seg, &tw->last_oow_ns, now))
		timewait_answer(tw);
	else
		tcp_count(TCP_SKIPPED_TIMEWAIT);
	return false;
}

/*
 * True: nobody waits under the key, or whoever did has given way. tcp_tw_reuse of 2, the default,
 * permits this on loopback only. A second must have passed since the last time stamp, so that the
 * new connection's are later than all of the old one's (RFC 6191).
 */
bool tcp_timewait_reuse(const struct tcp_key *k, u32 *const isn)
{
	struct tcp_timewait *tw = tcp_timewait_find(k);
	bool may;

	if (!tw)
		return true;
	may = tcp_settings.tw_reuse && tw->ts_ok &&
		(tcp_settings.tw_reuse == 1 || ip_is_loopback(k->peer)) &&
		time_mono_ns() - tw->ts_recent_ns > NSEC_PER_SEC;
	if (may) {
		*isn = next_isn(tw);
		tcp_timewait_remove(tw);
		tcp_count(TCP_TIMEWAIT_RECYCLED);
	}
	obj_put(&tw);
	return may;
}

u32 tcp_timewait_count(void)
{
	return load_once(nr_timewait);
}
