// SPDX-License-Identifier: MPL-2.0
/*
 * NETLINK_SOCK_DIAG: tells of sockets, for ss(8) (sock_diag(7)). Here requests are told apart by the
 * family that they ask for, and those of the internet protocols are answered.
 *
 * A dump keeps the fixed part of its request and the program that selects, in one buffer which the
 * account of all queues counts. It takes no lock between two pieces: where it goes on is a bucket
 * and a place in it (inet/diag.h).
 *
 * Anybody may ask: ss(8) runs without privileges. What an administrator sees besides (the mark, and
 * programs that compare it) is decided when the request comes, and kept with the dump. SOCK_DESTROY
 * needs CAP_NET_ADMIN.
 *
 * The place of a walk is a bucket and a number in its chain. Sockets that come and go move others,
 * so one may be missed or shown twice, as on Linux; no lock is held between two batches.
 */
#include <kernel/byteorder.h>
#include <kernel/cred.h>
#include <kernel/text.h>
#include <kernel/thread.h>

#include "../inet/diag.h"
#include "diag.h"

#define PIECE 1024u /* room for the answer to a request for one socket */

static bool is_admin(void)
{
	return cred_capable(thread_current()->cred, CAP_NET_ADMIN);
}

/* The two old types are those of a time before SOCK_DIAG; ss falls back to /proc when they fail. */
int sock_diag_request(const struct nl_request *rq)
{
	struct sock_diag_req r;

	if (rq->h.type == TCPDIAG_GETSOCK || rq->h.type == DCCPDIAG_GETSOCK)
		return -EOPNOTSUPP;
	if (rq->h.type != SOCK_DIAG_BY_FAMILY && rq->h.type != SOCK_DESTROY)
		return -EINVAL;
	if (!span_read(nl_span(nl_payload(rq)), 0, &r) || r.family >= AF_MAX)
		return -EINVAL;
	switch (r.family) {
	case AF_INET:
	case AF_INET6:
		return inet_diag_request(rq);
	case AF_UNIX:
		return rq->h.type == SOCK_DESTROY ? -EOPNOTSUPP : unix_diag_request(rq);
	case AF_NETLINK:
		return rq->h.type == SOCK_DESTROY ? -EOPNOTSUPP : netlink_diag_request(rq);
	default:
		return -ENOENT;
	}
}

/* ---- answers ---- */

/* Four words in network order, of which an address of IPv4 takes the first. */
static void put_words(u32 (*const out)[4], u32 family, struct ip_addr a)
{
	if (family == AF_INET) {
		(*out)[0] = ip_is_any(a) ? 0 : be32(ip4_bits(a));
		return;
	}
	(*out)[0] = be32((u32)(a.hi >> 32));
	(*out)[1] = be32((u32)a.hi);
	(*out)[2] = be32((u32)(a.lo >> 32));
	(*out)[3] = be32((u32)a.lo);
}

/* The bits of a request count attributes from 1 on. */
static bool diag_wants(u32 ext, u32 attribute)
{
	return ext >> (attribute - 1) & 1;
}

#define STATES_UNCONNECTED (bit(7) | bit(10)) /* CLOSE, LISTEN */

/* What sockets have beside the fixed part, in Linux' order. */
static void put_common(struct nl_writer *w, const struct inet_diag_record *r, u32 ext, bool admin)
{
	nl_put_u8(w, INET_DIAG_SHUTDOWN, (u8)r->shutdown);
	if (diag_wants(ext, INET_DIAG_TOS))
		nl_put_u8(w, INET_DIAG_TOS, (u8)r->tos);
	if (r->family == AF_INET6) {
		if (diag_wants(ext, INET_DIAG_TCLASS))
			nl_put_u8(w, INET_DIAG_TCLASS, (u8)r->tclass);
		if (STATES_UNCONNECTED & bit(r->state))
			nl_put_u8(w, INET_DIAG_SKV6ONLY, r->v6only);
	}
	if (admin)
		nl_put_u32(w, INET_DIAG_MARK, r->mark);
	if (diag_wants(ext, INET_DIAG_TCLASS))
		nl_put_u32(w, INET_DIAG_CLASS_ID, r->priority);
	nl_put_u16(w, INET_DIAG_SOCKOPT, (u16)r->options);
}

/*
 * What costs more to find out, and is shown only if it was asked for; a raw socket tells its
 * protocol always, since its port says nothing.
 */
