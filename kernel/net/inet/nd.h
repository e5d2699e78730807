// SPDX-License-Identifier: MPL-2.0
/* Neighbour discovery and address configuration of IPv6, for nd.c, autoconf.c and icmp.c. */
#ifndef KERNEL_INET_ND_H
#define KERNEL_INET_ND_H

#include "ip.h"

enum nd_type {
	ND_ROUTER_SOLICIT = 133,
	ND_ROUTER_ADVERT = 134,
	ND_NEIGHBOUR_SOLICIT = 135,
	ND_NEIGHBOUR_ADVERT = 136,
	ND_REDIRECT = 137
};
enum nd_option_type {
	ND_SOURCE_LINK = 1,
	ND_TARGET_LINK = 2,
	ND_PREFIX = 3,
	ND_REDIRECTED = 4,
	ND_MTU = 5
};

#define ND_ALL_NODES   ((struct ip_addr){ 0xff02ul << 48, 1 })
#define ND_ALL_ROUTERS ((struct ip_addr){ 0xff02ul << 48, 2 })

/* A message to be sent. */
struct nd_out {
	struct ip_addr from, to, target;
	bool has_target;
	u8 type;
	u8 option; /* the device's link address; 0: no option */
	u32 word;  /* behind the header of ICMP */
};
void nd_send(struct netdev *d, const struct nd_out *m);
/*
 * Tells @to, the sender of @p (whose head is its IPv6 header) on the link by which it came, that
 * @dst is reached by the neighbour @target. Not consumed.
 */
void nd_send_redirect(const struct packet *p, struct ip_addr to, struct ip_addr dst,
	struct ip_addr target);
/* The group in which the owner of an address is asked for (RFC 4291, 2.7.1). */
struct ip_addr nd_group(struct ip_addr a);
/* A message has come, with its ICMP header and a good checksum. Does not consume @p. */
void nd_receive(struct packet *p, const struct ip_info *i, u8 type, u8 code);
/* Whether the options from @off on are whole. */
bool nd_options_ok(const struct packet *p, u32 off);
/* The option at @off, its length in bytes. False: there is none. */
bool nd_next_option(const struct packet *p, u32 *off, u8 *type, u32 *len);
/* The link address in an option. False: there is no such option. */
bool nd_link_option(const struct packet *p, u32 off, u8 option, u8 (*out)[LINK_ADDR_MAX]);
void nd_init(void);

/* ---- autoconf.c ---- */
/* Another machine has an address that is being checked. Context: netdev_run. */
void autoconf_conflict(struct netdev *d, struct ip_addr a);
/* A router advertises. Context: netdev_run. */
void autoconf_advert(struct packet *p, const struct ip_info *i);
/* An address was added / goes. net_config held. */
void autoconf_added(struct netdev *d, struct inet_addr *a);
void autoconf_removed(struct netdev *d, const struct inet_addr *a);
/*
 * A device came up or has changed / went down. Its addresses begin when it is up and has a carrier
 * for the first time since then (inet_dev.ready), as on Linux. net_config held.
 */
void autoconf_up(struct netdev *d);
void autoconf_down(struct netdev *d);
/* Times of addresses may have changed: the job looks at them. Context: any. */
void autoconf_kick(void);
void autoconf_init(void);
/* Power-off. */
void autoconf_shutdown(void);

/* ---- mcast.c ---- */
/* A group is joined or left; net_config held. False: nothing is to be sent. */
bool mcast_changed(struct netdev *d, struct inet_group *g);
/*
 * The device came up, or has a link-local address now: all its groups are reported. net_config
 * held.
 */
void mcast_up(struct netdev *d);
/* A query of MLD. Does not consume @p. */
void mld_receive(struct packet *p, const struct ip_info *info);
void mcast_init(void);

#endif
