// SPDX-License-Identifier: MPL-2.0
/*
 * Services' code that the frame calls: what it may do there (the headers that declare the
 * operations), tried from within. A scheduling policy's operations are in sched.c, a timer's in
 * time.c, an interrupt line's handler in device.c, a console's write in write.c.
 */
#include <frame/buf.h>
#include <frame/cpu.h>
#include <frame/device.h>
#include <frame/dma.h>
#include <frame/irq.h>
#include <frame/log.h>
#include <frame/nic.h>
#include <frame/page.h>
#include <frame/sched.h>
#include <frame/user.h>
#include <frame/virtio.h>
#include <frame/vmspace.h>

#include "test.h"

/* ---- what is refused ---- */

static struct task *parked, *abed, *fresh;
static struct vmspace *space;
static struct waitq bed;
static struct mutex taken;
static struct rwlock shared;
static struct probe *someone;
static struct atomic asleep, over;
static bool begun;
static int answer;
static u64 features;
static struct ring *ring; /* set up; its device does not run */
static struct timer *alarm;
static struct page *lent;
static struct dma *engine;
static struct iomem *window;
static struct irq_line *line; /* nobody's */

/*
 * Each deed is one call of the frame, made as if the caller could sleep. Arguments are NULL where
 * the context must be refused before they are looked at.
 */
static void do_yield(void)
{
	task_yield();
}
static void do_exit(void)
{
	task_exit();
}
static void do_sleep(void)
{
	test_sleep_ms(1);
}
static void do_park(void)
{
	(void)task_park(WAIT_UNINTERRUPTIBLE, 1);
}
static void do_reset(void)
{
	task_park_reset();
}
static void do_prepare(void)
{
	waitq_prepare(&bed, WAIT_UNINTERRUPTIBLE);
}
static void do_cancel(void)
{
	waitq_cancel();
}
static void do_mutex(void)
{
	mutex_lock(&taken);
}
static void do_read_lock(void)
{
	rwlock_read_lock(&shared);
}
static void do_set_vmspace(void)
{
	user_set_vmspace(space);
}
static void do_end_vmspace(void)
{
	struct vmspace *vm = vmspace_new();

	vmspace_put(&vm);
}
static void do_user_run(void)
{
	struct user_event ev = { 0 };

	(void)user_run(space, &ev);
}
static void do_cancel_sync(void)
{
	(void)timer_cancel_sync(NULL);
}
static void do_detach(void)
{
	irq_line_detach(NULL);
}
static void do_attach(void)
{
	answer = irq_line_attach(NULL, NULL, NULL);
}
static void do_device_dma(void)
{
	(void)device_dma(NULL);
}
/* The calls of a device's life take a mutex, which is free; there need be no device for this. */
static void do_virtio_negotiate(void)
{
	answer = virtio_negotiate(NULL, 0, &features);
}
static void do_virtio_ring(void)
{
	answer = virtio_ring(NULL, 0, 1, &ring);
}
static void do_virtio_start(void)
{
	answer = virtio_start(NULL);
}
static void do_virtio_reset(void)
{
	answer = virtio_reset(NULL);
}
static void do_virtio_irq(void)
{
	(void)virtio_irq(NULL, 0);
}
static void do_nic_ring(void)
{
	answer = nic_ring(NULL, NIC_TX, 1, &ring);
}
static void do_nic_start(void)
{
	answer = nic_start(NULL);
}
static void do_nic_reset(void)
{
	answer = nic_reset(NULL);
}
static void do_nic_set_mode(void)
{
	nic_set_mode(NULL, 0);
}
static void do_clear(void)
{
	task_interrupt_clear(TASK_INT_SIGNAL);
}
static void do_set_policy(void)
{
	sched_set_policy(NULL);
}
static void do_trim(void)
{
	(void)obj_trim(1);
}
/*
 * From here on what would need the locks of the scheduler: waking, interrupting, starting and
 * queueing.
 */
static void do_unpark(void)
{
	task_unpark(parked);
}
static void do_interrupt(void)
{
	task_interrupt(parked, TASK_INT_SIGNAL);
}
static void do_start(void)
{
	task_start(fresh);
}
static void do_requeue(void)
{
	sched_requeue(parked);
}
static void do_wake(void)
{
	waitq_wake_all(&bed);
}
/* And what would need the log's. */
static void do_log(void)
{
	log_info("a message inside a message");
}
static void do_log_read(void)
{
	struct log_info info = { 0 };
	u8 text[8];
	u64 seq = 0;

	(void)log_read(&seq, &info, span_of(text));
}
static void do_console(void)
{
	console_register(NULL, &someone->obj);
}

