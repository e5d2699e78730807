// SPDX-License-Identifier: MPL-2.0
/*
 * The balanced tree and the list against a plain array: random insertions and removals, order,
 * heights.
 */
#include <frame/obj.h>
#include <kernel/list.h>
#include <kernel/tree.h>

#include "host.h"

struct item {
	struct obj obj;
	u32 key;
	bool in;
	TREE_NODE(item) node;
	LIST_LINK(item) link;
};
OBJ_TYPE_DECL(item);
OBJ_TYPE(item, NULL_RELEASE);

static bool before(const struct item *a, const struct item *b)
{
	return a->key < b->key;
}
TREE_DEFINE(item_tree, item, node, before)

#define N 500

/* The height of a subtree; checks balance, order by parent links, and the stored heights. */
static s32 check(const struct item *p, const struct item *parent)
{
	s32 l, r;

	if (!p)
		return 0;
	UNIT_CHECK(p->node.parent == parent);
	l = check(p->node.left, p);
	r = check(p->node.right, p);
	UNIT_CHECK(l - r <= 1 && r - l <= 1);
	UNIT_CHECK(p->node.height == max(l, r) + 1);
	return p->node.height;
}

static void compare(struct item *root, struct item **items, u32 count)
{
	struct item *p;
	u32 seen = 0, last = 0;

	check(root, NULL);
	for (p = item_tree_first(root); p; p = item_tree_next(p)) {
		UNIT_CHECK(p->in && (!seen || p->key >= last));
		last = p->key;
		seen++;
	}
	UNIT_CHECK(seen == count);
	for (p = item_tree_last(root), seen = 0; p; p = item_tree_prev(p))
		seen++;
	UNIT_CHECK(seen == count);
	(void)items;
}

int main(void)
{
	static struct item *items[N];
	struct item *root = NULL;
	LIST_HEAD(item) list = { 0 };
	struct item *p, *next;
	u32 i, round, count = 0;

	for (i = 0; i < N; i++) {
		items[i] = obj_new(item);
		items[i]->key = unit_random(300);
	}
	for (round = 0; round < 20000; round++) {
		i = unit_random(N);
		if (items[i]->in) {
			item_tree_remove(&root, items[i]);
			list_remove(&list, items[i], link);
			count--;
		} else {
			item_tree_insert(&root, items[i]);
			if (unit_random(2))
				list_push_back(&list, items[i], link);
			else
				list_push_front(&list, items[i], link);
			count++;
		}
		items[i]->in = !items[i]->in;
		if (round % 37 == 0)
			compare(root, items, count);
	}
	i = 0;
	list_for_each_safe(p, next, &list, link) {
		UNIT_CHECK(p->in);
		list_remove(&list, p, link);
		i++;
	}
	UNIT_CHECK(i == count && list_empty(&list));
	for (i = 0; i < N; i++)
		obj_put(&items[i]);
	return 0;
}
