// SPDX-License-Identifier: MPL-2.0
/* What sock_diag(7) tells of AF_UNIX sockets (diag.h). */
#include <kernel/file.h>
#include <kernel/inode.h>

#include "diag.h"

/* States have TCP's numbers. */
#define STATE_ESTABLISHED 1u
#define STATE_CLOSE       7u
#define STATE_LISTEN      10u

/* The inode of a socket's file, which may be in the middle of its release; 0: it has none. */
static u64 ino_of(const struct socket *s)
{
	struct file *f = load_acquire(s->file);
	struct inode *ino = f ? load_once(f->inode) : NULL;

	return ino ? ino->ino : 0;
}

static u32 uid_of(const struct socket *s)
{
	struct file *f = load_acquire(s->file);
	struct inode *ino = f ? load_once(f->inode) : NULL;

	return ino ? ino->uid : 0;
}

static u32 state_of(u32 state)
{
	switch (state) {
	case UNIX_LISTEN:
		return STATE_LISTEN;
	case UNIX_CONNECTED:
		return STATE_ESTABLISHED;
	default:
		return STATE_CLOSE;
	}
}

/* What waits for the reader, and what the peers have not read yet; of a listener its queue. */
static void fill_queues(struct socket *s, struct unix_sock *us, struct unix_diag_record *out)
{
	struct unix_msg *first;

	if (out->state == STATE_LISTEN) {
		out->rqueue = load_once(us->nr_embryos);
		out->wqueue = load_once(us->backlog);
		return;
	}
	spin_lock(&us->lock);
	first = list_first(&us->queue);
	out->rqueue = s->type == SOCK_STREAM ? (u32)unix_stream_used(us)
		: s->type == SOCK_SEQPACKET  ? (u32)us->queue_bytes
		: first                      ? first->len
					     : 0;
	out->mem[MEMINFO_RMEM] = s->type == SOCK_STREAM ? (u32)unix_stream_used(us)
							: (u32)us->queue_bytes;
	spin_unlock(&us->lock);
	out->wqueue = out->mem[MEMINFO_WMEM] = (u32)atomic_load(&us->wmem);
}

bool unix_diag_record(struct socket *s, struct unix_diag_record *out)
{
	struct unix_sock *us = unix_of(s);
	struct unix_addr *a = load_acquire(us->addr);
	struct socket *peer;

	*out = (struct unix_diag_record){ .ino = ino_of(s) };
	if (!out->ino || load_once(us->dead))
		return false;
	out->type = s->type;
	out->state = state_of(load_once(us->state));
	out->cookie = socket_cookie(s);
	out->uid = uid_of(s);
	out->shutdown = load_once(s->shutdown);
	out->mem[MEMINFO_RCVBUF] = load_once(s->rcvbuf);
	out->mem[MEMINFO_SNDBUF] = load_once(s->sndbuf);
	if (a)
		out->name_len = (u32)span_copy(span_of(out->name), UNIX_ADDR_PATH(a));
	peer = unix_peer_get(us);
	if (peer) {
		out->has_peer = true;
		out->peer_ino = ino_of(peer);
	}
	fill_queues(s, us, out);
	if (peer && s->type == SOCK_STREAM)
		out->wqueue = out->mem[MEMINFO_WMEM] = (u32)unix_stream_used(unix_of(peer));
	obj_put(&peer);
	out->has_node = unix_diag_node(us, &out->node_ino, &out->node_dev);
	return true;
}

u32 unix_diag_icons(struct socket *s, u32 (*const out)[UNIX_ICONS_MAX])
{
	struct unix_sock *us = unix_of(s), *e;
	u32 n = 0;

	spin_lock(&us->lock);
	list_for_each(e, &us->embryos, embryo_link) {
		struct socket *peer = load_once(e->peer);
		if (n == UNIX_ICONS_MAX)
			break;
		(*out)[n] = peer ? (u32)ino_of(peer) : 0;
		n++;
	}
	spin_unlock(&us->lock);
	return n;
}
