// SPDX-License-Identifier: MPL-2.0
/*
 * The trie of prefixes (trie.h): insertion, removal, and an ordered walk.
 *
 * The caller serializes changes; readers have no lock. So each change is one store of a pointer,
 * and the nodes that it makes reachable are whole before it (store_release). An insertion puts the
 * new node, or a fork above it, in the place of a subtree that hangs below it already. A removal
 * puts the only child in the place of the node. A reader that is in the old node walks on into the
 * same subtree: prefixes only get longer on its way, so it ends, and route_generation tells it
 * whether what it found counts.
 *
 * A fork that loses its second child is removed with it (trie_node_prune), so inner nodes without
 * routes always have two children, and the trie has fewer than twice as many nodes as prefixes.
 * Without memory an insertion fails as a whole.
 */
#include "trie.h"

/* Children and routes are dropped before: a release never recurses. */
static void trie_node_release(struct trie_node *n)
{
	(void)n;
}
OBJ_TYPE(trie_node, trie_node_release);

static struct trie_node *node_new(struct ip_addr to, u32 bits)
{
	struct trie_node *n = obj_new(trie_node);

	if (n) {
		n->prefix = ip_prefix(to, bits);
		n->bits = bits;
	}
	return n;
}

/* Number of leading bits that both addresses share, at most @most. */
static u32 shared_bits(struct ip_addr a, struct ip_addr b, u32 most)
{
	u32 n;

	if (a.hi != b.hi)
		n = 63 - bit_highest(a.hi ^ b.hi);
	else if (a.lo != b.lo)
		n = 127 - bit_highest(a.lo ^ b.lo);
	else
		n = 128;
	return min(n, most);
}

/* Puts @n in the place of @old, below @parent or as the root; with one store. */
static void trie_replace(struct trie_node **const root, struct trie_node *parent, u32 side,
	struct trie_node *n)
{
	if (parent)
		store_release(*array_at(parent->child, side), n);
	else
		store_release(*root, n);
}

/*
 * Makes the node of a prefix that the trie does not have, above @n (NULL: a free place) and below
 * @parent. If neither prefix contains the other, a node for what they share stands above both. A
 * node is whole before it is linked.
 */
static struct trie_node *trie_insert_at(struct trie_node **const root, struct trie_node *parent,
	u32 side, struct trie_node *n, struct ip_addr to, u32 bits)
{
	struct trie_node *new = node_new(to, bits), *fork;
	u32 shared;

	if (!new)
		return NULL;
	if (!n) {
		trie_replace(root, parent, side, new);
		return new;
	}
	shared = shared_bits(new->prefix, n->prefix, min(bits, n->bits));
	if (shared == bits) {
		*array_at(new->child, addr_bit(n->prefix, bits)) = n;
		trie_replace(root, parent, side, new);
		return new;
	}
	fork = node_new(to, shared);
	if (!fork) {
		obj_put(&new);
		return NULL;
	}
	*array_at(fork->child, addr_bit(n->prefix, shared)) = n;
	*array_at(fork->child, addr_bit(new->prefix, shared)) = new;
	trie_replace(root, parent, side, fork);
	return new;
}

struct trie_node *trie_node_get(struct trie_node **const root, struct ip_addr to, u32 bits,
	bool create)
{
	struct trie_node *n = *root, *parent = NULL;
	u32 side = 0;

	while (n && n->bits <= bits && ip_match(n->prefix, to, n->bits)) {
		if (n->bits == bits)
			return n;
		side = addr_bit(to, n->bits);
		parent = n;
		n = *array_at(n->child, side);
	}
	return create ? trie_insert_at(root, parent, side, n, to, bits) : NULL;
}

/* A node that has routes or two children stays; else its only child takes its place. */
static bool prune_one(struct trie_node **const root, struct trie_node *parent, u32 side,
	struct trie_node *n)
{
	if (n->routes.first || (n->child[0] && n->child[1]))
		return false;
	trie_replace(root, parent, side, n->child[0] ? n->child[0] : n->child[1]);
	obj_put(&n);
	return true;
}

void trie_node_prune(struct trie_node **const root, struct ip_addr to, u32 bits)
{
	struct trie_node *n = *root, *parent = NULL, *above = NULL;
	u32 side = 0, above_side = 0;

	while (n && n->bits < bits && ip_match(n->prefix, to, n->bits)) {
		above = parent;
		above_side = side;
		parent = n;
		side = addr_bit(to, n->bits);
		n = *array_at(n->child, side);
	}
	if (!n || n->bits != bits || !ip_match(n->prefix, to, bits))
		return;
	if (prune_one(root, parent, side, n) && parent)
		(void)prune_one(root, above, above_side, parent);
}

/* Whether (a, abits) comes after (b, bbits): by address, the shorter prefix first. */
static bool is_after(struct ip_addr a, u32 abits, struct ip_addr b, u32 bbits)
{
	if (a.hi != b.hi)
		return a.hi > b.hi;
	if (a.lo != b.lo)
		return a.lo > b.lo;
	return abits > bbits;
}

/*
 * A walk in order without a stack: down to where the place is, remembering the last subtree to the
 * right.
 */
struct trie_node *trie_next(struct trie_node *root, struct ip_addr to, u32 bits, bool first)
{
	struct trie_node *n = root, *right = NULL;

	while (n) {
		if (first || is_after(n->prefix, n->bits, to, bits))
			return n;
		if (!ip_match(n->prefix, to, min(n->bits, bits)) || n->bits >= 128) {
			n = right;
			right = NULL;
			continue;
		}
		if (n->child[0] && n->child[1] && !addr_bit(to, n->bits) && n->bits <= bits)
			right = n->child[1];
		if (n->bits >= bits && n->child[0])
			n = n->child[0];
		else if (n->child[addr_bit(to, n->bits)])
			n = *array_at(n->child, addr_bit(to, n->bits));
		else if (!addr_bit(to, n->bits) && n->child[1])
			n = n->child[1];
		else {
			n = right;
			right = NULL;
		}
	}
	return NULL;
}
