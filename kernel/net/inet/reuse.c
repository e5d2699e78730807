// SPDX-License-Identifier: MPL-2.0
/*
 * Groups of sockets that share a port by SO_REUSEPORT, and the program of a group, which chooses
 * the socket for a packet (SO_ATTACH_REUSEPORT_CBPF in socket(7)).
 *
 * A socket joins the group of its address and port when it is bound (UDP) or listens (TCP), and
 * leaves it when it is taken out of the transport's table. Members are numbered in the order in
 * which they joined; the last one takes the number of one that leaves, as on Linux. The program
 * returns a number. One that no member has leaves the choice to the transport's hash, as does a
 * group without a program. A program that is attached before the bind makes a group of one socket,
 * which becomes that of the address; then nobody else may have the address (inet_reuse_is_own).
 *
 * Groups are of one owner (socket_owner), whoever binds the sockets and listens.
 *
 * A search for a member walks over the members, of which there are 4096 at most (struct
 * port_table). Only groups with a program are searched. A group is found by its port and address,
 * with a key, so that nobody can fill one bucket with the groups of many addresses.
 *
 * Locking: reuse_lock, a leaf, guards the groups and all that sockets have of them.
 */
#include <kernel/bpf.h>
#include <kernel/random.h>

#include "sock.h"

#define REUSE_BUCKETS 1024u

struct reuse_group;
OBJ_TYPE_DECL(reuse_group);
/* A socket's place in its group. */
struct reuse_member {
	struct obj obj;
	struct reuse_group *group; /* reference */
	struct socket *socket;     /* borrowed: it leaves before it goes */
	u32 index;
	LIST_LINK(reuse_member) link;
};
OBJ_TYPE_DECL(reuse_member);

struct reuse_group {
	struct obj obj;
	LIST_LINK(reuse_group) link; /* of its bucket, if listed */
	LIST_HEAD(reuse_member) socks;
	u32 nr;
	struct bpf_prog *prog; /* reference; NULL: none */
	/* Whose it is, if listed. */
	bool listed, v6only, v4only;
	u16 type, family, port;
	u32 ifindex, uid;
	struct ip_addr local;
};
static void reuse_group_release(struct reuse_group *g)
{
	obj_put(&g->prog);
}
OBJ_TYPE(reuse_group, reuse_group_release);
static void reuse_member_release(struct reuse_member *m)
{
	obj_put(&m->group);
}
OBJ_TYPE(reuse_member, reuse_member_release);

struct reuse_bucket {
	LIST_HEAD(reuse_group) groups;
};
static struct reuse_bucket buckets[REUSE_BUCKETS];
static struct ip_hash_key reuse_key; /* set once */
static struct spinlock reuse_lock;

void inet_reuse_init(void)
{
	reuse_key = (struct ip_hash_key){ random_u64(), random_u64() };
}

static u32 reuse_place(struct ip_addr local, u32 port)
{
	return ip_hash(local, port, &reuse_key) % REUSE_BUCKETS;
}

/* The group that other sockets of the same name and user have made. */
static struct reuse_group *reuse_find(const struct inet_sock *i, u32 uid)
{
	struct reuse_bucket *const b = array_at(buckets, reuse_place(i->local, i->local_port));
	struct reuse_group *g;

	list_for_each(g, &b->groups, link) {
		if (g->port == i->local_port && g->type == i->socket->type &&
			g->family == i->socket->family && g->v6only == i->v6only &&
			g->v4only == i->v4only && g->ifindex == i->ifindex && g->uid == uid &&
			ip_equal(g->local, i->local))
			break;
	}
	return g;
}

static void reuse_enter(struct inet_sock *i, struct reuse_member *m, struct reuse_group *g)
{
	m->group = obj_get(g);
	m->socket = i->socket;
	m->index = g->nr++;
	list_push_back(&g->socks, m, link);
	store_once(i->reuse, obj_get(m));
}

/* A group that is the socket's alone becomes that of its name. */
static void reuse_publish(struct inet_sock *i, struct reuse_group *g, u32 uid)
{
	struct reuse_bucket *const b = array_at(buckets, reuse_place(i->local, i->local_port));

	g->type = i->socket->type;
	g->family = i->socket->family;
	g->v6only = i->v6only;
	g->v4only = i->v4only;
	g->port = i->local_port;
	g->ifindex = i->ifindex;
	g->local = i->local;
	g->uid = uid;
	g->listed = true;
	list_push_front(&b->groups, g, link);
}

/* What an entry takes: made without the lock, and dropped if it is not needed. */
struct reuse_parts {
	struct reuse_group *group;
	struct reuse_member *member;
};

