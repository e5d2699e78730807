// accept: L4
// SPDX-License-Identifier: MPL-2.0
#include <kernel/list.h>
#include <thing.h>

struct queue {
	struct obj obj;
	LIST_HEAD(entry) entries;
};
struct entry {
	struct obj obj;
	LIST_LINK(entry) link;
	u32 n;
};
static void add(struct queue *q, struct entry *e)
{
	list_push_back(&q->entries, e, link);
}
static u32 sum(struct queue *q)
{
	struct entry *e;
	u32 total = 0;
	list_for_each(e, &q->entries, link)
		total += e->n;
	return total;
}
