// SPDX-License-Identifier: MPL-2.0
/*
 * SIOCETHTOOL: what a program may ask a device. The request names the device and points to a second
 * struct, which begins with a command.
 *
 * Debian's ethtool asks the family "ethtool" of NETLINK_GENERIC first. The controller does not know
 * that family (ENOENT), so the program falls back to this ioctl.
 *
 * Nothing but features (ethtool_features.c) can be changed by it. What a device does not have, and
 * each other change, is EOPNOTSUPP, as with a Linux driver without the operation; for users without
 * CAP_NET_ADMIN it is EPERM where Linux says so.
 *
 * A device tells what it is through netdev_ops.ethtool, which fills in a struct of constants and
 * words; nothing here waits for hardware. No length in a request leads beyond what there is.
 */
#include <kernel/cred.h>
#include <kernel/netdev.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/version.h>
#include <uapi/if.h>

#include "ethtool.h"
#include "sock.h"

/* struct ifreq with ifr_data, without its end. */
struct named_request {
	u8 name[IFNAMSIZ];
	u64 data;
};

enum {
	ETHTOOL_GSET = 0x01,
	ETHTOOL_GDRVINFO = 0x03,
	ETHTOOL_GMSGLVL = 0x07,
	ETHTOOL_GLINK = 0x0a,
	ETHTOOL_GCOALESCE = 0x0e,
	ETHTOOL_GRINGPARAM = 0x10,
	ETHTOOL_GPAUSEPARAM = 0x12,
	ETHTOOL_GRXCSUM = 0x14,
	ETHTOOL_GTXCSUM = 0x16,
	ETHTOOL_GSG = 0x18,
	ETHTOOL_GSTRINGS = 0x1b,
	ETHTOOL_GSTATS = 0x1d,
	ETHTOOL_GTSO = 0x1e,
	ETHTOOL_STSO = 0x1f,
	ETHTOOL_GPERMADDR = 0x20,
	ETHTOOL_GUFO = 0x21,
	ETHTOOL_GGSO = 0x23,
	ETHTOOL_GFLAGS = 0x25,
	ETHTOOL_GPFLAGS = 0x27,
	ETHTOOL_GRXFH = 0x29,
	ETHTOOL_GGRO = 0x2b,
	ETHTOOL_GRXRINGS = 0x2d,
	ETHTOOL_GSSET_INFO = 0x37,
	ETHTOOL_GFEATURES = 0x3a,
	ETHTOOL_SFEATURES = 0x3b,
	ETHTOOL_GCHANNELS = 0x3c,
	ETHTOOL_GET_TS_INFO = 0x41,
	ETHTOOL_GEEE = 0x44,
	ETHTOOL_GTUNABLE = 0x48,
	ETHTOOL_GPHYSTATS = 0x4a,
	ETHTOOL_GLINKSETTINGS = 0x4c,
	ETHTOOL_PHY_GTUNABLE = 0x4e,
	ETHTOOL_GFECPARAM = 0x50,
};

/*
 * Whether anybody may ask for it. A list instead of a flag in each command, because commands that
 * do not exist here are in it, too: for them anybody gets EOPNOTSUPP, and for the others EPERM, as
 * Linux's order of checks has it.
 */
static bool is_open(u32 cmd)
{
	static const u8 open[] = { ETHTOOL_GSET, ETHTOOL_GDRVINFO, ETHTOOL_GMSGLVL, ETHTOOL_GLINK,
		ETHTOOL_GCOALESCE, ETHTOOL_GRINGPARAM, ETHTOOL_GPAUSEPARAM, ETHTOOL_GRXCSUM,
		ETHTOOL_GTXCSUM, ETHTOOL_GSG, ETHTOOL_GSTRINGS, ETHTOOL_GSTATS, ETHTOOL_GTSO,
		ETHTOOL_GPERMADDR, ETHTOOL_GUFO, ETHTOOL_GGSO, ETHTOOL_GFLAGS, ETHTOOL_GPFLAGS,
		ETHTOOL_GRXFH, ETHTOOL_GGRO, ETHTOOL_GRXRINGS, ETHTOOL_GSSET_INFO,
		ETHTOOL_GFEATURES, ETHTOOL_GCHANNELS, ETHTOOL_GET_TS_INFO, ETHTOOL_GEEE,
		ETHTOOL_GTUNABLE, ETHTOOL_GPHYSTATS, ETHTOOL_GLINKSETTINGS, ETHTOOL_PHY_GTUNABLE,
		ETHTOOL_GFECPARAM };
	u32 i;

	for (i = 0; i < sizeof(open); i++) {
		if (*array_at(open, i) == cmd)
			return true;
	}
	return false;
}