static int reuse_prepare(struct reuse_parts *p)
{
	p->group = obj_new(reuse_group);
	p->member = obj_new(reuse_member);
	return p->group && p->member ? 0 : -ENOMEM;
}

static void reuse_done(struct reuse_parts *p)
{
	obj_put(&p->group);
	obj_put(&p->member);
}

int inet_reuse_join(struct inet_sock *i)
{
	u32 uid = socket_owner(i->socket);
	struct reuse_parts p = { 0 };
	struct reuse_group *g;
	int err;

	if (!(load_once(i->socket->options) & OPT_REUSEPORT))
		return 0;
	err = reuse_prepare(&p);
	if (err) {
		reuse_done(&p);
		return err;
	}
	spin_lock(&reuse_lock);
	if (!i->reuse) {
		g = reuse_find(i, uid);
		reuse_enter(i, p.member, g ? g : p.group);
	}
	if (!i->reuse->group->listed)
		reuse_publish(i, i->reuse->group, uid);
	spin_unlock(&reuse_lock);
	reuse_done(&p);
	return 0;
}

/* The last member takes the number of the one that leaves. */
void inet_reuse_leave(struct inet_sock *i)
{
	struct reuse_member *m, *last;
	struct reuse_group *g;

	if (likely(!load_once(i->reuse)))
		return;
	spin_lock(&reuse_lock);
	m = i->reuse;
	store_once(i->reuse, NULL);
	if (m) {
		g = m->group;
		list_remove(&g->socks, m, link);
		g->nr--;
		list_for_each(last, &g->socks, link) {
			if (last->index == g->nr)
				last->index = m->index;
		}
		if (!g->nr && g->listed) {
			struct reuse_bucket *const b = array_at(buckets,
				reuse_place(g->local, g->port));
			list_remove(&b->groups, g, link);
		}
	}
	spin_unlock(&reuse_lock);
	obj_put(&m);
}

bool inet_reuse_is_own(const struct inet_sock *i)
{
	bool own;

	if (likely(!load_once(i->reuse)))
		return false;
	spin_lock(&reuse_lock);
	own = i->reuse && !i->reuse->group->listed;
	spin_unlock(&reuse_lock);
	return own;
}

s64 inet_reuse_attach(struct inet_sock *i, bool in_table, struct bpf_prog *prog)
{
	struct reuse_parts p = { 0 };
	s64 err = reuse_prepare(&p);

	spin_lock(&reuse_lock);
	if (!err && !i->reuse) {
		if (in_table || !(load_once(i->socket->options) & OPT_REUSEPORT))
			err = -EINVAL;
		else
			reuse_enter(i, p.member, p.group);
	}
	if (!err) {
		struct bpf_prog *old = i->reuse->group->prog;
		i->reuse->group->prog = prog;
		prog = old;
	}
	spin_unlock(&reuse_lock);
	obj_put(&prog);
	reuse_done(&p);
	return err;
}

s64 inet_reuse_detach(struct inet_sock *i)
{
	bool shares = load_once(i->socket->options) & OPT_REUSEPORT;
	struct bpf_prog *prog = NULL;

	spin_lock(&reuse_lock);
	if (i->reuse) {
		shares = true;
		prog = i->reuse->group->prog;
		i->reuse->group->prog = NULL;
	}
	spin_unlock(&reuse_lock);
	if (!prog)
		return shares ? -ENOENT : -EINVAL;
	obj_put(&prog);
	return 0;
}

/* The member with a number; a reference to its socket. */
static struct socket *reuse_member_at(const struct inet_sock *i, u32 index)
{
	const struct reuse_member *m;
	struct socket *s = NULL;

	spin_lock(&reuse_lock);
	if (i->reuse && index < i->reuse->group->nr) {
		list_for_each(m, &i->reuse->group->socks, link) {
			if (m->index != index)
				continue;
			s = obj_tryget(m->socket) ? m->socket : NULL;
			break;
		}
	}
	spin_unlock(&reuse_lock);
	return s;
}

struct socket *inet_reuse_select(struct inet_sock *i, struct packet *p, u32 header)
{
	struct bpf_prog *prog = NULL;
	u32 index;

	spin_lock(&reuse_lock);
	if (i->reuse && i->reuse->group->prog)
		prog = obj_get(i->reuse->group->prog);
	spin_unlock(&reuse_lock);
	if (!prog)
		return NULL;
	packet_pull(p, header);
	index = bpf_run_packet(prog, &packet_loads, &p->obj, NULL);
	packet_push(p, header);
	obj_put(&prog);
	return reuse_member_at(i, index);
}
