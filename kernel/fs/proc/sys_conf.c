// SPDX-License-Identifier: MPL-2.0
/*
 * /proc/sys/net/ipv4/conf and ipv6/conf: a directory for each device, `all`, and `default`, which
 * devices that come later begin with. See ip-sysctl of Linux's documentation.
 *
 * The key of a node of `all` and `default` says which of both it is, and there is no subject. Of a
 * device the subject is the struct netdev and the key, above KEY_DEVICE, the number of names that
 * it has had: after a rename the directory of the old name is gone, as are files in it that are
 * open, since Linux makes all of them anew.
 */
#include <kernel/inet.h>
#include <kernel/netdev.h>
#include <kernel/text.h>

#include "sys.h"

#define KEY_DEVICE 2ul

static struct netdev *conf_device(struct synth *s)
{
	return s->subject ? obj_cast(netdev, s->subject) : NULL;
}

static enum conf_place conf_place_of(struct synth *s)
{
	return s->subject ? CONF_DEVICE : (enum conf_place)s->key;
}

static bool is_there(struct synth *s)
{
	const struct netdev *d = conf_device(s);

	return !d || (!load_once(d->gone) && load_once(d->renames) + KEY_DEVICE == s->key);
}

/* The argument of a node is an enum conf6, or an enum conf4 and this. */
#define OF_IP4 0x100ul

/*
 * Reads take no lock. The node holds a reference on the device, so the values of one that is being
 * removed are still there, if only for this read.
 */
static int show_conf(struct synth *s, struct fmt *f, u64 *next)
{
	u64 c = s->node->arg;

	if (!is_there(s))
		return -ENOENT;
	if (c & OF_IP4)
		fmt_printf(f, "%d\n",
			conf4_get(conf_place_of(s), conf_device(s), (enum conf4)(c & ~OF_IP4)));
	else
		fmt_printf(f, "%d\n", conf6_get(conf_place_of(s), conf_device(s), (enum conf6)c));
	return proc_done(next);
}

/*
 * The check and the change are one hold of net_config, under which devices are renamed and removed:
 * no write reaches a device by an old name.
 */
static int write_conf(struct synth *s, struct cspan text)
{
	u64 c = s->node->arg;
	s64 v;
	int err = -ENOENT;

	if (!proc_parse_signed(text, &v))
		return -EINVAL;
	mutex_lock(&net_config);
	if (is_there(s) && (c & OF_IP4))
		err = conf4_set(conf_place_of(s), conf_device(s), (enum conf4)(c & ~OF_IP4), v);
	else if (is_there(s))
		err = conf6_set(conf_place_of(s), conf_device(s), (enum conf6)c, v);
	mutex_unlock(&net_config);
	return err;
}

#define CONF6(V, N, A) WRITABLE(V, N, show_conf, write_conf, A)
CONF6(accept_dad, "accept_dad", CONF6_ACCEPT_DAD);
CONF6(accept_ra, "accept_ra", CONF6_ACCEPT_RA);
CONF6(accept_ra_defrtr, "accept_ra_defrtr", CONF6_ACCEPT_RA_DEFRTR);
CONF6(accept_ra_mtu, "accept_ra_mtu", CONF6_ACCEPT_RA_MTU);
CONF6(accept_ra_pinfo, "accept_ra_pinfo", CONF6_ACCEPT_RA_PINFO);
CONF6(autoconf, "autoconf", CONF6_AUTOCONF);
CONF6(dad_transmits, "dad_transmits", CONF6_DAD_TRANSMITS);
CONF6(disable_ipv6, "disable_ipv6", CONF6_DISABLE);
CONF6(forwarding6, "forwarding", CONF6_FORWARDING);
CONF6(hop_limit, "hop_limit", CONF6_HOP_LIMIT);
CONF6(max_addresses, "max_addresses", CONF6_MAX_ADDRESSES);
CONF6(mtu, "mtu", CONF6_MTU);

