// SPDX-License-Identifier: MPL-2.0
/*
 * Stale pointers while a CPU is held up in the middle of a call.
 *
 * A case is a call through a pointer whose slot or page another CPU reuses meanwhile. The caller
 * runs in a task of its own, because many of the calls must trap. The other side, which is the test
 * itself, has two parts. tests/kernel/stale runs the kernel under a debugger: it stops the caller's
 * CPU after each of the caller's accesses to the words that matter, one after another and in pairs,
 * lets the other side do a part, and then lets the caller go on. So each order of the two sides
 * occurs, and none by chance. Without the debugger each case runs once, the parts after the call.
 *
 * How the three talk: stale_stage is 1 before the call and 3 after it, stale_done the number of parts
 * that are done. stale_go is how many parts may run: the debugger sets it, and at the end the
 * caller. stale_more is what the debugger sets to have another round. The debugger finds these
 * variables, and the pointer stale_what, by their names.
 */
#include <frame/cpu.h>
#include <frame/sched.h>
#include <frame/vmspace.h>
#include <uapi/errno.h>

#include "stale.h"

static u32 stale_stage, stale_done, stale_go, stale_more;
static struct task *stale_task;
static struct timer *stale_timer;
static struct vmspace *stale_space;

static const struct stale_case *now;
bool stale_trapped, stale_answer;
static struct atomic over;

/* A part of a case that needs only one, and a call that cannot trap. */
void stale_nothing(void)
{
}

/* The debugger holds the CPU at accesses after this store. */
static void call_now(void)
{
	store_release(stale_stage, 1);
	now->call();
}

/* Whatever the call did, and even if it trapped, the other side does its parts then. */
static void caller(unsigned n)
{
	(void)n;
	stale_trapped = ktest_traps(call_now);
	store_release(stale_go, 2);
	store_release(stale_stage, 3);
	atomic_store(&over, 1);
}

/*
 * Memory for the tasks of a round: a part that maps new kernel memory would wait for all CPUs, also
 * for the one that is held up.
 */
static void warm_up(void)
{
	struct task *t[24];
	u32 i;

	for (i = 0; i < ARRAY_LEN(t); i++)
		t[i] = test_task(caller, 0);
	for (i = 0; i < ARRAY_LEN(t); i++)
		task_put(array_at(t, i));
	KTEST_EXPECT(!ktest_traps(stale_nothing));
}

/* Each part runs when the debugger lets it, and at the latest after the call. */
static void run_round(void)
{
	u32 i;

	warm_up();
	stale_answer = false;
	atomic_store(&over, 0);
	store_once(stale_go, 0);
	store_once(stale_done, 0);
	now->setup();
	if (!test_start(caller, 0)) {
		KTEST_EXPECT(false);
		return;
	}
	for (i = 0; i < 2; i++) {
		while (load_acquire(stale_go) <= i)
			task_yield();
		now->part[i]();
		store_release(stale_done, i + 1);
	}
	KTEST_EXPECT(test_until(&over, 1) && test_wait());
	now->verify();
	test_step();
}

void stale_run(const struct stale_case *c)
{
	if (cpu_count() < 3)
		return; /* nobody would do the parts while one is held up */
	now = c;
	do
		run_round();
	while (load_acquire(stale_more));
}

/* ---- tasks: a waker that knows a former task of the slot ---- */

/*
 * How often a part yields for the next task, which may wait for the CPU that is held up. Then the
 * part is over, and the rest comes when the caller has gone on.
 */
#define PATIENCE 3000u

static struct atomic lives, ends;
static struct task *life; /* the slot's next task */
static enum wait_mode life_mode;

/* A life of the slot: it sleeps once, and counts its begin and its end. */
static void live(unsigned n)
{
	(void)n;
	atomic_add(&lives, 1);
	(void)task_park(life_mode, NO_DEADLINE);
	atomic_add(&ends, 1);
}

/* Other free slots lie above the stale one: the caller's own tasks take them. */
static void free_slots(void)
{
	struct task *t[6];
	u32 i;

	for (i = 0; i < ARRAY_LEN(t); i++)
		t[i] = test_task(live, 0);
	stale_task = t[0];
	for (i = 0; i < ARRAY_LEN(t); i++)
		task_put(array_at(t, i));
	atomic_store(&lives, 0);
	atomic_store(&ends, 0);
}

