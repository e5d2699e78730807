// SPDX-License-Identifier: MPL-2.0
/*
 * What sock_diag(7) tells of TCP: first the buckets of listeners, then those of connections, those
 * of TIME_WAIT, and those of requests; and SOCK_DESTROY.
 *
 * A walk is by bucket and place, kept in the dump between two receives. Nothing is locked between
 * batches, so a socket that comes or goes meanwhile may be missed or shown, but one that stays is
 * shown once, unless its chain changes before it. A batch takes references under the bucket's lock,
 * and the records are filled in later, each under its own connection's lock: so a user who dumps
 * for ever holds up nobody.
 */
#include "../diag.h"
#include "tcp.h"

#define FIRST_TIMEWAIT (TCP_LISTEN_BUCKETS + TCP_BUCKETS)

#define FIRST_REQUEST (FIRST_TIMEWAIT + TCP_BUCKETS)

const u32 tcp_diag_buckets = FIRST_REQUEST + TCP_REQUEST_BUCKETS;

/* One at a time: the chains are short, as their hash is keyed. */
static struct obj *small_next(u32 bucket, u32 family, u32 *n)
{
	struct tcp_timewait *tw;
	struct tcp_request *r;

	if (bucket >= FIRST_REQUEST) {
		r = tcp_request_next(bucket - FIRST_REQUEST, family, n);
		return r ? &r->obj : NULL;
	}
	tw = tcp_timewait_next(bucket - FIRST_TIMEWAIT, family, n);
	return tw ? &tw->obj : NULL;
}

void tcp_diag_batch(struct inet_diag_walk *w, u32 family)
{
	u32 place = (u32)w->place;
	struct obj *o;

	if (w->bucket < FIRST_TIMEWAIT) {
		tcp_table_batch(w, family);
		return;
	}
	o = small_next(w->bucket, family, &place);
	w->last = !o;
	if (!o)
		return;
	inet_diag_take(w, place, o);
	w->after = place + 1;
}

static u32 ms_until(u64 at_ns, u64 now)
{
	return at_ns > now ? (u32)min((at_ns - now) / NSEC_PER_MSEC, 0xfffffffful) : 0;
}

/*
 * The numbers are Linux's idiag_timer: 1 retransmission, 2 keepalive, 3 TIME_WAIT, 4 zero-window
 * probe.
 */
static void fill_timer(const struct tcp_sock *ts, struct inet_diag_record *out)
{
	u64 now = time_mono_ns();

	if (ts->state == TCP_LISTEN)
		return;
	if (ts->xmit_ns) {
		out->timer = ts->xmit_kind == XMIT_PROBE ? 4 : 1;
		out->retrans = ts->xmit_kind == XMIT_PROBE ? ts->probes : ts->retries;
		out->expires_ms = ms_until(ts->xmit_ns, now);
	} else if (ts->keep_ns) {
		out->timer = 2;
		out->retrans = ts->probes;
		out->expires_ms = ms_until(ts->keep_ns, now);
	}
}

/* ts->lock held. */
static void fill_sock(struct tcp_sock *ts, const struct inet_diag_want *want,
	struct inet_diag_record *out)
{
	bool listens = ts->state == TCP_LISTEN;

	inet_diag_fill(&ts->inet, ts->inet.socket, out);
	out->family = ts->family;
	out->state = ts->state;
	out->tcp = true;
	out->bound = ts->bound;
	out->options |= INET_DIAG_IS_ICSK;
	if (listens) {
		out->peer = (struct ip_addr){ 0 };
		out->peer_port = 0;
	}
	out->rqueue = listens ? ts->nr_accept : tcp_readable(ts);
	out->wqueue = listens ? ts->backlog : ts->write_seq - ts->snd_una;
	out->mem[MEMINFO_RMEM] = ts->rmem;
	out->mem[MEMINFO_RCVBUF] = ts->rcvbuf;
	out->mem[MEMINFO_SNDBUF] = ts->sndbuf;
	out->mem[MEMINFO_WMEM_QUEUED] = ts->wmem;
	/* The peer's FIN has come: Linux counts this as a shutdown of the receiving side. */
	if (ts->has_fin &&
		tcp_in(ts->state, bit(TCP_CLOSE_WAIT) | bit(TCP_LAST_ACK) | bit(TCP_CLOSING)))
		out->shutdown |= SHUTDOWN_RCV;
	fill_timer(ts, out);
	(void)span_copy(span_first(span_of(out->congestion), TCP_CA_NAME_MAX - 1),
		lit_span(ts->congestion->name));
	if (want->info)
		tcp_get_info(ts, &out->info);
}

/* What there is where there is no socket. */
static void fill_small(const struct tcp_key *k, u32 family, enum tcp_state state, u64 expires_ns,
	struct inet_diag_record *out)
{
	out->family = family;
	out->state = (u32)state;
	out->local = k->local;
	out->peer = k->peer;
	out->local_port = k->local_port;
	out->peer_port = k->peer_port;
	out->ifindex = k->ifindex;
	out->expires_ms = ms_until(expires_ns, time_mono_ns());
}

static void fill_timewait(const struct tcp_timewait *tw, struct inet_diag_record *out)
{
	fill_small(&tw->key, tw->family, TCP_TIME_WAIT, tw->expires_ns, out);
	out->timer = 3;
}

