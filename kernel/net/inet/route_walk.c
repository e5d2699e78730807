// SPDX-License-Identifier: MPL-2.0
/*
 * Routes one after the other, for dumps and for what is done to all routes of a device.
 *
 * A dump gives its reader a piece at a time and drops net_config between them, so routes come and
 * go meanwhile. Each function finds its place again from what it is given: the route that it showed
 * last, or a number that holds the prefix. A route that is there all the time is shown once, but for
 * one of several of one prefix: when an earlier one of them goes meanwhile, it may be passed by.
 *
 * Locking: net_config is held by the caller.
 */
#include <kernel/route.h>

#include "rule.h"
#include "trie.h"

/*
 * Under net_config, which all changes hold: the tries stand still. @after may have been removed
 * meanwhile, and its table with it.
 */
struct route *route_next(const struct route *after)
{
	struct route_table *t = route_table_first();
	struct trie_node *n;
	bool same;

	if (after && after->link.next)
		return obj_get(after->link.next);
	while (after && t && route_table_order(t->id) < route_table_order(after->table))
		t = t->link.next;
	same = after && t && t->id == after->table;
	n = t ? trie_next(t->root, same ? after->to : (struct ip_addr){ 0 }, same ? after->bits : 0,
			!same)
	      : NULL;
	while (t) {
		while (n && !n->routes.first)
			n = trie_next(t->root, n->prefix, n->bits, false);
		if (n)
			return obj_get(n->routes.first);
		t = t->link.next;
		n = t ? trie_next(t->root, (struct ip_addr){ 0 }, 0, true) : NULL;
	}
	return NULL;
}

/* A place: the address, the bits of the prefix, and the number among the routes of the prefix. */
#define PLACE(addr, bits, n) ((u64)(addr) << 28 | (u64)(bits) << 20 | (n))
#define PLACE_N              0xfffffu

struct route *route_next4(u64 *const place)
{
	struct trie_node *root = route_table_main()->root, *n;
	struct ip_addr to = ip4_addr((u32)(*place >> 28));
	u32 bits = IP4_BITS + (*place >> 20 & 0xff), skip = *place & PLACE_N;
	struct route *r = NULL;
	u32 i = 0;

	n = trie_node_get(&root, to, bits, false);
	if (!n)
		n = trie_next(root, to, bits, false);
	for (; n && !r; n = r ? n : trie_next(root, to, bits, false)) {
		to = n->prefix;
		bits = n->bits;
		if (bits < IP4_BITS || !ip_is4(to))
			return NULL;
		r = n->routes.first;
		for (i = 0; r && i < skip; i++)
			r = r->link.next;
		skip = 0;
	}
	if (!r)
		return NULL;
	*place = PLACE(ip4_bits(to), bits - IP4_BITS, i + 1);
	return obj_get(r);
}