static void put_more(struct nl_writer *w, const struct inet_diag_record *r, u32 ext)
{
	struct inet_diag_meminfo m = { .rmem = r->mem[MEMINFO_RMEM],
		.wmem = r->mem[MEMINFO_WMEM_QUEUED],
		.fmem = r->mem[MEMINFO_FORWARD],
		.tmem = r->mem[MEMINFO_WMEM] };

	if (diag_wants(ext, INET_DIAG_MEMINFO))
		nl_put(w, INET_DIAG_MEMINFO, value_cspan(&m));
	if (diag_wants(ext, INET_DIAG_SKMEMINFO))
		nl_put(w, INET_DIAG_SKMEMINFO, value_cspan(&r->mem));
	if (r->raw)
		nl_put_u8(w, INET_DIAG_PROTOCOL, (u8)r->raw_protocol);
	if (r->tcp && diag_wants(ext, INET_DIAG_INFO))
		nl_put(w, INET_DIAG_INFO, value_cspan(&r->info));
	if (r->tcp && diag_wants(ext, INET_DIAG_CONG))
		nl_put_text(w, INET_DIAG_CONG, text_in(r->congestion));
}

/*
 * The record is whole by now, and no lock of the socket is held.
 */
static bool put_inet(struct nl_writer *w, const struct nlmsghdr *h,
	const struct inet_diag_record *r, u32 ext, bool admin)
{
	struct inet_diag_msg m = { .family = (u8)r->family,
		.state = (u8)r->state,
		.timer = (u8)r->timer,
		.retrans = (u8)min(r->retrans, 255u),
		.id = { .local_port = be16(r->local_port),
			.peer_port = be16(r->peer_port),
			.ifindex = r->ifindex,
			.cookie = { (u32)r->cookie, (u32)(r->cookie >> 32) } },
		.expires = r->expires_ms,
		.rqueue = r->rqueue,
		.wqueue = r->wqueue,
		.uid = r->uid,
		.inode = (u32)r->ino };
	u32 at;

	put_words(&m.id.local, r->family, r->local);
	put_words(&m.id.peer, r->family, r->peer);
	at = nl_begin(w, h, value_cspan(&m));
	if (r->full) {
		put_common(w, r, ext, admin);
		put_more(w, r, ext);
	} else if (r->request && admin) {
		nl_put_u32(w, INET_DIAG_MARK, r->mark);
	}
	return nl_end(w, at);
}

/* ---- dumps ---- */

/*
 * What inet/diag.c selects by, before a record is made. All else is the program's (diag_filter.c).
 */
static struct inet_diag_want want_of(const struct inet_diag_req *r, u32 protocol)
{
	return (struct inet_diag_want){ .family = r->family,
		.protocol = protocol,
		.states = r->states,
		.local_port = be16(r->id.local_port),
		.peer_port = be16(r->id.peer_port),
		.info = diag_wants(r->ext, INET_DIAG_INFO) };
}

/*
 * at[0]: the bucket; at[1]: the place in it. A record that does not fit is given back
 * (inet_diag_back), and is the first of the next piece.
 */
static bool inet_dump(struct nl_dump *d, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&d->rq, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI);
	struct inet_diag_walk walk = { .bucket = (u32)d->at[0], .place = d->at[1] };
	struct cspan kept = buf_cspan(d->want.bytes), program = { 0 };
	struct inet_diag_record r;
	struct inet_diag_want want;
	struct inet_diag_req q = { 0 };
	bool fits = true, ended = false;

	(void)span_read(kept, 0, &q);
	program = cspan_from(kept, sizeof(q));
	want = want_of(&q, d->want.protocol);
	while (fits && inet_diag_next(&walk, &want, &r, &ended)) {
		if (cspan_len(program) && !diag_filter_run(program, &r))
			continue;
		fits = put_inet(w, &h, &r, q.ext, d->want.kind);
		if (!fits)
			inet_diag_back(&walk);
	}
	inet_diag_walk_end(&walk);
	d->at[0] = walk.bucket;
	d->at[1] = walk.place;
	return ended;
}
static const struct nl_dumper inet_dumper = { .next = inet_dump, .unlocked = true };

/* A dump that only tells an error, at its end, as Linux does. */
static bool no_dump(struct nl_dump *d, struct nl_writer *w)
{
	(void)w;
	d->status = -ENOENT;
	return true;
}
static const struct nl_dumper nothing_dumper = { .next = no_dump, .unlocked = true };

/*
 * All checks, and the memory of the kept program, come before the dump begins: nl_dump_start is the
 * commit. The buffer is the dump's from then on, and nl_filter_end gives it back with its account.
 */
