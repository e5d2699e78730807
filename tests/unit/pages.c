// SPDX-License-Identifier: MPL-2.0
/*
 * Pages from the host's heap, with an end to them: no test may need more than a large window has.
 */
#include <frame/page.h>

#include "host.h"

#define MOST (200ul << 20 >> PAGE_SHIFT)

struct page {
	u8 bytes[PAGE_SIZE];
};
static u64 nr_pages;

struct page *page_alloc(u32 flags)
{
	(void)flags;
	if (nr_pages == MOST) {
		printf("more pages than a window has\n");
		exit(1);
	}
	nr_pages++;
	return calloc(1, sizeof(struct page));
}

void page_put(struct page **pp)
{
	struct page *p = *pp;

	*pp = NULL;
	if (p) {
		nr_pages--;
		free(p);
	}
}

void page_read(struct page *p, size_t off, struct span dst)
{
	UNIT_CHECK(off <= PAGE_SIZE && dst._n <= PAGE_SIZE - off);
	memcpy(dst._p, p->bytes + off, dst._n);
}

void page_write(struct page *p, size_t off, struct cspan src)
{
	UNIT_CHECK(off <= PAGE_SIZE && src._n <= PAGE_SIZE - off);
	memcpy(p->bytes + off, src._p, src._n);
}
