// SPDX-License-Identifier: MPL-2.0
/*
 * Options of AF_NETLINK sockets: groups, and flags that change answers (netlink(7)). Flags are bits
 * of one word, set atomically and read without a lock: a message that is written at the same time
 * follows the old or the new one.
 */
#include <kernel/cred.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "netlink.h"

/* 0: no option that is a flag. */
static u32 netlink_option_flag(s32 name)
{
	switch (name) {
	case NETLINK_PKTINFO:
		return NL_PKTINFO;
	case NETLINK_BROADCAST_ERROR:
		return NL_BROADCAST_ERROR;
	case NETLINK_NO_ENOBUFS:
		return NL_NO_ENOBUFS;
	case NETLINK_CAP_ACK:
		return NL_CAP_ACK;
	case NETLINK_EXT_ACK:
		return NL_EXT_ACK;
	case NETLINK_GET_STRICT_CHK:
		return NL_STRICT;
	case NETLINK_LISTEN_ALL_NSID:
		return NL_ALL_NSID;
	default:
		return 0;
	}
}

/*
 * Groups by number; bind sets the first 32 of them by a mask. Anybody may join any group of the
 * protocols that exist here.
 */
static s64 change_membership(struct netlink_sock *ns, u32 group, bool join)
{
	if (group == 0 || group > NETLINK_GROUPS)
		return -EINVAL;
	mutex_lock(&ns->bind_lock);
	nl_set_groups(ns, join ? ns->groups | bit(group - 1) : ns->groups & ~bit(group - 1));
	mutex_unlock(&ns->bind_lock);
	return 0;
}

/*
 * NETLINK_EXT_ACK is stored and has no effect: answers have no text, as those of a driver that
 * gives none.
 */
s64 netlink_setsockopt(struct socket *s, s32 level, s32 name, struct uaddr value, u32 len)
{
	struct netlink_sock *ns = obj_cast(netlink_sock, s->proto);
	u32 flag = netlink_option_flag(name), v = 0;

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (len >= sizeof(v) && user_get(&v, value))
		return -EFAULT;
	if (name == NETLINK_ADD_MEMBERSHIP || name == NETLINK_DROP_MEMBERSHIP)
		return change_membership(ns, v, name == NETLINK_ADD_MEMBERSHIP);
	if (!flag)
		return -ENOPROTOOPT;
	if (flag == NL_ALL_NSID && !cred_capable(thread_current()->cred, CAP_NET_BROADCAST))
		return -EPERM;
	if (v)
		set_bits(ns->flags, flag);
	else
		clear_bits(ns->flags, flag);
	return 0;
}

/* NETLINK_LIST_MEMBERSHIPS writes whole words, and always the length that there is. */
s64 netlink_getsockopt(struct socket *s, s32 level, s32 name, struct uaddr value,
	struct uaddr len_at, u32 room)
{
	struct netlink_sock *ns = obj_cast(netlink_sock, s->proto);
	u64 groups = load_once(ns->groups);
	u32 v, n = sizeof(v);

	if (level != SOL_NETLINK)
		return -ENOPROTOOPT;
	if (name == NETLINK_LIST_MEMBERSHIPS) {
		n = sizeof(groups);
		if (copy_out(value, cspan_first(value_cspan(&groups), min(room, n) & ~3u)))
			return -EFAULT;
		return user_put(len_at, &n) ? -EFAULT : 0;
	}
	if (!netlink_option_flag(name))
		return -ENOPROTOOPT;
	if (room < sizeof(v))
		return -EINVAL;
	v = (load_once(ns->flags) & netlink_option_flag(name)) != 0;
	return user_put(value, &v) || user_put(len_at, &n) ? -EFAULT : 0;
}