/* ---- one value ---- */

/* Commands whose answer is a word, struct ethtool_value. */
static s64 get_value(const struct netdev *d, const struct netdev_ethtool *i, u32 cmd,
	u32 *const out)
{
	u64 active = ethtool_features_of(d).active;

	switch (cmd) {
	case ETHTOOL_GLINK:
		*out = netdev_has_link(d);
		return 0;
	case ETHTOOL_GMSGLVL:
		*out = 0;
		return i->has_messages ? 0 : -EOPNOTSUPP;
	case ETHTOOL_GRXCSUM:
		active &= F(RX_CSUM);
		break;
	case ETHTOOL_GTXCSUM:
		active &= F_ANY_CSUM;
		break;
	case ETHTOOL_GSG:
		active &= F(SG) | F(FRAGLIST);
		break;
	case ETHTOOL_GTSO:
		active &= F_ANY_TSO;
		break;
	case ETHTOOL_GGSO:
		active &= F(GSO);
		break;
	case ETHTOOL_GGRO:
		active &= F(GRO);
		break;
	case ETHTOOL_GFLAGS:
		*out = ethtool_old_flags(active);
		return 0;
	default:
		return -EOPNOTSUPP;
	}
	*out = active != 0;
	return 0;
}

/* ---- the device ---- */

/* struct ethtool_drvinfo */
struct user_driver {
	u32 cmd;
	u8 driver[32], version[32], firmware[32], bus[32], erom[32], reserved[12];
	u32 nr_flags, nr_stats, test_len, eeprom_len, regs_len;
};
static_assert(sizeof(struct user_driver) == 196, "struct ethtool_drvinfo");

/* A device whose driver tells no name has no such struct on Linux either. */
static s64 get_driver(const struct netdev_ethtool *i, struct uaddr at)
{
	struct user_driver u = { .cmd = ETHTOOL_GDRVINFO };

	if (!cspan_len(lit_span(i->driver)))
		return -EOPNOTSUPP;
	span_copy(span_of(u.driver), lit_span(i->driver));
	/* A driver without a version of its own has the kernel's. */
	span_copy(span_of(u.version),
		cspan_len(lit_span(i->version)) ? lit_span(i->version) : STR(KEEL_UTS_RELEASE));
	span_copy(span_of(u.bus), lit_span(i->bus));
	return user_put(at, &u) ? -EFAULT : 0;
}

/* struct ethtool_link_settings, and three masks of link modes: supported, advertised, the other's. */
#define MODE_WORDS 4
struct user_settings {
	u32 cmd, speed;
	u8 duplex, port, phy, autoneg, mdio, mdix, mdix_ctrl;
	s8 nr_words;
	u8 transceiver, master_slave, rate_matching, reserved_byte;
	u32 reserved[7], masks[3 * MODE_WORDS];
};
static_assert(sizeof(struct user_settings) == 48 + 3 * 4 * MODE_WORDS, "ethtool_link_settings");

/*
 * A caller that does not know how long the masks are is told by a negative number, and nothing else;
 * it asks again with the right one. No device has link modes: the masks are empty.
 */
static s64 get_settings(const struct netdev *d, const struct netdev_ethtool *i, struct uaddr at)
{
	struct user_settings u = { 0 };
	s8 asked;

	if (!i->has_settings)
		return -EOPNOTSUPP;
	if (user_get(&u, at))
		return -EFAULT;
	asked = u.nr_words;
	u = (struct user_settings){ .cmd = ETHTOOL_GLINKSETTINGS, .nr_words = MODE_WORDS };
	if (asked != MODE_WORDS) {
		u.nr_words = -MODE_WORDS;
		return user_copy_out(at, cspan_first(value_cspan(&u), 48)) == 48 ? 0 : -EFAULT;
	}
	u.speed = (u32)d->speed;
	u.duplex = i->duplex;
	u.port = i->port;
	return user_put(at, &u) ? -EFAULT : 0;
}

/* struct ethtool_cmd, which older programs use. */
struct user_old_settings {
	u32 cmd, supported, advertised;
	u16 speed;
	u8 duplex, port, phy, transceiver, autoneg, mdio;
	u32 max_tx, max_rx;
	u16 speed_high;
	u8 mdix, mdix_ctrl;
	u32 other, reserved[2];
};
static_assert(sizeof(struct user_old_settings) == 44, "struct ethtool_cmd");

