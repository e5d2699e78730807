// SPDX-License-Identifier: MPL-2.0
/*
 * Stale timers, address spaces and buffers while a CPU is held up in the middle of a call: see
 * stale.c. A call that must trap brings no slot to life, not even for a moment.
 */
#include <frame/buf.h>
#include <frame/user.h>
#include <frame/vmspace.h>

#include "stale.h"

static struct timer *stale_clock;
static struct vmspace *stale_root;
static struct buf *stale_bytes;

/* Nothing but the trap is expected: no_clock and no_bytes have looked that the slot stayed free. */
static void trapped_alone(void)
{
	KTEST_EXPECT(stale_trapped);
}

/* ---- timers ---- */

static struct timer *clock_now; /* the last reference of a live one */
static struct atomic clock_fired;

static u64 clock_fire(struct obj *owner)
{
	(void)owner;
	atomic_add(&clock_fired, 1);
	return 0;
}
static const struct timer_ops clock_ops = { .fire = clock_fire };

static struct timer *make_clock(void)
{
	struct probe *p = obj_new(probe);
	struct timer *t = timer_new(&clock_ops, &p->obj);

	obj_put(&p);
	return t;
}
static void setup_clock(void)
{
	struct timer *t = make_clock();

	stale_clock = t;
	timer_put(&t);
}
static void cancel_clock(void)
{
	(void)timer_cancel(stale_clock);
}
static void cancel_sync_clock(void)
{
	(void)timer_cancel_sync(stale_clock);
}
static void put_clock(void)
{
	struct timer *t = stale_clock;

	timer_put(&t);
}
static void no_clock(void)
{
	KTEST_EXPECT(ktest_traps(cancel_clock));
}
#define CLOCK_CASE(what)                                                          \
	static const struct stale_case what##_case = { setup_clock, what##_clock, \
		{ no_clock, no_clock }, trapped_alone };                          \
	KTEST(stale_timer_##what)                                                 \
	{                                                                         \
		stale_run(&what##_case);                                          \
	}
CLOCK_CASE(cancel)
CLOCK_CASE(cancel_sync)
CLOCK_CASE(put)

/* Armed, or gone: a timer that was put does not fire, and one that is armed is no free slot. */
static void setup_clock_live(void)
{
	clock_now = make_clock();
	stale_clock = clock_now;
	atomic_store(&clock_fired, 0);
}
static void set_clock(void)
{
	timer_set(stale_clock, NO_DEADLINE);
	stale_answer = true;
}
/* The last put cancels the timer, while the call is about to arm it. */
static void put_clock_now(void)
{
	timer_put(&clock_now);
}
static void armed_or_gone(void)
{
	struct timer *other = make_clock();
	struct timer *t = stale_clock;

	/* The call may have armed it behind the put's cancel: then it stays until it is cancelled. */
	KTEST_EXPECT(stale_trapped != stale_answer);
	if (other == t)
		timer_put(&other);
	else if (stale_answer && timer_cancel(t))
		KTEST_EXPECT(ktest_traps(cancel_clock));
	timer_put(&other);
	KTEST_EXPECT(!atomic_load(&clock_fired));
}
static const struct stale_case set_live_case = { setup_clock_live, set_clock,
	{ put_clock_now, stale_nothing }, armed_or_gone };
KTEST(stale_timer_set_while_the_last_goes)
{
	stale_run(&set_live_case);
}

/* ---- address spaces ---- */

static struct vmspace *root_now, *root_else;
static struct page *root_page;
static struct vm_entry root_entry;

static void setup_root(void)
{
	struct vmspace *vm;

	root_else = vmspace_new();
	root_page = page_alloc(0);
	stale_root = vm = vmspace_new();
	vmspace_put(&vm);
	KTEST_EXPECT(stale_root && root_else && root_else != stale_root && root_page);
}
static void root_get(void)
{
	(void)vmspace_get(stale_root);
}
static void root_put(void)
{
	struct vmspace *vm = stale_root;

	vmspace_put(&vm);
}
/* A page mapped into a space that is gone would stay mapped for ever. */
static void root_map_in(void)
{
	(void)!vmspace_map(stale_root, PAGE_SIZE, root_page, VM_READ);
}
static void root_replace(void)
{
	(void)!vmspace_replace(stale_root, PAGE_SIZE, root_page, root_page, VM_READ);
}
static void root_protect(void)
{
	vmspace_protect(stale_root, PAGE_SIZE, 2 * PAGE_SIZE, VM_READ, false);
}
static void root_lookup(void)
{
	(void)vmspace_lookup(stale_root, PAGE_SIZE, &root_entry);
}
static void root_forget(void)
{
	vmspace_forget(stale_root, PAGE_SIZE);
}
static void root_share_from(void)
{
	(void)!vmspace_share(root_else, stale_root, PAGE_SIZE, 2 * PAGE_SIZE, true);
}
static void root_share_to(void)
{
	(void)!vmspace_share(stale_root, root_else, PAGE_SIZE, 2 * PAGE_SIZE, true);
}
static void root_move(void)
{
	(void)!vmspace_move(stale_root, PAGE_SIZE, 2 * PAGE_SIZE, PAGE_SIZE);
}
/* An open cursor holds the space's lock, so it must not open on one that is free. */
static void root_cursor(void)
{
	struct vm_cursor c;

	if (!vm_cursor_open(&c, stale_root, PAGE_SIZE, 2 * PAGE_SIZE))
		vm_cursor_close(&c);
}
static void root_set(void)
{
	user_set_vmspace(stale_root);
}
static void no_root(void)
{
	KTEST_EXPECT(ktest_traps(root_get));
}
/* What a call held when it trapped it holds for ever: of @root_page a mapping at most. */
static void root_trapped(void)
{
	KTEST_EXPECT(stale_trapped && page_refs(root_page) == 1);
	page_put(&root_page);
	vmspace_put(&root_else);
}
#define ROOT_CASE(what)                                                              \
	static const struct stale_case what##_root_case = { setup_root, root_##what, \
		{ no_root, no_root }, root_trapped };                                \
	KTEST(stale_vmspace_##what)                                                  \
	{                                                                            \
		stale_run(&what##_root_case);                                        \
	}
ROOT_CASE(get)
ROOT_CASE(put)
ROOT_CASE(map_in)
ROOT_CASE(replace)
ROOT_CASE(protect)
ROOT_CASE(lookup)
ROOT_CASE(forget)
ROOT_CASE(share_from)
ROOT_CASE(share_to)
ROOT_CASE(move)
ROOT_CASE(cursor)
ROOT_CASE(set)

/* The last reference goes while a task enters: it runs there, and the space ends with the task, or it traps. */
static void setup_root_live(void)
{
	root_now = vmspace_new();
	stale_root = root_now;
	root_page = page_alloc(0);
	KTEST_EXPECT(vmspace_map(root_now, PAGE_SIZE, root_page, VM_READ) == 0);
}
static void root_enter(void)
{
	user_set_vmspace(stale_root);
	stale_answer = true;
}
static void put_root_now(void)
{
	vmspace_put(&root_now);
}
/* Whichever won: when the task has ended, neither the space nor the page's mapping is left. */
static void entered_or_gone(void)
{
	KTEST_EXPECT(stale_trapped != stale_answer);
	KTEST_EXPECT(ktest_traps(root_get) && page_refs(root_page) == 1);
	KTEST_EXPECT(page_map_count(root_page) == 0);
	page_put(&root_page);
}
static const struct stale_case enter_case = { setup_root_live, root_enter,
	{ put_root_now, stale_nothing }, entered_or_gone };
KTEST(stale_vmspace_set_while_the_last_goes)
{
	stale_run(&enter_case);
}

/* ---- buffers ---- */

static void setup_bytes(void)
{
	struct buf *b = buf_alloc(100);

	stale_bytes = b;
	buf_put(&b);
}
static void bytes_get(void)
{
	(void)buf_get(stale_bytes);
}
static void bytes_put(void)
{
	struct buf *b = stale_bytes;

	buf_put(&b);
}
static void bytes_span(void)
{
	span_fill(buf_span(stale_bytes), 0xff);
}
static void no_bytes(void)
{
	KTEST_EXPECT(ktest_traps(bytes_span));
}
#define BYTES_CASE(what)                                                                \
	static const struct stale_case what##_bytes_case = { setup_bytes, bytes_##what, \
		{ no_bytes, no_bytes }, trapped_alone };                                \
	KTEST(stale_buf_##what)                                                         \
	{                                                                               \
		stale_run(&what##_bytes_case);                                          \
	}
BYTES_CASE(get)
BYTES_CASE(put)
BYTES_CASE(span)
