// SPDX-License-Identifier: MPL-2.0
/*
 * Ten thousand faults of services, chosen at random: each must end in a trap where the frame
 * promises one, and otherwise do nothing to the frame.
 *
 * A fault runs in a task of its own (ktest_traps). Between them the frame audits itself
 * (ktest_audit): the lists of pages and slots against their counts, and a hash of the text, the
 * constants and the object types, which must be at the end what it was at the start.
 */
#include <frame/buf.h>
#include <frame/log.h>
#include <frame/page.h>
#include <frame/sched.h>
#include <frame/user.h>
#include <frame/vmspace.h>

#include "test.h"

#define FAULTS 10000u
#define VA     0x40000000ul

/* What a fault works on. Stale ones were put before; live ones are put after. */
static struct probe *stale_probe, *live_probe, *heavy;
static struct page *stale_page, *live_page;
static struct buf *stale_buf, *live_buf;
static struct task *stale_task;
static struct vmspace *stale_space, *live_space;
static struct timer *stale_timer, *live_timer;
static struct vm_entry found;
static u64 wild; /* anything */
static u8 bytes[16];
static u32 grid[4][4];
static struct rwlock rw;

/* ---- objects ---- */

/* A slot that is free knows no reference: putting, getting, and putting twice end at once. */
static void put_stale(void)
{
	struct probe *p = stale_probe;

	obj_put(&p);
}
static void get_stale(void)
{
	(void)obj_get(stale_probe);
}
static void put_any_stale(void)
{
	struct obj *o = &stale_probe->obj;

	obj_put_any(&o);
}
static void put_twice(void)
{
	struct probe *p = obj_new(probe);
	struct probe *again = p;

	obj_put(&p);
	obj_put(&again);
}
/* The count stands at its highest: one more would wrap to a count that a put could end. */
static void get_overflow(void)
{
	heavy = obj_new(probe);
	ktest_set_refs(&heavy->obj, 0x7fffffff);
	(void)obj_get(heavy);
}
/* Whoever holds a stale pointer may write all fields of what is, or will be, another probe. */
static void write_stale(void)
{
	stale_probe->value = wild;
	stale_probe->link = NULL;
	stale_probe->bytes[wild % 40] = (u8)wild;
	atomic_store(&stale_probe->count, wild);
	waitq_wake_all(&stale_probe->wq);
	(void)mutex_trylock(&stale_probe->lock);
	mutex_unlock(&stale_probe->lock);
}
/*
 * May succeed, if the slot has been given to another probe meanwhile; then that one has a reference
 * more, for a moment.
 */
static void tryget_stale(void)
{
	struct probe *p = stale_probe;

	if (obj_tryget(p))
		obj_put(&p);
}
/* The type belongs to the slot, also while it is free. */
static void cast_stale(void)
{
	KTEST_EXPECT(!obj_cast(decoy, &stale_probe->obj));
	KTEST_EXPECT(obj_cast(probe, &stale_probe->obj) == stale_probe);
}
static void follow_null(void)
{
	struct probe *p = live_probe->link;

	p->value = wild;
}

/* ---- release functions that lie ---- */

struct liar {
	struct obj obj;
	u32 lie;
	struct liar *self;
};
static struct liar *kept;
/*
 * A release function that gets a reference of its own object, puts it again, or keeps the pointer.
 */
static void liar_release(struct liar *l)
{
	if (l->lie == 1)
		l->self = obj_get(l);
	else if (l->lie == 2)
		obj_put(&l->self);
	else if (l->lie == 3 && obj_tryget(l))
		l->self = l;
	kept = l;
}
OBJ_TYPE_DECL(liar);
OBJ_TYPE(liar, liar_release);

static void lie(u32 how)
{
	struct liar *l = obj_new(liar);

	l->lie = how;
	l->self = l;
	obj_put(&l);
}
static void release_resurrects(void)
{
	lie(1);
}
static void release_puts_again(void)
{
	lie(2);
}
/* Then writes through the pointer that it has kept: as write_stale. */
static void release_keeps(void)
{
	lie(3);
	kept->lie = (u32)wild;
}

/* ---- indices, lengths, numbers ---- */

/* Something from @first on, unknown to the compiler. */
static noinline u64 beyond(u64 first, u64 range)
{
	return first + load_once(wild) % range;
}

