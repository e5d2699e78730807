// SPDX-License-Identifier: MPL-2.0
/*
 * Pages from the host's heap (heap.h), with an end to them: no test may need more than a large
 * window of a packed archive has.
 */
#include "heap.h"
#include "host.h"

#define MOST (200ul << 20 >> PAGE_SHIFT)

u64 unit_pages;

struct page *page_alloc(u32 flags)
{
	struct page *p;

	(void)flags;
	if (unit_fails())
		return NULL;
	if (unit_pages == MOST) {
		printf("more pages than a window has\n");
		exit(1);
	}
	p = calloc(1, sizeof(*p));
	p->refs = 1;
	unit_pages++;
	return p;
}

struct page *page_get(struct page *p)
{
	UNIT_CHECK(p->refs);
	p->refs++;
	return p;
}

void page_put(struct page **pp)
{
	struct page *p = *pp;

	*pp = NULL;
	if (p && !--p->refs) {
		free(p);
		unit_pages--;
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

u64 page_sum(struct page *p, size_t off, size_t len)
{
	u64 sum = 0, word;

	UNIT_CHECK(off <= PAGE_SIZE && len <= PAGE_SIZE - off && !((off | len) & 7));
	for (; len; off += 8, len -= 8) {
		memcpy(&word, p->bytes + off, 8);
		sum += word;
		sum += sum < word;
	}
	return sum;
}
