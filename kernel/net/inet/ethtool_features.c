// SPDX-License-Identifier: MPL-2.0
/*
 * SIOCETHTOOL: the features of a device, by Linux's numbers, of which there are 64 (NETIF_F_*,
 * include/linux/netdev_features.h). lo and tap devices tell the masks that Linux tells of them; of
 * other devices those features are told that the kernel uses. Those are changeable that the driver
 * says so of (netdev.changeable): packets that are not cut by the device are cut for it.
 */
#include <kernel/netdev.h>
#include <kernel/uaccess.h>

#include "ethtool.h"

#define FEATURES     64u
#define SET_FEATURES 4u /* ETH_SS_FEATURES */
#define NAME_LEN     32u

/* By number; an empty one has none, or is the kernel's own. */
static const struct lit feature_names[FEATURES] = { LIT("tx-scatter-gather"),
	LIT("tx-checksum-ipv4"), LIT(""), LIT("tx-checksum-ip-generic"), LIT("tx-checksum-ipv6"),
	LIT("highdma"), LIT("tx-scatter-gather-fraglist"), LIT("tx-vlan-hw-insert"),
	LIT("rx-vlan-hw-parse"), LIT("rx-vlan-filter"), LIT("vlan-challenged"),
	LIT("tx-generic-segmentation"), LIT(""), LIT(""), LIT("rx-gro"), LIT("rx-lro"),
	LIT("tx-tcp-segmentation"), LIT("tx-gso-robust"), LIT("tx-tcp-ecn-segmentation"),
	LIT("tx-tcp-mangleid-segmentation"), LIT("tx-tcp6-segmentation"),
	LIT("tx-fcoe-segmentation"), LIT("tx-gre-segmentation"), LIT("tx-gre-csum-segmentation"),
	LIT("tx-ipxip4-segmentation"), LIT("tx-ipxip6-segmentation"),
	LIT("tx-udp_tnl-segmentation"), LIT("tx-udp_tnl-csum-segmentation"), LIT("tx-gso-partial"),
	LIT("tx-tunnel-remcsum-segmentation"), LIT("tx-sctp-segmentation"),
	LIT("tx-esp-segmentation"), LIT(""), LIT("tx-udp-segmentation"), LIT("tx-gso-list"),
	LIT("tx-checksum-fcoe-crc"), LIT("tx-checksum-sctp"), LIT(""), LIT("rx-ntuple-filter"),
	LIT("rx-hashing"), LIT("rx-checksum"), LIT("tx-nocache-copy"), LIT("loopback"),
	LIT("rx-fcs"), LIT("rx-all"), LIT("tx-vlan-stag-hw-insert"), LIT("rx-vlan-stag-hw-parse"),
	LIT("rx-vlan-stag-filter"), LIT("l2-fwd-offload"), LIT("hw-tc-offload"),
	LIT("esp-hw-offload"), LIT("esp-tx-csum-hw-offload"), LIT("rx-udp_tunnel-port-offload"),
	LIT("tls-hw-tx-offload"), LIT("tls-hw-rx-offload"), LIT("rx-gro-hw"), LIT("tls-hw-record"),
	LIT("rx-gro-list"), LIT("macsec-hw-offload"), LIT("rx-udp-gro-forwarding"),
	LIT("hsr-tag-ins-offload"), LIT("hsr-tag-rm-offload"), LIT("hsr-fwd-offload"),
	LIT("hsr-dup-offload") };

/* The features that this kernel has a switch for. */
static u64 changeable_of(const struct netdev *d)
{
	return (d->changeable & NETDEV_GSO_TCP4 ? F(TSO) : 0) |
		(d->changeable & NETDEV_GSO_TCP6 ? F(TSO6) : 0);
}

/*
 * The masks of lo and of tap devices are what a program sees on Linux; they are not what this
 * kernel can do, as it has no switch for them. A caller compares them with nothing but names.
 */
struct ethtool_features ethtool_features_of(const struct netdev *d)
{
	u32 has = load_once(d->features);
	u64 active = F(GSO) | (has & NETDEV_SG ? F(SG) : 0) | (has & NETDEV_CSUM ? F(CSUM) : 0) |
		(has & NETDEV_GSO_TCP4 ? F(TSO) : 0) | (has & NETDEV_GSO_TCP6 ? F(TSO6) : 0) |
		(has & NETDEV_VLAN_TX ? F(VLAN_TX) : 0);

	if (has & NETDEV_LOOPBACK)
		return (struct ethtool_features){ 0x0a000006401d4800, 0x00000006401d4800,
			0x00000516401d4c69 };
	if (d->ops->tun_info)
		return (struct ethtool_features){ 0x0a002202001d48c9, 0x00002002001548c9,
			active | F(GRO) | F(FRAGLIST) | F(VLAN_TX) | F(VLAN_STAG_TX) };
	active |= F(HIGHDMA) | (has & NETDEV_RX_CSUM ? F(RX_CSUM) : 0);
	return (struct ethtool_features){ changeable_of(d), active, active };
}

