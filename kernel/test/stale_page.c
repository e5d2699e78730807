// SPDX-License-Identifier: MPL-2.0
/*
 * Stale pages and objects while a CPU is held up in the middle of a call: see stale.c.
 *
 * Here the other side's second part takes the page, or the slot, for somebody else; a case then
 * checks that the next owner has what it was given, and the caller no more than it asked for.
 */
#include <frame/page.h>
#include <frame/vmspace.h>

#include "stale.h"

static struct page *stale_page;
static struct probe *stale_probe;

/* ---- pages ---- */

static struct page *page_now, *page_else;
static struct vmspace *page_space;
static u8 bytes[16];

/* A page that is free, and the next one that this CPU gives. */
static void setup_page(void)
{
	struct page *p = page_alloc(0);

	stale_page = p;
	page_put(&p);
}
static void setup_pages(void)
{
	page_else = page_alloc(0);
	setup_page();
}
static void no_page(void)
{
	KTEST_EXPECT(!page_tryget(stale_page));
}
/* The page comes back with one reference, and not as a page that somebody has already. */
static void next_page(void)
{
	page_now = page_alloc(0);
}
/* The next owner's, and one more if the call has got one. */
static void one_reference(void)
{
	struct page *p = stale_page;

	if (page_now == stale_page)
		KTEST_EXPECT(page_map_count(p) == 0 && page_refs(p) == (stale_answer ? 2 : 1));
	page_put(&page_now);
	if (stale_answer)
		page_put(&p);
	page_put(&page_else);
	KTEST_EXPECT(!page_tryget(stale_page));
}
static void call_page_get(void)
{
	(void)page_get(stale_page);
	stale_answer = true;
}
static void call_page_tryget(void)
{
	stale_answer = page_tryget(stale_page);
}
static void call_page_read(void)
{
	page_read(stale_page, 0, span_of(bytes));
}
static void call_page_zero(void)
{
	page_zero(stale_page, 0, PAGE_SIZE);
}
static void call_page_copy(void)
{
	page_copy(page_else, stale_page);
}
/*
 * The page is free when the call begins and has its next owner in the end: a call that came too
 * early traps, or answers no, or has got the next owner's page, with a reference of its own.
 */
