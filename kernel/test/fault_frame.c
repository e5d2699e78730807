// SPDX-License-Identifier: MPL-2.0
/* Faults (fault.c) with objects, indices, pages, address spaces, tasks, timers and locks. */
#include <frame/buf.h>
#include <frame/page.h>
#include <frame/sched.h>
#include <frame/user.h>
#include <frame/vmspace.h>

#include "fault.h"

#define VA 0x40000000ul

/* What a fault works on. Stale ones were put before; live ones are put after. */
static struct probe *stale_probe, *live_probe, *heavy;
static struct page *stale_page, *live_page;
static struct buf *stale_buf, *live_buf;
static struct task *stale_task;
static struct vmspace *stale_space, *live_space;
static struct timer *stale_timer, *live_timer;
static struct vm_entry found;
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
	stale_probe->value = fault_wild;
	stale_probe->link = NULL;
	stale_probe->bytes[fault_wild % 40] = (u8)fault_wild;
	atomic_store(&stale_probe->count, fault_wild);
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
/* The null page is mapped for nobody, so a field of no object is a fault that ends the caller. */
static void follow_null(void)
{
	struct probe *p = live_probe->link;

	p->value = fault_wild;
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

/* An object whose last put calls the release function that lies in the way @how. */
static void lie(u32 how)
{
	struct liar *l = obj_new(liar);

	l->lie = how;
	l->self = l;
	obj_put(&l);
}
/*
 * The count is zero when the release function runs: a reference from there would be to a free slot.
 */
static void release_resurrects(void)
{
	lie(1);
}
/* The second put of the last reference finds a count of zero, and must not release once more. */
static void release_puts_again(void)
{
	lie(2);
}
/* Then writes through the pointer that it has kept: as write_stale. */
static void release_keeps(void)
{
	lie(3);
	kept->lie = (u32)fault_wild;
}

/* ---- indices, lengths, numbers ---- */

/* Something from @first on, unknown to the compiler. */
static noinline u64 beyond(u64 first, u64 range)
{
	return first + load_once(fault_wild) % range;
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
	grid[beyond(4, 1000)][fault_wild % 4] = 1;
}
static void index_column(void)
{
	grid[fault_wild % 4][beyond(4, 12)] = 1;
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
	span_fill(span_sub(span_of(bytes), fault_wild % 17, 17), 0);
}
static void span_sub_wraps(void)
{
	span_fill(span_sub(span_of(bytes), 1 + fault_wild % 16, ~0ul - fault_wild % 16), 0);
}
/* A shift by the width of the type or more has no meaning in C: the compiler's check ends it. */
static void shift_far(void)
{
	fault_wild = 1ul << beyond(64, 1000);
}
/* The divisor is a byte that nobody has set. */
static void divide(void)
{
	fault_wild = fault_wild / (u64)live_probe->bytes[0];
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
	page_write(stale_page, fault_wild % 4080, cspan_of(bytes));
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
	(void)page_tag_or(stale_page, (u32)fault_wild);
	(void)page_tryget(stale_page);
}
/* Offset and length are checked against the page, before a byte of the next page is touched. */
static void page_read_beyond(void)
{
	page_read(live_page, 4081 + fault_wild % (1ul << 50), span_of(bytes));
}
/* The sum of offset and length wraps to a small one: the check must not add before it compares. */
static void page_write_beyond(void)
{
	page_write(live_page, ~0ul - fault_wild % 4096, cspan_of(bytes));
}
static void page_zero_beyond(void)
{
	page_zero(live_page, fault_wild % 4096, 4097 + fault_wild % 65536);
}
/* The page's side is wrong, not the user's: this is a fault of the service, and not -EFAULT. */
static void page_user_beyond(void)
{
	(void)page_from_user(live_page, 4000, UADDR(fault_wild), 97 + fault_wild % 8192);
}
/* User copies check the address and fault in a way that is caught: wild ones copy nothing. */
static void page_user_wild(void)
{
	(void)page_from_user(live_page, fault_wild % 4000, UADDR(fault_wild), 96);
	(void)page_to_user(live_page, fault_wild % 4000, UADDR(~fault_wild), 96);
}
/* The words of a buffer that is free may be another's: its handle is good for nothing. */
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
/* The span of a buffer ends where the buffer does, not where its memory does. */
static void buf_beyond(void)
{
	span_set_byte(buf_span(live_buf), 100 + fault_wild % 100000, 1);
}

/* ---- address spaces ---- */

/* Tables of a space that is gone may hold anything: no handle may lead to them. */
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
	if (!vmspace_map(live_space, fault_wild, live_page, (u32)(fault_wild >> 7)))
		vmspace_unmap(live_space, 0, ~0ul);
	vmspace_protect(live_space, fault_wild, ~fault_wild, (u32)fault_wild, fault_wild & 1);
	(void)vmspace_lookup(live_space, fault_wild, &found);
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
	u64 from = fault_wild & ~PAGE_MASK;

	(void)(vmspace_share(live_space, live_space, from, ~0ul, true) +
		vmspace_move(live_space, from, VA, fault_wild % 65536));
}

/* ---- tasks, timers, waiting, locks ---- */

/* A put too many: it traps, or takes a reference of the slot's next task, whose owner then traps. */
static void task_put_stale(void)
{
	struct task *t = stale_task;

	task_put(&t);
}
/* A task that is on two run queues would run on two CPUs, on one stack. */
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
	task_interrupt(stale_task, (u32)fault_wild);
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

