// SPDX-License-Identifier: MPL-2.0
/*
 * Stale pages that are lent to devices, mapped or written, and stale owners, while a CPU is held up
 * in the middle of a call: see stale.c.
 */
#include <frame/device.h>
#include <frame/dma.h>
#include <frame/ring.h>
#include <frame/vmspace.h>
#include <uapi/errno.h>

#include "stale.h"

static struct page *stale_loan;
static struct probe *stale_owner;

/* ---- pages ---- */

static struct page *loan_now;
static struct dma *loan_engine;
static struct ring *loan_ring;
static struct ring_chain loan_chain;
static struct vmspace *loan_space;
static struct page *loan_else;
static u8 loan_bytes[16];

static void setup_loan(void)
{
	struct page *p = page_alloc(0);

	stale_loan = p;
	page_put(&p);
}
/* The call raises the count of mappings for a moment: that must not make the page look live. */
static void no_loan(void)
{
	KTEST_EXPECT(!page_tryget(stale_loan));
}
/* This CPU's next page, which may be the stale one. */
static void next_loan(void)
{
	loan_now = page_alloc(0);
}
/* The page's next owner has one reference; the call has lent the page, or nothing. */
static void lent_or_not(void)
{
	if (loan_now == stale_loan) {
		KTEST_EXPECT(page_map_count(loan_now) == stale_answer);
		KTEST_EXPECT(page_refs(loan_now) == 1);
	} else {
		KTEST_EXPECT(!stale_answer);
	}
}
static void loan_ends(void)
{
	page_put(&loan_now);
	page_put(&loan_else);
	KTEST_EXPECT(!page_tryget(stale_loan) && page_map_count(stale_loan) == 0);
}

static void setup_post(void)
{
	loan_else = page_alloc(0);
	loan_ring = test_virtio() ? test_ring_begin() : NULL;
	setup_loan();
	loan_chain = (struct ring_chain){ .nr_in = 1 };
	loan_chain.segment[0].page = stale_loan;
	loan_chain.segment[0].len = 64;
}
/* Lends a page that is free, or, when the other side was faster, another owner's. */
static void call_post(void)
{
	stale_answer = loan_ring && ring_post(loan_ring, &loan_chain, 7) == 0;
}
static void posted_or_not(void)
{
	lent_or_not();
	if (loan_ring)
		test_ring_end();
	loan_ends();
}
static const struct stale_case post_case = { setup_post, call_post, { no_loan, next_loan },
	posted_or_not };
KTEST(stale_ring_post)
{
	stale_run(&post_case);
}

static void setup_start(void)
{
	loan_engine = test_dma();
	setup_loan();
}
static void call_start(void)
{
	struct dma_end to = { stale_loan, 0 }, own = { NULL, 0 };

	stale_answer = loan_engine && dma_start(loan_engine, to, own, 64) == 0;
}
static void started_or_not(void)
{
	lent_or_not();
	while (stale_answer && dma_finish(loan_engine) == -EBUSY)
		test_sleep_ms(5);
	loan_ends();
}
static const struct stale_case start_case = { setup_start, call_start, { no_loan, next_loan },
	started_or_not };
/* Of the teaching device: the other engine copies between pages and says -EINVAL. */
KTEST(stale_dma_start)
{
	stale_run(&start_case);
}

static void call_write(void)
{
	page_write(stale_loan, 0, cspan_of(loan_bytes));
}
static const struct stale_case write_case = { setup_loan, call_write, { no_loan, next_loan },
	posted_or_not };
KTEST(stale_page_write)
{
	loan_ring = NULL;
	stale_run(&write_case);
}

/* The page that a cursor maps. */
static void setup_cursor(void)
{
	struct page *p = page_alloc(0);

	/* The tables are there already: the call is short. */
	loan_space = vmspace_new();
	KTEST_EXPECT(vmspace_map(loan_space, PAGE_SIZE, p, VM_READ) == 0);
	vmspace_unmap(loan_space, PAGE_SIZE, 2 * PAGE_SIZE);
	page_put(&p);
	setup_loan();
}
static void call_cursor_map(void)
{
	struct vm_cursor c;

	if (!vm_cursor_open(&c, loan_space, PAGE_SIZE, 2 * PAGE_SIZE)) {
		stale_answer = vm_cursor_map(&c, stale_loan, VM_READ) == 0;
		vm_cursor_close(&c);
	}
}
static void mapped_by_cursor(void)
{
	lent_or_not();
	if (stale_answer)
		vmspace_put(&loan_space);
	loan_space = NULL; /* a trap keeps it: the cursor was open */
	loan_ends();
}
static const struct stale_case cursor_case = { setup_cursor, call_cursor_map,
	{ no_loan, next_loan }, mapped_by_cursor };
KTEST(stale_vm_cursor_map)
{
	stale_run(&cursor_case);
}

/* The page that takes another one's place. */
static void setup_replace(void)
{
	loan_space = vmspace_new();
	loan_else = page_alloc(0);
	KTEST_EXPECT(vmspace_map(loan_space, PAGE_SIZE, loan_else, VM_READ) == 0);
	setup_loan();
}
static void call_replace(void)
{
	stale_answer = vmspace_replace(loan_space, PAGE_SIZE, loan_else, stale_loan, VM_READ) == 0;
}
static void replaced_or_not(void)
{
	lent_or_not();
	KTEST_EXPECT(page_map_count(loan_else) == (stale_answer ? 0 : 1));
	vmspace_put(&loan_space);
	loan_ends();
}
static const struct stale_case replace_case = { setup_replace, call_replace, { no_loan, next_loan },
	replaced_or_not };
KTEST(stale_vmspace_replace_by)
{
	stale_run(&replace_case);
}

/* ---- owners: who keeps an object takes a reference, which a free slot does not have ---- */

static u64 owner_fire(struct obj *owner)
{
	(void)owner;
	return 0;
}
static const struct timer_ops owner_timer = { .fire = owner_fire };
static void owner_run(struct obj *owner)
{
	(void)owner;
}
static const struct task_ops owner_task = { .run = owner_run };

/* An owner whose slot is free: nobody is left who could have given the pointer. */
static void setup_owner(void)
{
	struct probe *p = obj_new(probe);

	stale_owner = p;
	obj_put(&p);
}
/* A timer, or a task, holds its owner until its own end. */
static void owner_timer_new(void)
{
	(void)timer_new(&owner_timer, &stale_owner->obj);
}
static void owner_task_new(void)
{
	(void)task_new(&owner_task, &stale_owner->obj, LIT("stale"));
}
static void owner_put_unless_last(void)
{
	struct probe *p = stale_owner;

	(void)obj_put_unless_last(&p);
}
static void no_owner(void)
{
	KTEST_EXPECT(!obj_tryget(stale_owner) && !obj_refs(stale_owner));
}
static void owner_trapped(void)
{
	KTEST_EXPECT(stale_trapped);
	no_owner();
}
#define OWNER_CASE(what)                                                          \
	static const struct stale_case what##_case = { setup_owner, owner_##what, \
		{ no_owner, no_owner }, owner_trapped };                          \
	KTEST(stale_owner_##what)                                                 \
	{                                                                         \
		stale_run(&what##_case);                                          \
	}
OWNER_CASE(timer_new)
OWNER_CASE(task_new)
OWNER_CASE(put_unless_last)