/* A task in the slot of the stale pointer; NULL: another CPU has taken the slot. */
static struct task *task_to_run(void (*fn)(unsigned n))
{
	struct task *t[12], *found = NULL;
	u32 i;

	for (i = 0; i < ARRAY_LEN(t) && !found; i++) {
		t[i] = test_task(fn, 0);
		if (t[i] == stale_task) {
			found = t[i];
			t[i] = NULL;
		}
	}
	for (i = 0; i < ARRAY_LEN(t); i++)
		task_put(array_at(t, i));
	return found;
}

/* A task in the slot of the stale pointer; NULL: another CPU has taken the slot. */
static struct task *task_in_slot(void)
{
	return task_to_run(live);
}

/* The slot's next task, started and asleep. */
static void next_life(void)
{
	u32 i;

	life = task_in_slot();
	if (!life)
		return;
	task_start(life);
	for (i = 0; i < PATIENCE && (!atomic_load(&lives) || task_is_runnable(life)); i++)
		task_yield();
	for (i = 0; i < 50; i++)
		task_yield(); /* and out of its lock */
}

/* Ends the sleep of the next task, and its life. */
static void end_life(void)
{
	u32 i;

	if (!life)
		return;
	task_unpark(life);
	for (i = 0; i < PATIENCE && !atomic_load(&ends); i++)
		task_yield();
	for (i = 0; i < 100; i++)
		task_yield(); /* off its CPU, too */
}

/* The sleep ended once, by the part that may end it, and not by the stale waker. */
static void one_life(void)
{
	if (!life)
		return;
	KTEST_EXPECT(test_until(&ends, 1) && atomic_load(&lives) == 1);
	task_put(&life);
}

static void setup_unpark(void)
{
	life_mode = WAIT_UNINTERRUPTIBLE;
	free_slots();
}
/* Only a sleep that a signal may end listens to this waker. */
static void setup_interrupt(void)
{
	life_mode = WAIT_INTERRUPTIBLE;
	free_slots();
}
static void call_unpark(void)
{
	task_unpark(stale_task);
}
static void call_interrupt(void)
{
	task_interrupt(stale_task, TASK_INT_SIGNAL);
}
static const struct stale_case unpark_case = { setup_unpark, call_unpark, { next_life, end_life },
	one_life };
static const struct stale_case interrupt_case = { setup_interrupt, call_interrupt,
	{ next_life, end_life }, one_life };
/* A task that runs leaves its CPU and is placed anew; it neither runs twice nor is lost. */
static void call_requeue(void)
{
	sched_requeue(stale_task);
}
static const struct stale_case requeue_case = { setup_unpark, call_requeue, { next_life, end_life },
	one_life };
KTEST(stale_sched_requeue)
{
	stale_run(&requeue_case);
}

/* The same while the slot's next task is on a CPU: nobody else may get it. */
static u32 spin_ends;
static void spin(unsigned n)
{
	(void)n;
	atomic_add(&lives, 1);
	while (!load_acquire(spin_ends))
		task_cond_resched();
	atomic_add(&ends, 1);
}
static void running_life(void)
{
	u32 i;

	store_release(spin_ends, 0);
	life = task_to_run(spin);
	if (!life)
		return;
	task_start(life);
	for (i = 0; i < PATIENCE && !atomic_load(&lives); i++)
		task_yield();
}
/* The task that runs may end now; it must have been on one CPU all the time. */
static void end_running(void)
{
	u32 i;

	store_release(spin_ends, 1);
	for (i = 0; life && i < PATIENCE && !atomic_load(&ends); i++)
		task_yield();
	for (i = 0; i < 100; i++)
		task_yield(); /* off its CPU, too */
}
static const struct stale_case requeue_running_case = { setup_unpark, call_requeue,
	{ running_life, end_running }, one_life };
KTEST(stale_sched_requeue_of_one_that_runs)
{
	stale_run(&requeue_running_case);
}

KTEST(stale_task_unpark)
{
	stale_run(&unpark_case);
}
KTEST(stale_task_interrupt)
{
	stale_run(&interrupt_case);
}

/* ---- handles: a call that must trap makes no reference, not even for a moment ---- */