/* ---- what is allowed ---- */

/* Memory is given and taken in any context, without a sleep. */
static void may_make_objects(void)
{
	struct probe *p = obj_new(probe), *q = p ? obj_get(p) : NULL;
	struct buf *b = buf_alloc(100);

	buf_put(&b);
	obj_put(&q);
	obj_put(&p);
}
static void may_use_pages(void)
{
	struct page *p = page_alloc(PAGE_ZEROED), *q = p ? page_get(p) : NULL;

	page_put(&q);
	page_put(&p);
}
static void may_set_timers(void)
{
	timer_set(alarm, time_mono_ns() + 3600 * NSEC_PER_SEC);
	(void)timer_cancel(alarm);
}
/* A queue without sleepers is seen to be empty without the scheduler's locks. */
static void may_wake_nobody(void)
{
	static struct waitq empty;

	waitq_wake_all(&empty);
}
/* A handler may mask its own line, or any. */
static void may_mask_lines(void)
{
	if (!line)
		return;
	irq_line_enable(line);
	irq_line_disable(line);
	(void)irq_line_count(line, 0);
}
/*
 * Posting, kicking and taking are what a driver does in its handler; that the device does not run
 * makes no difference to the ring.
 */
static void may_use_rings(void)
{
	struct ring_chain c = { .nr_in = 1 };
	u64 cookie = 0;
	u32 len = 0;

	if (!ring)
		return;
	c.segment[0].page = lent;
	c.segment[0].len = 64;
	answer = ring_post(ring, &c, 0);
	ring_kick(ring);
	answer = ring_take(ring, &cookie, &len);
	if (ring_arm(ring))
		ring_disarm(ring);
}
/*
 * An engine is used from handlers, too. There is nothing to move: both calls are refused, without a
 * trap.
 */
static void may_move_memory(void)
{
	struct dma_end nowhere = { NULL, 0 };

	if (!engine)
		return;
	answer = dma_start(engine, nowhere, nowhere, 0);
	answer = dma_finish(engine);
}
static void may_read_devices(void)
{
	if (window)
		(void)iomem_read32(window, 0);
}

/* The kinds of contexts in which a deed is refused. */
struct TABLE deed {
	u32 kind;
	void (*fn)(void);
};
static const struct deed deeds[] = {
	{ ONLY_TASKS, do_yield },
	{ ONLY_TASKS, do_exit },
	{ ONLY_TASKS, do_sleep },
	{ ONLY_TASKS, do_park },
	{ ONLY_TASKS, do_reset },
	{ ONLY_TASKS, do_prepare },
	{ ONLY_TASKS, do_cancel },
	{ ONLY_TASKS, do_mutex },
	{ ONLY_TASKS, do_read_lock },
	{ ONLY_TASKS, do_set_vmspace },
	{ ONLY_TASKS, do_end_vmspace },
	{ ONLY_TASKS, do_user_run },
	{ ONLY_TASKS, do_cancel_sync },
	{ ONLY_TASKS, do_detach },
	{ ONLY_TASKS, do_attach },
	{ ONLY_TASKS, do_device_dma },
	{ ONLY_TASKS, do_virtio_negotiate },
	{ ONLY_TASKS, do_virtio_ring },
	{ ONLY_TASKS, do_virtio_start },
	{ ONLY_TASKS, do_virtio_reset },
	{ ONLY_TASKS, do_virtio_irq },
	{ ONLY_TASKS, do_nic_ring },
	{ ONLY_TASKS, do_nic_start },
	{ ONLY_TASKS, do_nic_reset },
	{ ONLY_TASKS, do_nic_set_mode },
	{ ONLY_TASKS, do_clear },
	{ ONLY_TASKS, do_set_policy },
	{ ONLY_TASKS, do_trim },
	{ NO_LOCKS, do_unpark },
	{ NO_LOCKS, do_interrupt },
	{ NO_LOCKS, do_start },
	{ NO_LOCKS, do_requeue },
	{ NO_LOCKS, do_wake },
	{ NO_LOG, do_log },
	{ NO_LOG, do_log_read },
	{ NO_LOG, do_console },
};
static_assert(ARRAY_LEN(deeds) <= 64, "a bit for each");

