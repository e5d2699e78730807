// SPDX-License-Identifier: MPL-2.0
/*
 * Bridges and their ports in /sys, as brctl looks for them: below a bridge's directory (net.c) are
 * bridge, brif (a link to each port) and brforward (the stations); below that of a port is brport.
 *
 * Bridges have no spanning tree here. Its numbers are those that a bridge of Linux has while the
 * spanning tree is off, but its timers do not run. What can be set on Linux takes the value that is
 * true here, and gives EOPNOTSUPP for others; the ageing time can be set.
 *
 * Reads and writes hold net_config, under which ports come and go. A file of a port that is open
 * gives ENODEV when the device is a port no longer.
 */
#include <frame/time.h>
#include <kernel/bridge.h>
#include <kernel/cred.h>
#include <kernel/text.h>
#include <kernel/thread.h>

#include "net.h"

enum bridge_attribute {
	BRIDGE_AGEING,
	BRIDGE_ID,
	BRPORT_BRIDGE_ID,
	BRPORT_COST,
	BRPORT_ID,
	BRPORT_ID_DECIMAL,
	BRPORT_NR,
	BRPORT_STATE
};

/* As BR_STATE_*. */
enum { BRPORT_DISABLED = 0, BRPORT_FORWARDING = 3 };

#define BRPORT_ID_BITS 10u

/* Four digits of priority, a point, and the address. */
static void put_bridge_id(struct fmt *f, const u8 (*id)[BRIDGE_ID_LEN])
{
	u32 i;

	for (i = 0; i < BRIDGE_ID_LEN; i++) {
		if (i == 2)
			fmt_char(f, '.');
		fmt_printf(f, "%02x", *array_at(*id, i));
	}
	fmt_char(f, '\n');
}

/* ---- what does not change ---- */

static int show_bridge_fixed(struct synth *s, struct fmt *f, u64 *next)
{
	if (!net_is_there(s))
		return -ENODEV;
	fmt_printf(f, "%lu\n", s->node->arg);
	return sys_done(next);
}

static int bridge_may_write(struct cspan text, u64 *v)
{
	if (!cred_capable(thread_current()->cred, CAP_NET_ADMIN))
		return -EPERM;
	return net_parse(text, v);
}

static int write_bridge_fixed(struct synth *s, struct cspan text)
{
	u64 v;
	int err = bridge_may_write(text, &v);

	if (err)
		return err;
	if (!net_is_there(s))
		return -ENODEV;
	return v == s->node->arg ? 0 : -EOPNOTSUPP;
}

/* ---- bridges ---- */

static int show_bridge(struct synth *s, struct fmt *f, u64 *next)
{
	const struct netdev *d = net_device_of(s);
	u8 id[BRIDGE_ID_LEN] = { 0 };

	if (load_once(d->gone))
		return -ENODEV;
	if (s->node->arg == BRIDGE_AGEING) {
		fmt_printf(f, "%lu\n", bridge_ageing(d));
	} else {
		bridge_get_id(d, &id);
		put_bridge_id(f, &id);
	}
	return sys_done(next);
}

#define BRIDGE_AGEING_MOST 0xfffffffful

static int write_bridge_ageing(struct synth *s, struct cspan text)
{
	struct netdev *d = net_device_of(s);
	u64 v;
	int err = bridge_may_write(text, &v);

	if (err)
		return err;
	if (v > BRIDGE_AGEING_MOST)
		return -ERANGE;
	mutex_lock(&net_config);
	if (d->gone)
		err = -ENODEV;
	else
		bridge_set_ageing(d, v);
	mutex_unlock(&net_config);
	return err;
}

#define BRIDGE_FIXED(N, V) NET_READABLE(bridge_##N, #N, show_bridge_fixed, V)
#define BRIDGE_KEPT(N, V)  NET_WRITABLE(bridge_##N, #N, show_bridge_fixed, write_bridge_fixed, V)
NET_WRITABLE(bridge_ageing_time, "ageing_time", show_bridge, write_bridge_ageing, BRIDGE_AGEING);
NET_READABLE(bridge_bridge_id, "bridge_id", show_bridge, BRIDGE_ID);
BRIDGE_KEPT(forward_delay, BRIDGE_FORWARD_DELAY);
BRIDGE_FIXED(gc_timer, 0);
BRIDGE_KEPT(hello_time, BRIDGE_HELLO_TIME);
BRIDGE_FIXED(hello_timer, 0);
BRIDGE_KEPT(max_age, BRIDGE_MAX_AGE);
BRIDGE_KEPT(priority, BRIDGE_PRIORITY);
NET_READABLE(bridge_root_id, "root_id", show_bridge, BRIDGE_ID);
BRIDGE_FIXED(root_path_cost, 0);
BRIDGE_FIXED(root_port, 0);
BRIDGE_KEPT(stp_state, 0);
BRIDGE_FIXED(tcn_timer, 0);
BRIDGE_FIXED(topology_change, 0);
BRIDGE_FIXED(topology_change_detected, 0);
BRIDGE_FIXED(topology_change_timer, 0);
BRIDGE_KEPT(vlan_filtering, 0);

