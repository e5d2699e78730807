// SPDX-License-Identifier: MPL-2.0
/*
 * Tasks (frame/task.h): started once, a stack for as long as they run, whatever references services
 * drop.
 *
 * The tasks count what they did in atomic variables, and tests wait for the count; a task that must
 * not run is given a few milliseconds to do so.
 */
#include <frame/cpu.h>
#include <frame/page.h>
#include <frame/user.h>
#include <uapi/errno.h>

#include "test.h"

static struct task *task;
static struct atomic runs, stop;

static void count_run(unsigned n)
{
	(void)n;
	atomic_add(&runs, 1);
}
static void run_until_stopped(unsigned n)
{
	(void)n;
	atomic_add(&runs, 1);
	while (!atomic_load(&stop))
		test_sleep_ms(1);
	atomic_add(&runs, 1);
}

static void start_task(void)
{
	task_start(task);
}
static void put_task(void)
{
	struct task *copy = task;

	task_put(&copy);
}
static void get_task(void)
{
	(void)task_get(task);
}

/* A second start traps, while it runs and when it is dead. */
KTEST(task_runs_once)
{
	struct task *t = test_task(count_run, 0);

	atomic_store(&runs, 0);
	task = t;
	task_start(t);
	KTEST_EXPECT(test_until(&runs, 1));
	KTEST_EXPECT(ktest_traps(start_task));
	test_sleep_ms(3);
	KTEST_EXPECT(atomic_load(&runs) == 1);
	KTEST_EXPECT(ktest_traps(start_task)); /* dead by now */
	task_put(&t);
	KTEST_EXPECT(!t);
}

/* And the first run goes on undisturbed. */
KTEST(task_started_twice_at_a_time_traps)
{
	struct task *t = test_task(run_until_stopped, 0);

	atomic_store(&runs, 0);
	atomic_store(&stop, 0);
	task = t;
	task_start(t);
	KTEST_EXPECT(test_until(&runs, 1) && ktest_traps(start_task));
	atomic_store(&stop, 1);
	KTEST_EXPECT(test_until(&runs, 2));
	task_put(&t);
}

/* A handle whose slot is not the next one to be given: an attempt's own task takes that. */
static void make_stale(void)
{
	struct task *a = test_task(count_run, 0);
	struct task *b = test_task(count_run, 0);

	task = a;
	task_put(&a);
	task_put(&b);
}
/* By a put and by a get of a task that never ran. */
KTEST(task_released_traps)
{
	atomic_store(&runs, 0);
	make_stale();
	KTEST_EXPECT(ktest_traps(put_task));
	make_stale();
	KTEST_EXPECT(ktest_traps(get_task));
	KTEST_EXPECT(atomic_load(&runs) == 0);
}

/* Nothing may run that nobody can name. */
KTEST(task_start_of_released_traps)
{
	make_stale();
	KTEST_EXPECT(ktest_traps(start_task));
}

/*
 * A running task whose references services have all put, and more: it keeps its stack and ends in
 * peace.
 */
KTEST(task_put_too_often_while_it_runs)
{
	u64 live = task_live_count();
	struct task *t = test_task(run_until_stopped, 0);
	struct task *other[8];
	u32 i;

	atomic_store(&runs, 0);
	atomic_store(&stop, 0);
	task = t;
	task_start(t);
	KTEST_EXPECT(test_until(&runs, 1));
	task_put(&t);
	KTEST_EXPECT(ktest_traps(put_task) && ktest_traps(put_task));
	/* Its stack and slot are nobody else's. */
	for (i = 0; i < ARRAY_LEN(other); i++) {
		other[i] = test_task(count_run, i);
		KTEST_EXPECT(other[i] && other[i] != task);
		task_start(other[i]);
	}
	KTEST_EXPECT(test_until(&runs, 9));
	atomic_store(&stop, 1);
	KTEST_EXPECT(test_until(&runs, 10));
	for (i = 0; i < ARRAY_LEN(other); i++)
		task_put(array_at(other, i));
	test_sleep_ms(3);
	KTEST_EXPECT(task_live_count() == live);
}

/* A task gets hold of itself and puts that. */
static void put_self(void)
{
	struct task *me = task_current();

	task_put(&me);
	me = task_current();
	task_put(&me);
	me = task_current();
	task_put(&me);
}
/* The reference by which the task runs is the frame's. The CPUs have work for others afterwards. */
KTEST(task_that_puts_itself_traps)
{
	KTEST_EXPECT(ktest_traps(put_self));
	KTEST_EXPECT(test_team(count_run, 4));
}

/*
 * As long as the task runs its handle is good, also after the last put. A reference that is got
 * then outlives the run.
 */