/*
 * The compiler's checks of indices: behind the array, before it, in the wrong row, and by array_at.
 */
static void index_byte(void)
{
	bytes[beyond(16, 1ul << 40)] = 1;
}
static void index_negative(void)
{
	bytes[(s64)beyond(~4095ul, 4095)] = 1;
}
static void index_row(void)
{
	grid[beyond(4, 1000)][wild % 4] = 1;
}
static void index_column(void)
{
	grid[wild % 4][beyond(4, 12)] = 1;
}
static void index_at(void)
{
	*array_at(bytes, beyond(16, 1ul << 60)) = 1;
}
/*
 * Spans check each access, and each part that is taken of them; the sum of offset and length may
 * wrap.
 */
static void span_beyond(void)
{
	span_set_byte(span_of(bytes), beyond(16, 1ul << 60), 1);
}
static void span_sub_beyond(void)
{
	span_fill(span_sub(span_of(bytes), wild % 17, 17), 0);
}
static void span_sub_wraps(void)
{
	span_fill(span_sub(span_of(bytes), 1 + wild % 16, ~0ul - wild % 16), 0);
}
static void shift_far(void)
{
	wild = 1ul << beyond(64, 1000);
}
/* The divisor is a byte that nobody has set. */
static void divide(void)
{
	wild = wild / (u64)live_probe->bytes[0];
}

/* ---- pages and buffers ---- */

/* The page behind the handle is free, so each use of it ends. */
static void page_get_stale(void)
{
	(void)page_get(stale_page);
}
static void page_put_stale(void)
{
	struct page *p = stale_page;

	page_put(&p);
}
static void page_read_stale(void)
{
	page_read(stale_page, 0, span_of(bytes));
}
static void page_write_stale(void)
{
	page_write(stale_page, wild % 4080, cspan_of(bytes));
}
static void page_zero_stale(void)
{
	page_zero(stale_page, 0, PAGE_SIZE);
}
static void page_copy_stale(void)
{
	page_copy(stale_page, live_page);
}
/* The tag of a free page can be written, since nobody looks at it; a weak look-up of it fails. */
static void page_tag_stale(void)
{
	(void)page_tag_or(stale_page, (u32)wild);
	(void)page_tryget(stale_page);
}
static void page_read_beyond(void)
{
	page_read(live_page, 4081 + wild % (1ul << 50), span_of(bytes));
}
static void page_write_beyond(void)
{
	page_write(live_page, ~0ul - wild % 4096, cspan_of(bytes));
}
static void page_zero_beyond(void)
{
	page_zero(live_page, wild % 4096, 4097 + wild % 65536);
}
static void page_user_beyond(void)
{
	(void)page_from_user(live_page, 4000, UADDR(wild), 97 + wild % 8192);
}
/* User copies check the address and fault in a way that is caught: wild ones copy nothing. */
static void page_user_wild(void)
{
	(void)page_from_user(live_page, wild % 4000, UADDR(wild), 96);
	(void)page_to_user(live_page, wild % 4000, UADDR(~wild), 96);
}
static void buf_get_stale(void)
{
	(void)buf_get(stale_buf);
}
static void buf_put_stale(void)
{
	struct buf *b = stale_buf;

	buf_put(&b);
}
static void buf_span_stale(void)
{
	span_fill(buf_span(stale_buf), 0xff);
}
static void buf_beyond(void)
{
	span_set_byte(buf_span(live_buf), 100 + wild % 100000, 1);
}

/* ---- address spaces ---- */

static void space_get_stale(void)
{
	(void)vmspace_get(stale_space);
}
static void space_put_stale(void)
{
	struct vmspace *vm = stale_space;

	vmspace_put(&vm);
}
/* Any address, rights and range: errors, or mappings of this page, which are removed again. */
static void space_map_wild(void)
{
	if (!vmspace_map(live_space, wild, live_page, (u32)(wild >> 7)))
		vmspace_unmap(live_space, 0, ~0ul);
	vmspace_protect(live_space, wild, ~wild, (u32)wild, wild & 1);
	(void)vmspace_lookup(live_space, wild, &found);
}
/*
 * May succeed if the page has been given to somebody: then it is mapped here as well, and is
 * unmapped at once.
 */
