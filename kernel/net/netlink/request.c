// SPDX-License-Identifier: MPL-2.0
/*
 * Requests of programs: taking them apart, acknowledgements, dumps.
 *
 * One send may have several requests. Each is done before the next; one that fails, or that asks
 * for it, is answered by NLMSG_ERROR with its header (and, if it failed, its contents).
 *
 * A dump answers a request with many messages. The request only notes what is to be dumped; each
 * receive that finds the queue empty writes the next piece (nl_dump_more), so a dump of any length
 * holds one piece of memory, and goes on from where it was with tables that may have changed. Its
 * end is NLMSG_DONE in a piece of its own.
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
static void acknowledge(const struct nl_request *rq, int err)
{
	bool whole = err && !(load_once(rq->from->flags) & NL_CAP_ACK);
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
	default:
		return -EOPNOTSUPP;
	}
}

void nl_requests(struct netlink_sock *ns, struct buf *bytes, u32 len)
{
	struct nl_request rq = { .from = ns, .bytes = bytes };
	int err;

	while (rq.at < len && span_read(buf_cspan(bytes), rq.at, &rq.h)) {
		if (rq.h.len < sizeof(rq.h) || rq.h.len > len - rq.at)
			return;
		err = do_request(&rq);
		if (err < 0 || (!err && (rq.h.flags & NLM_F_ACK)))
			acknowledge(&rq, err);
		rq.at += NL_ALIGN(rq.h.len);
		if (loop_should_end())
			return;
	}
}

/* ---- dumps ---- */

int nl_dump_start(const struct nl_request *rq, const struct nl_dumper *ops, u32 family)
{
	struct netlink_sock *ns = rq->from;
	int err = -EBUSY;

	mutex_lock(&ns->dump_lock);
	if (!ns->dump.ops) {
		ns->dump.rq = *rq;
		ns->dump.rq.bytes = buf_get(rq->bytes);
		ns->dump.strict = load_once(ns->flags) & NL_STRICT;
		ns->dump.family = family;
		ns->dump.at[0] = ns->dump.at[1] = 0;
		store_once(ns->dump.ops, ops);
		err = 1;
	}
	mutex_unlock(&ns->dump_lock);
	if (err > 0)
		socket_wake_readers(ns->socket, POLLIN | POLLRDNORM);
	return err;
}

/* Writes the last message of a dump. */
static void put_done(struct netlink_sock *ns, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&ns->dump.rq, NLMSG_DONE, NLM_F_MULTI);
	s32 status = 0;
	u32 at = nl_begin(w, &h, value_cspan(&status));

	(void)nl_end(w, at);
}

static void dump_end(struct netlink_sock *ns)
{
	store_once(ns->dump.ops, NULL);
	buf_put(&ns->dump.rq.bytes);
	obj_put_any(&ns->dump.last);
}

bool nl_dump_more(struct netlink_sock *ns)
{
	struct nl_writer w = { 0 };
	bool done, end;

	if (!load_once(ns->dump.ops))
		return false;
	mutex_lock(&ns->dump_lock);
	if (ns->dump.ops && !load_once(ns->queue.first)) {
		w = nl_writer_new(NETLINK_PIECE);
		mutex_lock(&net_config);
		done = ns->dump.ops->next(&ns->dump, &w);
		mutex_unlock(&net_config);
		end = done && !w.len;
		if (end)
			put_done(ns, &w);
		/* Without memory the dump ends early, and the program is told by an error. */
		if (!w.len)
			(void)atomic_swap(&ns->socket->error, ENOBUFS);
		if (end || !w.len)
			dump_end(ns);
	} /* else another reader was faster */
	mutex_unlock(&ns->dump_lock);
	if (w.buf)
		nl_queue(ns, &w);
	nl_writer_end(&w);
	return true;
}