static void get_task(void)
{
	(void)task_get(stale_task);
}
static void start_task(void)
{
	task_start(stale_task);
}
static void put_task(void)
{
	struct task *t = stale_task;

	task_put(&t);
}
/* While the caller is held up the slot looks free, to everybody else too. */
static void no_task(void)
{
	KTEST_EXPECT(ktest_traps(get_task));
}
/* Whatever the order: there is nobody whose reference the call could have taken. */
static void must_trap(void)
{
	KTEST_EXPECT(stale_trapped);
}
static const struct stale_case start_case = { setup_unpark, start_task, { no_task, no_task },
	must_trap };
static const struct stale_case get_case = { setup_unpark, get_task, { no_task, no_task },
	must_trap };
static const struct stale_case put_case = { setup_unpark, put_task, { no_task, no_task },
	must_trap };
KTEST(stale_task_start)
{
	stale_run(&start_case);
}
KTEST(stale_task_get)
{
	stale_run(&get_case);
}
KTEST(stale_task_put)
{
	stale_run(&put_case);
}

/* The reference that the call takes and the last one that goes meanwhile: one of them wins. */
static struct task *last;
static void setup_live_task(void)
{
	life_mode = WAIT_UNINTERRUPTIBLE;
	last = test_task(live, 0);
	stale_task = last;
}
static void put_last_task(void)
{
	task_put(&last);
}
/* Either the call trapped, or its reference holds the slot: then nobody else gets it. */
static void alive_or_trapped(void)
{
	struct task *t = stale_task, *other = task_in_slot();

	KTEST_EXPECT(stale_trapped || !other);
	task_put(&other);
	if (!stale_trapped)
		task_put(&t);
}
static const struct stale_case get_live_case = { setup_live_task, get_task,
	{ put_last_task, stale_nothing }, alive_or_trapped };
KTEST(stale_task_get_while_the_last_goes)
{
	stale_run(&get_live_case);
}

/*
 * A put too many of a task that sleeps, which services have all put: it takes nothing from the
 * reference that the other side gets meanwhile.
 */
static void setup_asleep(void)
{
	struct task *t;

	free_slots();
	life_mode = WAIT_UNINTERRUPTIBLE;
	next_life();
	stale_task = life;
	t = life;
	task_put(&t);
	last = NULL;
}
/* A reference for a service, of a task that no service has: legal, since the frame has one. */
static void get_again(void)
{
	last = task_get(stale_task);
}
/* The reference that the other side got is still good: its slot goes to nobody else. */
static void held_by_one(void)
{
	struct task *other;

	if (stale_trapped) {
		other = task_in_slot();
		KTEST_EXPECT(!other);
		task_put(&other);
		task_put(&last);
	}
	life = NULL;
}
static const struct stale_case put_asleep_case = { setup_asleep, put_task, { get_again, end_life },
	held_by_one };
KTEST(stale_task_put_too_often)
{
	stale_run(&put_asleep_case);
}

/* Nobody sets the timer, so it is never called. */
static u64 timer_fire(struct obj *owner)
{
	(void)owner;
	return 0;
}
static const struct timer_ops timer_case_ops = { .fire = timer_fire };

static void setup_timer(void)
{
	struct probe *p = obj_new(probe);
	struct timer *t = timer_new(&timer_case_ops, &p->obj);

	free_slots();
	stale_timer = t;
	timer_put(&t);
	obj_put(&p);
}
static void set_timer(void)
{
	timer_set(stale_timer, NO_DEADLINE);
}
static void cancel_timer(void)
{
	(void)timer_cancel(stale_timer);
}
/* As no_task. */
static void no_timer(void)
{
	KTEST_EXPECT(ktest_traps(cancel_timer));
}
static const struct stale_case timer_case = { setup_timer, set_timer, { no_timer, no_timer },
	must_trap };
KTEST(stale_timer_set)
{
	stale_run(&timer_case);
}

static void setup_space(void)
{
	struct vmspace *vm = vmspace_new();

	free_slots();
	stale_space = vm;
	vmspace_put(&vm);
}
static void get_space(void)
{
	(void)vmspace_get(stale_space);
}
static void unmap_space(void)
{
	vmspace_unmap(stale_space, PAGE_SIZE, 2 * PAGE_SIZE);
}
/* As no_task: tables that are gone must not be walked either. */
static void no_space(void)
{
	KTEST_EXPECT(ktest_traps(get_space));
}
static const struct stale_case space_case = { setup_space, unmap_space, { no_space, no_space },
	must_trap };
KTEST(stale_vmspace_unmap)
{
	stale_run(&space_case);
}
