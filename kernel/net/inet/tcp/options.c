// SPDX-License-Identifier: MPL-2.0
/*
 * setsockopt and getsockopt of the level IPPROTO_TCP. See tcp(7).
 *
 * The value is copied in before ts->lock is taken, and checked under it. The lock guards the
 * fields, and is held while an option has its effect at once: TCP_NODELAY and the end of TCP_CORK
 * send what was kept back, TCP_QUICKACK an acknowledgement that is due, TCP_KEEPIDLE arms the timer
 * again. Other options are read by the code that they concern, from its next segment or timer on.
 *
 * Limits and errors are Linux's. An option that this kernel does not have is ENOPROTOOPT, so that
 * programs which try it can do without.
 */
#include <kernel/text.h>
#include <kernel/uaccess.h>

#include "tcp.h"

#define MAX_KEEP_S 32767
#define MAX_KEEP_N 127
#define MAX_SYNCNT 127

/* Also for a connection that exists: the algorithm is initialized, the connection goes on. */
static s64 set_congestion(struct tcp_sock *ts, struct uaddr value, u32 len)
{
	u8 name[TCP_CA_NAME_MAX] = { 0 };
	u32 n = min(len, (u32)sizeof(name) - 1);
	const struct tcp_congestion *c;

	if (!len)
		return -EINVAL;
	if (copy_in(span_first(span_of(name), n), value))
		return -EFAULT;
	c = tcp_congestion_find(text_in(name));
	if (!c)
		return -ENOENT;
	spin_lock(&ts->lock);
	ts->congestion = c;
	c->init(ts);
	spin_unlock(&ts->lock);
	return 0;
}

/* Sends what a cork, or Nagle's rule, has kept. */
static void tcp_uncork(struct tcp_sock *ts)
{
	tcp_push(ts, ts->nodelay);
	tcp_timer_update(ts);
}

/* Times and counts are from 1 on; 0 is refused, not the default. */
static s64 set_seconds(u32 *const field, s32 v, s32 most)
{
	if (v < 1 || v > most)
		return -EINVAL;
	*field = (u32)v;
	return 0;
}

/*
 * Takes effect with the next tcp_sync_mss: the SYN, for a socket that is not connected. 0 takes the
 * bound away.
 */
static s64 set_maxseg(struct tcp_sock *ts, s32 v)
{
	if (v && (v < (s32)TCP_MIN_MSS || v > 32767))
		return -EINVAL;
	ts->mss_user = (u32)v;
	return 0;
}

/*
 * Linux counts an even number as "once": the acknowledgement that is due goes, and the connection
 * is interactive again.
 */
static s64 set_quickack(struct tcp_sock *ts, s32 v)
{
	if (!v) {
		ts->pingpong = true;
		return 0;
	}
	ts->pingpong = false;
	if (ts->ack_pending && tcp_in(ts->state, bit(TCP_ESTABLISHED) | bit(TCP_CLOSE_WAIT)))
		tcp_send_ack(ts);
	if (!(v & 1))
		ts->pingpong = true;
	return 0;
}

/* The time counts anew from now. */
static s64 set_keepidle(struct tcp_sock *ts, s32 v)
{
	s64 err = set_seconds(&ts->keep_idle_s, v, MAX_KEEP_S);

	if (!err) {
		tcp_arm_keepalive(ts, time_mono_ns());
		tcp_timer_update(ts);
	}
	return err;
}

/*
 * TCP_DEFER_ACCEPT waits for a number of timeouts of the SYN-ACK, the first after a second and each
 * twice as long as the one before: the seconds that those take together.
 */
static u32 defer_time(s32 seconds)
{
	u32 one = 1, sum = 1, n;

	if (seconds <= 0)
		return 0;
	for (n = 1; sum < (u32)seconds && n < 255; n++) {
		one = min(one * 2, (u32)(TCP_RTO_MAX_NS / NSEC_PER_SEC));
		sum += one;
	}
	return sum;
}

/* ts->lock held. No branch sleeps or fails after it has changed something. */
static s64 tcp_set_int(struct tcp_sock *ts, s32 name, s32 v)
{
	switch (name) {
	case TCP_NODELAY:
		ts->nodelay = v != 0;
		if (v)
			tcp_uncork(ts);
		return 0;
	case TCP_CORK:
		ts->cork = v != 0;
		if (!v)
			tcp_uncork(ts);
		return 0;
	case TCP_MAXSEG:
		return set_maxseg(ts, v);
	case TCP_KEEPIDLE:
		return set_keepidle(ts, v);
	case TCP_KEEPINTVL:
		return set_seconds(&ts->keep_intvl_s, v, MAX_KEEP_S);
	case TCP_KEEPCNT:
		return set_seconds(&ts->keep_count, v, MAX_KEEP_N);
	case TCP_SYNCNT:
		return set_seconds(&ts->syn_count, v, MAX_SYNCNT);
	case TCP_LINGER2:
		ts->linger2_set = v != 0;
		ts->linger2_s = v < 0 ? -1 : min(v, 120);
		return 0;
	case TCP_DEFER_ACCEPT:
		ts->defer_accept_s = defer_time(v);
		return 0;
	case TCP_WINDOW_CLAMP:
		if (!v && ts->state != TCP_CLOSE)
			return -EINVAL;
		ts->window_clamp = v ? max((u32)v, SOCKET_RCVBUF_MIN / 2) : 0;
		return 0;
	case TCP_QUICKACK:
		return set_quickack(ts, v);
	case TCP_USER_TIMEOUT:
		if (v < 0)
			return -EINVAL;
		ts->user_timeout_ms = (u32)v;
		return 0;
	case TCP_NOTSENT_LOWAT:
		store_once(ts->notsent_lowat, (u32)v);
		return 0;
	default: /* also TCP_FASTOPEN: there is none */
		return -ENOPROTOOPT;
	}
}

