// SPDX-License-Identifier: MPL-2.0
/*
 * Timers. A connection has one timer of the frame and several deadlines in its fields: for
 * retransmission, the delayed acknowledgement, and keepalive or the end of FIN_WAIT2. The timer is
 * armed for the earliest of them and is not touched when a deadline moves away: it fires early then
 * and is armed again. So a connection that is busy hardly ever arms it.
 *
 * At expiry, in the interrupt, the connection is queued for the worker, a task, with a reference.
 *
 * Only the worker runs protocol code, so ts->lock is never taken in an interrupt and need not
 * switch interrupts off. The reference of the queue keeps the object; a connection that was closed
 * meanwhile is found in CLOSE and left alone. work_queued keeps it from being queued twice, so the
 * queue has as many entries as connections at most.
 *
 * A peer decides how often timers fire by what it does not send; each of them backs off or ends the
 * connection: SYNs and data by their number of retries (tcp_syn_retries, tcp_retries2), probes of a
 * closed window likewise, FIN_WAIT2 of an orphan after tcp_fin_timeout.
 */
#include <frame/boot.h>
#include <frame/task.h>
#include <frame/wait.h>
#include <kernel/poll.h>

#include "tcp.h"

/* The worker, which also looks after TIME_WAIT. */
struct tcp_worker {
	struct obj obj;
	struct timer *timer; /* reference */
};
OBJ_TYPE_DECL(tcp_worker);
OBJ_TYPE(tcp_worker, NULL_RELEASE);

static struct spinlock work_lock; /* irqsave */
static struct tcp_sock *work_first, *work_last;
static bool timewait_due;
static struct waitq work_wait;
static struct tcp_worker *worker;

static u64 connection_fires(struct obj *owner)
{
	struct tcp_sock *ts = obj_cast(tcp_sock, owner);
	u64 irq;

	if (!ts)
		return 0;
	irq = spin_lock_irqsave(&work_lock);
	if (!ts->work_queued) {
		ts->work_queued = true;
		ts->work_next = NULL;
		if (work_last)
			work_last->work_next = obj_get(ts);
		else
			work_first = obj_get(ts);
		work_last = ts;
	}
	spin_unlock_irqrestore(&work_lock, irq);
	waitq_wake_one(&work_wait);
	return 0;
}
static const struct timer_ops connection_timer = { .fire = connection_fires };

struct timer *tcp_timer_make(struct tcp_sock *ts)
{
	return timer_new(&connection_timer, &ts->obj);
}

void tcp_timer_take(struct tcp_sock *ts, struct timer *t)
{
	tcp_timer_drop(ts);
	ts->timer = t;
}

void tcp_timer_drop(struct tcp_sock *ts)
{
	timer_put(&ts->timer);
	ts->armed_ns = ts->xmit_ns = ts->delack_ns = ts->keep_ns = 0;
	ts->xmit_kind = XMIT_NONE;
}

static u64 earlier(u64 a, u64 b)
{
	return !a || (b && b < a) ? b : a;
}

void tcp_timer_update(struct tcp_sock *ts)
{
	u64 at = earlier(earlier(ts->xmit_ns, ts->delack_ns), ts->keep_ns);

	if (!at || !ts->timer || (ts->armed_ns && ts->armed_ns <= at))
		return;
	ts->armed_ns = at;
	timer_set(ts->timer, at);
}

void tcp_arm_xmit(struct tcp_sock *ts, enum tcp_xmit_timer kind, u64 at_ns)
{
	ts->xmit_kind = (u8)kind;
	ts->xmit_ns = kind == XMIT_NONE ? 0 : at_ns;
}

/*
 * Data under way needs the retransmission timer; data that could not be sent needs the probe, or a
 * window update that got lost would stop the connection for good.
 */
void tcp_arm_rto(struct tcp_sock *ts, u64 now)
{
	if (ts->sent.first)
		tcp_arm_xmit(ts, XMIT_RTO, now + tcp_rto(ts));
	else if (ts->unsent.first)
		tcp_arm_xmit(ts, XMIT_PROBE, now + max(tcp_rto(ts), TCP_RTO_MIN_NS));
	else
		tcp_arm_xmit(ts, XMIT_NONE, 0);
}

static u64 keep_idle(const struct tcp_sock *ts)
{
	return (u64)(ts->keep_idle_s ? ts->keep_idle_s : tcp_settings.keep_time_s) * NSEC_PER_SEC;
}