/* struct ethtool_gfeatures: the caller's number of blocks, of 32 features each. */
struct user_features {
	u32 cmd, size;
};
struct user_features_block {
	u32 available, requested, active, never;
};

/*
 * The struct has as many blocks as the caller says; the answer says how many there are, so the
 * caller can ask again.
 */
s64 ethtool_get_features(const struct netdev *d, struct uaddr at)
{
	struct ethtool_features f = ethtool_features_of(d);
	struct user_features h;
	u32 i, n;

	if (user_get(&h, at))
		return -EFAULT;
	n = min(h.size, FEATURES / 32);
	h.size = FEATURES / 32;
	if (user_put(at, &h))
		return -EFAULT;
	for (i = 0; i < n; i++) {
		struct user_features_block b = { (u32)(f.available >> 32 * i),
			(u32)(f.requested >> 32 * i), (u32)(f.active >> 32 * i),
			(u32)(F_NEVER >> 32 * i) };
		if (user_put(UADDR(at.va + sizeof(h) + i * sizeof(b)), &b))
			return -EFAULT;
	}
	return 0;
}

/* struct ethtool_sfeatures: the caller's number of blocks; which features it means, and sets. */
struct user_features_wanted {
	u32 valid, requested;
};
#define FEATURE_UNSUPPORTED 1 /* ETHTOOL_F_UNSUPPORTED */

/* As Linux does: features that cannot be changed are left out, and the result says so. */
static s64 change_features(struct netdev *d, u64 valid, u64 requested)
{
	u64 can = changeable_of(d);
	s64 ret = valid & ~can ? FEATURE_UNSUPPORTED : 0;
	u32 mask = (valid & can & F(TSO) ? NETDEV_GSO_TCP4 : 0) |
		(valid & can & F(TSO6) ? NETDEV_GSO_TCP6 : 0);
	u32 on = (requested & F(TSO) ? NETDEV_GSO_TCP4 : 0) |
		(requested & F(TSO6) ? NETDEV_GSO_TCP6 : 0);
	int err;

	mutex_lock(&net_config);
	err = netdev_set_features(d, on, mask);
	mutex_unlock(&net_config);
	return err ? err : ret;
}

s64 ethtool_set_features(struct netdev *d, struct uaddr at)
{
	u64 valid = 0, requested = 0;
	struct user_features h;
	u32 i;

	if (!changeable_of(d))
		return -EOPNOTSUPP;
	if (user_get(&h, at))
		return -EFAULT;
	if (h.size != FEATURES / 32)
		return -EINVAL;
	for (i = 0; i < FEATURES / 32; i++) {
		struct user_features_wanted b;
		if (user_get(&b, UADDR(at.va + sizeof(h) + i * sizeof(b))))
			return -EFAULT;
		valid |= (u64)b.valid << 32 * i;
		requested |= (u64)b.requested << 32 * i;
	}
	if (valid & F_NEVER)
		return -EINVAL;
	return change_features(d, valid, requested);
}

s64 ethtool_set_tso(struct netdev *d, bool on)
{
	u64 can = changeable_of(d) & F_ANY_TSO;

	return can ? change_features(d, can, on ? can : 0) : -EOPNOTSUPP;
}

/* struct ethtool_gstrings */
struct user_strings {
	u32 cmd, set, len;
};

s64 ethtool_get_strings(struct uaddr at)
{
	struct user_strings h;
	u32 i;

	if (user_get(&h, at))
		return -EFAULT;
	if (h.set != SET_FEATURES)
		return -EOPNOTSUPP;
	h.len = FEATURES;
	if (user_put(at, &h))
		return -EFAULT;
	for (i = 0; i < FEATURES; i++) {
		u8 name[NAME_LEN] = { 0 };
		span_copy(span_of(name), lit_span(*array_at(feature_names, i)));
		if (user_copy_out(UADDR(at.va + sizeof(h) + i * NAME_LEN), cspan_of(name)) !=
			NAME_LEN)
			return -EFAULT;
	}
	return 0;
}

/* struct ethtool_sset_info: how many strings the sets of the mask have, which stays of those. */
struct user_set_info {
	u32 cmd, reserved;
	u64 mask;
};

s64 ethtool_get_set_info(struct uaddr at)
{
	struct user_set_info s;
	u32 n = FEATURES;

	if (user_get(&s, at))
		return -EFAULT;
	if (!s.mask)
		return 0;
	s.mask &= 1ul << SET_FEATURES;
	s.reserved = 0;
	if (user_put(at, &s))
		return -EFAULT;
	return s.mask && user_put(UADDR(at.va + sizeof(s)), &n) ? -EFAULT : 0;
}

/* The flags of older programs: some features by other numbers. */
u32 ethtool_old_flags(u64 active)
{
	return (active >> 7 & 1) << 7 | (active >> 8 & 1) << 8 | (active >> 15 & 1) << 15 |
		(active >> 38 & 1) << 27 | (active >> 39 & 1) << 28;
}
