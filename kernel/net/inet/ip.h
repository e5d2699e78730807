// SPDX-License-Identifier: MPL-2.0
/* The internet protocols, for the files of kernel/net/inet only. */
#ifndef KERNEL_INET_IP_H
#define KERNEL_INET_IP_H

#include <frame/cpu.h>
#include <kernel/byteorder.h>
#include <kernel/inet.h>
#include <kernel/netdev.h>

#include "addr.h"

#define ETHERTYPE_IP4 0x0800u
#define ETHERTYPE_IP6 0x86ddu

/* RFC 791. All fields in network order. */
struct ip4_header {
	u8 version_len, tos;
	u16 len, id, frag;
	u8 ttl, protocol;
	u16 csum;
	u32 from, to;
};
static_assert(sizeof(struct ip4_header) == 20, "struct iphdr");
#define IP4_DF     0x4000u
#define IP4_MF     0x2000u
#define IP4_OFFSET 0x1fffu

/* RFC 8200. */
struct ip6_header {
	u32 version_class_label;
	u16 len;
	u8 next, hops;
	u64 from_hi, from_lo, to_hi, to_lo;
};
static_assert(sizeof(struct ip6_header) == 40, "struct ipv6hdr");

struct ip6_fragment {
	u8 next, reserved;
	u16 offset; /* in units of 8 bytes, << 3; bit 0: more follow */
	u32 id;
};

/* Next-header values of IPv6 that are no transports. */
enum { IP6_HOPOPTS = 0, IP6_ROUTING = 43, IP6_FRAGMENT = 44, IP6_NONE = 59, IP6_DSTOPTS = 60 };

struct icmp_header {
	u8 type, code;
	u16 csum;
	u32 info;
};

enum {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_REDIRECT = 5,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER = 12
};
enum {
	ICMP_NET = 0,
	ICMP_HOST = 1,
	ICMP_PROTOCOL = 2,
	ICMP_PORT = 3,
	ICMP_FRAG_NEEDED = 4,
	ICMP_FILTERED = 13
};
enum {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
	ICMP6_MLD_QUERY = 130
};
enum {
	ICMP6_NO_ROUTE = 0,
	ICMP6_PROHIBITED = 1,
	ICMP6_BEYOND_SCOPE = 2,
	ICMP6_ADDRESS = 3,
	ICMP6_PORT = 4
};

/* Counters of /proc/net/snmp and snmp6; [0]: IPv4, [1]: IPv6. */
enum ip_counter {
	IP_IN_RECEIVES,
	IP_IN_HDR_ERRORS,
	IP_IN_ADDR_ERRORS,
	IP_IN_UNKNOWN_PROTOS,
	IP_IN_DISCARDS,
	IP_IN_DELIVERS,
	IP_OUT_REQUESTS,
	IP_OUT_DISCARDS,
	IP_OUT_NO_ROUTES,
	IP_REASM_TIMEOUT,
	IP_REASM_REQDS,
	IP_REASM_OKS,
	IP_REASM_FAILS,
	IP_FRAG_OKS,
	IP_FRAG_FAILS,
	IP_FRAG_CREATES,
	ICMP_IN_MSGS,
	ICMP_IN_ERRORS,
	ICMP_OUT_MSGS,
	UDP_IN_DATAGRAMS,
	UDP_NO_PORTS,
	UDP_IN_ERRORS,
	UDP_OUT_DATAGRAMS,
	UDP_RCVBUF_ERRORS,
	UDP_SNDBUF_ERRORS,
	UDP_IN_CSUM_ERRORS,
	UDP_MEM_ERRORS,
	IP_IN_OCTETS,
	IP_OUT_OCTETS,
	IP_OUT_TRANSMITS,
	IP_IN_NO_ECT, /* with the next three: by the two bits of ECN */
	IP_IN_ECT1,
	IP_IN_ECT0,
	IP_IN_CE,
	IP_IN_MCAST,
	IP_IN_MCAST_OCTETS,
	IP_OUT_MCAST,
	IP_OUT_MCAST_OCTETS,
	IP_IN_BCAST,
	IP_IN_BCAST_OCTETS,
	IP_OUT_BCAST,
	IP_OUT_BCAST_OCTETS,
	IP_IN_CSUM_ERRORS, /* of the header */
	IP_IN_TRUNCATED,
	IP_REVERSE_PATH,
	ICMP_IN_CSUM_ERRORS,
	ICMP_LIMIT_ONE, /* errors that were not sent */
	IP_FORWARDED,
	IP_IN_NO_ROUTES, /* of packets to be forwarded */
	IP_IN_TOO_BIG,   /* the same, of IPv6 */
	NR_IP_COUNTERS
};
/* Counts on this CPU, which alone writes its counters (the kernel is not preempted). */
struct ip_counters {
	u64 of[2][NR_IP_COUNTERS];
};
extern struct ip_counters ip_counters[MAX_CPUS];
static inline void ip_count_add(bool is4, enum ip_counter c, u64 by)
{
	struct ip_counters *const at = array_at(ip_counters, cpu_id());
	u64 *const n = array_at(*array_at(at->of, is4 ? 0 : 1), c);

	store_once(*n, *n + by);
}
static inline void ip_count(bool is4, enum ip_counter c)
{
	ip_count_add(is4, c, 1);
}
/* Adds 1 to one counter and @by to another, for the paths of all packets. */
static always_inline void ip_count_two(bool is4, enum ip_counter one, enum ip_counter other, u64 by)
{
	struct ip_counters *const at = array_at(ip_counters, cpu_id());
	u64(*const of)[NR_IP_COUNTERS] = array_at(at->of, is4 ? 0 : 1);
	u64 *const a = array_at(*of, one), *const b = array_at(*of, other);

	store_once(*a, *a + 1);
	store_once(*b, *b + by);
}
/* Counts a packet and its bytes: @c, and @c + 1. */
static inline void ip_count_octets(bool is4, enum ip_counter c, u32 len)
{
	ip_count_add(is4, c, 1);
	ip_count_add(is4, (enum ip_counter)(c + 1), len);
}
u64 ip_counter_sum(bool is4, enum ip_counter c);