void tcp_arm_keepalive(struct tcp_sock *ts, u64 now)
{
	if (ts->inet.socket && (load_once(ts->inet.socket->options) & OPT_KEEPALIVE) &&
		tcp_in(ts->state,
			bit(TCP_ESTABLISHED) | bit(TCP_CLOSE_WAIT) | bit(TCP_FIN_WAIT1) |
				bit(TCP_FIN_WAIT2)))
		ts->keep_ns = now + keep_idle(ts);
}

/* ---- what is due; the lock is held ---- */

/* The error that ICMP told before says more than that time is up. */
static void give_up(struct tcp_sock *ts)
{
	tcp_count(TCP_ABORT_ON_TIMEOUT);
	tcp_done(ts, ts->soft_error ? ts->soft_error : ETIMEDOUT);
}

/*
 * The first SYNs follow each other at equal times (tcp_syn_linear_timeouts), and they do not count.
 * The time does: an attempt ends when it has taken what @most timeouts that double would take, or
 * TCP_USER_TIMEOUT.
 */
static bool syn_too_long(const struct tcp_sock *ts, u64 now)
{
	bool asks = ts->state == TCP_SYN_SENT;
	u32 most = ts->syn_count ? ts->syn_count
		: asks           ? tcp_settings.syn_retries
				 : tcp_settings.synack_retries;
	u32 doubled = min(most, 6u);
	u64 limit = ((2ul << doubled) - 1) * TCP_RTO_INIT_NS + (most - doubled) * TCP_RTO_MAX_NS;

	if (ts->user_timeout_ms)
		limit = ts->user_timeout_ms * NSEC_PER_MSEC;
	return ts->retries >= most + (asks ? TCP_SYN_LINEAR : 0u) ||
		(ts->retries && now - ts->syn_ns >= limit);
}

/* Whether the peer has been silent for too long. */
static bool too_long(const struct tcp_sock *ts, u64 now)
{
	if (tcp_in(ts->state, bit(TCP_SYN_SENT) | bit(TCP_SYN_RECV)))
		return syn_too_long(ts, now);
	if (!ts->inet.socket)
		return ts->retries >=
			(tcp_settings.orphan_retries ? tcp_settings.orphan_retries : 8) ||
			tcp_memory_out();
	if (ts->user_timeout_ms)
		return ts->retry_since_ns &&
			now - ts->retry_since_ns >= ts->user_timeout_ms * NSEC_PER_MSEC;
	return ts->retries >= tcp_settings.retries2;
}

/* The peer has closed its window over what is under way: a retransmission is a probe then. */
static bool has_closed_window(const struct tcp_sock *ts)
{
	return !ts->snd_wnd && ts->inet.socket &&
		!tcp_in(ts->state, bit(TCP_SYN_SENT) | bit(TCP_SYN_RECV));
}

/* As long as the peer answers, it may keep it closed (RFC 9293, 3.8.6.1). As Linux counts. */
static bool window_stays_closed(const struct tcp_sock *ts, u64 now)
{
	u64 most = 2 * TCP_RTO_MAX_NS;

	if (ts->user_timeout_ms)
		most = min(most, ts->user_timeout_ms * NSEC_PER_MSEC);
	return ts->retry_since_ns && now - ts->retry_since_ns > most &&
		now - ts->last_ack_ns > most;
}

/* In which state of recovery the timer has found the connection. */
static void count_timeout(const struct tcp_sock *ts)
{
	if (ts->recovery == CA_RECOVERY)
		tcp_count(ts->sack_ok ? TCP_SACK_RECOVERY_FAIL : TCP_RENO_RECOVERY_FAIL);
	else if (ts->recovery == CA_LOSS)
		tcp_count(TCP_LOSS_FAILURES);
	else if (ts->recovery == CA_DISORDER || ts->sacked)
		tcp_count(ts->sack_ok ? TCP_SACK_FAILURES : TCP_RENO_FAILURES);
}

/*
 * RFC 6298, 5.4 and on. An order that matters: the timeout is doubled before the segment goes, so
 * that tcp_arm_rto at the end waits the longer time; and only the first packet is sent at once, as
 * the window is one segment now.
 */
