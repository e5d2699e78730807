// SPDX-License-Identifier: MPL-2.0
/*
 * A scheduling policy that lies (frame/sched.h): whatever it answers, a task is on one CPU at a
 * time, and only tasks that may run do.
 *
 * The liar is an honest queue at heart, so that the machine goes on; between honest answers it
 * gives any task it has ever seen. It is installed for the time of one test, while everything else
 * sleeps.
 */
#include <frame/cpu.h>
#include <frame/log.h>
#include <frame/sched.h>
#include <kernel/init.h>
#include <kernel/sched.h>

#include "test.h"

#define QUEUE 64u
#define SEEN  32u

static struct liar_queue {
	struct task *task[QUEUE];
	u32 head, len;
} queues[MAX_CPUS];
static struct task *seen[SEEN];
static struct atomic nr_seen, lies, turn;
static u32 lie; /* bits: which answers are false */

enum { LIE_SELECT = 1, LIE_PICK = 2, LIE_PULL = 4, LIE_DEQUEUE = 8, LIE_TWICE = 16 };
#define LIE_DEEDS 32u /* not a lie: each operation tries once what it must not do */

/* Some task: running, sleeping, dead, stale, or not there. */
static struct task *any_task(void)
{
	return load_once(*array_at(seen, atomic_add(&turn, 1) % SEEN));
}

static bool lies_now(u32 what)
{
	if (!(lie & what) || atomic_add(&turn, 1) % 3)
		return false;
	atomic_add(&lies, 1);
	return true;
}

enum { SELECT, ENQUEUE, PICK, ACCOUNT, PREEMPTS, SLICE, DEQUEUE, BUSIEST, PULL, OPERATIONS };
static u64 missed[OPERATIONS];
static struct atomic tried[OPERATIONS];

static void in_operation(u32 op)
{
	if (!(lie & LIE_DEEDS) || atomic_swap(array_at(tried, op), 1))
		return;
	atomic_add(&lies, 1);
	missed[op] = test_deeds(ONLY_TASKS | NO_LOCKS, NO_POLICY);
}

static unsigned liar_select(struct task *t, unsigned prev)
{
	u64 n;

	(void)t;
	in_operation(SELECT);
	if (lies_now(LIE_SELECT))
		return (unsigned)atomic_load(&turn) * 0x9e3779b9u;
	/* Now here, now there, so that now and then a CPU without a task finds tasks that wait. */
	n = atomic_load(&turn);
	return n % 3 ? (unsigned)(n % cpu_count()) : prev;
}

static void put_in(unsigned cpu, struct task *t)
{
	struct liar_queue *const q = array_at(queues, cpu);

	if (q->len < QUEUE)
		q->task[(q->head + q->len++) % QUEUE] = t;
}
static void liar_enqueue(unsigned cpu, struct task *t, bool woken)
{
	in_operation(ENQUEUE);
	if (woken)
		store_once(*array_at(seen, atomic_add(&nr_seen, 1) % SEEN), t);
	put_in(cpu, t);
	if (lies_now(LIE_TWICE))
		put_in(cpu, t);
}

/*
 * A lie does not consume the honest answer, which comes the next time: else the machine would stop.
 */
static struct task *liar_pick(unsigned cpu)
{
	struct liar_queue *const q = array_at(queues, cpu);
	struct task *t = lies_now(LIE_PICK) ? any_task() : NULL;

