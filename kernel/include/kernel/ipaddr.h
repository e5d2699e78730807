// SPDX-License-Identifier: MPL-2.0
/*
 * Internet addresses. One type holds those of IPv4 and of IPv6, so that routes, sockets and
 * neighbours are written once: an IPv4 address is the IPv6 address ::ffff:a.b.c.d (RFC 4291,
 * 2.5.5.2). The two words are numbers, the first bit of the address their highest: a prefix is a
 * mask of high bits.
 *
 * Context: any.
 */
#ifndef KERNEL_IPADDR_H
#define KERNEL_IPADDR_H

#include <frame/types.h>

struct ip_addr {
	u64 hi, lo;
};

#define IP4_MAPPED 0x0000ffff00000000ul
#define IP4_BITS   96u /* what an IPv4 prefix is longer by, as a prefix of an ip_addr */

static always_inline struct ip_addr ip4_addr(u32 a)
{
	return (struct ip_addr){ 0, IP4_MAPPED | a };
}
static always_inline bool ip_is4(struct ip_addr a)
{
	return !a.hi && a.lo >> 32 == IP4_MAPPED >> 32;
}
/* The 32 bits of an IPv4 address, as a number. */
static always_inline u32 ip4_bits(struct ip_addr a)
{
	return (u32)a.lo;
}
static always_inline bool ip_equal(struct ip_addr a, struct ip_addr b)
{
	return a.lo == b.lo && a.hi == b.hi;
}
/*
 * A number for tables whose chains a stranger must not be able to lengthen: two multiplications
 * with a key, for an address and another number. All bits of the result depend on all bits of both.
 */
struct ip_hash_key {
	u64 add, factor; /* random */
};
static always_inline u32 ip_hash(struct ip_addr a, u64 other, const struct ip_hash_key *k)
{
	u64 h = (a.hi ^ k->add) * 0x9e3779b97f4a7c15ul;

	h = (h ^ h >> 32 ^ a.lo) * (k->factor | 1);
	h = (h ^ h >> 29 ^ other) * 0xbf58476d1ce4e5b9ul;
	return (u32)(h >> 32);
}
/* Whether the first @bits bits are equal. */
static inline bool ip_match(struct ip_addr a, struct ip_addr b, u32 bits)
{
	if (bits <= 64)
		return !bits || !((a.hi ^ b.hi) >> (64 - bits));
	return a.hi == b.hi && (bits >= 128 ? a.lo == b.lo : !((a.lo ^ b.lo) >> (128 - bits)));
}
/* The address with all but the first @bits bits cleared. */
static inline struct ip_addr ip_prefix(struct ip_addr a, u32 bits)
{
	if (bits <= 64)
		return (struct ip_addr){ bits ? a.hi & ~0ul << (64 - bits) : 0, 0 };
	return (struct ip_addr){ a.hi, bits >= 128 ? a.lo : a.lo & ~0ul << (128 - bits) };
}
/* 0.0.0.0 or ::, also the one that is an ip_addr of zeroes. */
static inline bool ip_is_any(struct ip_addr a)
{
	return !a.hi && (!a.lo || a.lo == IP4_MAPPED);
}
/* 127.0.0.0/8 or ::1. */
static inline bool ip_is_loopback(struct ip_addr a)
{
	return ip_is4(a) ? ip4_bits(a) >> 24 == 127 : !a.hi && a.lo == 1;
}
/* 224.0.0.0/4 or ff00::/8. */
static inline bool ip_is_multicast(struct ip_addr a)
{
	return ip_is4(a) ? ip4_bits(a) >> 28 == 14 : a.hi >> 56 == 0xff;
}
/* 169.254.0.0/16, fe80::/10, and multicast groups of one link. */
static inline bool ip_is_site_local(struct ip_addr a)
{
	return a.hi >> 54 == 0x3fb; /* fec0::/10 */
}
static inline bool ip_is_link_local(struct ip_addr a)
{
	if (ip_is4(a))
		return ip4_bits(a) >> 16 == 0xa9fe || ip4_bits(a) >> 8 == 0xe00000;
	return a.hi >> 54 == 0x3fa || (a.hi >> 48 & 0xff0f) == 0xff02;
}

#endif