static void rto_due(struct tcp_sock *ts, u64 now)
{
	struct packet *p;

	bool closed = has_closed_window(ts);

	tcp_count(TCP_TIMEOUTS);
	if (closed ? window_stays_closed(ts, now) : too_long(ts, now)) {
		give_up(ts);
		return;
	}
	if (!ts->retries && ts->state != TCP_SYN_SENT && ts->state != TCP_SYN_RECV)
		count_timeout(ts);
	if (!ts->retry_since_ns)
		ts->retry_since_ns = now;
	if (!closed)
		ts->retries++;
	if (ts->state != TCP_SYN_SENT || ts->retries > TCP_SYN_LINEAR)
		ts->backoff = min(ts->backoff + 1, 16u);
	if (tcp_in(ts->state, bit(TCP_SYN_SENT) | bit(TCP_SYN_RECV))) {
		tcp_send_syn(ts);
		return;
	}
	p = ts->sent.first;
	if (p) {
		tcp_enter_loss(ts);
		(void)tcp_retransmit(ts, p);
	}
	tcp_arm_rto(ts, now);
}

/*
 * An orphan whose peer acknowledges but never opens its window must not wait for ever: it ends when
 * the time between two probes has grown to its bound, as on Linux. The growth (backoff) is not
 * undone by an answer, only by progress.
 */
static bool orphan_waits_too_long(const struct tcp_sock *ts)
{
	if (ts->inet.socket)
		return false;
	return tcp_memory_out() ||
		(tcp_rto(ts) >= TCP_RTO_MAX_NS && ts->backoff >= tcp_settings.orphan_retries);
}

/* Data waits for the window, for memory, or behind a cork, and nothing is under way. */
static void probe_due(struct tcp_sock *ts, u64 now)
{
	u32 before = ts->snd_nxt;
	u32 most = ts->inet.socket            ? tcp_settings.retries2
		: tcp_settings.orphan_retries ? tcp_settings.orphan_retries
					      : 8;

	tcp_arm_xmit(ts, XMIT_NONE, 0);
	if (!ts->unsent.first)
		return;
	ts->more = false;
	tcp_push(ts, true);
	if (ts->snd_nxt != before)
		return;
	/* To a socket the peer may answer with a window of zero for ever, unless it is silent. */
	if (ts->probes >= most || orphan_waits_too_long(ts)) {
		if (!ts->inet.socket)
			tcp_send_rst(ts);
		give_up(ts);
		return;
	}
	if (ts->user_timeout_ms && ts->probes && ts->retry_since_ns &&
		now - ts->retry_since_ns >= ts->user_timeout_ms * NSEC_PER_MSEC) {
		give_up(ts);
		return;
	}
	if (!ts->retry_since_ns)
		ts->retry_since_ns = now;
	tcp_send_probe(ts);
	tcp_count(TCP_WIN_PROBE);
	ts->probes++;
	ts->backoff = min(ts->backoff + 1, 16u);
	tcp_arm_xmit(ts, XMIT_PROBE, now + max(tcp_rto(ts), TCP_RTO_MIN_NS));
}

/*
 * One deadline stands for four purposes (xmit_kind), since of these only one makes sense at a time.
 */
static void xmit_due(struct tcp_sock *ts, u64 now)
{
	struct tcp_ack_state a = { .now = now };

	switch (ts->xmit_kind) {
	case XMIT_RTO:
		rto_due(ts, now);
		break;
	case XMIT_TLP:
		tcp_tlp_send(ts);
		break;
	case XMIT_REORDER:
		tcp_arm_rto(ts, now);
		tcp_rack_detect(ts, &a);
		tcp_recover(ts, NULL, &a);
		break;
	case XMIT_PROBE:
		probe_due(ts, now);
		break;
	default:
		tcp_arm_xmit(ts, XMIT_NONE, 0);
		break;
	}
}

/*
 * The same deadline ends an orphan in FIN_WAIT2. While data is under way its own timer probes the
 * peer.
 */
static void keepalive_due(struct tcp_sock *ts, u64 now)
{
	u64 idle = now - max(ts->last_rcv_ns, ts->last_ack_ns), after = keep_idle(ts);
	u32 most = ts->keep_count ? ts->keep_count : tcp_settings.keep_probes;
	u64 every = (u64)(ts->keep_intvl_s ? ts->keep_intvl_s : tcp_settings.keep_intvl_s) *
		NSEC_PER_SEC;

	ts->keep_ns = 0;
	if (!ts->inet.socket && ts->state == TCP_FIN_WAIT2) {
		tcp_done(ts, 0); /* the peer's FIN never came */
		return;
	}
	if (!ts->inet.socket || !(load_once(ts->inet.socket->options) & OPT_KEEPALIVE))
		return;
	if (ts->sent.first || ts->unsent.first) {
		ts->keep_ns = now + after;
	} else if (idle < after) {
		ts->probes = 0;
		ts->keep_ns = now + (after - idle);
	} else if (ts->user_timeout_ms ? ts->probes && idle >= ts->user_timeout_ms * NSEC_PER_MSEC
				       : ts->probes >= most) {
		tcp_send_rst(ts);
		give_up(ts);
	} else {
		tcp_send_probe(ts);
		tcp_count(TCP_KEEPALIVE);
		ts->probes++;
		ts->keep_ns = now + every;
	}
}

