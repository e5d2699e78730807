// SPDX-License-Identifier: MPL-2.0
/*
 * Requests of programs: taking them apart, acknowledgements, dumps.
 *
 * One send may have several requests. Each is done before the next; one that fails, or that asks
 * for it, is answered by NLMSG_ERROR with its header (and, if it failed, its contents).
 *
 * A dump answers a request with many messages. The request only notes what is to be dumped: it is
 * parsed into a filter, and not kept. Each receive that finds the queue empty writes the next piece
 * (nl_dump_more), so a dump of any length holds one piece of memory, and goes on from where it was
 * with tables that may have changed. A walk that finds nothing for long ends its piece, too: then
 * net_config is free for a moment, and a signal ends the receive. The end of a dump is NLMSG_DONE in
 * a piece of its own.
 *
 * Locking: dump_lock, then net_config.
 */
#include <kernel/cred.h>
#include <kernel/netdev.h>
#include <kernel/thread.h>

#include "netlink.h"

struct nl_range nl_payload(const struct nl_request *rq)
{
	return (struct nl_range){ rq->bytes, rq->at + (u32)sizeof(rq->h),
		rq->h.len - (u32)sizeof(rq->h) };
}

struct nl_range nl_attrs(const struct nl_request *rq, u32 head)
{
	struct nl_range p = nl_payload(rq);
	u32 n = min(NL_ALIGN(head), p.len);

	return (struct nl_range){ p.buf, p.at + n, p.len - n };
}

struct nlmsghdr nl_reply(const struct nl_request *rq, u16 type, u16 flags)
{
	return (struct nlmsghdr){
		.type = type, .flags = flags, .seq = rq->h.seq, .pid = rq->from->port
	};
}

void nl_answer(const struct nl_request *rq, struct nl_writer *w)
{
	nl_queue(rq->from, w);
}

/* NLMSG_ERROR; @err: 0: an acknowledgement. */
static void nl_acknowledge(const struct nl_request *rq, int err)
{
	bool whole = err && rq->bytes && !(load_once(rq->from->flags) & NL_CAP_ACK);
	struct nlmsghdr h = nl_reply(rq, NLMSG_ERROR, whole ? 0 : NLM_F_CAPPED);
	struct nlmsgerr e = { .error = err, .msg = rq->h };
	struct nl_writer w = nl_writer_new(64 + (whole ? NL_ALIGN(rq->h.len) : 0));
	u32 at = nl_begin(&w, &h, value_cspan(&e));

	if (whole && !w.full) {
		span_copy(span_from(buf_span(w.buf), w.len), nl_span(nl_payload(rq)));
		w.len += NL_ALIGN(nl_payload(rq).len);
	}
	(void)nl_end(&w, at);
	nl_answer(rq, &w);
	nl_writer_end(&w);
}

/* As route_request. */
static int do_request(const struct nl_request *rq)
{
	if (!(rq->h.flags & NLM_F_REQUEST) || rq->h.type < NLMSG_MIN_TYPE)
		return 0;
	switch (rq->from->protocol) {
	case NETLINK_ROUTE:
		return route_request(rq);
	case NETLINK_GENERIC:
		return generic_request(rq);
	case NETLINK_SOCK_DIAG:
		return sock_diag_request(rq);
	default:
		return -EOPNOTSUPP;
	}
}

/* Copies bytes that may lie in several parts; the caller has checked that there are so many. */
static void copy_from(const struct nl_bytes *b, u32 at, struct span out)
{
	size_t done = 0, n, left = span_len(out), in;

	while (done < left) {
		in = (at + done) % BUF_MAX;
		n = min(left - done, BUF_MAX - in);
		span_copy(span_from(out, done),
			cspan_sub(buf_cspan(b->part[(at + done) / BUF_MAX]), in, n));
		done += n;
	}
}

/*
 * The request of @len bytes at @at, in one buffer: a reference, and *@in: where it begins there. A
 * request that lies across the border of two parts is copied. NULL: it is too long, or no memory.
 */