const struct synth_node net_bridge = { .name = LIT("bridge"),
	.mode = NET_DIR_MODE,
	.alive = net_is_there,
	.outlives = true,
	.access = net_may_look,
	.children = { &bridge_ageing_time, &bridge_bridge_id, &bridge_forward_delay,
		&bridge_gc_timer, &bridge_hello_time, &bridge_hello_timer, &bridge_max_age,
		&bridge_priority, &bridge_root_id, &bridge_root_path_cost, &bridge_root_port,
		&bridge_stp_state, &bridge_tcn_timer, &bridge_topology_change,
		&bridge_topology_change_detected, &bridge_topology_change_timer,
		&bridge_vlan_filtering } };

/* ---- stations ---- */

/* struct __fdb_entry of Linux's if_bridge.h. */
struct bridge_forward {
	u8 address[ETHERNET_ADDR], port_nr, is_local;
	u32 ageing;
	u8 port_nr_high, pad[3];
};
static_assert(sizeof(struct bridge_forward) == 16, "the ABI says so");

static int show_bridge_stations(struct synth *s, struct fmt *f, u64 *next)
{
	struct netdev *d = net_device_of(s);
	struct bridge_station station = { 0 };
	struct bridge_forward out = { 0 };
	u64 place = *next;
	bool found;

	mutex_lock(&net_config);
	found = !d->gone && bridge_next_station(d, &place, &station);
	mutex_unlock(&net_config);
	if (!found)
		return sys_done(next);
	span_copy(span_of(out.address), cspan_first(cspan_of(station.address), ETHERNET_ADDR));
	out.port_nr = (u8)station.port_nr;
	out.port_nr_high = (u8)(station.port_nr >> 8);
	out.is_local = station.local;
	out.ageing = station.local ? 0 : (u32)(station.age_ns / BRIDGE_TICK_NS);
	fmt_span(f, value_cspan(&out));
	*next = place;
	return 0;
}
const struct synth_node net_brforward = { .name = LIT("brforward"),
	.mode = S_IFREG | 0444,
	.show = show_bridge_stations,
	.alive = net_is_there,
	.outlives = true };

/* ---- ports ---- */

static bool brport_is_there(struct synth *s)
{
	return net_is_there(s) && load_once(net_device_of(s)->master_index);
}

/* A directory of a device that is no port is empty. */
static int brport_may_look(struct synth *s)
{
	return brport_is_there(s) ? 0 : -ENOENT;
}

static void put_brport(struct fmt *f, enum bridge_attribute a, const struct bridge_port_info *i)
{
	u32 id = BRIDGE_PORT_PRIORITY << BRPORT_ID_BITS | i->nr;

	switch (a) {
	case BRPORT_BRIDGE_ID:
		put_bridge_id(f, &i->bridge_id);
		break;
	case BRPORT_COST:
		fmt_printf(f, "%u\n", i->cost);
		break;
	case BRPORT_ID:
		fmt_printf(f, "0x%x\n", id);
		break;
	case BRPORT_ID_DECIMAL:
		fmt_printf(f, "%u\n", id);
		break;
	case BRPORT_NR:
		fmt_printf(f, "0x%x\n", i->nr);
		break;
	default:
		fmt_printf(f, "%u\n", i->forwards ? BRPORT_FORWARDING : BRPORT_DISABLED);
	}
}

static int show_brport(struct synth *s, struct fmt *f, u64 *next)
{
	struct bridge_port_info i;
	bool is_port;

	mutex_lock(&net_config);
	is_port = bridge_get_port(net_device_of(s), &i);
	mutex_unlock(&net_config);
	if (!is_port)
		return -ENODEV;
	put_brport(f, (enum bridge_attribute)s->node->arg, &i);
	return sys_done(next);
}

static int write_brport_cost(struct synth *s, struct cspan text)
{
	u64 v;
	int err = bridge_may_write(text, &v);

	if (err)
		return err;
	if (!brport_is_there(s))
		return -ENODEV;
	return v == bridge_port_cost(net_device_of(s)) ? 0 : -EOPNOTSUPP;
}

/* "../../" and the name of a device. */
static ssize_t put_device_link(struct span out, const struct netdev *d, struct lit behind)
{
	u8 name[IFNAMSIZ];
	FMT(f, out);

	netdev_get_name(d, &name);
	fmt_lit(&f, LIT("../../"));
	fmt_span(&f, text_in(name));
	fmt_lit(&f, behind);
	return (ssize_t)fmt_len(&f);
}

static ssize_t brport_bridge_readlink(struct synth *s, struct span out)
{
	struct netdev *d = netdev_by_index(load_once(net_device_of(s)->master_index));
	ssize_t n = d ? put_device_link(out, d, LIT("")) : -ENOENT;

	obj_put(&d);
	return n;
}

#define BRPORT_FIXED(N, V) NET_READABLE(brport_##N, #N, show_bridge_fixed, V)
#define BRPORT_KEPT(N, V)  NET_WRITABLE(brport_##N, #N, show_bridge_fixed, write_bridge_fixed, V)
static const struct synth_node brport_bridge = { .name = LIT("bridge"),
	.mode = S_IFLNK | 0777,
	.alive = brport_is_there,
	.readlink = brport_bridge_readlink };
