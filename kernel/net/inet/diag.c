// SPDX-License-Identifier: MPL-2.0
/*
 * Walks over the tables of sockets for sock_diag(7), and what UDP and raw sockets tell (diag.h). A
 * walk takes references to a batch of sockets under a bucket's lock, then writes their records
 * without it, since that may sleep. Its place is a bucket and a number, so it can go on after any
 * change. STEPS_MAX ends a piece of a dump that finds nothing it should tell: then the reader can
 * be interrupted.
 */
#include <frame/task.h>
#include <kernel/file.h>
#include <kernel/inode.h>

#include "diag.h"
#include "raw.h"
#include "udp.h"

#define STATE_ESTABLISHED 1u
#define STATE_CLOSE       7u
#define STEPS_MAX         512u /* batches in one piece of a dump */

/* Linux has IP_MULTICAST_ALL for sockets of IPv4 only. */
static u32 options_of(const struct inet_sock *i, const struct socket *s)
{
	u32 f = load_once(i->flags);
	bool all = s && s->family == AF_INET && (f & INET_MULTICAST_ALL);

	return (f & (INET_RECVERR | INET_RECVERR6) ? INET_DIAG_RECVERR : 0u) |
		(f & INET_FREEBIND ? INET_DIAG_FREEBIND : 0u) |
		(f & INET_HDRINCL ? INET_DIAG_HDRINCL : 0u) |
		(f & INET_MULTICAST_LOOP ? INET_DIAG_MC_LOOP : 0u) |
		(f & INET_TRANSPARENT ? INET_DIAG_TRANSPARENT : 0u) |
		(all ? INET_DIAG_MC_ALL : 0u) | (f & INET_NODEFRAG ? INET_DIAG_NODEFRAG : 0u) |
		(f & INET_BIND_NO_PORT ? INET_DIAG_BIND_NO_PORT : 0u);
}

/*
 * The file may be in the middle of its release, and its slot hold another one: then the inode is of
 * that one, as in /proc/net. Without the socket's lock: single words that change may be of
 * different moments.
 */
void inet_diag_fill(const struct inet_sock *i, struct socket *s, struct inet_diag_record *out)
{
	struct file *f = s ? load_acquire(s->file) : NULL;
	struct inode *ino = f ? load_once(f->inode) : NULL;

	out->full = true;
	out->local = i->local;
	out->peer = i->peer;
	out->local_port = i->local_port;
	out->peer_port = i->peer_port;
	out->ifindex = i->ifindex;
	out->tos = i->tos;
	out->tclass = i->tclass;
	/* Who has an address of IPv6 takes no packets of IPv4. */
	out->v6only = i->v6only || (!ip_is_any(i->local) && !ip_is4(i->local));
	out->options = options_of(i, s);
	out->shutdown = SHUTDOWN_BOTH;
	if (ino) {
		out->uid = ino->uid;
		out->ino = ino->ino;
	}
	if (!s)
		return;
	out->family = s->family;
	out->mark = load_once(s->mark);
	out->priority = (u32)load_once(s->priority);
	out->shutdown = load_once(s->shutdown);
	out->cookie = socket_cookie(s);
	out->mem[MEMINFO_RCVBUF] = load_once(s->rcvbuf);
	out->mem[MEMINFO_SNDBUF] = load_once(s->sndbuf);
	out->mem[MEMINFO_WMEM] = (u32)atomic_load(&s->wmem);
}

static void fill_queue(struct inet_queue *q, struct inet_diag_record *out)
{
	out->rqueue = out->mem[MEMINFO_RMEM] = load_once(q->rmem);
	out->wqueue = out->mem[MEMINFO_WMEM];
	out->mem[MEMINFO_DROPS] = (u32)atomic_load(&q->drops);
	out->state = ip_is_any(out->peer) ? STATE_CLOSE : STATE_ESTABLISHED;
}

void udp_diag_fill(struct socket *s, struct inet_diag_record *out)
{
	struct udp_sock *us = udp_of(s);

	inet_diag_fill(&us->inet, s, out);
	fill_queue(&us->in, out);
	out->bound = !us->auto_port;
}