	in_operation(PICK);
	if (t)
		return t;
	if (!q->len)
		return NULL;
	t = q->task[q->head];
	q->head = (q->head + 1) % QUEUE;
	q->len--;
	return t;
}
static void liar_account(unsigned cpu, struct task *cur, u64 ran_ns)
{
	(void)cpu;
	(void)cur;
	(void)ran_ns;
	in_operation(ACCOUNT);
}
static bool liar_preempts(unsigned cpu, struct task *woken, struct task *cur)
{
	(void)cpu;
	(void)woken;
	(void)cur;
	in_operation(PREEMPTS);
	return true;
}
static u64 liar_slice(unsigned cpu, struct task *cur)
{
	(void)cpu;
	(void)cur;
	in_operation(SLICE);
	return NSEC_PER_MSEC;
}
static bool liar_dequeue(unsigned cpu, struct task *t)
{
	(void)cpu;
	(void)t;
	in_operation(DEQUEUE);
	return lies_now(LIE_DEQUEUE);
}
static unsigned liar_busiest(unsigned cpu)
{
	in_operation(BUSIEST);
	if (lies_now(LIE_PULL))
		return (unsigned)atomic_load(&turn) * 77777u;
	return (cpu + 1) % cpu_count();
}
static struct task *liar_pull(unsigned from, unsigned to)
{
	(void)to;
	in_operation(PULL);
	return lies_now(LIE_PULL) ? any_task() : liar_pick(from);
}
static const struct sched_policy liar_policy = {
	.select_cpu = liar_select,
	.enqueue = liar_enqueue,
	.pick = liar_pick,
	.account = liar_account,
	.preempts = liar_preempts,
	.slice = liar_slice,
	.dequeue = liar_dequeue,
	.busiest = liar_busiest,
	.pull = liar_pull,
};

/* ---- what runs under it ---- */

#define WORKERS 6u
static struct atomic on_cpu[WORKERS], doubles, rounds;
static struct waitq bench;

/*
 * A worker notices when it runs twice at a time, or on a stack that somebody else has used, and
 * otherwise does all that makes the policy decide: it sleeps, wakes, yields and requeues itself and
 * others.
 */
static void work(unsigned n)
{
	u32 i, mine = 0x5eed + n;
	struct task *other;
	int err;

	for (i = 0; i < 300; i++) {
		if (atomic_swap(array_at(on_cpu, n), 1))
			atomic_add(&doubles, 1);
		if (mine != 0x5eed + n + i)
			atomic_add(&doubles, 1); /* somebody else was on this stack */
		mine++;
		atomic_store(array_at(on_cpu, n), 0);
		switch (i % 7) {
		case 0:
			test_sleep_ms(1);
			break;
		case 1:
			sched_requeue(task_current());
			break;
		case 2:
			waitq_wake_all(&bench);
			break;
		case 3:
			wait_event(&bench, atomic_load(&turn) & 1, WAIT_UNINTERRUPTIBLE,
				time_mono_ns() + 200 * NSEC_PER_USEC, &err);
			break;
		case 4:
			other = any_task();
			if (other)
				sched_requeue(other);
			break;
		default:
			task_yield();
			break;
		}
		atomic_add(&rounds, 1);
	}
}

/* Whether the machine survives the lie with all work done. */
static bool survives(u32 what)
{
	bool ok;
	u32 i;

	atomic_store(&rounds, 0);
	atomic_store(&doubles, 0);
	atomic_store(&lies, 0);
	for (i = 0; i < SEEN; i++)
		seen[i] = NULL;
	test_sleep_ms(3); /* the others sleep */
	sched_set_policy(&liar_policy);
	lie = what;
	ok = test_team(work, WORKERS);
	lie = 0;
	test_sleep_ms(5);
	sched_set_policy(kernel_policy());
	/* What the liar held twice is gone with it. */
	for (i = 0; i < MAX_CPUS; i++)
		array_at(queues, i)->len = 0;
	return ok && atomic_load(&rounds) == WORKERS * 300 && !atomic_load(&doubles) &&
		(!what || atomic_load(&lies));
}

/* A policy that is nothing like the kernel's, as the measure for the lies that follow. */
KTEST(sched_honest_stranger_works)
{
	KTEST_EXPECT(survives(0));
}
/* Numbers of CPUs that do not exist: the task runs on one that does. */
KTEST(sched_false_cpu_is_corrected)
{
	KTEST_EXPECT(survives(LIE_SELECT));
}
/* Tasks that sleep, are dead, run elsewhere, or are no tasks any more, given as the next to run. */
KTEST(sched_wrong_tasks_do_not_run)
{
	KTEST_EXPECT(survives(LIE_PICK));
}
/* The same for tasks taken from another CPU, and other CPUs that do not exist. */
KTEST(sched_wrong_pulls_do_not_run)
{
	if (cpu_count() > 1)
		KTEST_EXPECT(survives(LIE_PULL));
}
/* It claims to have taken a task out of a queue and has not, so the task is given again later. */
KTEST(sched_dequeue_that_did_not)
{
	KTEST_EXPECT(survives(LIE_DEQUEUE));
}
/* The second gift comes when the task runs, or sleeps, or is gone. */
KTEST(sched_task_given_twice_runs_once)
{
	KTEST_EXPECT(survives(LIE_TWICE));
}
/* What each check lets through may be what another one relies on. */
KTEST(sched_all_lies_at_once)
{
	KTEST_EXPECT(survives(LIE_SELECT | LIE_PICK | LIE_PULL | LIE_DEQUEUE | LIE_TWICE));
}