static s64 get_old_settings(const struct netdev *d, const struct netdev_ethtool *i, struct uaddr at)
{
	u32 speed = (u32)d->speed;
	struct user_old_settings u = { .cmd = ETHTOOL_GSET,
		.speed = (u16)speed,
		.speed_high = (u16)(speed >> 16),
		.duplex = i->duplex,
		.port = i->port };

	if (!i->has_settings)
		return -EOPNOTSUPP;
	return user_put(at, &u) ? -EFAULT : 0;
}

/* struct ethtool_ringparam */
struct user_rings {
	u32 cmd, most_rx, most_mini, most_jumbo, most_tx, rx, mini, jumbo, tx;
};

static s64 get_rings(const struct netdev_ethtool *i, struct uaddr at)
{
	struct user_rings u = { .cmd = ETHTOOL_GRINGPARAM,
		.most_rx = i->rx_ring,
		.most_tx = i->tx_ring,
		.rx = i->rx_ring,
		.tx = i->tx_ring };

	if (!i->rx_ring)
		return -EOPNOTSUPP;
	return user_put(at, &u) ? -EFAULT : 0;
}

/* struct ethtool_channels: queues with an interrupt for both directions. */
struct user_channels {
	u32 cmd, most_rx, most_tx, most_other, most_combined, rx, tx, other, combined;
};

static s64 get_channels(const struct netdev_ethtool *i, struct uaddr at)
{
	struct user_channels u = {
		.cmd = ETHTOOL_GCHANNELS, .most_combined = i->most_channels, .combined = i->channels
	};

	if (!i->most_channels)
		return -EOPNOTSUPP;
	return user_put(at, &u) ? -EFAULT : 0;
}

#define ETOOSMALL 525 /* the kernel's own in Linux, but programs see it */

/* struct ethtool_perm_addr: the address that the device came with, zeroes: it had none. */
struct user_address {
	u32 cmd, size;
};

static s64 ethtool_get_address(const struct netdev *d, struct uaddr at)
{
	struct user_address u;

	if (user_get(&u, at))
		return -EFAULT;
	if (u.size < d->address_len)
		return -ETOOSMALL;
	u.size = d->address_len;
	if (user_put(at, &u) ||
		user_copy_out(UADDR(at.va + sizeof(u)),
			cspan_first(cspan_of(d->permanent), d->address_len)) != d->address_len)
		return -EFAULT;
	return 0;
}

/* struct ethtool_value */
struct user_value {
	u32 cmd, data;
};

static s64 ethtool_answer(struct netdev *d, u32 cmd, struct uaddr at)
{
	struct netdev_ethtool i = { 0 };
	struct user_value v = { .cmd = cmd };
	s64 err;

	if (d->ops->ethtool)
		d->ops->ethtool(d, &i);
	switch (cmd) {
	case ETHTOOL_GDRVINFO:
		return get_driver(&i, at);
	case ETHTOOL_GSET:
		return get_old_settings(d, &i, at);
	case ETHTOOL_GLINKSETTINGS:
		return get_settings(d, &i, at);
	case ETHTOOL_GRINGPARAM:
		return get_rings(&i, at);
	case ETHTOOL_GCHANNELS:
		return get_channels(&i, at);
	case ETHTOOL_GSTRINGS:
		return ethtool_get_strings(at);
	case ETHTOOL_GSSET_INFO:
		return ethtool_get_set_info(at);
	case ETHTOOL_GFEATURES:
		return ethtool_get_features(d, at);
	case ETHTOOL_SFEATURES:
		return ethtool_set_features(d, at);
	case ETHTOOL_STSO:
		return user_get(&v, at) ? -EFAULT : ethtool_set_tso(d, v.data);
	case ETHTOOL_GPERMADDR:
		return ethtool_get_address(d, at);
	default:
		err = get_value(d, &i, cmd, &v.data);
		return !err && user_put(at, &v) ? -EFAULT : err;
	}
}

/* The name is read before the privilege is looked at: ENODEV is told to anybody, as by Linux. */
s64 ethtool_ioctl(struct uaddr at)
{
	struct named_request r;
	struct netdev *d;
	u32 cmd;
	s64 err;

	if (user_get(&r, at) || user_get(&cmd, UADDR(r.data)))
		return -EFAULT;
	r.name[IFNAMSIZ - 1] = 0;
	d = netdev_by_name(text_in(r.name));
	if (!d)
		return -ENODEV;
	err = is_open(cmd) || cred_capable(thread_current()->cred, CAP_NET_ADMIN)
		? ethtool_answer(d, cmd, UADDR(r.data))
		: -EPERM;
	obj_put(&d);
	return err;
}
