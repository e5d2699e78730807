// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <kernel/list.h>
#include <thing.h>

struct queue {
	struct obj obj;
	LIST_HEAD(other) others;
};
static void put(struct queue *q, struct thing *t)
{
	q->others.first = t; // <- P2
}
