// SPDX-License-Identifier: MPL-2.0
/*
 * The tree of intervals against a plain array: random insertions, removals and growth, all that
 * meet random intervals, order, summaries.
 */
#include <frame/obj.h>
#include <kernel/interval.h>

#include "host.h"

struct span_item {
	struct obj obj;
	u64 first, last;
	u64 serial; /* of its insertion; 0: not in the tree */
	INTERVAL_NODE(span_item) node;
};
OBJ_TYPE_DECL(span_item);
OBJ_TYPE(span_item, NULL_RELEASE);

static u64 first_of(const struct span_item *p)
{
	return p->first;
}
static u64 last_of(const struct span_item *p)
{
	return p->last;
}
INTERVAL_DEFINE(spans, span_item, node, first_of, last_of)

#define N 300

static struct span_item *items[N];

/* The height of a subtree; checks balance, parents, and what each node says of its subtree. */
static s32 check(const struct span_item *p, const struct span_item *parent, u64 *max)
{
	u64 left = 0, right = 0;
	s32 l, r;

	*max = 0;
	if (!p)
		return 0;
	UNIT_CHECK(p->node.parent == parent);
	l = check(p->node.left, p, &left);
	r = check(p->node.right, p, &right);
	UNIT_CHECK(l - r <= 1 && r - l <= 1);
	*max = max(p->last, max(left, right));
	UNIT_CHECK(p->node.height == max(l, r) + 1 && p->node.max == *max);
	return p->node.height;
}

static bool meets(const struct span_item *p, u64 lo, u64 hi)
{
	return p->serial && p->first <= hi && p->last >= lo;
}

/* The one of the array that comes next after @p and meets [lo, hi]; NULL: none. */
static struct span_item *next_of(const struct span_item *p, u64 lo, u64 hi)
{
	struct span_item *best = NULL;
	u32 i;

	for (i = 0; i < N; i++) {
		struct span_item *q = items[i];
		if (!meets(q, lo, hi) ||
			(p &&
				(q->first < p->first ||
					(q->first == p->first && q->serial <= p->serial))))
			continue;
		if (!best || q->first < best->first ||
			(q->first == best->first && q->serial < best->serial))
			best = q;
	}
	return best;
}

static void compare(struct span_item *root)
{
	u64 lo = unit_random(220), hi = lo + unit_random(40), max;
	struct span_item *p, *want = NULL, *any = items[unit_random(N)];

	check(root, NULL, &max);
	for (p = spans_meet(root, lo, hi);; p = spans_meet_next(p, lo, hi)) {
		want = next_of(want, lo, hi);
		UNIT_CHECK(p == want);
		if (!p)
			break;
	}
	/* From one that need not meet it. */
	if (any->serial)
		UNIT_CHECK(spans_meet_next(any, lo, hi) == next_of(any, lo, hi));
}

int main(void)
{
	struct span_item *root = NULL, *p;
	u32 i, round;

	for (i = 0; i < N; i++)
		items[i] = obj_new(span_item);
	for (round = 1; round <= 30000; round++) {
		p = items[unit_random(N)];
		if (p->serial && unit_random(3) == 0) {
			p->last = p->first + unit_random(60); /* also less */
			spans_grown(p);
		} else if (p->serial) {
			spans_remove(&root, p);
			p->serial = 0;
		} else {
			p->first = unit_random(200);
			p->last = p->first + unit_random(unit_random(10) ? 8 : 100);
			p->serial = round;
			spans_insert(&root, p);
		}
		if (round % 7 == 0)
			compare(root);
	}
	/* The largest numbers. */
	for (i = 0; i < N; i++) {
		if (items[i]->serial)
			spans_remove(&root, items[i]);
	}
	UNIT_CHECK(!root && !spans_meet(root, 0, ~0ul));
	items[0]->first = items[0]->last = ~0ul;
	spans_insert(&root, items[0]);
	UNIT_CHECK(spans_meet(root, ~0ul, ~0ul) == items[0] && !spans_meet(root, 0, ~0ul - 1));
	for (i = 0; i < N; i++)
		obj_put(&items[i]);
	return 0;
}