/* One that was delayed, or that stands for several (tcp_ack_data). */
static void send_late_ack(struct tcp_sock *ts)
{
	if (!ts->compressed_acks) {
		ts->pingpong = false;
		tcp_count(TCP_DELAYED_ACKS);
	}
	tcp_send_ack(ts);
}

/*
 * armed_ns is cleared first: from here on tcp_timer_update arms the timer for whatever deadline is
 * left, however near. A deadline that moved away while the timer was under way is found not to be
 * due, and that is all.
 */
static void run_connection(struct tcp_sock *ts)
{
	u64 now;

	spin_lock(&ts->lock);
	now = time_mono_ns();
	ts->armed_ns = 0;
	if (ts->state == TCP_LISTEN) {
		tcp_listener_timer(ts, now);
	} else if (ts->state != TCP_CLOSE) {
		if (ts->delack_ns && ts->delack_ns <= now) {
			ts->delack_ns = 0;
			if (ts->ack_pending)
				send_late_ack(ts);
		}
		if (ts->xmit_ns && ts->xmit_ns <= now)
			xmit_due(ts, now);
		if (ts->keep_ns && ts->keep_ns <= now)
			keepalive_due(ts, now);
	}
	tcp_timer_update(ts);
	spin_unlock(&ts->lock);
	netdev_run();
}

/* ---- the worker ---- */

/* With interrupts off, as timers put connections into the list from their handler. */
static struct tcp_sock *take_work(void)
{
	u64 irq = spin_lock_irqsave(&work_lock);
	struct tcp_sock *ts = work_first;

	if (ts) {
		work_first = ts->work_next;
		if (!work_first)
			work_last = NULL;
		ts->work_next = NULL;
		ts->work_queued = false;
	}
	spin_unlock_irqrestore(&work_lock, irq);
	return ts;
}

/* In the timer's interrupt: nothing but a wake-up. */
static u64 worker_fires(struct obj *owner)
{
	(void)owner;
	store_once(timewait_due, true);
	waitq_wake_one(&work_wait);
	return 0;
}
static const struct timer_ops worker_timer = { .fire = worker_fires };

/* Held by the worker while it has references (tcp_timer_drain). */
static struct mutex work_mutex;

void tcp_timer_work(void)
{
	struct tcp_sock *ts;

	mutex_lock(&work_mutex);
	if (load_once(timewait_due)) {
		store_once(timewait_due, false);
		tcp_timewait_expire(time_mono_ns());
	}
	while ((ts = take_work()) != NULL) {
		run_connection(ts);
		obj_put(&ts);
		task_cond_resched();
	}
	mutex_unlock(&work_mutex);
}

static void worker_run(struct obj *owner)
{
	int err;

	(void)owner;
	for (;;) {
		wait_event(&work_wait, load_once(work_first) || load_once(timewait_due),
			WAIT_UNINTERRUPTIBLE, NO_DEADLINE, &err);
		tcp_timer_work();
	}
}
static const struct task_ops worker_ops = { .run = worker_run };

/*
 * The end of TIME_WAIT: all entries wait for the same time, so the deadline moves only when the
 * timer has fired. An entry whose end is a second late does no harm.
 */
static u64 worker_armed_ns;

void tcp_worker_at(u64 at_ns)
{
	u64 armed = load_once(worker_armed_ns);

	if (armed && armed <= at_ns && armed > time_mono_ns())
		return;
	store_once(worker_armed_ns, at_ns);
	timer_set(worker->timer, at_ns);
}

void tcp_timer_init(void)
{
	struct task *t;

	worker = obj_new(tcp_worker);
	if (worker)
		worker->timer = timer_new(&worker_timer, &worker->obj);
	t = worker && worker->timer ? task_new(&worker_ops, &worker->obj, LIT("tcp")) : NULL;
	if (!t)
		kernel_panic("no memory for the timers of TCP");
	task_start(t);
	task_put(&t);
}
