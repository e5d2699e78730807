// SPDX-License-Identifier: MPL-2.0
/*
 * Routing rules (ip-rule(8)) and the tables that they lead to, for route.c, rule.c and netlink.
 *
 * IPv4 and IPv6 have a list of rules each, by priority. A look-up asks the table of each rule that
 * matches its flow, until one has a route. A rule is immutable while it is in a list, but for the
 * indices of its devices and its table, which follow what exists.
 *
 * Locking: net_config, and a change of route.c (route_change_begin), for writers. Readers walk the
 * lists and tables without a lock, as route.c tells; rules and tables are type-stable, and the walk
 * is bounded by RULES_MAX.
 */
#ifndef KERNEL_INET_RULE_H
#define KERNEL_INET_RULE_H

#include <kernel/netdev.h>
#include <kernel/route.h>

#include "trie.h"

#define RULES_MAX 1024u /* of a protocol */

struct route_table {
	struct obj obj;
	u32 id;
	struct trie_node *root;
	LIST_LINK(route_table) link;
};
OBJ_TYPE_DECL(route_table);

/* As FR_ACT_*. */
enum rule_action {
	RULE_TABLE = 1,
	RULE_NOP = 4,
	RULE_BLACKHOLE = 6,
	RULE_UNREACHABLE = 7,
	RULE_PROHIBIT = 8
};

struct route_rule {
	struct obj obj;
	bool is4;
	bool invert; /* it is for the packets that do not match */
	u8 action, tos, protocol;
	u32 priority;
	u32 table;
	struct route_table *to_table; /* no reference: see route_table_changed; NULL: it is empty */
	struct ip_addr from, to;      /* prefixes */
	u32 from_bits, to_bits;       /* as of an ip_addr */
	u32 mark, mark_mask;
	u8 iif_name[IFNAMSIZ], oif_name[IFNAMSIZ]; /* empty: any */
	u32 iif, oif;                              /* RULE_NO_DEVICE: there is no such device */
	s32 suppress_bits; /* routes with prefixes of at most so many bits do not count; -1: all do */
	LIST_LINK(route_rule) link;
};
OBJ_TYPE_DECL(route_rule);
#define RULE_NO_DEVICE (~0u)

/* ---- rule.c ---- */

/*
 * Whether there are other rules than those of the start (bit 0: of IPv4, bit 1: of IPv6), and
 * whether another one comes before that of the local table. Changed as route_generation tells.
 */
extern u32 rules_custom, rules_before_local;
static always_inline u32 rules_bit(bool is4)
{
	return is4 ? 1u : 2u;
}
/* The route for a flow by all rules, without a reference; NULL: none. As table_walk of route.c. */
struct route *rule_walk(const struct flow *f);
/*
 * Adds a rule to the list of its protocol; the list takes a reference of its own. @exclusive:
 * -EEXIST if it is there. 0, -EEXIST, -ENOSPC, -ENOBUFS. Context: task, net_config held.
 */
int must_check rule_add(struct route_rule *r, bool has_priority, bool exclusive);
/* What a request to delete selects by: @like, but for fields that are zero. */
struct rule_selection {
	bool has_priority, has_from, has_to, has_tos;
};
/* Removes the first rule that is like @like. *@out: a reference to it. 0, -ENOENT. net_config held. */
int must_check rule_remove(const struct route_rule *like, const struct rule_selection *by,
	struct route_rule **out);
/* A reference to the @n-th rule of a protocol, from 0; NULL: there are fewer. net_config held. */
struct route_rule *rule_nth(bool is4, u32 n);
/* A table has come (@t) or gone (NULL). Context: within a change. */
void rules_table_changed(u32 id, struct route_table *t);
/* Start-up: the rules that exist at first. Power-off: all go. */
bool rule_init(void);
void rule_shutdown(void);

/* ---- route.c ---- */

struct route *route_table_walk(const struct route_table *t, const struct flow *f);
/* Brackets a change of what look-ups see. Between them nothing sleeps. */
void route_change_begin(void);
void route_change_end(void);
/* A table by its number; NULL: it has no routes. net_config held. */
struct route_table *route_table_find(u32 id);
/* The first of all tables, which link.next goes on from; the table main. net_config held. */
struct route_table *route_table_first(void);
struct route_table *route_table_main(void);
/* A dump shows tables in the order of this: by the last byte of their ids, as Linux does. */
u64 route_table_order(u32 id);

#endif