#define PAGE_CASE(what, setup)                                                                     \
	static const struct stale_case what##_case = { setup, call_##what, { no_page, next_page }, \
		one_reference };                                                                   \
	KTEST(stale_##what)                                                                        \
	{                                                                                          \
		stale_run(&what##_case);                                                           \
	}
PAGE_CASE(page_get, setup_page)
PAGE_CASE(page_tryget, setup_page)
PAGE_CASE(page_read, setup_page)
PAGE_CASE(page_zero, setup_page)
PAGE_CASE(page_copy, setup_pages)

/* A put that must trap: the page's next owner keeps its reference, or has lost it to this put. */
static void call_page_put(void)
{
	struct page *p = stale_page;

	page_put(&p);
	stale_answer = true;
}
static void own_reference(void)
{
	if (page_now == stale_page && stale_answer)
		page_now = NULL; /* put by the caller: a service's fault, and no other's */
	stale_answer = false;
	one_reference();
}
static const struct stale_case page_put_case = { setup_page, call_page_put, { no_page, next_page },
	own_reference };
/* See call_page_put. */
KTEST(stale_page_put)
{
	stale_run(&page_put_case);
}

static void setup_map(void)
{
	setup_page();
	page_space = vmspace_new();
}
static void call_map(void)
{
	stale_answer = vmspace_map(page_space, PAGE_SIZE, stale_page, VM_READ) == 0;
}
static void mapped_or_not(void)
{
	if (page_now == stale_page) {
		KTEST_EXPECT(page_map_count(page_now) == stale_answer);
		KTEST_EXPECT(page_refs(page_now) == 1);
	}
	page_put(&page_now);
	vmspace_put(&page_space);
	KTEST_EXPECT(!page_tryget(stale_page));
}
static const struct stale_case map_case = { setup_map, call_map, { no_page, next_page },
	mapped_or_not };
/* The page is mapped as its next owner's, or not at all: the count of mappings tells which. */
KTEST(stale_vmspace_map)
{
	stale_run(&map_case);
}

/* A page that comes to life while the call looks at it, or dies. */
static void setup_map_live(void)
{
	page_space = vmspace_new();
	page_now = page_alloc(0);
	stale_page = page_now;
}
static void put_page_now(void)
{
	page_put(&page_now);
}
static void mapped_or_free(void)
{
	struct page *other = page_alloc(0);

	KTEST_EXPECT(page_map_count(stale_page) == (stale_answer ? 1 : 0));
	KTEST_EXPECT(!stale_answer || other != stale_page);
	page_put(&other);
	vmspace_put(&page_space);
	KTEST_EXPECT(!page_tryget(stale_page));
}
static const struct stale_case map_live_case = { setup_map_live, call_map,
	{ put_page_now, stale_nothing }, mapped_or_free };
/* The mapping keeps the page, or finds it gone. */
KTEST(stale_vmspace_map_while_the_last_goes)
{
	stale_run(&map_live_case);
}

/* A live page whose last reference goes while the call takes one: never a page that is free. */
static struct page *last_page;
static void setup_live_page(void)
{
	last_page = page_alloc(0);
	stale_page = last_page;
}
static void put_last_page(void)
{
	page_put(&last_page);
}
static void live_or_free(void)
{
	struct page *p = stale_page, *other = page_alloc(0);

	KTEST_EXPECT(!stale_answer || other != stale_page);
	KTEST_EXPECT(page_refs(p) == (stale_answer || other == p));
	page_put(&other);
	if (stale_answer)
		page_put(&p);
}
static const struct stale_case page_tryget_live_case = { setup_live_page, call_page_tryget,
	{ put_last_page, stale_nothing }, live_or_free };
static const struct stale_case page_get_live_case = { setup_live_page, call_page_get,
	{ put_last_page, stale_nothing }, live_or_free };
/* A page that was got is not given out again. */
KTEST(stale_page_tryget_while_the_last_goes)
{
	stale_run(&page_tryget_live_case);
}
/* The same, where the other answer is a trap. */
KTEST(stale_page_get_while_the_last_goes)
{
	stale_run(&page_get_live_case);
}

/* ---- objects ---- */

static struct probe *last_probe;
static u64 released_before;

static void setup_live_probe(void)
{
	released_before = atomic_load(&probes_released);
	last_probe = obj_new(probe);
	stale_probe = last_probe;
}
static void call_obj_tryget(void)
{
	stale_answer = obj_tryget(stale_probe);
}
static void put_last_probe(void)
{
	obj_put(&last_probe);
}
static void released_once(void)
{
	struct probe *p = stale_probe;

	KTEST_EXPECT(atomic_load(&probes_released) == released_before + (stale_answer ? 0 : 1));
	if (stale_answer)
		obj_put(&p);
	KTEST_EXPECT(atomic_load(&probes_released) == released_before + 1);
}
static const struct stale_case obj_tryget_case = { setup_live_probe, call_obj_tryget,
	{ put_last_probe, stale_nothing }, released_once };
/* The release runs once: now, or with the reference that was got. */
KTEST(stale_obj_tryget_while_the_last_goes)
{
	stale_run(&obj_tryget_case);
}

/*
 * A get and a put of a slot that is free change its count, and then trap: nobody else takes the
 * slot for an object meanwhile.
 */
static void setup_free_probe(void)
{
	struct probe *p = obj_new(probe);

	stale_probe = p;
	obj_put(&p);
}
static void call_obj_get(void)
{
	(void)obj_get(stale_probe);
}
static void call_obj_put(void)
{
	struct probe *p = stale_probe;

	obj_put(&p);
}
static void no_probe(void)
{
	KTEST_EXPECT(!obj_tryget(stale_probe) && !obj_refs(stale_probe));
}
static void trapped_on_a_free_one(void)
{
	KTEST_EXPECT(stale_trapped);
	no_probe();
}
static const struct stale_case obj_get_case = { setup_free_probe, call_obj_get,
	{ no_probe, no_probe }, trapped_on_a_free_one };
static const struct stale_case obj_put_case = { setup_free_probe, call_obj_put,
	{ no_probe, no_probe }, trapped_on_a_free_one };
/* See setup_free_probe. */
KTEST(stale_obj_get)
{
	stale_run(&obj_get_case);
}
/* See setup_free_probe. */
KTEST(stale_obj_put)
{
	stale_run(&obj_put_case);
}

/* A slot on its way from one life to the next: with a count it is zeroed. */
static void setup_reuse(void)
{
	stale_probe = obj_new(probe);
	stale_probe->value = ~0ul;
	atomic_store(&stale_probe->count, ~0ul);
	span_fill(span_of(stale_probe->bytes), 0xff);
}
static void call_reuse(void)
{
	struct probe *old = stale_probe, *p;

	obj_put(&old);
	p = obj_new(probe);
	store_release(last_probe, p);
}
/*
 * Run while the slot goes over. That it is live and has ones and zeroes mixed would show a use
 * before it was zeroed.
 */
static void zeroed_if_live(void)
{
	struct probe *p = stale_probe;
	u64 left = 0;
	u32 i;

	if (load_acquire(last_probe) || !obj_tryget(p))
		return;
	for (i = 0; i < ARRAY_LEN(p->bytes); i++)
		left |= p->bytes[i];
	left |= p->value | atomic_load(&p->count);
	/* Live in its first life, which ends with the caller's put, or in its second. */
	KTEST_EXPECT(!left || left == ~0ul);
	KTEST_EXPECT(!left || p->value == ~0ul);
	obj_put(&p);
}
static void put_reused(void)
{
	KTEST_EXPECT(obj_refs(last_probe) == 1 && !last_probe->value);
	obj_put(&last_probe);
}
static const struct stale_case reuse_case = { setup_reuse, call_reuse,
	{ zeroed_if_live, zeroed_if_live }, put_reused };
/* Whoever gets a reference between the two lives finds the first life's fields, or zeroes. */
KTEST(stale_obj_reuse)
{
	stale_run(&reuse_case);
}
