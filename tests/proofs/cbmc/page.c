// SPDX-License-Identifier: MPL-2.0
/*
 * The two counts of a page (frame/mm/page.c, page.h) by one CPU, from any values: no call of a
 * service brings a free page to life; no number of gets and puts of services frees a page that the
 * frame holds; neither half runs into the other; the page is free exactly when both are zero.
 */
#include "proof.h"

#include <frame/order.h>

/* What a count is for a moment, other CPUs see, also when the kernel stops then. */
static u64 add_blindly(u64 *p, u64 n)
{
	CLAIM(*p, "nobody adds before it looks");
	*p += n;
	return *p - n;
}
#define _add64_acquire(p, n) add_blindly(p, n)
#define _add64_full(p, n)    add_blindly(p, n)

#include "frame/mm/page.c"

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;
static struct page page;
static u64 was; /* its counts before the call */

void _spin_wait(struct spinlock *l)
{
	(void)l;
	ASSUME(false);
}

/* What each half may be: as many as the frame lets there be. */
static u32 services(u64 refs)
{
	return (u32)refs;
}
static u32 frames(u64 refs)
{
	return (u32)(refs >> 32);
}

/* Where the kernel stops, the counts are what they were. */
static void any_page(void)
{
	page.refs = was = nondet_u64();
	page.state = was ? PAGE_STATE_UNTYPED : PAGE_STATE_FREE;
	ASSUME(services(was) <= 0x80000000u && frames(was) <= 0x80000000u);
	watched = &page.refs;
	watched_value = was;
}

static void claim_up(u32 by_services, u32 by_frame)
{
	CLAIM(was, "a free page stays free");
	CLAIM(services(page.refs) == services(was) + by_services &&
			frames(page.refs) == frames(was) + by_frame,
		"one count is one more, the other as it was");
	CLAIM(services(was) < 0x80000000u && frames(was) < 0x80000000u,
		"nobody adds to a full count");
	CLAIM(page.state == PAGE_STATE_UNTYPED, "a page that is counted is untyped");
}

void main_up(void)
{
	any_page();
	switch (nondet_u8()) {
	case 0:
		CLAIM(page_get(&page) == &page, "the page itself");
		CLAIM(services(was), "services have a reference");
		claim_up(1, 0);
		break;
	case 1:
		if (page_tryget(&page))
			claim_up(1, 0);
		else
			CLAIM(page.refs == was, "nothing counted");
		break;
	case 2:
		if (page_hold(&page))
			claim_up(0, 1);
		else
			CLAIM(page.refs == was, "nothing counted");
		break;
	case 3:
		ASSUME(frames(was)); /* its callers' promise: the page is held */
		if (page_hold_more(&page))
			claim_up(0, 1);
		else
			CLAIM(page.refs == was, "nothing counted");
		break;
	case 4:
		if (page_hold_for_entry(&page) == 0)
			claim_up(0, 1);
		else
			CLAIM(page.refs == was, "nothing counted");
		CLAIM(frames(was) <= 0x40000000u || page.refs == was,
			"copies can hold a page that is mapped too often");
		break;
	default:
		(void)page_pin(&page);
		claim_up(0, 1);
		break;
	}
}

void main_down(void)
{
	struct page *p = &page;

	any_page();
	if (nondet_bool()) {
		page_put(&p);
		CLAIM(!p, "the variable is cleared");
		CLAIM(services(was), "services had a reference");
		CLAIM(services(page.refs) == services(was) - 1 && frames(page.refs) == frames(was),
			"one less, the frame's as it was");
	} else {
		page_release(&page);
		CLAIM(frames(was), "the frame had a reference");
		CLAIM(frames(page.refs) == frames(was) - 1 && services(page.refs) == services(was),
			"one less, the services' as it was");
	}
	CLAIM((page.state == PAGE_STATE_FREE) == !page.refs,
		"free when nobody is left, and not before");
	CLAIM((cpu_cache[0].first == &page) == !page.refs, "and then it is in the cache");
}

void *arch_phys_to_virt(u64 pa)
{
	(void)pa;
	return NULL;
}

/* Every access through a span to a page lies in the page. */
static u8 copied[PAGE_SIZE];
void main_range(void)
{
	size_t off = nondet_u64(), len = nondet_u64();

	page_check_range(off, len);
	CLAIM(off <= PAGE_SIZE && len <= PAGE_SIZE && off + len <= PAGE_SIZE,
		"the bytes lie in the page");
	CLAIM(!len || &copied[off] + len <= copied + sizeof(copied), "all of them");
}
