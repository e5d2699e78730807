// SPDX-License-Identifier: MPL-2.0
/* SIOCETHTOOL: what ioctl_ethtool.c and ethtool_features.c share. */
#ifndef KERNEL_NET_INET_ETHTOOL_H
#define KERNEL_NET_INET_ETHTOOL_H

#include <kernel/uaccess.h>
#include <uapi/errno.h>

struct netdev;

/* Features, by their number. */
enum {
	F_SG = 0,
	F_CSUM = 3, /* of whatever */
	F_HIGHDMA = 5,
	F_FRAGLIST = 6,
	F_VLAN_TX = 7,
	F_GSO = 11,
	F_GRO = 14,
	F_TSO = 16,
	F_TSO6 = 20,
	F_RX_CSUM = 40,
	F_VLAN_STAG_TX = 45,
};
#define F(name) (1ul << F_##name)

#define F_ANY_CSUM (1ul << 1 | 1ul << 3 | 1ul << 4 | 1ul << 35 | 1ul << 36)
#define F_ANY_TSO  (1ul << 16 | 1ul << 18 | 1ul << 19 | 1ul << 20)
#define F_NEVER    (1ul << 10) /* these never change: vlan-challenged */

/* What a device could have, what the user wants of it, and what it does. */
struct ethtool_features {
	u64 available, requested, active;
};
struct ethtool_features ethtool_features_of(const struct netdev *d);

/* The flags of older programs: some features by other numbers. */
u32 ethtool_old_flags(u64 active);

/* Commands; the struct of each is at @at. 0 or -errno. Context: task. */
s64 must_check ethtool_get_features(const struct netdev *d, struct uaddr at);
s64 must_check ethtool_get_strings(struct uaddr at);
s64 must_check ethtool_get_set_info(struct uaddr at);
/* ETHTOOL_SFEATURES: also 1: some of the features cannot be changed, and are as before. */
s64 must_check ethtool_set_features(struct netdev *d, struct uaddr at);
/* ETHTOOL_STSO. */
s64 must_check ethtool_set_tso(struct netdev *d, bool on);

#endif
