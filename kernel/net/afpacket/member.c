// SPDX-License-Identifier: MPL-2.0
/*
 * Memberships of packet sockets: a device is asked to take all packets, all to groups, or those to
 * one address, as long as a socket wants them. The device counts who has asked; net_config guards
 * the counts, and the list of each socket. A membership ends by PACKET_DROP_MEMBERSHIP, with its
 * socket, or with its device.
 */
#include <kernel/uaccess.h>
#include <uapi/if.h>

#include "afpacket.h"

OBJ_TYPE(packet_member, NULL_RELEASE);

/*
 * Groups that all packet sockets together have a device take. Each new one programs the card with
 * the whole list, so their number needs a bound, which those that inet sockets join have, too.
 */
#define GROUPS_MAX 1024u

struct member_address {
	u8 bytes[LINK_ADDR_MAX];
};

static int apply_group(struct netdev *d, const struct packet_mreq *m, bool on)
{
	struct member_address a = { 0 };
	int err = 0;

	span_copy(span_of(a.bytes), cspan_first(cspan_of(m->address), m->alen));
	if (!on) {
		netdev_leave(d, &a.bytes);
		d->nr_packet_groups--;
		return 0;
	}
	err = d->nr_packet_groups < GROUPS_MAX ? netdev_join(d, &a.bytes) : -ENOBUFS;
	if (!err)
		d->nr_packet_groups++;
	return err;
}

/*
 * Asks the device, or takes that back. The device counts (promiscuous, allmulti, groups), so each
 * membership takes back exactly what it has asked for.
 */
static int apply(struct netdev *d, const struct packet_mreq *m, bool on)
{
	switch (m->type) {
	case PACKET_MR_PROMISC:
		return netdev_set_promiscuous(d, on);
	case PACKET_MR_ALLMULTI:
		return netdev_set_allmulti(d, on);
	case PACKET_MR_MULTICAST:
	case PACKET_MR_UNICAST:
		if (m->alen != d->address_len)
			return -EINVAL;
		/* Every device takes what is sent to an address that is no group's. */
		if (m->type == PACKET_MR_UNICAST)
			return 0;
		return apply_group(d, m, on);
	default:
		return 0; /* as Linux: a kind that does not exist asks for nothing */
	}
}

static struct packet_member *member_find(struct packet_sock *ps, const struct packet_mreq *m)
{
	struct packet_member *i;

	list_for_each(i, &ps->members, link) {
		if (i->what.ifindex == m->ifindex && i->what.type == m->type &&
			i->what.alen == m->alen &&
			cspan_equal(cspan_first(cspan_of(i->what.address), m->alen),
				cspan_first(cspan_of(m->address), m->alen)))
			return i;
	}
	return NULL;
}

static s64 member_join_locked(struct packet_sock *ps, struct netdev *d, const struct packet_mreq *m)
{
	struct packet_member *i = member_find(ps, m);
	int err;

	if (d->gone)
		return -ENODEV;
	if (m->alen > d->address_len)
		return -EINVAL;
	if (i) {
		i->nr++;
		return 0;
	}
	i = ps->nr_members < MEMBERS_MAX ? obj_new(packet_member) : NULL;
	if (!i)
		return -ENOBUFS;
	err = apply(d, m, true);
	if (err) {
		obj_put(&i);
		return err;
	}
	i->what = *m;
	i->nr = 1;
	list_push_back(&ps->members, i, link);
	ps->nr_members++;
	return 0;
}

s64 packet_join(struct packet_sock *ps, const struct packet_mreq *m)
{
	struct netdev *d = netdev_by_index((u32)m->ifindex);
	s64 err;

	if (!d)
		return -ENODEV;
	mutex_lock(&net_config);
	err = member_join_locked(ps, d, m);
	mutex_unlock(&net_config);
	obj_put(&d);
	return err;
}

/* net_config held. An error of the device, which may be gone, is nobody's. */
static void member_leave(struct packet_sock *ps, struct packet_member *i)
{
	struct netdev *d = netdev_by_index((u32)i->what.ifindex);
	int err = d ? apply(d, &i->what, false) : 0;

	(void)err;
	obj_put(&d);
	list_remove(&ps->members, i, link);
	ps->nr_members--;
	obj_put(&i);
}

s64 packet_part(struct packet_sock *ps, const struct packet_mreq *m)
{
	struct packet_member *i;

	mutex_lock(&net_config);
	i = member_find(ps, m);
	if (i && !--i->nr)
		member_leave(ps, i);
	mutex_unlock(&net_config);
	return 0; /* as Linux, also if there is none */
}

void packet_part_all(struct packet_sock *ps, u32 ifindex)
{
	struct packet_member *i, *next;

	for (i = list_first(&ps->members); i; i = next) {
		next = list_next(i, link);
		if (!ifindex || (u32)i->what.ifindex == ifindex)
			member_leave(ps, i);
	}
}
