// SPDX-License-Identifier: MPL-2.0
/*
 * Network devices in /sys, as udev, systemd-networkd and ip look for them
 * (Documentation/ABI/testing/sysfs-class-net): devices/virtual/net/NAME is a directory, class/net
 * has a link to it.
 *
 * The subject of a node is the device and the key is the number of names that the device has had
 * when the node was looked up. So a path is good as long as the device exists under that name: a
 * rename makes the old path lead nowhere at once, while a directory or file that is open already
 * stays with its device. When the device has gone, an open file gives ENODEV and an open directory
 * is empty, as on Linux.
 *
 * Reads take no lock but for the alias. Writes hold net_config and check there that the device has
 * not gone; what they may do is what ioctl and netlink may, by the same functions.
 *
 * Attributes that Linux has for what this kernel does not do (receive offload, threads of NAPI)
 * show the value that is true here, and no other one can be written.
 *
 * The functions are few and the files many: each file is a line of the tables below, with a
 * function and an argument (enum net_attribute). Values come from the core's device (struct
 * netdev).
 */
#include <kernel/bridge.h>
#include <kernel/cred.h>
#include <kernel/netdev.h>
#include <kernel/netlink.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <uapi/errno.h>
#include <uapi/fs.h>
#include <uapi/if.h>

#include "net.h"

/* Whether the path to a node, which has the device's name in it, is still good. */
static bool is_named(struct synth *s)
{
	const struct netdev *d = net_device_of(s);

	return !load_once(d->gone) && load_once(d->renames) == s->key;
}

/* ---- numbers and texts that are read ---- */

enum net_attribute {
	ADDR_ASSIGN_TYPE,
	ADDR_LEN,
	ADDRESS,
	BROADCAST,
	CARRIER,
	CARRIER_CHANGES,
	CARRIER_DOWN_COUNT,
	CARRIER_UP_COUNT,
	DEV_ID,
	DEV_PORT,
	DORMANT,
	DUPLEX,
	FLAGS,
	GROUP,
	IFALIAS,
	IFINDEX,
	IFLINK,
	LINK_MODE,
	MTU,
	NAME_ASSIGN_TYPE,
	OPERSTATE,
	PHYSICAL,
	PROTO_DOWN,
	SPEED,
	TX_QUEUE_LEN,
	TYPE,
	TUN_FLAGS,
	TUN_GROUP,
	TUN_OWNER,
	ZERO
};

static bool is_up(const struct netdev *d)
{
	return load_once(d->flags) & IFF_UP;
}

/* Bytes in hexadecimal, with colons between them. */
static void attribute_put_address(struct fmt *f, const u8 (*a)[LINK_ADDR_MAX], u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (i)
			fmt_char(f, ':');
		fmt_printf(f, "%02x", *array_at(*a, i));
	}
	fmt_char(f, '\n');
}

/* The states of RFC 2863 by Linux's names; any other is shown as unknown. */
static void put_operstate(struct fmt *f, const struct netdev *d)
{
	switch (netdev_operstate(d)) {
	case IF_OPER_UP:
		fmt_lit(f, LIT("up\n"));
		break;
	case IF_OPER_DOWN:
		fmt_lit(f, LIT("down\n"));
		break;
	case IF_OPER_LOWERLAYERDOWN:
		fmt_lit(f, LIT("lowerlayerdown\n"));
		break;
	case IF_OPER_TESTING:
		fmt_lit(f, LIT("testing\n"));
		break;
	case IF_OPER_DORMANT:
		fmt_lit(f, LIT("dormant\n"));
		break;
	default:
		fmt_lit(f, LIT("unknown\n"));
	}
}

/* The alias is a text that can change at any time, so it is copied under net_config. */
static void attribute_put_alias(struct fmt *f, const struct netdev *d)
{
	u8 text[NETDEV_ALIAS_MAX];
	size_t n;

	mutex_lock(&net_config);
	n = netdev_get_alias(d, span_of(text));
	mutex_unlock(&net_config);
	fmt_span(f, cspan_first(cspan_of(text), n));
	if (n)
		fmt_char(f, '\n');
}