/* Messages of ICMP and ICMPv6 by type, for /proc/net/snmp and snmp6; second index: in, out. */
#define ICMP_TYPES 256u
struct icmp_counters {
	u64 of[2][2][ICMP_TYPES];
};
/* Counts a message of ICMP or ICMPv6 in or out. */
void icmp_count(bool is4, bool out, u8 type);
u64 icmp_counter_sum(bool is4, bool out, u32 type);

/* ip.c */
void ip_init(void);
/* The packet is for this machine: hands it to raw sockets and the transport. Consumes it. */
void ip_deliver(struct packet *p, const struct ip_info *info);
/* Sends a packet that has its internet header. Consumes it. */
int must_check ip_send(struct packet *p, struct route *r, const struct flow *f);
/* The transport of a protocol number; NULL: none. */
const struct ip_transport *ip_transport_of(u8 protocol);
/* Whether a packet with this source can have come by its device. */
bool ip_source_ok(const struct packet *p, struct ip_addr from);

/* ip4.c, ip6.c */
void ip4_init(void);
void ip6_init(void);
int must_check ip4_output(struct packet *p, struct route *r, const struct flow *f);
int must_check ip6_output(struct packet *p, struct route *r, const struct flow *f);
u16 ip4_checksum(const struct ip4_header *h);
/* The address fields of a header. */
static always_inline struct ip_addr ip6_from(const struct ip6_header *h)
{
	return (struct ip_addr){ be64(h->from_hi), be64(h->from_lo) };
}
static always_inline struct ip_addr ip6_to(const struct ip6_header *h)
{
	return (struct ip_addr){ be64(h->to_hi), be64(h->to_lo) };
}
/*
 * Skips the extension headers at @off of a packet whose IPv6 header begins at its head. Returns the
 * offset of what follows and its protocol; -1: bad headers; -2: a routing header, at *@frag, that
 * must be refused. *@frag: offset of a fragment header; 0: none.
 */
s32 ip6_skip_headers(const struct packet *p, u32 off, u8 *protocol, u32 *frag);

/* frag.c */
struct frag_key {
	struct ip_addr from, to;
	u32 id;
	u8 protocol;
	u32 ifindex; /* 0: the addresses mean the same by all links */
};
/*
 * Takes a fragment whose head begins with its data; consumes it. Returns the whole datagram, or
 * NULL: not yet, or dropped. The head of the datagram begins with the data of the first fragment,
 * p->net says where the header of the first fragment is, of IPv6 without extension headers;
 * control[1] is that of the first fragment.
 */
struct packet *frag_add(struct packet *p, const struct frag_key *k, u32 offset, bool more);
void frag_init(void);
/* How many datagrams wait for fragments, and what they keep. */
void frag_usage(bool is4, u32 *nr, u32 *bytes);
/* Power-off: drops all. */
void frag_shutdown(void);

/* Whether the sum of a received packet of @protocol is right; it is known already, or computed. */
static inline bool ip_sum_good(const struct packet *p, const struct ip_info *i, u8 protocol)
{
	u32 sum = 0;

	if (p->csum != CSUM_UNKNOWN)
		return true;
	if (protocol != IP_PROTO_ICMP) /* which has no pseudo-header */
		sum = ip_pseudo_sum(i->from, i->to, protocol, p->len);
	return !sum_fold(packet_sum(p, 0, p->len, sum));
}

/* An address in four words of a packet's control[], from @at on; the highest first. */
static inline void packet_set_address(struct packet *p, u32 at, struct ip_addr a)
{
	p->control[at] = (u32)(a.hi >> 32);
	p->control[at + 1] = (u32)a.hi;
	p->control[at + 2] = (u32)(a.lo >> 32);
	p->control[at + 3] = (u32)a.lo;
}
static inline struct ip_addr packet_address(const struct packet *p, u32 at)
{
	return (struct ip_addr){ (u64)p->control[at] << 32 | p->control[at + 1],
		(u64)p->control[at + 2] << 32 | p->control[at + 3] };
}

/* icmp.c */
void icmp_init(void);
/* Writes the header, with the sum of the whole packet, at its head. False: the head is shorter. */
bool must_check icmp_put_header(struct packet *p, struct icmp_header *h, struct ip_addr from,
	struct ip_addr to);
/*
 * The neighbour to whom @p goes does not answer. Its sender is on this machine: it is told by ICMP,
 * as by a router (RFC 1122, 2.3.2.2). Not consumed.
 */
void icmp_unreachable_host(struct packet *p);
/* icmp_limit.c: whether an error may go to @to at @now; @extra: 0 to 2, by chance. */
void icmp_limit_init(u64 key, u64 other);
bool icmp_limit_take(struct ip_addr to, u64 now, u64 extra);
/* arp.c */
void arp_init(void);
/* gso.c */
void gso_init(void);
/* udp.c, raw.c */
void udp_init(void);
void tcp_init(void);
/* Lines of /proc/net/snmp and netstat (tcp/counters.c). */
void tcp_show_snmp(struct fmt *out);
void tcp_show_netstat(struct fmt *out, u64 reverse_path);
/*
 * Gives raw sockets their copies; returns whether there was one. @p: head at the transport header.
 */
bool raw_deliver(struct packet *p, const struct ip_info *info);

#endif