/* What was sent by the option over lo is delivered at the end, without the lock. */
s64 tcp_setsockopt(struct socket *s, s32 level, s32 name, struct uaddr value, u32 len)
{
	struct tcp_sock *ts = tcp_of(s);
	s64 ret;
	s32 v;

	if (level != SOL_TCP) {
		ret = inet_setsockopt(&ts->inet, level, name, value, len);
		spin_lock(&ts->lock);
		tcp_way_drop(ts); /* made of the options as they were */
		spin_unlock(&ts->lock);
		return ret;
	}
	if (name == TCP_CONGESTION)
		return set_congestion(ts, value, len);
	if (len < sizeof(v))
		return -EINVAL;
	if (user_get(&v, value))
		return -EFAULT;
	spin_lock(&ts->lock);
	ret = tcp_set_int(ts, name, v);
	spin_unlock(&ts->lock);
	netdev_run();
	return ret;
}

/* What was not set has the machine's value of this moment, so it changes with /proc/sys. */
static s64 tcp_get_int(const struct tcp_sock *ts, s32 name, s32 *v)
{
	const struct tcp_settings *const d = &tcp_settings;

	switch (name) {
	case TCP_NODELAY:
		*v = ts->nodelay;
		return 0;
	case TCP_CORK:
		*v = ts->cork;
		return 0;
	case TCP_MAXSEG:
		*v = (s32)(tcp_in(ts->state, bit(TCP_CLOSE) | bit(TCP_LISTEN)) && ts->mss_user
				? ts->mss_user
				: ts->mss ? ts->mss
					  : 536);
		return 0;
	case TCP_KEEPIDLE:
		*v = (s32)(ts->keep_idle_s ? ts->keep_idle_s : d->keep_time_s);
		return 0;
	case TCP_KEEPINTVL:
		*v = (s32)(ts->keep_intvl_s ? ts->keep_intvl_s : d->keep_intvl_s);
		return 0;
	case TCP_KEEPCNT:
		*v = (s32)(ts->keep_count ? ts->keep_count : d->keep_probes);
		return 0;
	case TCP_SYNCNT:
		*v = (s32)(ts->syn_count ? ts->syn_count : d->syn_retries);
		return 0;
	case TCP_LINGER2:
		*v = ts->linger2_set ? ts->linger2_s : (s32)d->fin_timeout_s;
		return 0;
	case TCP_DEFER_ACCEPT:
		*v = (s32)ts->defer_accept_s;
		return 0;
	case TCP_WINDOW_CLAMP:
		*v = (s32)ts->window_clamp;
		return 0;
	case TCP_QUICKACK:
		*v = !ts->pingpong;
		return 0;
	case TCP_USER_TIMEOUT:
		*v = (s32)ts->user_timeout_ms;
		return 0;
	case TCP_NOTSENT_LOWAT:
		*v = (s32)ts->notsent_lowat;
		return 0;
	default:
		return -ENOPROTOOPT;
	}
}

/* Under the lock, so that the numbers of TCP_INFO are of one moment. */
s64 tcp_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value, struct uaddr len_at,
	u32 room)
{
	struct tcp_sock *ts = tcp_of(s);
	struct user_tcp_info info;
	s64 err;
	s32 v = 0;

	if (level != SOL_TCP)
		return inet_getsockopt(&ts->inet, level, name, value, len_at, room);
	if (name == TCP_CONGESTION) {
		u8 text[TCP_CA_NAME_MAX] = { 0 };
		span_copy(span_of(text), lit_span(ts->congestion->name));
		return socket_option_put(value, len_at, room, cspan_of(text));
	}
	spin_lock(&ts->lock);
	if (name == TCP_INFO) {
		tcp_get_info(ts, &info);
		err = 0;
	} else {
		err = tcp_get_int(ts, name, &v);
	}
	spin_unlock(&ts->lock);
	if (err)
		return err;
	return name == TCP_INFO ? socket_option_put(value, len_at, room, value_cspan(&info))
				: socket_option_put(value, len_at, room, value_cspan(&v));
}
