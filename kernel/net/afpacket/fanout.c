// SPDX-License-Identifier: MPL-2.0
/*
 * PACKET_FANOUT: sockets in a group share what one of them would get (packet(7)).
 *
 * A group is named by a number and exists while a socket has joined it. Its sockets have the same
 * device and protocol, which bind(2) then cannot change. Those that receive stand in an array, in
 * the order in which they came; one that leaves is replaced by the last. For each packet that the
 * group wants, its kind says which member gets it: by the flow's hash, in turn, by the CPU, by
 * chance, by a program, or the first with room (rollover, which may also follow another kind).
 *
 * Bounds: GROUPS_MAX groups and FANOUT_MEMBERS members of each. A group's program runs under
 * packet_lock, but it is a classic one: it has no loops.
 *
 * Locking: groups change with net_config and packet_lock held; a packet sees them under packet_lock
 * alone. The socket's own lock is taken inside.
 */
#include <frame/cpu.h>
#include <kernel/random.h>

#include "afpacket.h"

static LIST_HEAD(packet_fanout) groups; /* packet_lock: a reference of all who joined together */
static u32 nr_groups;                   /* packet_lock and net_config */
static u32 next_group;                  /* net_config: where PACKET_FANOUT_FLAG_UNIQUEID begins */

static void packet_fanout_release(struct packet_fanout *f)
{
	obj_put(&f->prog);
}
OBJ_TYPE(packet_fanout, packet_fanout_release);

/* Groups of the machine: each packet is shown to all of them. */
#define GROUPS_MAX 256u

/* ---- joining; net_config held ---- */

static struct packet_fanout *fanout_find(u32 id)
{
	struct packet_fanout *f;

	list_for_each(f, &groups, link) {
		if (f->id == id)
			return f;
	}
	return NULL;
}

/* A number that no group has. It is among the first GROUPS_MAX + 1, for there are fewer groups. */
static int find_new_id(u32 *const id)
{
	u32 i;

	for (i = 0; i <= 0xffff; i++, next_group++) {
		if (!fanout_find(next_group & 0xffff)) {
			*id = next_group++ & 0xffff;
			return 0;
		}
	}
	return -ENOMEM;
}

/* Before anything is made or found: kinds and flags that this kernel does not know are EINVAL. */
static bool type_ok(const struct fanout_args *a)
{
	if (a->flags & PACKET_FANOUT_FLAG_DEFRAG)
		return false; /* fragments are not put together here */
	if (a->type == PACKET_FANOUT_ROLLOVER)
		return !(a->flags & PACKET_FANOUT_FLAG_ROLLOVER);
	return a->type <= PACKET_FANOUT_CBPF;
}

/* A group for the socket, which is on no list yet; NULL: no memory. */
static struct packet_fanout *fanout_new(const struct packet_sock *ps, const struct fanout_args *a,
	u32 id)
{
	struct packet_fanout *f = obj_new(packet_fanout);

	if (!f)
		return NULL;
	f->id = id;
	f->type = a->type;
	f->flags = a->flags & ~PACKET_FANOUT_FLAG_UNIQUEID;
	f->max_members = a->max_members ? a->max_members : FANOUT_MEMBERS;
	f->protocol = ps->protocol;
	f->ifindex = ps->ifindex;
	return f;
}

/*
 * All members must want the same, so that a packet which one gets would have been the other's, too.
 */
static s64 may_join(const struct packet_sock *ps, const struct packet_fanout *f,
	const struct fanout_args *a)
{
	if (f->flags != (a->flags & ~PACKET_FANOUT_FLAG_UNIQUEID))
		return -EINVAL;
	if (a->max_members && a->max_members != f->max_members)
		return -EINVAL;
	if (!ps->protocol || f->type != a->type || f->protocol != ps->protocol ||
		f->ifindex != ps->ifindex)
		return -EINVAL;
	return f->nr_joined < min(f->max_members, FANOUT_MEMBERS) ? 0 : -ENOSPC;
}

/*
 * The socket goes from the list of those that receive by themselves to the group. In one hold of
 * packet_lock, so a packet finds the socket by itself or in the group, and never both.
 */
static void fanout_add(struct packet_sock *ps, struct packet_fanout *f)
{
	spin_lock(&packet_lock);
	if (!f->nr_joined++) {
		list_push_back(&groups, f, link);
		nr_groups++;
	}
	if (ps->listed)
		packet_list(ps, false);
	ps->fanout = obj_get(f);
	if (ps->listed)
		packet_fanout_list(ps, true);
	spin_unlock(&packet_lock);
}

