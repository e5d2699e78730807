// SPDX-License-Identifier: MPL-2.0
/*
 * NETLINK_SOCK_DIAG for AF_UNIX and AF_NETLINK. Both families are walked by the number that each
 * socket got when it was made (socket_list.c), so the place of a dump is one number, and no socket
 * is shown twice. A piece looks at STEPS_MAX sockets at most: then the receive looks for signals.
 *
 * Anybody may ask, as on Linux: what is shown is what /proc/net/unix shows. An answer is built from
 * a record, which is copied first (unix_diag_record), so no message is written with a lock of the
 * socket held.
 *
 * The dumps are unlocked: they need no net_config, only the list of sockets, which is asked anew
 * for each socket.
 */
#include <frame/task.h>
#include <kernel/file.h>
#include <kernel/inode.h>

#include "../unix/diag.h"
#include "diag.h"

#define STEPS_MAX  4096u /* sockets that one piece of a dump looks at */
#define ONE_ANSWER 2048u

/* ---- AF_UNIX ---- */

/*
 * What is shown follows the bits of the request; a socket that is being closed shows what is left
 * of it.
 */
static void put_details(struct nl_writer *w, struct socket *s, const struct unix_diag_record *r,
	u32 show)
{
	struct unix_diag_vfs vfs = { (u32)r->node_ino, (u32)r->node_dev };
	struct unix_diag_rqlen q = { r->rqueue, r->wqueue };
	u32 icons[UNIX_ICONS_MAX];
	u32 n;

	if ((show & UDIAG_SHOW_NAME) && r->name_len)
		nl_put(w, UNIX_DIAG_NAME, cspan_first(cspan_of(r->name), r->name_len));
	if ((show & UDIAG_SHOW_VFS) && r->has_node)
		nl_put(w, UNIX_DIAG_VFS, value_cspan(&vfs));
	if ((show & UDIAG_SHOW_PEER) && r->has_peer)
		nl_put_u32(w, UNIX_DIAG_PEER, (u32)r->peer_ino);
	if ((show & UDIAG_SHOW_ICONS) && r->state == 10 /* LISTEN */) {
		n = unix_diag_icons(s, &icons);
		nl_put(w, UNIX_DIAG_ICONS, cspan_first(value_cspan(&icons), n * sizeof(icons[0])));
	}
	if (show & UDIAG_SHOW_RQLEN)
		nl_put(w, UNIX_DIAG_RQLEN, value_cspan(&q));
	if (show & UDIAG_SHOW_MEMINFO)
		nl_put(w, UNIX_DIAG_MEMINFO, value_cspan(&r->mem));
	nl_put_u8(w, UNIX_DIAG_SHUTDOWN, (u8)r->shutdown);
	if (show & UDIAG_SHOW_UID)
		nl_put_u32(w, UNIX_DIAG_UID, r->uid);
}

/* The cookie is the socket's number for good; ss(8) sends it back when it asks for one socket. */
static bool put_unix(struct nl_writer *w, const struct nlmsghdr *h, struct socket *s,
	const struct unix_diag_record *r, u32 show)
{
	struct unix_diag_msg m = { .family = AF_UNIX,
		.type = (u8)r->type,
		.state = (u8)r->state,
		.ino = (u32)r->ino,
		.cookie = { (u32)r->cookie, (u32)(r->cookie >> 32) } };
	u32 at = nl_begin(w, h, value_cspan(&m));

	put_details(w, s, r, show);
	return nl_end(w, at);
}

/* One socket of a dump. False: it does not fit. */
static bool dump_one(struct nl_dump *d, struct nl_writer *w, struct socket *s)
{
	struct nlmsghdr h = nl_reply(&d->rq, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI);
	struct unix_diag_record r;

	if (!unix_diag_record(s, &r) || !(d->want.table >> r.state & 1))
		return true;
	return put_unix(w, &h, s, &r, d->want.kind);
}

/* want.table: the states, want.kind: what to show; at[0]: the id of the last socket. */
static bool unix_dump(struct nl_dump *d, struct nl_writer *w)
{
	struct socket *s;
	bool fits = true;
	u32 n;

	for (n = 0; fits && n < STEPS_MAX; n++) {
		s = socket_list_next(SOCKETS_UNIX, d->at[0]);
		if (!s)
			return true;
		fits = dump_one(d, w, s);
		if (fits)
			d->at[0] = s->all_id;
		obj_put(&s);
		task_cond_resched();
	}
	return false;
}
static const struct nl_dumper unix_dumper = { .next = unix_dump, .unlocked = true };

/* The socket with an inode number: a reference; NULL: there is none. */
static struct socket *find_unix(u32 ino, struct unix_diag_record *r)
{
	struct socket *s;
	u64 after = 0;

	while (!loop_should_end() && (s = socket_list_next(SOCKETS_UNIX, after)) != NULL) {
		if (unix_diag_record(s, r) && r->ino == ino)
			return s;
		after = s->all_id;
		obj_put(&s);
		task_cond_resched();
	}
	return NULL;
}

/*
 * A search through all sockets, since nothing finds one by its inode; it ends early if its caller
 * is killed (find_unix).
 */