/*
 * -ENODEV: the device has gone since the file was opened. The duplex mode is known only while the
 * device is up, and only of devices with a speed.
 */
static int show_text(struct synth *s, struct fmt *f, u64 *next)
{
	const struct netdev *d = net_device_of(s);

	if (load_once(d->gone))
		return -ENODEV;
	switch ((enum net_attribute)s->node->arg) {
	case ADDRESS:
		attribute_put_address(f, &d->address, d->address_len);
		break;
	case BROADCAST:
		attribute_put_address(f, &d->broadcast, d->address_len);
		break;
	case OPERSTATE:
		put_operstate(f, d);
		break;
	case IFALIAS:
		attribute_put_alias(f, d);
		break;
	case DUPLEX:
		if (!d->speed || !is_up(d))
			return -EINVAL;
		fmt_lit(f, d->speed > 0 ? LIT("full\n") : LIT("unknown\n"));
		break;
	default: /* PHYSICAL: identities of a switch's port, which no device here is */
		return -EOPNOTSUPP;
	}
	return sys_done(next);
}

/* The value of a number; attributes of a link that runs can be read while it is up only. */
static int attribute_number(const struct netdev *d, enum net_attribute a, s64 *const v)
{
	switch (a) {
	case ADDR_ASSIGN_TYPE:
		*v = load_once(d->address_origin);
		return 0;
	case ADDR_LEN:
		*v = d->address_len;
		return 0;
	case CARRIER:
		*v = load_once(d->carrier);
		return is_up(d) ? 0 : -EINVAL;
	case CARRIER_CHANGES:
		*v = (s64)load_once(d->carrier_ups) + load_once(d->carrier_downs);
		return 0;
	case CARRIER_DOWN_COUNT:
		*v = load_once(d->carrier_downs);
		return 0;
	case CARRIER_UP_COUNT:
		*v = load_once(d->carrier_ups);
		return 0;
	case DORMANT:
		*v = 0;
		return is_up(d) ? 0 : -EINVAL;
	case FLAGS:
		*v = load_once(d->flags);
		return 0;
	case GROUP:
		*v = (s32)load_once(d->group);
		return 0;
	case IFINDEX:
		*v = d->index;
		return 0;
	case IFLINK: /* the device below, or itself */
		*v = load_once(d->lower_index) ? load_once(d->lower_index) : d->index;
		return 0;
	case MTU:
		*v = load_once(d->mtu);
		return 0;
	case NAME_ASSIGN_TYPE:
		*v = load_once(d->name_origin);
		return *v == NETDEV_NAME_UNKNOWN ? -EINVAL : 0;
	case SPEED:
		*v = d->speed;
		return *v && is_up(d) ? 0 : -EINVAL;
	case TX_QUEUE_LEN:
		*v = load_once(d->txqueuelen);
		return 0;
	case TYPE:
		*v = d->kind;
		return 0;
	default:
		*v = 0;
		return 0;
	}
}

/* Flags and device ids are shown in hexadecimal, as on Linux. */
static int show_number(struct synth *s, struct fmt *f, u64 *next)
{
	enum net_attribute a = (enum net_attribute)s->node->arg;
	const struct netdev *d = net_device_of(s);
	s64 v = 0;
	int err = load_once(d->gone) ? -ENODEV : attribute_number(d, a, &v);

	if (err)
		return err;
	if (a == FLAGS || a == DEV_ID)
		fmt_printf(f, "0x%lx\n", (u64)v);
	else
		fmt_printf(f, "%ld\n", v);
	return sys_done(next);
}