/* No operation can sleep, switch or wake: schedule is not entered again, nor a lock taken twice. */
KTEST(sched_operations_are_no_tasks)
{
	u32 op;

	for (op = 0; op < OPERATIONS; op++) {
		atomic_store(array_at(tried, op), 0);
		*array_at(missed, op) = 0;
	}
	KTEST_EXPECT(test_deeds_begin());
	KTEST_EXPECT(survives(LIE_DEEDS));
	for (op = 0; op < OPERATIONS; op++) {
		KTEST_EXPECT(atomic_load(array_at(tried, op)) || (op == PULL && cpu_count() == 1));
		if (missed[op])
			log_info("operation %u was allowed to do 0x%lx", op, missed[op]);
		KTEST_EXPECT(!missed[op]);
	}
	KTEST_EXPECT(test_deeds_end());
}

/* ---- requeue of tasks in any state ---- */

static void nothing(unsigned n)
{
	(void)n;
}
static struct atomic nap_over;
static void nap(unsigned n)
{
	(void)n;
	test_sleep_ms(6);
	atomic_add(&nap_over, 1);
}
/*
 * One that never started, one that sleeps, a dead one, the caller, and a stale handle: nothing
 * happens to any of them.
 */
KTEST(sched_requeue_of_any_task)
{
	struct task *fresh = test_task(nothing, 0);
	struct task *sleeper = test_task(nap, 0);
	struct task *stale = fresh;
	u32 i;

	atomic_store(&nap_over, 0);
	sched_requeue(fresh);
	task_start(sleeper);
	test_sleep_ms(2);
	for (i = 0; i < 10; i++)
		sched_requeue(sleeper);
	KTEST_EXPECT(test_until(&nap_over, 1));
	test_sleep_ms(2);
	sched_requeue(sleeper); /* dead */
	sched_requeue(task_current());
	task_put(&fresh);
	task_put(&sleeper);
	sched_requeue(stale);
	KTEST_EXPECT(test_team(nothing, 4));
}

static u64 wrong_cpu;
static void idle_of_wrong_cpu(void)
{
	(void)sched_idle_ns((unsigned)wrong_cpu);
}
static void user_of_wrong_cpu(void)
{
	(void)sched_user_ns((unsigned)wrong_cpu);
}
static void hw_of_wrong_cpu(void)
{
	(void)cpu_hw_id((unsigned)wrong_cpu);
}
static void idle_now_of_wrong_cpu(void)
{
	(void)sched_cpu_is_idle((unsigned)wrong_cpu);
}
/* Numbers from the machine's count of CPUs on, up to the largest. */
KTEST(sched_cpu_numbers_are_checked)
{
	wrong_cpu = MAX_CPUS;
	KTEST_EXPECT(ktest_traps(idle_of_wrong_cpu) && ktest_traps(user_of_wrong_cpu));
	KTEST_EXPECT(ktest_traps(hw_of_wrong_cpu) && ktest_traps(idle_now_of_wrong_cpu));
	wrong_cpu = ~0u;
	KTEST_EXPECT(ktest_traps(idle_of_wrong_cpu) && ktest_traps(user_of_wrong_cpu));
	KTEST_EXPECT(ktest_traps(hw_of_wrong_cpu) && ktest_traps(idle_now_of_wrong_cpu));
	wrong_cpu = cpu_count();
	KTEST_EXPECT(ktest_traps(user_of_wrong_cpu) && ktest_traps(hw_of_wrong_cpu));
}
