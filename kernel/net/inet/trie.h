// SPDX-License-Identifier: MPL-2.0
/*
 * A binary trie with compressed paths: prefixes of internet addresses, each with a list of routes.
 *
 * A node stands for a prefix; it has routes, or two children, or both. A child's prefix is longer
 * and begins with its parent's, so a walk from the root to an address meets all prefixes that match
 * it, the shortest first.
 *
 * Locking: changes are serialized by the caller. A walk may run beside a change: nodes and routes
 * are type-stable, the prefixes on a walk grow strictly, and lists are followed for a bounded
 * number of steps, so the walk ends; its result is to be used only if nothing was changed
 * meanwhile (route_generation).
 */
#ifndef KERNEL_INET_TRIE_H
#define KERNEL_INET_TRIE_H

#include <kernel/route.h>

#define TRIE_SAME_PREFIX 1024u /* routes of one prefix that a walk looks at */

struct trie_node {
	struct obj obj;
	struct ip_addr prefix;
	u32 bits;
	struct trie_node *child[2];
	LIST_HEAD(route) routes; /* by metric; references */
};
OBJ_TYPE_DECL(trie_node);

/* Bit @i of an address, counted from the highest. */
static always_inline u32 addr_bit(struct ip_addr a, u32 i)
{
	return (u32)((i < 64 ? a.hi >> (63 - i) : a.lo >> (127 - i)) & 1);
}

/*
 * The node of the prefix; created if @create. NULL: there is none, or no memory. The root may
 * change: *@root.
 */
struct trie_node *trie_node_get(struct trie_node **root, struct ip_addr to, u32 bits, bool create);
/* Removes the node of the prefix if it has no routes, and a parent that is not needed any more. */
void trie_node_prune(struct trie_node **root, struct ip_addr to, u32 bits);
/* The first node in an order of the whole trie whose place is after (@to, @bits). For dumps. */
struct trie_node *trie_next(struct trie_node *root, struct ip_addr to, u32 bits, bool first);

#endif