/* Nothing catches a trap in one of these: it ends the kernel, as a lock taken twice does. */
static const struct deed allowed[] = {
	{ 0, may_make_objects },
	{ 0, may_use_pages },
	{ 0, may_set_timers },
	{ 0, may_wake_nobody },
	{ 0, may_mask_lines },
	{ 0, may_use_rings },
	{ 0, may_move_memory },
	{ 0, may_read_devices },
	{ NO_LOG, do_log },
};

/*
 * A bit for each deed of these kinds that was not refused with @message. Then all that is allowed
 * is done.
 */
static u64 try_deeds(u32 kinds, struct lit message)
{
	u64 missed = 0;
	u32 i;

	for (i = 0; i < ARRAY_LEN(deeds); i++) {
		if ((deeds[i].kind & kinds) && !ktest_refuses(deeds[i].fn, message))
			missed |= 1ul << i;
	}
	for (i = 0; i < ARRAY_LEN(allowed); i++) {
		if (!(allowed[i].kind & kinds))
			allowed[i].fn();
	}
	return missed;
}

/* ---- the same in a release function ---- */

/* An object whose release function does what must not be done where it is put. */
struct last_wish {
	struct obj obj;
	u32 deed;
	u32 kinds;
	struct lit message;
	struct last_wish *link;
};
OBJ_TYPE_DECL(last_wish);
static u64 missed_in_release[MAX_CPUS];
static struct atomic granted;
static struct waitq grave;

enum { WISH_DEEDS, WISH_TO_WAIT, WISH_VMSPACE, WISH_TO_EXIT, WISH_TO_SLEEP };
/*
 * Runs where the last reference is put: in a handler the deeds must be refused as in the handler
 * itself.
 */
static void last_wish_release(struct last_wish *w)
{
	switch (w->deed) {
	case WISH_DEEDS:
		*array_at(missed_in_release, cpu_id()) = try_deeds(w->kinds, w->message);
		return;
	case WISH_TO_WAIT:
		waitq_prepare(&grave, WAIT_INTERRUPTIBLE);
		break;
	case WISH_VMSPACE:
		user_set_vmspace(space);
		break;
	case WISH_TO_SLEEP:
		test_sleep_ms(1);
		break;
	default:
		atomic_add(&granted, 1);
		task_exit();
	}
	atomic_add(&granted, 1);
}
OBJ_TYPE(last_wish, last_wish_release);

/* The caller cannot leave the CPU. */
u64 test_deeds(u32 kinds, struct lit message)
{
	struct last_wish *w = obj_new(last_wish);
	u64 *const in_release = array_at(missed_in_release, cpu_id());
	u64 missed;

	if (!begun || !w)
		return ~0ul;
	w->deed = WISH_DEEDS;
	w->kinds = kinds;
	w->message = message;
	missed = try_deeds(kinds, message);
	*in_release = ~0ul;
	obj_put(&w);
	return missed | *in_release;
}

