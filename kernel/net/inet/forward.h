// SPDX-License-Identifier: MPL-2.0
/* Forwarding, for ip4.c and ip6.c. Context: netdev_run. */
#ifndef KERNEL_INET_FORWARD_H
#define KERNEL_INET_FORWARD_H

#include "ip.h"

/*
 * Passes on a packet that is not for this machine, or answers that it cannot; consumes it. @h: a
 * copy of its header, which was checked, as was its source. The head begins behind the header, with
 * IPv6 at it; p->net and p->transport (IPv4) are set. The device must forward IPv4.
 */
void ip4_forward(struct packet *p, struct ip4_header *h);
void ip6_forward(struct packet *p, struct ip6_header *h);
/*
 * rp_filter of the packet's device: whether the sender can be reached by it (1), or at all (2). Who
 * has no address yet sends from zero.
 */
bool ip4_source_is_routed(const struct packet *p, struct ip_addr from, struct ip_addr to);
/* gso.c: the segments of a packet as a chain by link.next; NULL: none. Consumes it. */
struct packet *gso_segment(struct packet *p);
/* icmp_limit.c: whether a redirect may go to @to, as seldom as Linux sends them. */
bool icmp_limit_redirect(struct ip_addr to, u64 now);

#endif