static int unix_one(const struct nl_request *rq, const struct unix_diag_req *q)
{
	struct nlmsghdr h = nl_reply(rq, SOCK_DIAG_BY_FAMILY, 0);
	struct unix_diag_record r;
	struct socket *s;
	struct nl_writer w;
	int err = 0;

	if (!q->ino)
		return -EINVAL;
	s = find_unix(q->ino, &r);
	if (!s)
		return -ENOENT;
	if (!diag_cookie_fits(diag_cookie(&q->cookie), r.cookie)) {
		obj_put(&s);
		return -ESTALE;
	}
	w = nl_writer_new(ONE_ANSWER);
	if (put_unix(&w, &h, s, &r, q->show))
		nl_answer(rq, &w);
	else
		err = -ENOBUFS;
	nl_writer_end(&w);
	obj_put(&s);
	return err;
}

/* A request that is too short is EINVAL before anything is looked for. */
int unix_diag_request(const struct nl_request *rq)
{
	struct nl_filter want = { 0 };
	struct unix_diag_req q;

	if (!span_read(nl_span(nl_payload(rq)), 0, &q))
		return -EINVAL;
	if (!(rq->h.flags & NLM_F_DUMP))
		return unix_one(rq, &q);
	want.table = q.states;
	want.kind = q.show;
	return nl_dump_start(rq, &unix_dumper, &want);
}

/* ---- AF_NETLINK ---- */

/* CB_RUNNING: a dump is under way, whose next piece waits for a receive. */
static u32 diag_netlink_flags(const struct netlink_sock *ns)
{
	u32 f = load_once(ns->flags);

	return (load_once(ns->dump.ops) ? NDIAG_FLAG_CB_RUNNING : 0u) |
		(f & NL_PKTINFO ? NDIAG_FLAG_PKTINFO : 0u) |
		(f & NL_BROADCAST_ERROR ? NDIAG_FLAG_BROADCAST_ERROR : 0u) |
		(f & NL_NO_ENOBUFS ? NDIAG_FLAG_NO_ENOBUFS : 0u) |
		(f & NL_ALL_NSID ? NDIAG_FLAG_ALL_NSID : 0u) |
		(f & NL_CAP_ACK ? NDIAG_FLAG_CAP_ACK : 0u);
}

/* Words without locks, of no single moment. */
static bool put_netlink(struct nl_writer *w, const struct nlmsghdr *h, struct socket *s, u32 show)
{
	struct netlink_sock *ns = obj_cast(netlink_sock, s->proto);
	struct file *f = load_acquire(s->file);
	struct inode *ino = f ? load_once(f->inode) : NULL;
	u64 cookie = socket_cookie(s), groups = load_once(ns->groups);
	u32 mem[NR_MEMINFO] = { 0 };
	struct netlink_diag_msg m = { .family = AF_NETLINK,
		.type = (u8)s->type,
		.protocol = (u8)ns->protocol,
		.state = 7, /* CLOSE */
		.portid = ns->port,
		.dst_portid = load_once(ns->peer_port),
		.dst_group = load_once(ns->peer_groups),
		.ino = ino ? (u32)ino->ino : 0,
		.cookie = { (u32)cookie, (u32)(cookie >> 32) } };
	u32 at = nl_begin(w, h, value_cspan(&m));

	mem[MEMINFO_RMEM] = load_once(ns->rmem);
	mem[MEMINFO_RCVBUF] = load_once(s->rcvbuf);
	mem[MEMINFO_SNDBUF] = load_once(s->sndbuf);
	if ((show & NDIAG_SHOW_GROUPS) && groups)
		nl_put(w, NETLINK_DIAG_GROUPS, value_cspan(&groups));
	if (show & NDIAG_SHOW_MEMINFO)
		nl_put(w, NETLINK_DIAG_MEMINFO, value_cspan(&mem));
	if (show & NDIAG_SHOW_FLAGS)
		nl_put_u32(w, NETLINK_DIAG_FLAGS, diag_netlink_flags(ns));
	return nl_end(w, at);
}

/* want.protocol: NDIAG_PROTO_ALL or one; at[0]: the id of the last socket. */
static bool netlink_dump(struct nl_dump *d, struct nl_writer *w)
{
	struct nlmsghdr h = nl_reply(&d->rq, SOCK_DIAG_BY_FAMILY, NLM_F_MULTI);
	struct socket *s;
	bool fits = true;
	u32 n;

	if (d->want.protocol != NDIAG_PROTO_ALL && d->want.protocol >= NETLINK_MAX) {
		d->status = -ENOENT;
		return true;
	}
	for (n = 0; fits && n < STEPS_MAX; n++) {
		s = socket_list_next(SOCKETS_NETLINK, d->at[0]);
		if (!s)
			return true;
		if (d->want.protocol == NDIAG_PROTO_ALL || d->want.protocol == s->protocol)
			fits = put_netlink(w, &h, s, d->want.kind);
		if (fits)
			d->at[0] = s->all_id;
		obj_put(&s);
		task_cond_resched();
	}
	return false;
}
static const struct nl_dumper netlink_dumper = { .next = netlink_dump, .unlocked = true };

/* Linux has dumps only, too. */
int netlink_diag_request(const struct nl_request *rq)
{
	struct nl_filter want = { 0 };
	struct netlink_diag_req q;

	if (!span_read(nl_span(nl_payload(rq)), 0, &q))
		return -EINVAL;
	if (!(rq->h.flags & NLM_F_DUMP))
		return -EOPNOTSUPP;
	want.protocol = q.protocol;
	want.kind = q.show;
	return nl_dump_start(rq, &netlink_dumper, &want);
}