KTEST(task_reference_may_come_back_while_it_runs)
{
	struct task *t = test_task(run_until_stopped, 0), *again;

	atomic_store(&runs, 0);
	atomic_store(&stop, 0);
	task = t;
	task_start(t);
	KTEST_EXPECT(test_until(&runs, 1));
	task_put(&t);
	again = task_get(task);
	atomic_store(&stop, 1);
	KTEST_EXPECT(test_until(&runs, 2));
	test_sleep_ms(2);
	KTEST_EXPECT(!task_is_runnable(again) && !task_owner(again));
	task_put(&again);
}

/* ---- the owner ---- */

static void owner_run(struct obj *owner)
{
	struct probe *p = obj_cast(probe, owner);

	KTEST_EXPECT(task_current_owner() == owner);
	p->value++;
	atomic_add(&runs, 1);
	while (!atomic_load(&stop))
		test_sleep_ms(1);
}
static const struct task_ops owner_ops = { .run = owner_run };

/* From the making to the end of the run, whoever else drops it. */
KTEST(task_keeps_its_owner)
{
	struct probe *p = obj_new(probe);
	struct task *t = task_new(&owner_ops, &p->obj, LIT("owned"));
	u64 before = atomic_load(&probes_released);

	KTEST_EXPECT(obj_refs(p) == 2);
	atomic_store(&runs, 0);
	atomic_store(&stop, 0);
	task_start(t);
	obj_put(&p);
	KTEST_EXPECT(test_until(&runs, 1));
	KTEST_EXPECT(atomic_load(&probes_released) == before && task_owner(t));
	atomic_store(&stop, 1);
	KTEST_EXPECT(test_until(&probes_released, before + 1));
	KTEST_EXPECT(!task_owner(t));
	task_put(&t);
}

/* With the last put of the task. */
KTEST(task_never_started_drops_its_owner)
{
	struct probe *p = obj_new(probe);
	struct task *t = task_new(&owner_ops, &p->obj, LIT("owned"));

	task_put(&t);
	KTEST_EXPECT(obj_refs(p) == 1);
	obj_put(&p);
}

/* Rounds of many tasks take no more memory than the first one did. */
KTEST(task_stacks_come_and_go)
{
	static struct task *many[120];
	struct page_stats before, after;
	u32 round, i;

	atomic_store(&runs, 0);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < ARRAY_LEN(many); i++)
			many[i] = test_task(count_run, i);
		for (i = 0; i < ARRAY_LEN(many); i++) {
			KTEST_EXPECT(many[i] != NULL);
			/* A few at a time: the policy's ring of kernel tasks is short. */
			task_start(many[i]);
			if (i % 8 == 7)
				KTEST_EXPECT(test_until(&runs, round * 120 + i + 1));
		}
		for (i = 0; i < ARRAY_LEN(many); i++)
			task_put(array_at(many, i));
		test_sleep_ms(5);
		page_get_stats(round ? &after : &before);
		if (round)
			KTEST_EXPECT(after.kernel <= before.kernel + 8);
	}
}

static void exit_in_the_middle(unsigned n)
{
	atomic_add(&runs, 1);
	if (n < 100)
		task_exit();
	atomic_add(&runs, 1000);
}
/* In the middle of a function: nothing behind it runs, and the task is gone. */
KTEST(task_exit_ends_it)
{
	u64 live = task_live_count();
	struct task *t = test_task(exit_in_the_middle, 0);

	atomic_store(&runs, 0);
	task_start(t);
	KTEST_EXPECT(test_until(&runs, 1));
	test_sleep_ms(3);
	KTEST_EXPECT(atomic_load(&runs) == 1 && task_live_count() == live);
	task_put(&t);
}

/* ---- interrupts of sleeps ---- */

static struct atomic answers;
static void sleep_in_mode(unsigned mode)
{
	int err = task_sleep_until(time_mono_ns() + 5 * NSEC_PER_SEC, (enum wait_mode)mode);

	atomic_or(&answers, err == -EINTR ? 1 : 2);
	atomic_add(&runs, 1);
}
/* Whether a sleep of the mode ends, as expected, when the task is interrupted so. */
static bool interrupt_ends(enum wait_mode mode, u32 flags, bool expected)
{
	struct task *t = test_task(sleep_in_mode, mode);
	bool ended;
	u32 i;

	atomic_store(&runs, 0);
	atomic_store(&answers, 0);
	task_start(t);
	test_sleep_ms(2);
	task_interrupt(t, flags);
	for (i = 0; i < (expected ? 5000u : 5u) && atomic_load(&runs) != 1; i++)
		test_sleep_ms(1);
	ended = atomic_load(&runs) == 1;
	if (ended)
		KTEST_EXPECT(atomic_load(&answers) == 1);
	task_interrupt(t, TASK_INT_KILL);
	if (mode != WAIT_UNINTERRUPTIBLE)
		KTEST_EXPECT(test_until(&runs, 1));
	task_put(&t);
	return ended == expected;
}
/*
 * Signals end interruptible sleeps, kills the killable ones too, and nothing ends the others. Flags
 * that mean nothing do nothing.
 */