/* A free timer must not stand in a CPU's queue: its next owner would find it linked twice. */
static void timer_set_stale(void)
{
	timer_set(stale_timer, time_mono_ns() + fault_wild % 1000);
}
/* The slot may be in the queue of a CPU, under its next owner's name. */
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
	atomic_store(&lies_left, fault_wild % 5);
	timer_set(live_timer, fault_wild);
	timer_set(live_timer, 0);
	(void)timer_cancel(live_timer);
	timer_set(live_timer, time_mono_ns() + fault_wild % 100000);
	(void)timer_cancel_sync(live_timer);
}
/*
 * A task is in one queue at a time; linked into the same one again it would make a ring of itself.
 */
static void wait_twice(void)
{
	waitq_prepare(&live_probe->wq, WAIT_INTERRUPTIBLE);
	waitq_prepare(&live_probe->wq, WAIT_INTERRUPTIBLE);
}
/* In no queue there is nothing to leave, and the commit returns at its deadline. */
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
/* The counts of readers and writers may become wrong, but they are the service's own words. */
static void unlock_rw(void)
{
	if (fault_wild & 1)
		rwlock_read_unlock(&rw);
	if (fault_wild & 2)
		rwlock_write_unlock(&rw);
	if (fault_wild & 4)
		rwlock_downgrade(&rw);
}
/*
 * A task that ends, or traps, with a lock held: it is never unlocked, and the frame does not mind.
 */
static void lock_lost(void)
{
	/* Perhaps it was lost before, for ever. */
	(void)mutex_trylock(&live_probe->lock);
	if (fault_wild & 1)
		task_exit();
	bytes[beyond(16, 100)] = 1;
}
/* A state that was never saved may turn interrupts on or off, and nothing else. */
static void irq_state_wild(void)
{
	u64 state = irq_save();

	irq_restore(fault_wild);
	irq_restore(state);
}

static const struct fault faults[] = {
	FAULT(put_stale, true),
	FAULT(get_stale, true),
	FAULT(put_any_stale, true),
	FAULT(put_twice, true),
	FAULT(get_overflow, true),
	FAULT(write_stale, false),
	FAULT(tryget_stale, false),
	FAULT(cast_stale, false),
	FAULT(follow_null, true),
	FAULT(release_resurrects, true),
	FAULT(release_puts_again, true),
	FAULT(release_keeps, false),
	FAULT(index_byte, true),
	FAULT(index_negative, true),
	FAULT(index_row, true),
	FAULT(index_column, true),
	FAULT(index_at, true),
	FAULT(span_beyond, true),
	FAULT(span_sub_beyond, true),
	FAULT(span_sub_wraps, true),
	FAULT(shift_far, true),
	FAULT(divide, true),
	FAULT(page_get_stale, true),
	FAULT(page_put_stale, true),
	FAULT(page_read_stale, true),
	FAULT(page_write_stale, true),
	FAULT(page_zero_stale, true),
	FAULT(page_copy_stale, true),
	FAULT(page_tag_stale, false),
	FAULT(page_read_beyond, true),
	FAULT(page_write_beyond, true),
	FAULT(page_zero_beyond, true),
	FAULT(page_user_beyond, true),
	FAULT(page_user_wild, false),
	FAULT(buf_get_stale, true),
	FAULT(buf_put_stale, true),
	FAULT(buf_span_stale, true),
	FAULT(buf_beyond, true),
	FAULT(space_get_stale, true),
	FAULT(space_put_stale, true),
	FAULT(space_map_wild, false),
	FAULT(space_map_stale, false),
	FAULT(space_share_wild, false),
	FAULT(task_put_stale, false),
	FAULT(task_start_again, true),
	FAULT(task_poke_stale, false),
	FAULT(timer_set_stale, true),
	FAULT(timer_put_stale, true),
	FAULT(timer_again, false),
	FAULT(wait_twice, true),
	FAULT(wait_unprepared, false),
	FAULT(unlock_unheld, false),
	FAULT(unlock_rw, false),
	FAULT(lock_lost, false),
	FAULT(irq_state_wild, false),
};

const struct fault *fault_of_frame(u32 i)
{
	return i < ARRAY_LEN(faults) ? array_at(faults, i) : NULL;
}

/* What the task that is stale would do: it is never started. */
static void nothing(unsigned i)
{
	(void)i;
}

void fault_frame_end(void)
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

bool fault_frame_begin(void)
{
	live_probe = obj_new(probe);
	live_page = page_alloc(PAGE_ZEROED);
	live_buf = buf_alloc(100);
	live_space = vmspace_new();
	live_timer = live_probe ? timer_new(&lying_timer, &live_probe->obj) : NULL;
	stale_probe = obj_new(probe);
	stale_page = page_alloc(0);
	stale_buf = buf_alloc(100);
	stale_task = test_task(nothing, 0);
	stale_space = vmspace_new();
	stale_timer = live_probe ? timer_new(&lying_timer, &live_probe->obj) : NULL;
	return live_probe && live_page && live_buf && live_space && live_timer && stale_probe &&
		stale_page && stale_buf && stale_task && stale_space && stale_timer;
}

/* Puts what is to be stale, and leaves the pointers to it where the faults find them. */
void fault_frame_let_go(void)
{
	struct probe *p = stale_probe;
	struct page *page = stale_page;
	struct buf *b = stale_buf;
	struct task *task = stale_task;
	struct vmspace *vm = stale_space;
	struct timer *timer = stale_timer;

	obj_put(&p);
	page_put(&page);
	buf_put(&b);
	task_put(&task);
	vmspace_put(&vm);
	timer_put(&timer);
}

/* An object with the highest count can never end: here it gets a count that can. */
void fault_frame_repair(void)
{
	if (heavy) {
		ktest_set_refs(&heavy->obj, 1);
		obj_put(&heavy);
	}
}