/* What this kernel never does: it is no proxy, takes no redirects and has no privacy. */
FIXED(accept_ra_from_local, "accept_ra_from_local", 0);
FIXED(accept_ra_rt_info, "accept_ra_rt_info_max_plen", 0);
FIXED(accept_redirects, "accept_redirects", 0);
FIXED(accept_source_route, "accept_source_route", 0);
FIXED(keep_addr_on_down, "keep_addr_on_down", 0);
FIXED(ndisc_notify, "ndisc_notify", 0);
FIXED(optimistic_dad, "optimistic_dad", 0);
FIXED(proxy_ndp, "proxy_ndp", 0);
FIXED(use_tempaddr, "use_tempaddr", 0);
NUMBER(mc_forwarding, "mc_forwarding", 0);

#define CONF4(V, N, A) WRITABLE(V, N, show_conf, write_conf, OF_IP4 | (A))
CONF4(forwarding, "forwarding", CONF4_FORWARDING);
CONF4(rp_filter, "rp_filter", CONF4_RP_FILTER);
CONF4(send_redirects, "send_redirects", CONF4_SEND_REDIRECTS);
FIXED(accept_local, "accept_local", 0);
FIXED(arp_accept, "arp_accept", 0);
FIXED(arp_filter, "arp_filter", 0);
FIXED(arp_ignore, "arp_ignore", 0);
FIXED(arp_notify, "arp_notify", 0);
FIXED(bootp_relay, "bootp_relay", 0);
FIXED(log_martians, "log_martians", 0);
FIXED(proxy_arp, "proxy_arp", 0);
FIXED(route_localnet, "route_localnet", 0);

static const struct synth_node dir4 = {
	.mode = S_IFDIR | 0555,
	.alive = is_there,
	.children = { &accept_local, &accept_redirects, &accept_source_route, &arp_accept,
		&arp_filter, &arp_ignore, &arp_notify, &bootp_relay, &forwarding, &log_martians,
		&mc_forwarding, &proxy_arp, &route_localnet, &rp_filter, &send_redirects },
};
static const struct synth_node dir6 = {
	.mode = S_IFDIR | 0555,
	.alive = is_there,
	.children = { &accept_dad, &accept_ra, &accept_ra_defrtr, &accept_ra_from_local,
		&accept_ra_mtu, &accept_ra_pinfo, &accept_ra_rt_info, &accept_redirects,
		&accept_source_route, &autoconf, &dad_transmits, &disable_ipv6, &forwarding6,
		&hop_limit, &keep_addr_on_down, &max_addresses, &mc_forwarding, &mtu, &ndisc_notify,
		&optimistic_dad, &proxy_ndp, &use_tempaddr },
};

/* The node's arg: whether it is the directory of IPv6. */
static int conf_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	bool all = cspan_equal(name, STR("all"));
	struct netdev *d;
	u32 renames = 0;

	out->node = s->node->arg ? &dir6 : &dir4;
	if (all || cspan_equal(name, STR("default"))) {
		out->key = all ? CONF_ALL : CONF_DEFAULT;
		return 0;
	}
	d = netdev_by_name_at(name, &renames);
	if (!d || load_once(d->gone)) {
		obj_put(&d);
		return -ENOENT;
	}
	out->subject = &d->obj;
	out->key = renames + KEY_DEVICE;
	return 0;
}

/* Positions: 0 and 1 are `all` and `default`, above 1 are indices of devices, and one. */
static bool conf_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	(void)s;
	*type = S_IFDIR;
	if (*pos < KEY_DEVICE) {
		fmt_lit(name, *pos ? LIT("default") : LIT("all"));
		(*pos)++;
		return true;
	}
	if (!netdev_list_entry(netdev_next((u32)(*pos - KEY_DEVICE)), pos, name))
		return false;
	*pos += KEY_DEVICE;
	return true;
}

const struct synth_node proc_sys_conf4 = {
	.name = LIT("conf"), .mode = S_IFDIR | 0555, .lookup = conf_lookup, .list = conf_list
};
const struct synth_node proc_sys_conf6 = { .name = LIT("conf"),
	.mode = S_IFDIR | 0555,
	.lookup = conf_lookup,
	.list = conf_list,
	.arg = true };