static struct buf *request_bytes(const struct nl_bytes *b, u32 at, u32 len, u32 *in)
{
	struct buf *copy;

	*in = at % (u32)BUF_MAX;
	if (len <= BUF_MAX - *in)
		return buf_get(b->part[at / BUF_MAX]);
	*in = 0;
	copy = len <= BUF_MAX ? buf_alloc_dirty(len) : NULL;
	if (copy)
		copy_from(b, at, buf_span(copy));
	return copy;
}

void nl_requests(struct netlink_sock *ns, const struct nl_bytes *b)
{
	struct nl_request rq = { .from = ns };
	u32 at = 0;
	int err;

	while (b->len - at >= sizeof(rq.h)) {
		copy_from(b, at, value_span(&rq.h));
		if (rq.h.len < sizeof(rq.h) || rq.h.len > b->len - at)
			return;
		rq.bytes = request_bytes(b, at, rq.h.len, &rq.at);
		err = rq.bytes ? do_request(&rq) : -ENOBUFS;
		if (err < 0 || (!err && (rq.h.flags & NLM_F_ACK)))
			nl_acknowledge(&rq, err);
		buf_put(&rq.bytes);
		at = min(at + NL_ALIGN(rq.h.len), b->len);
		if (loop_should_end())
			return;
	}
}

/* ---- dumps ---- */

int nl_dump_start(const struct nl_request *rq, const struct nl_dumper *ops,
	const struct nl_filter *want)
{
	struct netlink_sock *ns = rq->from;
	int err = -EBUSY;

	mutex_lock(&ns->dump_lock);
	if (!ns->dump.ops) {
		ns->dump.rq = *rq;
		ns->dump.rq.bytes = NULL;
		ns->dump.want = *want;
		ns->dump.at[0] = ns->dump.at[1] = 0;
		ns->dump.status = 0;
		store_once(ns->dump.ops, ops);
		err = 1;
	}
	mutex_unlock(&ns->dump_lock);
	if (err > 0)
		socket_wake_readers(ns->socket, POLLIN | POLLRDNORM | ASYNC_IN);
	return err;
}

/* Writes the last message of a dump. */
static void put_done(struct netlink_sock *ns, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&ns->dump.rq, NLMSG_DONE, NLM_F_MULTI);
	u32 at = nl_begin(w, &h, value_cspan(&ns->dump.status));

	(void)nl_end(w, at);
}

static void dump_end(struct netlink_sock *ns)
{
	store_once(ns->dump.ops, NULL);
	nl_filter_end(&ns->dump.want);
	obj_put_any(&ns->dump.last);
}

/* Lets the dump write a piece. Returns whether it is complete. dump_lock held. */
static bool nl_next_piece(struct nl_dump *d, struct nl_writer *w)
{
	bool done;

	if (d->ops->unlocked)
		return d->ops->next(d, w);
	mutex_lock(&net_config);
	done = d->ops->next(d, w);
	mutex_unlock(&net_config);
	return done;
}

bool nl_dump_more(struct netlink_sock *ns)
{
	struct nl_writer w = { 0 };
	bool end, broken;

	if (!load_once(ns->dump.ops))
		return false;
	mutex_lock(&ns->dump_lock);
	if (ns->dump.ops && !load_once(ns->queue.first)) {
		w = nl_writer_new(NETLINK_PIECE);
		end = w.buf && nl_next_piece(&ns->dump, &w) && !w.len;
		if (end)
			put_done(ns, &w);
		/*
		 * Without memory, or with a message that is longer than a piece, the dump ends
		 * early, and the program is told by an error.
		 */
		broken = !w.len && (!w.buf || w.full);
		if (broken)
			(void)atomic_swap(&ns->socket->error, ENOBUFS);
		if (end || broken)
			dump_end(ns);
		/* Under the lock: another reader would write, and perhaps queue, the next piece. */
		if (w.len)
			nl_queue(ns, &w);
	} /* else another reader was faster */
	mutex_unlock(&ns->dump_lock);
	nl_writer_end(&w);
	return true;
}