/*
 * Checks first: the group is made or found, then compared with what the socket asks for, and only
 * then the socket moves. A group that was made for a socket that may not fanout_add it goes with its
 * reference.
 */
static s64 fanout_join_locked(struct packet_sock *ps, const struct fanout_args *a)
{
	bool unique = a->flags & PACKET_FANOUT_FLAG_UNIQUEID;
	struct packet_fanout *f;
	u32 id = a->id;
	s64 err;

	if (ps->fanout)
		return -EALREADY;
	if (unique && id)
		return -EINVAL;
	err = unique ? find_new_id(&id) : 0;
	if (err)
		return err;
	f = fanout_find(id);
	if (f)
		(void)obj_get(f);
	else if (a->max_members > FANOUT_MAX)
		return -EINVAL;
	else if (nr_groups >= GROUPS_MAX)
		return -ENOSPC;
	else
		f = fanout_new(ps, a, id);
	err = f ? may_join(ps, f, a) : -ENOMEM;
	if (!err) {
		spin_lock(&ps->lock);
		ps->rolls = a->type == PACKET_FANOUT_ROLLOVER ||
			(a->flags & PACKET_FANOUT_FLAG_ROLLOVER);
		ps->roll_to = 0;
		ps->rolled = (struct rollover_stats){ 0 };
		spin_unlock(&ps->lock);
		fanout_add(ps, f);
	}
	obj_put(&f);
	return err;
}

/* net_config keeps devices, and other sockets' joins, still. */
s64 packet_fanout_join(struct packet_sock *ps, const struct fanout_args *a)
{
	s64 err;

	if (!type_ok(a))
		return -EINVAL;
	mutex_lock(&net_config);
	err = fanout_join_locked(ps, a);
	mutex_unlock(&net_config);
	return err;
}

/* net_config held; the caller has taken the socket off the members before. */
void packet_fanout_leave(struct packet_sock *ps)
{
	struct packet_fanout *f = ps->fanout;

	if (!f)
		return;
	spin_lock(&packet_lock);
	ps->fanout = NULL;
	if (!--f->nr_joined) {
		list_remove(&groups, f, link);
		nr_groups--;
	}
	spin_unlock(&packet_lock);
	obj_put(&f);
}

/* The old program goes when packet_lock is free, and no packet runs it. */
void packet_fanout_set(struct packet_fanout *f, struct bpf_prog *prog)
{
	struct bpf_prog *old;

	spin_lock(&packet_lock);
	old = f->prog;
	f->prog = prog;
	spin_unlock(&packet_lock);
	obj_put(&old);
}

/*
 * A gap is filled by the last member, so the numbers below f->nr are all members: a packet's choice
 * needs no search.
 */
void packet_fanout_list(struct packet_sock *ps, bool on)
{
	struct packet_fanout *f = ps->fanout;
	u32 i;

	if (on) {
		if (f->nr < FANOUT_MEMBERS)
			*array_at(f->member, f->nr++) = ps;
		return;
	}
	for (i = 0; i < f->nr && *array_at(f->member, i) != ps; i++)
		;
	if (i == f->nr)
		return;
	f->nr--;
	*array_at(f->member, i) = *array_at(f->member, f->nr);
	*array_at(f->member, f->nr) = NULL;
}

/* ---- which member; packet_lock held ---- */

/* What hashes begin with, so that who sends what is captured cannot choose who gets it. */
static u32 flow_secret; /* set once */

void packet_fanout_init(void)
{
	flow_secret = (u32)random_u64();
}

static u32 mix(u32 h, u32 v)
{
	return (h ^ v) * 0x9e3779b1u;
}

static u32 word_at(const struct packet *p, u32 at)
{
	u32 v = 0;

	return packet_read(p, at, value_span(&v)) ? v : 0;
}

/*
 * A number of the flow that both directions have: addresses, protocol and ports of an internet
 * packet, whose header begins @net bytes from the head; else the ethertype. Fragments have no
 * ports.
 */