/* What a tun or tap device was made with. An owner or a group that was never set is -1. */
static int show_tun(struct synth *s, struct fmt *f, u64 *next)
{
	struct netdev *d = net_device_of(s);
	struct tap_info t;
	u32 id;

	if (load_once(d->gone) || !tap_get_info(d, &t))
		return -ENODEV;
	id = s->node->arg == TUN_OWNER ? t.owner : t.group;
	if (s->node->arg == TUN_FLAGS)
		fmt_printf(f, "0x%x\n", t.flags);
	else if (id == ~0u)
		fmt_lit(f, LIT("-1\n"));
	else
		fmt_printf(f, "%u\n", id);
	return sys_done(next);
}

/* ---- what is written ---- */

#define CHANGEABLE (IFF_UP | IFF_DEBUG | IFF_NOARP | IFF_PROMISC | IFF_ALLMULTI | IFF_MULTICAST)

#define LONGEST 18u /* "0x" and 16 digits; a longer number that is not understood is too large */

/* Linux's kstrtoul: a number of any base, perhaps with a plus, and one newline. */
int net_parse(struct cspan text, u64 *const v)
{
	size_t n;

	if (cspan_len(text) && span_byte(text, cspan_len(text) - 1) == '\n')
		text = cspan_first(text, cspan_len(text) - 1);
	if (cspan_len(text) && span_byte(text, 0) == '+')
		text = cspan_from(text, 1);
	n = cspan_len(text) ? parse_u64(text, 0, v) : 0;
	if (n && n == cspan_len(text))
		return 0;
	/* It does not begin with a digit, has something behind the number, or is too large. */
	if (n || cspan_len(text) <= LONGEST || span_byte(text, 0) > '9')
		return -EINVAL;
	return span_byte(text, 0) >= '0' ? -ERANGE : -EINVAL;
}

/*
 * net_config held, and the device has not gone. Numbers that are too large for the field are
 * refused by Linux's error of that file. The carrier can be changed only of devices whose driver
 * leaves that to programs.
 */
static int set_number(struct netdev *d, enum net_attribute a, u64 v)
{
	switch (a) {
	case CARRIER:
		return netdev_change_carrier(d, v != 0);
	case FLAGS:
		return netdev_set_flags(d, (u32)v, CHANGEABLE);
	case GROUP:
		store_once(d->group, (u32)v);
		return 0;
	case MTU:
		return (u32)v > 0x7fffffff ? -EINVAL : netdev_set_mtu(d, (u32)v);
	case TX_QUEUE_LEN:
		if (v > 0xffffffff)
			return -ERANGE;
		netdev_set_txqueuelen(d, (u32)v);
		return 0;
	case PROTO_DOWN:
		return -EOPNOTSUPP;
	default: /* ZERO: only what is true */
		return v ? -EINVAL : 0;
	}
}

/*
 * The order of the errors is Linux's: the right, the number, then whether the device is still
 * there.
 */
static int write_number(struct synth *s, struct cspan text)
{
	enum net_attribute a = (enum net_attribute)s->node->arg;
	struct netdev *d = net_device_of(s);
	struct tap_info t;
	u64 v;
	int err;

	if (a == CARRIER && !tap_get_info(d, &t)) /* before all else, as on Linux */
		return -EOPNOTSUPP;
	if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	err = net_parse(text, &v);
	if (err)
		return err;
	mutex_lock(&net_config);
	err = d->gone ? -ENODEV : set_number(d, a, v);
	mutex_unlock(&net_config);
	return err;
}

/* One newline at the end is not part of the alias, so that echo can write it. */
static int write_alias(struct synth *s, struct cspan text)
{
	struct netdev *d = net_device_of(s);
	size_t n = cspan_len(text);
	int err;

	if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	if (n && span_byte(text, n - 1) == '\n')
		text = cspan_first(text, n - 1);
	mutex_lock(&net_config);
	err = d->gone ? -ENODEV : netdev_set_alias(d, text);
	mutex_unlock(&net_config);
	return err;
}