static int diag_start_dump(const struct nl_request *rq, const struct inet_diag_req *q, u32 protocol,
	bool known)
{
	struct nl_range program = { 0 };
	struct nl_filter want = { .protocol = protocol, .kind = is_admin() };
	int err = 0;

	if (nl_get(nl_attrs(rq, sizeof(*q)), INET_DIAG_REQ_BYTECODE, &program))
		err = diag_filter_check(nl_span(program), want.kind);
	else
		program = (struct nl_range){ rq->bytes, rq->at, 0 };
	if (err)
		return err;
	if (!known)
		return nl_dump_start(rq, &nothing_dumper, &want);
	err = nl_filter_keep(&want, (u32)sizeof(*q) + program.len);
	if (err)
		return err;
	(void)span_write(buf_span(want.bytes), 0, q);
	span_copy(span_from(buf_span(want.bytes), sizeof(*q)), nl_span(program));
	err = nl_dump_start(rq, &inet_dumper, &want);
	if (err < 0)
		nl_filter_end(&want);
	return err;
}

/* ---- one socket ---- */

/* The other way than put_words. */
static struct ip_addr diag_address(u32 family, const u32 (*words)[4])
{
	struct ip_addr a = { (u64)be32((*words)[0]) << 32 | be32((*words)[1]),
		(u64)be32((*words)[2]) << 32 | be32((*words)[3]) };

	return family == AF_INET ? ip4_addr(be32((*words)[0])) : a;
}

/* The ends as TCP has them; a request about UDP has them the other way round. */
static struct inet_diag_key diag_key(const struct inet_diag_req *q, u32 protocol)
{
	struct inet_diag_key k = { .local = diag_address(q->family, &q->id.local),
		.peer = diag_address(q->family, &q->id.peer),
		.local_port = be16(q->id.local_port),
		.peer_port = be16(q->id.peer_port),
		.ifindex = q->id.ifindex };

	if (protocol != IP_PROTO_UDP)
		return k;
	return (struct inet_diag_key){ .local = k.peer,
		.peer = k.local,
		.local_port = k.peer_port,
		.peer_port = k.local_port,
		.ifindex = k.ifindex };
}

/* A cookie in the request must be that of the socket that was found; all ones stand for any. */
static int tell_one(const struct nl_request *rq, const struct inet_diag_req *q, u32 protocol)
{
	struct nlmsghdr h = nl_reply(rq, SOCK_DIAG_BY_FAMILY, 0);
	struct inet_diag_want want = want_of(q, protocol);
	struct inet_diag_key k = diag_key(q, protocol);
	struct inet_diag_record r;
	struct nl_writer w;
	int err = inet_diag_find(&want, &k, &r);

	if (!err && !diag_cookie_fits(diag_cookie(&q->id.cookie), r.cookie))
		err = protocol == IP_PROTO_TCP ? -ENOENT : -ESTALE;
	if (err)
		return err;
	w = nl_writer_new(PIECE);
	if (put_inet(&w, &h, &r, q->ext, is_admin()))
		nl_answer(rq, &w);
	else
		err = -ENOBUFS;
	nl_writer_end(&w);
	return err;
}

/*
 * Whether the caller may is decided where the socket is found, so that Linux's errors come in
 * Linux's order.
 */
static int destroy(const struct inet_diag_req *q, u32 protocol)
{
	struct inet_diag_want want = want_of(q, protocol);
	struct inet_diag_key k = diag_key(q, protocol);

	return inet_diag_destroy(&want, &k, diag_cookie(&q->id.cookie), is_admin());
}

/*
 * A protocol above 255 comes as an attribute. Unknown ones are told as Linux tells them: by ENOENT,
 * in a dump at its end.
 */
int inet_diag_request(const struct nl_request *rq)
{
	struct inet_diag_req q;
	u32 protocol;
	bool known;

	if (!span_read(nl_span(nl_payload(rq)), 0, &q))
		return -EINVAL;
	protocol = nl_get_u32(nl_attrs(rq, sizeof(q)), INET_DIAG_REQ_PROTOCOL, q.protocol);
	known = protocol == IP_PROTO_TCP || protocol == IP_PROTO_UDP || protocol == IP_PROTO_RAW;
	if (rq->h.type == SOCK_DIAG_BY_FAMILY && (rq->h.flags & NLM_F_DUMP))
		return diag_start_dump(rq, &q, protocol, known);
	if (!known)
		return -ENOENT;
	return rq->h.type == SOCK_DESTROY ? destroy(&q, protocol) : tell_one(rq, &q, protocol);
}