static void fill_request(const struct tcp_request *r, struct inet_diag_record *out)
{
	struct tcp_sock *l = r->listener;

	fill_small(&r->key, l->family, TCP_SYN_RECV, load_once(r->deadline_ns), out);
	out->ifindex = l->inet.ifindex;
	out->request = true;
	spin_lock(&l->lock);
	out->mark = l->inet.socket ? load_once(l->inet.socket->mark) : 0;
	spin_unlock(&l->lock);
	out->timer = 1;
	out->retrans = load_once(r->retries);
}

bool tcp_diag_record(struct obj *o, u32 bucket, const struct inet_diag_want *want,
	struct inet_diag_record *out)
{
	struct tcp_sock *ts;
	bool wanted;

	if (bucket >= FIRST_REQUEST) {
		fill_request(obj_cast(tcp_request, o), out);
		return true;
	}
	if (bucket >= FIRST_TIMEWAIT) {
		fill_timewait(obj_cast(tcp_timewait, o), out);
		return true;
	}
	ts = obj_cast(tcp_sock, o);
	spin_lock(&ts->lock);
	wanted = ts->state != TCP_CLOSE && (want->states >> ts->state & 1);
	if (wanted)
		fill_sock(ts, want, out);
	spin_unlock(&ts->lock);
	return wanted;
}

static struct tcp_key tcp_diag_key(const struct inet_diag_key *k)
{
	return (struct tcp_key){ .local = k->local,
		.peer = k->peer,
		.local_port = k->local_port,
		.peer_port = k->peer_port,
		.ifindex = k->ifindex };
}

/* The connection of the key, else the listener for it: a reference, or NULL. */
static struct tcp_sock *tcp_diag_lookup(const struct inet_diag_key *k)
{
	struct tcp_key key = tcp_diag_key(k);
	struct tcp_sock *ts = tcp_find(&key);

	return ts ? ts : tcp_find_listener(&key);
}

int tcp_diag_find(const struct inet_diag_want *want, const struct inet_diag_key *k,
	struct inet_diag_record *out)
{
	struct inet_diag_want all = { .states = ~0u, .info = want->info };
	struct tcp_key key = tcp_diag_key(k);
	struct tcp_request *req = tcp_request_find(&key);
	struct tcp_sock *ts;
	bool found;

	if (req) {
		fill_request(req, out);
		obj_put(&req);
		return 0;
	}
	ts = tcp_diag_lookup(k);
	if (!ts)
		return -ENOENT;
	found = tcp_diag_record(&ts->obj, 0, &all, out);
	obj_put(&ts);
	return found ? 0 : -ENOENT;
}

/* A listener stops under send_lock, as it does for shutdown. */
static void stop_listener(struct tcp_sock *ts, struct socket *s)
{
	mutex_lock(&ts->send_lock);
	tcp_listener_stop(ts);
	atomic_store(&s->error, ECONNABORTED);
	mutex_unlock(&ts->send_lock);
}

/*
 * A connection ends as by a RST: its lock is enough, so a sender that waits for room does not hold
 * this up.
 */
static int abort_connection(struct tcp_sock *ts, const struct inet_diag_key *k)
{
	struct tcp_key key = tcp_diag_key(k);
	int err = 0;

	spin_lock(&ts->lock);
	/* Since it was found it may have ended, be connected to somebody else, or listen. */
	if (ts->state == TCP_CLOSE || ts->state == TCP_LISTEN || !tcp_has_key(ts, &key))
		err = -ENOENT;
	else
		tcp_abort(ts, ECONNABORTED);
	spin_unlock(&ts->lock);
	netdev_run();
	return err;
}

/* A request is forgotten without a word to the peer. Consumes @r; its cookie is shown as 0. */
static int drop_request(struct tcp_request *r, u64 cookie, bool may)
{
	int err = ~cookie && cookie ? -ENOENT : may ? 0 : -EPERM;

	if (!err)
		tcp_request_remove(r);
	obj_put(&r);
	return err;
}

/*
 * SOCK_DESTROY (ss -K). The cookie, if one is given, must be that of the very socket that was
 * found: the key may belong to another one by now. Who may not do it learns whether the socket
 * exists, as on Linux.
 */
int tcp_diag_destroy(const struct inet_diag_key *k, u64 cookie, bool may)
{
	struct tcp_key key = tcp_diag_key(k);
	struct tcp_request *r = tcp_request_find(&key);
	struct tcp_sock *ts;
	struct socket *s = NULL;
	int err = 0;

	if (r)
		return drop_request(r, cookie, may);
	ts = tcp_diag_lookup(k);
	if (!ts)
		return -ENOENT;
	spin_lock(&ts->lock);
	if (ts->inet.socket && obj_tryget(ts->inet.socket))
		s = ts->inet.socket;
	spin_unlock(&ts->lock);
	if (!s || (~cookie && cookie != socket_cookie(s)))
		err = -ENOENT;
	else if (!may)
		err = -EPERM;
	else if (load_once(ts->state) == TCP_LISTEN)
		stop_listener(ts, s);
	else
		err = abort_connection(ts, k);
	obj_put(&s);
	obj_put(&ts);
	return err;
}