/* The variables by which udev knows the device. */
static int show_uevent(struct synth *s, struct fmt *f, u64 *next)
{
	const struct netdev *d = net_device_of(s);
	u8 name[IFNAMSIZ];

	if (load_once(d->gone))
		return -ENODEV;
	netdev_get_name(d, &name);
	fmt_lit(f, LIT("INTERFACE="));
	fmt_span(f, text_in(name));
	fmt_printf(f, "\nIFINDEX=%u\n", d->index);
	return sys_done(next);
}

/*
 * Has an event of the device sent again (netlink/uevent.c): udev does so for devices from before
 * its start.
 */
static int write_uevent(struct synth *s, struct cspan text)
{
	struct netdev *d = net_device_of(s);
	int err;

	mutex_lock(&net_config);
	err = d->gone ? -ENODEV : uevent_net_ask(d, text);
	mutex_unlock(&net_config);
	return err;
}

/* ---- the files ---- */

NET_READABLE(a_addr_assign_type, "addr_assign_type", show_number, ADDR_ASSIGN_TYPE);
NET_READABLE(a_addr_len, "addr_len", show_number, ADDR_LEN);
NET_READABLE(a_address, "address", show_text, ADDRESS);
NET_READABLE(a_broadcast, "broadcast", show_text, BROADCAST);
NET_WRITABLE(a_carrier, "carrier", show_number, write_number, CARRIER);
NET_READABLE(a_carrier_changes, "carrier_changes", show_number, CARRIER_CHANGES);
NET_READABLE(a_carrier_down, "carrier_down_count", show_number, CARRIER_DOWN_COUNT);
NET_READABLE(a_carrier_up, "carrier_up_count", show_number, CARRIER_UP_COUNT);
NET_READABLE(a_dev_id, "dev_id", show_number, DEV_ID);
NET_READABLE(a_dev_port, "dev_port", show_number, DEV_PORT);
NET_READABLE(a_dormant, "dormant", show_number, DORMANT);
NET_READABLE(a_duplex, "duplex", show_text, DUPLEX);
NET_WRITABLE(a_flags, "flags", show_number, write_number, FLAGS);
NET_WRITABLE(a_gro_flush_timeout, "gro_flush_timeout", show_number, write_number, ZERO);
NET_WRITABLE(a_ifalias, "ifalias", show_text, write_alias, IFALIAS);
NET_READABLE(a_ifindex, "ifindex", show_number, IFINDEX);
NET_READABLE(a_iflink, "iflink", show_number, IFLINK);
NET_READABLE(a_link_mode, "link_mode", show_number, LINK_MODE);
NET_WRITABLE(a_mtu, "mtu", show_number, write_number, MTU);
NET_READABLE(a_name_assign_type, "name_assign_type", show_number, NAME_ASSIGN_TYPE);
NET_WRITABLE(a_napi_defer, "napi_defer_hard_irqs", show_number, write_number, ZERO);
NET_WRITABLE(a_netdev_group, "netdev_group", show_number, write_number, GROUP);
NET_READABLE(a_operstate, "operstate", show_text, OPERSTATE);
NET_READABLE(a_phys_port_id, "phys_port_id", show_text, PHYSICAL);
NET_READABLE(a_phys_port_name, "phys_port_name", show_text, PHYSICAL);
NET_READABLE(a_phys_switch_id, "phys_switch_id", show_text, PHYSICAL);
NET_WRITABLE(a_proto_down, "proto_down", show_number, write_number, PROTO_DOWN);
NET_READABLE(a_speed, "speed", show_number, SPEED);
NET_READABLE(a_testing, "testing", show_number, DORMANT);
NET_WRITABLE(a_tx_queue_len, "tx_queue_len", show_number, write_number, TX_QUEUE_LEN);
NET_READABLE(a_type, "type", show_number, TYPE);
NET_WRITABLE(a_uevent, "uevent", show_uevent, write_uevent, 0);
NET_READABLE(a_tun_flags, "tun_flags", show_tun, TUN_FLAGS);
NET_READABLE(a_tun_owner, "owner", show_tun, TUN_OWNER);
NET_READABLE(a_tun_group, "group", show_tun, TUN_GROUP);