BRPORT_FIXED(change_ack, 0);
BRPORT_FIXED(config_pending, 0);
NET_READABLE(brport_designated_bridge, "designated_bridge", show_brport, BRPORT_BRIDGE_ID);
BRPORT_FIXED(designated_cost, 0);
NET_READABLE(brport_designated_port, "designated_port", show_brport, BRPORT_ID_DECIMAL);
NET_READABLE(brport_designated_root, "designated_root", show_brport, BRPORT_BRIDGE_ID);
BRPORT_FIXED(forward_delay_timer, 0);
BRPORT_KEPT(hairpin_mode, 0);
BRPORT_FIXED(hold_timer, 0);
BRPORT_KEPT(learning, 1);
BRPORT_FIXED(message_age_timer, 0);
NET_WRITABLE(brport_path_cost, "path_cost", show_brport, write_brport_cost, BRPORT_COST);
NET_READABLE(brport_port_id, "port_id", show_brport, BRPORT_ID);
NET_READABLE(brport_port_no, "port_no", show_brport, BRPORT_NR);
BRPORT_KEPT(priority, BRIDGE_PORT_PRIORITY);
NET_READABLE(brport_state, "state", show_brport, BRPORT_STATE);
BRPORT_KEPT(unicast_flood, 1);

static const struct synth_node net_brport = { .name = LIT("brport"),
	.mode = NET_DIR_MODE,
	.alive = brport_is_there,
	.outlives = true,
	.access = brport_may_look,
	.children = { &brport_bridge, &brport_change_ack, &brport_config_pending,
		&brport_designated_bridge, &brport_designated_cost, &brport_designated_port,
		&brport_designated_root, &brport_forward_delay_timer, &brport_hairpin_mode,
		&brport_hold_timer, &brport_learning, &brport_message_age_timer, &brport_path_cost,
		&brport_port_id, &brport_port_no, &brport_priority, &brport_state,
		&brport_unicast_flood } };

/* ---- the links of a bridge to its ports ---- */

static ssize_t brif_readlink(struct synth *s, struct span out)
{
	return put_device_link(out, net_device_of(s), LIT("/brport"));
}

static bool brif_is_named(struct synth *s)
{
	return brport_is_there(s) && load_once(net_device_of(s)->renames) == s->key;
}
static const struct synth_node brif_link = {
	.mode = S_IFLNK | 0777, .alive = brif_is_named, .readlink = brif_readlink
};

static int brif_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	u32 renames = 0;
	struct netdev *d = netdev_by_name_at(name, &renames);

	if (!d || load_once(d->gone) || load_once(d->master_index) != net_device_of(s)->index) {
		obj_put(&d);
		return -ENOENT;
	}
	*out = (struct synth_found){ .node = &brif_link, .subject = &d->obj, .key = renames };
	return 0;
}

static bool brif_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct netdev *d;

	mutex_lock(&net_config);
	d = bridge_next_port(net_device_of(s), (u32)*pos);
	mutex_unlock(&net_config);
	*type = S_IFLNK;
	return netdev_list_entry(d, pos, name);
}

const struct synth_node net_brif = { .name = LIT("brif"),
	.mode = NET_DIR_MODE,
	.alive = net_is_there,
	.outlives = true,
	.access = net_may_look,
	.lookup = brif_lookup,
	.list = brif_list };

/* ---- what the directory of a device that is a port has beside its files ---- */

static ssize_t port_master_readlink(struct synth *s, struct span out)
{
	struct netdev *d = netdev_by_index(load_once(net_device_of(s)->master_index));
	u8 name[IFNAMSIZ];
	FMT(f, out);

	if (!d)
		return -ENOENT;
	netdev_get_name(d, &name);
	obj_put(&d);
	fmt_lit(&f, LIT("../"));
	fmt_span(&f, text_in(name));
	return (ssize_t)fmt_len(&f);
}
static const struct synth_node port_master = { .name = LIT("master"),
	.mode = S_IFLNK | 0777,
	.alive = brport_is_there,
	.readlink = port_master_readlink };

static const struct synth_node *const of_a_port[] = { &net_brport, &port_master };

int net_port_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	u32 i;

	for (i = 0; brport_is_there(s) && i < ARRAY_LEN(of_a_port); i++) {
		if (cspan_equal(name, lit_span((*array_at(of_a_port, i))->name))) {
			*out = (struct synth_found){ .node = *array_at(of_a_port, i),
				.subject = obj_get_any(s->subject),
				.key = s->key };
			return 0;
		}
	}
	return -ENOENT;
}

bool net_port_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	const struct synth_node *node;

	if (!brport_is_there(s) || *pos >= ARRAY_LEN(of_a_port))
		return false;
	node = *array_at(of_a_port, *pos);
	fmt_lit(name, node->name);
	*type = node->mode & S_IFMT;
	(*pos)++;
	return true;
}
