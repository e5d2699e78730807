// SPDX-License-Identifier: MPL-2.0
/*
 * The trie of prefixes against a plain array: random prefixes, few enough bits apart that they
 * contain each other; insertion, removal, the longest match, the walk in order.
 */
#include <kernel/route.h>

#include "host.h"

#include "../../kernel/net/inet/trie.h"

OBJ_TYPE(route, NULL_RELEASE);

#define N 200

static struct {
	struct ip_addr to;
	u32 bits;
	struct route *route;
} all[N];
static u32 nr;
static struct trie_node *root;

static u64 state = 1;
static u32 chance(u32 n)
{
	state = state * 6364136223846793005ul + 1442695040888963407ul;
	return (u32)(state >> 33) % n;
}

/* Addresses that share many bits. */
static struct ip_addr some_addr(void)
{
	struct ip_addr a = { 0x20010db800000000ul, 0 };

	if (chance(2))
		return ip4_addr(0x0a000000u + chance(16) * 0x10000u + chance(4));
	a.hi ^= (u64)chance(4) << chance(33);
	a.lo = (u64)chance(4) << chance(62);
	return a;
}

static bool same(struct ip_addr a, u32 abits, struct ip_addr b, u32 bbits)
{
	return abits == bbits && ip_match(a, b, abits);
}

static void add(void)
{
	struct ip_addr a = some_addr();
	u32 bits = chance(4) ? 60 + chance(69) : chance(129), i;
	struct trie_node *n;

	if (nr == N)
		return;
	for (i = 0; i < nr; i++) {
		if (same(all[i].to, all[i].bits, a, bits))
			return;
	}
	n = trie_node_get(&root, ip_prefix(a, bits), bits, true);
	UNIT_CHECK(n && n->bits == bits && ip_match(n->prefix, a, bits));
	UNIT_CHECK(!n->routes.first);
	all[nr].to = ip_prefix(a, bits);
	all[nr].bits = bits;
	all[nr].route = obj_new(route);
	list_push_back(&n->routes, all[nr].route, link);
	nr++;
}

static void take(void)
{
	u32 i = nr ? chance(nr) : 0;
	struct trie_node *n;

	if (!nr)
		return;
	n = trie_node_get(&root, all[i].to, all[i].bits, false);
	UNIT_CHECK(n && n->routes.first == all[i].route);
	list_remove(&n->routes, all[i].route, link);
	obj_put(&all[i].route);
	trie_node_prune(&root, all[i].to, all[i].bits);
	n = trie_node_get(&root, all[i].to, all[i].bits, false);
	UNIT_CHECK(!n || (!n->routes.first && n->child[0] && n->child[1]));
	all[i] = all[--nr];
}

/* The walk that route.c does, and the array. */
static void look(void)
{
	struct ip_addr a = some_addr();
	struct route *best = NULL, *want = NULL;
	struct trie_node *n = root;
	s32 most = -1;
	u32 i;

	while (n && ip_match(n->prefix, a, n->bits)) {
		if (n->routes.first)
			best = n->routes.first;
		n = n->bits == 128 ? NULL : n->child[addr_bit(a, n->bits)];
	}
	for (i = 0; i < nr; i++) {
		if ((s32)all[i].bits > most && ip_match(all[i].to, a, all[i].bits)) {
			most = (s32)all[i].bits;
			want = all[i].route;
		}
	}
	UNIT_CHECK(best == want);
}

/* Each prefix is met once, in order; no node is there for nothing. */
static void walk(void)
{
	struct trie_node *n, *last = NULL;
	u32 seen = 0;

	for (n = trie_next(root, (struct ip_addr){ 0 }, 0, true); n;
		n = trie_next(root, n->prefix, n->bits, false)) {
		UNIT_CHECK(n->routes.first || (n->child[0] && n->child[1]));
		if (last) {
			UNIT_CHECK(n->prefix.hi > last->prefix.hi ||
				(n->prefix.hi == last->prefix.hi &&
					(n->prefix.lo > last->prefix.lo ||
						(n->prefix.lo == last->prefix.lo &&
							n->bits > last->bits))));
		}
		seen += n->routes.first != NULL;
		last = n;
	}
	UNIT_CHECK(seen == nr);
}

/* The argument is a number of steps that is not the usual one. */
int main(int argc, char **argv)
{
	u32 i, steps = argc > 1 ? (u32)strtoul(argv[1], NULL, 10) : 200000;

	for (i = 0; i < steps; i++) {
		if (chance(1000) < (i / 20000 % 2 ? 450 : 550))
			add();
		else
			take();
		look();
		if (!(i % 64))
			walk();
	}
	while (nr)
		take();
	UNIT_CHECK(!root);
	return 0;
}
