// SPDX-License-Identifier: MPL-2.0
/*
 * Bridges by ioctl, as brctl makes them and gives them ports. Any socket takes these requests. They
 * are done by the functions of netlink's requests, but have errors of their own, which are Linux's.
 * A program that gets an error tries the older form of the request, whose error is what it shows.
 * Settings are changed by files (kernel/fs/sys/net_bridge.c), not by the older requests for them.
 */
#include <kernel/bridge.h>
#include <kernel/cred.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <uapi/errno.h>
#include <uapi/if.h>

#include "bridge.h"

enum {
	SIOCBRADDBR = 0x89a0,
	SIOCBRDELBR = 0x89a1,
	SIOCBRADDIF = 0x89a2,
	SIOCBRDELIF = 0x89a3,
	/* The older ones, which brctl tries when one of these has failed. */
	SIOCGIFBR = 0x8940,
	SIOCSIFBR = 0x8941,
	SIOCDEVPRIVATE = 0x89f0
};
enum { BRCTL_ADD_BRIDGE = 2, BRCTL_DEL_BRIDGE = 3, BRCTL_ADD_IF = 4, BRCTL_DEL_IF = 5 };

/* The name alone is what SIOCBRADDBR and SIOCBRDELBR have. */
struct bridge_name {
	u8 text[IFNAMSIZ];
};
/* struct ifreq: the bridge's name, and the index of the port. */
struct bridge_ifreq {
	struct bridge_name name;
	s32 index;
	u8 rest[20];
};
static_assert(sizeof(struct bridge_ifreq) == 40, "struct ifreq");
struct bridge_private {
	struct bridge_name name;
	u64 args;
};
struct bridge_old_args {
	u64 v[3];
};

/* A request in its one form: SIOCBRADDBR... */
struct bridge_ask {
	u32 cmd;
	struct bridge_name name;
	s32 index;
};

static int bridge_create(const struct bridge_name *name)
{
	struct netdev *d = bridge_new();
	int err = d ? 0 : -ENOMEM;

	if (!err) {
		d->name_origin = NETDEV_NAME_UNKNOWN;
		err = netdev_register_held(d, text_in(name->text));
	}
	if (!err)
		bridge_registered(d);
	obj_put(&d);
	return err;
}

static int bridge_delete(const struct bridge_name *name)
{
	struct netdev *d = netdev_by_name(text_in(name->text));
	int err = 0;

	if (!d)
		return -ENXIO;
	if (!bridge_of(d))
		err = -EPERM;
	else if (d->flags & IFF_UP)
		err = -EBUSY;
	else
		netdev_leave_with(d);
	obj_put(&d);
	return err;
}

static int bridge_add_port(struct netdev *d, const struct netdev *bridge)
{
	bool may_have_master = d->kind == LINK_ETHERNET && !(d->flags & IFF_LOOPBACK);

	if (may_have_master && !bridge_of(d) && d->master_index)
		return -EBUSY;
	return bridge_set_master(d, bridge->index);
}

static int bridge_del_port(struct netdev *d, const struct netdev *bridge)
{
	struct bridge_port *port = bridge_port_of(d);

	if (!port || port->bridge->dev != bridge)
		return -EINVAL;
	return bridge_set_master(d, 0);
}

static int bridge_change_ports(const struct bridge_ask *ask)
{
	struct netdev *bridge = netdev_by_name(text_in(ask->name.text));
	struct netdev *d = ask->index > 0 ? netdev_by_index((u32)ask->index) : NULL;
	int err;

	if (!bridge)
		err = -ENODEV;
	else if (!bridge_of(bridge))
		err = -EOPNOTSUPP;
	else if (!d)
		err = -EINVAL;
	else if (ask->cmd == SIOCBRADDIF)
		err = bridge_add_port(d, bridge);
	else
		err = bridge_del_port(d, bridge);
	obj_put(&d);
	obj_put(&bridge);
	return err;
}

/* Whether a bridge has that name: 0, -ENODEV, -EOPNOTSUPP. */
static int bridge_check_name(const struct bridge_name *name)
{
	struct netdev *d = netdev_by_name(text_in(name->text));
	int err = !d ? -ENODEV : bridge_of(d) ? 0 : -EOPNOTSUPP;

	obj_put(&d);
	return err;
}

/* ---- requests ---- */

/* SIOCSIFBR and SIOCGIFBR: numbers, the second of which is where the bridge's name stands. */
static int bridge_ask_old(struct uaddr at, struct bridge_ask *const ask)
{
	struct bridge_old_args args;

	if (user_get(&args, at))
		return -EFAULT;
	if (args.v[0] != BRCTL_ADD_BRIDGE && args.v[0] != BRCTL_DEL_BRIDGE)
		return -EOPNOTSUPP;
	if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	ask->cmd = args.v[0] == BRCTL_ADD_BRIDGE ? SIOCBRADDBR : SIOCBRDELBR;
	return user_get(&ask->name, UADDR(args.v[1])) ? -EFAULT : 0;
}

/* SIOCDEVPRIVATE: the name, and a pointer to numbers, the second of which is the port's index. */
static int bridge_ask_private(struct uaddr at, struct bridge_ask *const ask)
{
	struct bridge_old_args args;
	struct bridge_private r;
	int err;

	if (user_get(&r, at))
		return -EFAULT;
	ask->name = r.name;
	ask->name.text[IFNAMSIZ - 1] = 0;
	err = bridge_check_name(&ask->name);
	if (err)
		return err;
	if (user_get(&args, UADDR(r.args)))
		return -EFAULT;
	if (args.v[0] != BRCTL_ADD_IF && args.v[0] != BRCTL_DEL_IF)
		return -EOPNOTSUPP;
	ask->cmd = args.v[0] == BRCTL_ADD_IF ? SIOCBRADDIF : SIOCBRDELIF;
	ask->index = (s32)args.v[1];
	return 0;
}

static int bridge_decode(u32 cmd, struct uaddr at, struct bridge_ask *const ask)
{
	struct bridge_ifreq r;

	ask->cmd = cmd;
	switch (cmd) {
	case SIOCBRADDBR:
	case SIOCBRDELBR:
		if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
			return -EPERM;
		return user_get(&ask->name, at) ? -EFAULT : 0;
	case SIOCBRADDIF:
	case SIOCBRDELIF:
		if (user_get(&r, at))
			return -EFAULT;
		ask->name = r.name;
		ask->index = r.index;
		return 0;
	case SIOCGIFBR:
	case SIOCSIFBR:
		return bridge_ask_old(at, ask);
	case SIOCDEVPRIVATE:
		return bridge_ask_private(at, ask);
	default:
		return -ENOTTY;
	}
}

/* net_config held. */
static int bridge_do(const struct bridge_ask *ask)
{
	switch (ask->cmd) {
	case SIOCBRADDBR:
		return bridge_create(&ask->name);
	case SIOCBRDELBR:
		return bridge_delete(&ask->name);
	default:
		return bridge_change_ports(ask);
	}
}

s64 bridge_ioctl(u32 cmd, struct uaddr at)
{
	struct bridge_ask ask = { 0 };
	s64 err = bridge_decode(cmd, at, &ask);

	if (!err && !cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		err = -EPERM;
	if (err)
		return err;
	ask.name.text[IFNAMSIZ - 1] = 0;
	mutex_lock(&net_config);
	err = bridge_do(&ask);
	mutex_unlock(&net_config);
	netdev_reap();
	return err;
}