static u32 flow_hash(const struct packet *p, u32 net)
{
	u32 h = flow_secret ^ p->ethertype, i, ports = 0, protocol = 0, fragment = 0;
	u8 b[10] = { 0 };

	if (!packet_read(p, net, span_of(b)))
		return mix(h, 0);
	if (p->ethertype == ETHERTYPE_IP4) {
		h = mix(h, word_at(p, net + 12) ^ word_at(p, net + 16));
		protocol = b[9];
		fragment = (u32)(b[6] & 0x3f) << 8 | b[7];
		ports = net + (b[0] & 15u) * 4;
	} else if (p->ethertype == ETHERTYPE_IP6) {
		for (i = 0; i < 4; i++)
			h = mix(h, word_at(p, net + 8 + i * 4) ^ word_at(p, net + 24 + i * 4));
		protocol = b[6];
		ports = net + 40;
	}
	h = mix(h, protocol);
	if (!fragment && (protocol == 6 || protocol == 17)) {
		u32 v = word_at(p, ports);
		h = mix(h, (v & 0xffff) ^ v >> 16);
	}
	return h ^ h >> 16;
}

/*
 * The first member with room, beginning with the one that took the last packet of @i; @i itself
 * only if none has. @try_self: @i keeps the packet while it has plenty of room.
 */
static u32 roll(struct packet_fanout *f, const struct packet *p, u32 i, bool try_self)
{
	struct packet_sock *ps = *array_at(f->member, i), *other;
	u32 at, start;
	bool found = false;

	if (try_self && packet_room(ps, p) == ROOM_NORMAL)
		return i;
	at = start = min(ps->roll_to, f->nr - 1);
	do {
		other = *array_at(f->member, at);
		found = !(try_self && other == ps) && packet_room(other, p) == ROOM_NORMAL;
		if (!found)
			at = at + 1 == f->nr ? 0 : at + 1;
	} while (!found && at != start);
	spin_lock(&ps->lock);
	if (found) {
		ps->roll_to = at;
		ps->rolled.all++;
	} else {
		ps->rolled.failed++;
	}
	spin_unlock(&ps->lock);
	return found ? at : i;
}

/*
 * @net: where the internet header begins, from the head on. The number is below f->nr, which is not
 * 0 here (fanout_wants).
 */
static u32 fanout_choose(struct packet_fanout *f, const struct packet *p, struct packet *c, u32 net)
{
	u32 i;

	switch (f->type) {
	case PACKET_FANOUT_LB:
		i = ++f->turn % f->nr;
		break;
	case PACKET_FANOUT_CPU:
		i = cpu_id() % f->nr;
		break;
	case PACKET_FANOUT_RND:
		i = (u32)(random_u64() % f->nr);
		break;
	case PACKET_FANOUT_CBPF:
		i = f->prog && c ? bpf_run_packet(f->prog, &packet_loads, &c->obj, NULL) % f->nr
				 : 0;
		break;
	case PACKET_FANOUT_ROLLOVER:
		return roll(f, p, 0, false);
	case PACKET_FANOUT_QM: /* the queue of a packet is not known: all are of the first */
		i = 0;
		break;
	default:
		i = (u32)((u64)flow_hash(p, net) * f->nr >> 32);
		break;
	}
	return f->flags & PACKET_FANOUT_FLAG_ROLLOVER ? roll(f, p, i, true) : i;
}

/* Whether the group gets the packet; it sees none that a member sends. */
static bool fanout_wants(const struct packet_fanout *f, const struct netdev *d,
	const struct packet *p, bool outgoing)
{
	u32 i;

	if (!f->nr || (f->ifindex && f->ifindex != d->index))
		return false;
	if (outgoing &&
		(f->protocol != ETH_P_ALL || (f->flags & PACKET_FANOUT_FLAG_IGNORE_OUTGOING)))
		return false;
	if (f->protocol != ETH_P_ALL && f->protocol != p->ethertype)
		return false;
	for (i = 0; outgoing && p->socket && i < f->nr; i++) {
		if ((*array_at(f->member, i))->socket == p->socket)
			return false;
	}
	return true;
}

/* packet_lock held: the members stand still. */
bool packet_fanout_see(struct netdev *d, const struct packet *p, bool outgoing)
{
	u32 header = outgoing ? d->header_len : 0;
	struct packet_fanout *f;
	struct packet *c;
	bool any = false;

	list_for_each(f, &groups, link) {
		if (!fanout_wants(f, d, p, outgoing))
			continue;
		any = true;
		/* A program reads, but what it reads may have to be a packet of its own. */
		c = f->type == PACKET_FANOUT_CBPF ? packet_clone(p) : NULL;
		if (c)
			c->net = (u16)(p->head + header);
		packet_show(*array_at(f->member, fanout_choose(f, p, c, header)), d, p, outgoing);
		packet_drop(&c);
	}
	return any;
}