static void space_map_stale(void)
{
	if (vmspace_map(live_space, VA, stale_page, VM_READ))
		return;
	vmspace_unmap(live_space, 0, ~0ul);
}
/* With itself, from anywhere to the end. */
static void space_share_wild(void)
{
	u64 from = wild & ~PAGE_MASK;

	(void)(vmspace_share(live_space, live_space, from, ~0ul, true) +
		vmspace_move(live_space, from, VA, wild % 65536));
}

/* ---- tasks, timers, waiting, locks ---- */

static void task_put_stale(void)
{
	struct task *t = stale_task;

	task_put(&t);
}
static void task_start_again(void)
{
	task_start(task_current());
}
/*
 * Handles of tasks stay readable, so that a waker may be late: what it does to a dead task has no
 * effect.
 */
static void task_poke_stale(void)
{
	u64 a, b;

	task_unpark(stale_task);
	task_interrupt(stale_task, (u32)wild);
	task_cpu_time(stale_task, &a, &b);
	sched_requeue(stale_task);
	KTEST_EXPECT(task_cpu(stale_task) < MAX_CPUS);
}
/* Wants to be called again at a time long past, now and then. */
static struct atomic lies_left;
static u64 lying_fire(struct obj *owner)
{
	(void)owner;
	if (!atomic_load(&lies_left))
		return 0;
	atomic_sub(&lies_left, 1);
	return 1;
}
static const struct timer_ops lying_timer = { .fire = lying_fire };

static void timer_set_stale(void)
{
	timer_set(stale_timer, time_mono_ns() + wild % 1000);
}
static void timer_put_stale(void)
{
	struct timer *t = stale_timer;

	timer_put(&t);
}
/*
 * Sets it in the past, twice, and cancels it, while its operation asks for times that have passed.
 */
static void timer_again(void)
{
	atomic_store(&lies_left, wild % 5);
	timer_set(live_timer, wild);
	timer_set(live_timer, 0);
	(void)timer_cancel(live_timer);
	timer_set(live_timer, time_mono_ns() + wild % 100000);
	(void)timer_cancel_sync(live_timer);
}
static void wait_twice(void)
{
	waitq_prepare(&live_probe->wq, WAIT_INTERRUPTIBLE);
	waitq_prepare(&live_probe->wq, WAIT_INTERRUPTIBLE);
}
static void wait_unprepared(void)
{
	waitq_cancel();
	(void)waitq_commit(time_mono_ns());
}
/* A lock that nobody has may be unlocked: the harm is the service's own. */
static void unlock_unheld(void)
{
	mutex_unlock(&live_probe->lock);
	mutex_unlock(&live_probe->lock);
}
static void unlock_rw(void)
{
	if (wild & 1)
		rwlock_read_unlock(&rw);
	if (wild & 2)
		rwlock_write_unlock(&rw);
	if (wild & 4)
		rwlock_downgrade(&rw);
}
/*
 * A task that ends, or traps, with a lock held: it is never unlocked, and the frame does not mind.
 */
static void lock_lost(void)
{
	/* Perhaps it was lost before, for ever. */
	(void)mutex_trylock(&live_probe->lock);
	if (wild & 1)
		task_exit();
	bytes[beyond(16, 100)] = 1;
}
/* A state that was never saved may turn interrupts on or off, and nothing else. */
static void irq_state_wild(void)
{
	u64 state = irq_save();

	irq_restore(wild);
	irq_restore(state);
}