static ssize_t subsystem_readlink(struct synth *s, struct span out)
{
	(void)s;
	return (ssize_t)span_copy(out, STR("../../../../class/net"));
}
static const struct synth_node a_subsystem = { .name = LIT("subsystem"),
	.mode = S_IFLNK | 0777,
	.alive = net_is_there,
	.readlink = subsystem_readlink };

/* ---- the directories ---- */

#define ATTRIBUTES                                                                             \
	&a_addr_assign_type, &a_addr_len, &a_address, &a_broadcast, &a_carrier,                \
		&a_carrier_changes, &a_carrier_down, &a_carrier_up, &a_dev_id, &a_dev_port,    \
		&a_dormant, &a_duplex, &a_flags, &a_gro_flush_timeout, &a_ifalias, &a_ifindex, \
		&a_iflink, &a_link_mode, &a_mtu, &a_name_assign_type, &a_napi_defer,           \
		&a_netdev_group, &a_operstate, &a_phys_port_id, &a_phys_port_name,             \
		&a_phys_switch_id, &a_proto_down, &net_queues, &a_speed, &net_statistics,      \
		&a_subsystem, &a_testing, &a_tx_queue_len, &a_type, &a_uevent

static const struct synth_node device_dir = { .mode = NET_DIR_MODE,
	.alive = is_named,
	.outlives = true,
	.access = net_may_look,
	.lookup = net_port_lookup,
	.list = net_port_list,
	.children = { ATTRIBUTES } };
static const struct synth_node bridge_dir = { .mode = NET_DIR_MODE,
	.alive = is_named,
	.outlives = true,
	.access = net_may_look,
	.children = { ATTRIBUTES, &net_bridge, &net_brif, &net_brforward } };
static const struct synth_node tun_dir = { .mode = NET_DIR_MODE,
	.alive = is_named,
	.outlives = true,
	.access = net_may_look,
	.lookup = net_port_lookup,
	.list = net_port_list,
	.children = { ATTRIBUTES, &a_tun_flags, &a_tun_owner, &a_tun_group } };

static ssize_t device_readlink(struct synth *s, struct span out)
{
	u8 name[IFNAMSIZ];
	FMT(f, out);

	netdev_get_name(net_device_of(s), &name);
	fmt_lit(&f, LIT("../../devices/virtual/net/"));
	fmt_span(&f, text_in(name));
	return (ssize_t)fmt_len(&f);
}
static const struct synth_node device_link = { .mode = S_IFLNK | 0777,
	.alive = is_named,
	.access = net_may_look,
	.readlink = device_readlink };

/* The node's arg: true: directories, false: links to them. */
static int net_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	struct tap_info t;
	u32 renames = 0;
	struct netdev *d = netdev_by_name_at(name, &renames);

	if (!d || load_once(d->gone)) {
		obj_put(&d);
		return -ENOENT;
	}
	*out = (struct synth_found){ .node = !s->node->arg ? &device_link
			: tap_get_info(d, &t)              ? &tun_dir
			: bridge_is(d)                     ? &bridge_dir
							   : &device_dir,
		.subject = &d->obj,
		.key = renames };
	return 0;
}

static bool net_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct netdev *d = netdev_next((u32)*pos);

	while (d && load_once(d->gone)) {
		u32 index = d->index;
		obj_put(&d);
		d = netdev_next(index);
	}
	*type = s->node->arg ? S_IFDIR : S_IFLNK;
	return netdev_list_entry(d, pos, name);
}

const struct synth_node virtual_net = { .name = LIT("net"),
	.mode = NET_DIR_MODE,
	.lookup = net_lookup,
	.list = net_list,
	.arg = true };
const struct synth_node class_net = {
	.name = LIT("net"), .mode = NET_DIR_MODE, .lookup = net_lookup, .list = net_list
};