/* Sleeps in a queue until the end, so that a wake-up that is not refused would be seen. */
static void lie_in_bed(unsigned n)
{
	(void)n;
	waitq_prepare(&bed, WAIT_UNINTERRUPTIBLE);
	atomic_add(&asleep, 1); /* in bed: whoever wakes it finds somebody */
	KTEST_EXPECT(waitq_commit(NO_DEADLINE) == 0);
	atomic_sub(&asleep, 1);
}
/* The same for tasks that are parked. */
static void lie_parked(unsigned n)
{
	(void)n;
	atomic_add(&asleep, 1);
	while (!atomic_load(&over))
		(void)task_park(WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
	atomic_sub(&asleep, 1);
}
static void nothing(unsigned n)
{
	(void)n;
}
static u64 say_nothing(struct obj *owner)
{
	(void)owner;
	return 0;
}
static const struct timer_ops silent_ops = { .fire = say_nothing };

/*
 * Makes what the deeds work on, with locks that are taken and tasks that sleep. A deed that is not
 * refused would wait, or wake them.
 */
bool test_deeds_begin(void)
{
	if (begun)
		return false;
	atomic_store(&asleep, 0);
	atomic_store(&over, 0);
	someone = obj_new(probe);
	space = vmspace_new();
	fresh = test_task(nothing, 0);
	parked = test_task(lie_parked, 0);
	abed = test_task(lie_in_bed, 0);
	alarm = timer_new(&silent_ops, &someone->obj);
	lent = page_alloc(PAGE_ZEROED);
	ring = test_ring_begin();
	line = ring ? virtio_config_irq(test_virtio()) : NULL;
	engine = test_dma();
	window = test_iomem();
	if (!someone || !space || !fresh || !parked || !abed || !alarm || !lent)
		return false;
	if (!mutex_trylock(&taken) || !rwlock_try_write_lock(&shared))
		return false;
	task_start(parked);
	task_start(abed);
	begun = test_until(&asleep, 2);
	return begun;
}

/* The tasks end, which shows that no deed has harmed them. */
bool test_deeds_end(void)
{
	bool ok;

	begun = false;
	atomic_store(&over, 1);
	waitq_wake_all(&bed);
	task_unpark(parked);
	ok = test_until(&asleep, 0);
	if (ring)
		test_ring_end();
	ring = NULL;
	page_put(&lent);
	timer_put(&alarm);
	task_put(&abed);
	task_put(&parked);
	task_put(&fresh);
	vmspace_put(&space);
	obj_put(&someone);
	mutex_unlock(&taken);
	rwlock_write_unlock(&shared);
	return ok;
}

/* ---- in a task ---- */

/* In a task nothing of it is refused: the deeds that can be done are done. */
KTEST(context_of_a_task)
{
	KTEST_EXPECT(test_deeds_begin());
	KTEST_EXPECT(!ktest_refuses(do_reset, NO_HANDLER) && !ktest_refuses(do_cancel, NO_HANDLER));
	KTEST_EXPECT(!ktest_refuses(do_clear, NO_HANDLER) && !ktest_refuses(do_wake, NO_POLICY));
	KTEST_EXPECT(!ktest_refuses(do_log, NO_CONSOLE) && !ktest_refuses(do_log_read, NO_CONSOLE));
	KTEST_EXPECT(test_deeds_end());
}

/* ---- the end of a task: its owner's release function runs as a task still ---- */

static void idle_run(struct obj *owner)
{
	(void)owner;
}
static const struct task_ops idle_ops = { .run = idle_run };

/* Whether a task whose owner has that last wish is gone in the end, and nothing of it left. */
static bool dies(u32 deed)
{
	u64 live = task_live_count(), deadline = time_mono_ns() + 10 * NSEC_PER_SEC;
	struct last_wish *w = obj_new(last_wish);
	struct task *t;

	if (!w)
		return false;
	w->deed = deed;
	t = task_new(&idle_ops, &w->obj, LIT("dying"));
	obj_put(&w);
	if (!t)
		return false;
	atomic_store(&granted, 0);
	task_start(t);
	if (!test_until(&granted, 1))
		return false;
	while (task_live_count() != live && time_mono_ns() < deadline)
		test_sleep_ms(1);
	task_put(&t);
	return task_live_count() == live;
}

/*
 * A release function that sleeps, exits, prepares to wait, or sets an address space, when its task
 * is already dying: the task ends, and neither a queue nor an address space keeps anything of it.
 */
KTEST(context_of_the_last_release)
{
	struct page_stats before, after;
	u32 i;

	KTEST_EXPECT(dies(WISH_TO_SLEEP) && dies(WISH_TO_EXIT));
	/* A dead task is in no queue: not to be woken, and not in the way of the slot's next. */
	for (i = 0; i < 4; i++)
		KTEST_EXPECT(dies(WISH_TO_WAIT) && waitq_wake(&grave, 10) == 0);
	waitq_prepare(&grave, WAIT_UNINTERRUPTIBLE);
	KTEST_EXPECT(waitq_wake(&grave, 10) == 1 && waitq_commit(NO_DEADLINE) == 0);
	/* Nor does it keep an address space. */
	for (i = 0; i < 2; i++) {
		space = vmspace_new();
		KTEST_EXPECT(space && dies(WISH_VMSPACE));
		vmspace_put(&space);
		test_sleep_ms(2);
		page_get_stats(i ? &after : &before);
	}
	KTEST_EXPECT(after.tables == before.tables);
}