struct TABLE fault {
	void (*run)(void);
	bool traps; /* must it? */
};
static const struct fault faults[] = {
	{ put_stale, true },
	{ get_stale, true },
	{ put_any_stale, true },
	{ put_twice, true },
	{ get_overflow, true },
	{ write_stale, false },
	{ tryget_stale, false },
	{ cast_stale, false },
	{ follow_null, true },
	{ release_resurrects, true },
	{ release_puts_again, true },
	{ release_keeps, false },
	{ index_byte, true },
	{ index_negative, true },
	{ index_row, true },
	{ index_column, true },
	{ index_at, true },
	{ span_beyond, true },
	{ span_sub_beyond, true },
	{ span_sub_wraps, true },
	{ shift_far, true },
	{ divide, true },
	{ page_get_stale, true },
	{ page_put_stale, true },
	{ page_read_stale, true },
	{ page_write_stale, true },
	{ page_zero_stale, true },
	{ page_copy_stale, true },
	{ page_tag_stale, false },
	{ page_read_beyond, true },
	{ page_write_beyond, true },
	{ page_zero_beyond, true },
	{ page_user_beyond, true },
	{ page_user_wild, false },
	{ buf_get_stale, true },
	{ buf_put_stale, true },
	{ buf_span_stale, true },
	{ buf_beyond, true },
	{ space_get_stale, true },
	{ space_put_stale, true },
	{ space_map_wild, false },
	{ space_map_stale, false },
	{ space_share_wild, false },
	{ task_put_stale, false },
	{ task_start_again, true },
	{ task_poke_stale, false },
	{ timer_set_stale, true },
	{ timer_put_stale, true },
	{ timer_again, false },
	{ wait_twice, true },
	{ wait_unprepared, false },
	{ unlock_unheld, false },
	{ unlock_rw, false },
	{ lock_lost, false },
	{ irq_state_wild, false },
};

/* ---- the run ---- */

static void nothing(unsigned i)
{
	(void)i;
}

/* A fault may have left the count of heavy too high for a put. */
static void drop_all(void)
{
	obj_put(&live_probe);
	page_put(&live_page);
	buf_put(&live_buf);
	vmspace_put(&live_space);
	timer_put(&live_timer);
	if (heavy)
		ktest_set_refs(&heavy->obj, 1);
	obj_put(&heavy);
}

/* What is live is made first, so that it is not what becomes stale. */
static bool make_all(void)
{
	struct probe *p = NULL;
	struct page *page = NULL;
	struct buf *b = NULL;
	struct task *task = NULL;
	struct vmspace *vm = NULL;
	struct timer *timer = NULL;
	bool ok;

	live_probe = obj_new(probe);
	live_page = page_alloc(PAGE_ZEROED);
	live_buf = buf_alloc(100);
	live_space = vmspace_new();
	live_timer = live_probe ? timer_new(&lying_timer, &live_probe->obj) : NULL;
	stale_probe = p = obj_new(probe);
	stale_page = page = page_alloc(0);
	stale_buf = b = buf_alloc(100);
	stale_task = task = test_task(nothing, 0);
	stale_space = vm = vmspace_new();
	stale_timer = timer = live_probe ? timer_new(&lying_timer, &live_probe->obj) : NULL;
	ok = live_probe && live_page && live_buf && live_space && live_timer;
	ok = ok && p && page && b && task && vm && timer;
	obj_put(&p);
	page_put(&page);
	buf_put(&b);
	task_put(&task);
	vmspace_put(&vm);
	timer_put(&timer);
	return ok;
}

/* One fault; says which one did not end as it must. */
static bool inject(u32 i)
{
	bool trapped = ktest_traps(array_at(faults, i)->run);

	if (heavy) {
		ktest_set_refs(&heavy->obj, 1);
		obj_put(&heavy);
	}
	if (trapped || !faults[i].traps)
		return true;
	log_err("fault %u did not trap", i);
	return false;
}

/* All kinds once, so that every object type is known; then at random. */
KTEST(fault_ten_thousand_leave_the_frame_as_it_was)
{
	u64 state = 14, audit = 0, tasks = 0;
	u32 i, which;

	for (i = 0; i < ARRAY_LEN(faults) + FAULTS; i++) {
		if (i == ARRAY_LEN(faults)) {
			audit = ktest_audit();
			tasks = task_live_count();
			KTEST_EXPECT(audit);
		}
		if (i % 16 == 0 && !make_all())
			break;
		wild = test_random(&state);
		which = i < ARRAY_LEN(faults) ? i : (u32)(test_random(&state) % ARRAY_LEN(faults));
		KTEST_EXPECT(inject(which));
		if (i % 16 == 15)
			drop_all();
		if (i % 1000 == 999 && i > ARRAY_LEN(faults))
			KTEST_EXPECT(ktest_audit() == audit);
	}
	KTEST_EXPECT(i == ARRAY_LEN(faults) + FAULTS);
	drop_all();
	/*
	 * Memory is not compared: a trap in the middle of an operation keeps what the operation
	 * held, for it is the kernel's end outside of self-tests.
	 */
	KTEST_EXPECT(ktest_audit() == audit && task_live_count() <= tasks);
}