/* A raw socket has its protocol where others have their port, as on Linux. */
void raw_diag_fill(struct socket *s, struct inet_diag_record *out)
{
	struct raw_sock *rs = raw_of(s);

	inet_diag_fill(&rs->inet, s, out);
	fill_queue(&rs->in, out);
	out->raw = true;
	out->raw_protocol = s->protocol;
	out->local_port = (u16)s->protocol;
}

/* ---- walks ---- */

static u32 buckets_of(const struct inet_diag_want *want)
{
	switch (want->protocol) {
	case IP_PROTO_TCP:
		return tcp_diag_buckets;
	case IP_PROTO_UDP:
		return UDP_DIAG_BUCKETS;
	default:
		return RAW_DIAG_BUCKETS;
	}
}

/* The next batch: the rest of the bucket, or else the next bucket's first. */
static void take_batch(struct inet_diag_walk *w, const struct inet_diag_want *want)
{
	w->nr = w->used = 0;
	w->after = w->place;
	switch (want->protocol) {
	case IP_PROTO_TCP:
		tcp_diag_batch(w, want->family);
		break;
	case IP_PROTO_UDP:
		udp_diag_batch(w, want->family);
		break;
	default:
		raw_diag_batch(w, want->family);
		break;
	}
	w->steps++;
}

/* The batch is used up: on to what lies behind it. */
static void diag_step(struct inet_diag_walk *w)
{
	w->place = w->after;
	if (w->last) {
		w->bucket++;
		w->place = 0;
	}
}

/* The record of one of the batch. False: it is not wanted. */
static bool record_of(struct inet_diag_walk *w, struct obj *o, const struct inet_diag_want *want,
	struct inet_diag_record *out)
{
	*out = (struct inet_diag_record){ 0 };
	if (want->protocol == IP_PROTO_TCP) {
		if (!tcp_diag_record(o, w->bucket, want, out))
			return false;
	} else if (want->protocol == IP_PROTO_UDP) {
		udp_diag_fill(obj_cast(socket, o), out);
	} else {
		raw_diag_fill(obj_cast(socket, o), out);
	}
	return (want->states >> out->state & 1) &&
		(!want->local_port || want->local_port == out->local_port) &&
		(!want->peer_port || want->peer_port == out->peer_port);
}

/* False and not *@ended: the steps are used up, and the caller comes again. */
bool inet_diag_next(struct inet_diag_walk *w, const struct inet_diag_want *want,
	struct inet_diag_record *out, bool *ended)
{
	u32 buckets = buckets_of(want);
	bool found = false;

	*ended = false;
	while (!found) {
		if (w->used < w->nr) {
			struct obj **const o = array_at(w->of, w->used);
			found = record_of(w, *o, want, out);
			obj_put_any(o);
			w->used++;
			continue;
		}
		if (w->steps)
			diag_step(w);
		*ended = w->bucket >= buckets;
		if (*ended || w->steps >= STEPS_MAX)
			break;
		take_batch(w, want);
		task_cond_resched();
	}
	return found;
}

/* The record did not fit into the message: it is told first in the next one. */
void inet_diag_back(struct inet_diag_walk *w)
{
	w->place = *array_at(w->at, w->used - 1);
}

void inet_diag_walk_end(struct inet_diag_walk *w)
{
	for (; w->used < w->nr; w->used++)
		obj_put_any(array_at(w->of, w->used));
}

/* ---- single sockets ---- */

int inet_diag_find(const struct inet_diag_want *want, const struct inet_diag_key *k,
	struct inet_diag_record *out)
{
	*out = (struct inet_diag_record){ 0 };
	if (want->protocol == IP_PROTO_TCP)
		return tcp_diag_find(want, k, out);
	return want->protocol == IP_PROTO_UDP ? udp_diag_find(k, out) : -EOPNOTSUPP;
}

int inet_diag_destroy(const struct inet_diag_want *want, const struct inet_diag_key *k, u64 cookie,
	bool may)
{
	return want->protocol == IP_PROTO_TCP ? tcp_diag_destroy(k, cookie, may) : -EOPNOTSUPP;
}