KTEST(task_interrupt_by_mode)
{
	KTEST_EXPECT(interrupt_ends(WAIT_INTERRUPTIBLE, TASK_INT_SIGNAL, true));
	KTEST_EXPECT(interrupt_ends(WAIT_INTERRUPTIBLE, TASK_INT_KILL, true));
	KTEST_EXPECT(interrupt_ends(WAIT_KILLABLE, TASK_INT_SIGNAL, false));
	KTEST_EXPECT(interrupt_ends(WAIT_KILLABLE, TASK_INT_KILL, true));
	KTEST_EXPECT(interrupt_ends(WAIT_UNINTERRUPTIBLE, TASK_INT_SIGNAL | TASK_INT_KILL, false));
	KTEST_EXPECT(interrupt_ends(WAIT_INTERRUPTIBLE, 0xfffffff0, false));
}

/* ---- handlers are not task context ---- */

static u32 deed;
static struct waitq handler_wq;
static struct vmspace *handler_vm;
/* One deed in each call; the trap ends the task that the handler has interrupted. */
static u64 misbehave(struct obj *owner)
{
	(void)owner;
	switch (deed) {
	case 0:
		task_exit();
		break;
	case 1:
		test_sleep_ms(1);
		break;
	case 2:
		task_yield();
		break;
	case 3:
		waitq_prepare(&handler_wq, WAIT_INTERRUPTIBLE);
		break;
	case 4:
		user_set_vmspace(handler_vm);
		break;
	case 5:
		irq_restore(~0ul);
		break;
	default:
		break;
	}
	atomic_store(&stop, 1);
	return 0;
}
static const struct timer_ops misbehave_ops = { .fire = misbehave };

/* Runs the deed in a timer's handler on this CPU, which interrupts this very loop. */
static void provoke(void)
{
	struct probe *p = obj_new(probe);
	struct timer *t = timer_new(&misbehave_ops, &p->obj);
	u64 deadline = time_mono_ns() + NSEC_PER_SEC;

	atomic_store(&stop, 0);
	timer_set(t, time_mono_ns() + 100 * NSEC_PER_USEC);
	while (!atomic_load(&stop) && time_mono_ns() < deadline)
		cpu_relax();
	timer_put(&t);
	obj_put(&p);
}
/*
 * Exiting, sleeping, yielding, preparing to wait, and changing the address space, each in a timer's
 * handler.
 */
KTEST(handler_that_is_no_task_traps)
{
	handler_vm = vmspace_new();
	for (deed = 0; deed < 5; deed++)
		KTEST_EXPECT(ktest_traps(provoke));
	vmspace_put(&handler_vm);
	/* The machine's timers go on. */
	test_sleep_ms(2);
	KTEST_EXPECT(test_team(count_run, 4));
}

/* A state that was never saved, restored in the handler. */
KTEST(handler_that_turns_interrupts_on_is_harmless)
{
	u32 i;

	deed = 5;
	for (i = 0; i < 20; i++)
		KTEST_EXPECT(!ktest_traps(provoke));
}

/*
 * A task that computes and sleeps in the kernel: system time and voluntary switches grow, user time
 * does not.
 */
KTEST(task_times_and_switches_grow)
{
	u64 user = 0, system = 0, user2, system2, vol, invol, vol2,
	    until = time_mono_ns() + 3 * NSEC_PER_MSEC;

	task_cpu_time(task_current(), &user, &system);
	task_switches(task_current(), &vol, &invol);
	while (time_mono_ns() < until)
		cpu_relax();
	test_sleep_ms(1);
	task_cpu_time(task_current(), &user2, &system2);
	task_switches(task_current(), &vol2, &invol);
	KTEST_EXPECT(system2 >= system + 2 * NSEC_PER_MSEC && user2 == user && vol2 > vol);
	KTEST_EXPECT(task_cpu(task_current()) == cpu_id() && task_is_runnable(task_current()));
}

/*
 * More kernel tasks than any machine has are ready to run at once: the scheduling policy loses none.
 * Each runs until all have run, so all are queued together.
 */
#define CROWD 200u
static struct atomic crowd_here, crowd_gone;

static void crowd_fn(unsigned i)
{
	(void)i;
	atomic_add(&crowd_here, 1);
	while (atomic_load(&crowd_here) < CROWD)
		task_yield();
	test_step();
	atomic_add(&crowd_gone, 1);
}

KTEST(task_crowd_all_run)
{
	unsigned i;

	atomic_store(&crowd_here, 0);
	atomic_store(&crowd_gone, 0);
	for (i = 0; i < CROWD; i++)
		KTEST_EXPECT(test_start(crowd_fn, i));
	KTEST_EXPECT(test_wait());
	KTEST_EXPECT(atomic_load(&crowd_gone) == CROWD);
}
