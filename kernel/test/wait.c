// SPDX-License-Identifier: MPL-2.0
/*
 * Sleeping and waking (frame/wait.h): no wake-up is lost, none is invented, and a queue may vanish
 * under its sleepers.
 *
 * Lost wake-ups are found by playing a game that ends only if none is lost. Sleeps have deadlines
 * far in the future, so that a lost one is a failure and not a test that hangs.
 */
#include <frame/cpu.h>
#include <uapi/errno.h>

#include "test.h"

static struct waitq wq, other_wq;
static struct atomic asleep, awake, order, go;
static struct task *sleeper;

#define SOON(ms) (time_mono_ns() + (ms) * NSEC_PER_MSEC)

/* ---- misuse ---- */

static void commit_alone(void)
{
	(void)waitq_commit(NO_DEADLINE);
}
static void prepare_twice(void)
{
	waitq_prepare(&wq, WAIT_INTERRUPTIBLE);
	waitq_prepare(&other_wq, WAIT_INTERRUPTIBLE);
}
static void park_when_prepared(void)
{
	waitq_prepare(&wq, WAIT_INTERRUPTIBLE);
	(void)task_park(WAIT_INTERRUPTIBLE, SOON(1));
}
static void sleep_when_prepared(void)
{
	waitq_prepare(&wq, WAIT_INTERRUPTIBLE);
	test_sleep_ms(1);
}
static struct mutex contended;
static void lock_when_prepared(void)
{
	waitq_prepare(&wq, WAIT_INTERRUPTIBLE);
	mutex_lock(&contended);
}
/*
 * Committing without a queue, and whatever else sleeps while the task is in one. No queue keeps the
 * task.
 */
KTEST(wait_misuse_traps)
{
	KTEST_EXPECT(ktest_traps(commit_alone) && ktest_traps(prepare_twice));
	KTEST_EXPECT(ktest_traps(park_when_prepared) && ktest_traps(sleep_when_prepared));
	mutex_lock(&contended);
	KTEST_EXPECT(ktest_traps(lock_when_prepared));
	mutex_unlock(&contended);
	waitq_cancel(); /* without prepare: nothing */
	KTEST_EXPECT(waitq_wake(&wq, 10) == 0);
}

static void prepare_and_exit(unsigned n)
{
	(void)n;
	waitq_prepare(&wq, WAIT_INTERRUPTIBLE);
	task_exit();
}
/* Not by test_start: a task that exits inside is never counted as one that has come to its end. */
static bool start_to_exit(unsigned n)
{
	struct task *t = test_task(prepare_and_exit, n);
	bool made = t;

	if (made)
		task_start(t);
	task_put(&t);
	return made;
}
/* A wake-up would otherwise be given to a dead task. */
KTEST(wait_exit_inside_leaves_the_queue)
{
	KTEST_EXPECT(start_to_exit(0) && start_to_exit(1));
	test_sleep_ms(4);
	KTEST_EXPECT(waitq_wake(&wq, 10) == 0);
}

/* ---- wake-ups ---- */

/* This is why there are two steps: the condition is looked at in between. */
KTEST(wait_wake_between_prepare_and_commit_is_kept)
{
	waitq_prepare(&wq, WAIT_UNINTERRUPTIBLE);
	KTEST_EXPECT(waitq_wake(&wq, 1) == 1 && waitq_wake(&wq, 1) == 0);
	KTEST_EXPECT(waitq_commit(NO_DEADLINE) == 0);
}

/* Unless the condition is true already, which is looked at first. */
KTEST(wait_deadline_in_the_past_times_out)
{
	int err;

	waitq_prepare(&wq, WAIT_UNINTERRUPTIBLE);
	KTEST_EXPECT(waitq_commit(1) == -ETIMEDOUT);
	wait_event(&wq, false, WAIT_UNINTERRUPTIBLE, SOON(1), &err);
	KTEST_EXPECT(err == -ETIMEDOUT);
	wait_event(&wq, true, WAIT_UNINTERRUPTIBLE, 1, &err);
	KTEST_EXPECT(err == 0 && waitq_wake(&wq, 5) == 0);
}

/* Task @n goes to sleep as the n-th. */
static void sleep_on_wq(unsigned n)
{
	int err;

	/* One after the other, so that the order is known. */
	while (atomic_load(&asleep) != n)
		test_sleep_ms(1);
	waitq_prepare(&wq, WAIT_UNINTERRUPTIBLE);
	atomic_add(&asleep, 1);
	err = waitq_commit(NO_DEADLINE);
	KTEST_EXPECT(err == 0);
	/* The n-th to wake shifts its number in. */
	if (atomic_add(&awake, 1) <= 4)
		atomic_store(&order, atomic_load(&order) << 4 | n);
}
/* The one that has slept longest first. */
KTEST(wait_wakes_in_order)
{
	u32 i;

	atomic_store(&asleep, 0);
	atomic_store(&awake, 0);
	atomic_store(&order, 0);
	for (i = 0; i < 6; i++)
		KTEST_EXPECT(test_start(sleep_on_wq, i));
	KTEST_EXPECT(test_until(&asleep, 6));
	test_sleep_ms(1);
	for (i = 1; i <= 4; i++) {
		KTEST_EXPECT(waitq_wake(&wq, 1) == 1);
		KTEST_EXPECT(test_until(&awake, i));
		test_sleep_ms(1);
	}
	KTEST_EXPECT(atomic_load(&order) == 0x0123);
	waitq_wake_all(&wq);
	KTEST_EXPECT(test_wait() && atomic_load(&awake) == 6);
}

/* ---- a queue in an object that is released, zeroed and used again ---- */

static struct probe *place;
/* The queue is in an object which the test releases meanwhile; either answer is right. */
static void sleep_in_place(unsigned n)
{
	int err;

	(void)n;
	waitq_prepare(&place->wq, WAIT_UNINTERRUPTIBLE);
	atomic_add(&asleep, 1);
	err = waitq_commit(SOON(60));
	KTEST_EXPECT(err == 0 || err == -ETIMEDOUT);
	atomic_add(&awake, 1);
}
/*
 * A service's fault: the sleepers get their time-out, and the queue of the slot's next object
 * counts none of them.
 */
KTEST(wait_queue_in_a_released_object)
{
	struct probe *p = obj_new(probe), *again;
	struct probe *was = p;
	u32 i;

	place = p;
	atomic_store(&asleep, 0);
	atomic_store(&awake, 0);
	for (i = 0; i < 4; i++)
		KTEST_EXPECT(test_start(sleep_in_place, i));
	KTEST_EXPECT(test_until(&asleep, 4));
	obj_put(&p);
	again = obj_new(probe);
	KTEST_EXPECT(again == was);
	/*
	 * Zeroed: nobody is counted, so the sleepers wait for their deadline. The lock and the
	 * count stay usable.
	 */
	KTEST_EXPECT(waitq_wake(&again->wq, 10) == 0);
	mutex_lock(&again->lock);
	mutex_unlock(&again->lock);
	KTEST_EXPECT(test_until(&awake, 4) && test_wait());
	/* The sleepers that left did not spoil the new queue. */
	waitq_prepare(&again->wq, WAIT_UNINTERRUPTIBLE);
	KTEST_EXPECT(waitq_wake(&again->wq, 1) == 1 && waitq_commit(SOON(1000)) == 0);
	obj_put(&again);
}

/* ---- park and unpark ---- */

/* Two unparks before a park are one; a reset takes it away. */
KTEST(park_takes_one_token)
{
	task_unpark(task_current());
	task_unpark(task_current());
	KTEST_EXPECT(task_park(WAIT_UNINTERRUPTIBLE, SOON(1000)) == 0);
	KTEST_EXPECT(task_park(WAIT_UNINTERRUPTIBLE, SOON(1)) == -ETIMEDOUT);
	task_unpark(task_current());
	task_park_reset();
	KTEST_EXPECT(task_park(WAIT_UNINTERRUPTIBLE, SOON(1)) == -ETIMEDOUT);
	KTEST_EXPECT(task_park(WAIT_UNINTERRUPTIBLE, 1) == -ETIMEDOUT);
}

static void nothing(unsigned n)
{
	(void)n;
}
/*
 * One that was never started, one that is dead, and a stale handle: a wake-up without a reason at
 * worst.
 */
KTEST(unpark_of_any_task_is_safe)
{
	struct task *t = test_task(nothing, 0);
	struct task *copy = t;
	u32 i;

	task_unpark(t);
	task_interrupt(t, TASK_INT_SIGNAL);
	task_start(t);
	test_sleep_ms(2);
	task_unpark(t);
	task_interrupt(t, TASK_INT_KILL);
	task_put(&t);
	/* Stale, and while its slot is used for others. */
	for (i = 0; i < 200; i++) {
		task_unpark(copy);
		task_interrupt(copy, TASK_INT_SIGNAL);
		if (i % 50 == 0)
			KTEST_EXPECT(test_team(nothing, 4));
	}
}

#define ROUNDS 5000
static struct task *partner[2];
static struct atomic balls[2];

/*
 * Each round one gives the ball to the other and waits for it. A park may end without a reason, so
 * the ball is looked at.
 */
static void play(unsigned n)
{
	u32 i;

	store_release(*array_at(partner, n), task_current());
	while (!load_acquire(*array_at(partner, 1 - n)))
		task_yield();
	for (i = 0; i < ROUNDS; i++) {
		if (n == 0) {
			atomic_store(array_at(balls, 1), i + 1);
			task_unpark(partner[1]);
		}
		while (atomic_load(array_at(balls, n)) != i + 1) {
			if (task_park(WAIT_UNINTERRUPTIBLE, SOON(8000))) {
				KTEST_EXPECT(false);
				return;
			}
		}
		if (n == 1) {
			atomic_store(array_at(balls, 0), i + 1);
			task_unpark(partner[0]);
		}
	}
}
/* Two tasks that wait for each other five thousand times: one lost wake-up would end it. */
KTEST(park_ping_pong_loses_no_wake)
{
	partner[0] = NULL;
	partner[1] = NULL;
	atomic_store(array_at(balls, 0), 0);
	atomic_store(array_at(balls, 1), 0);
	KTEST_EXPECT(test_team(play, 2));
	KTEST_EXPECT(atomic_load(array_at(balls, 0)) == ROUNDS);
}

/* Many producers and consumers on one queue: each item is taken once, nobody sleeps for ever. */
static struct spinlock store_lock;
static u64 in_store, taken, made;
#define ITEMS 3000u

/* The condition of the consumers' wait; it takes what it finds. */
static bool take_one(void)
{
	bool got;

	spin_lock(&store_lock);
	got = in_store > 0;
	if (got) {
		in_store--;
		taken++;
	}
	spin_unlock(&store_lock);
	return got;
}
/* Half the tasks produce, half consume as many; each item wakes one. */
static void produce_or_consume(unsigned n)
{
	bool got;
	int err;
	u32 i;

	for (i = 0; i < ITEMS; i++) {
		if (n & 1) {
			spin_lock(&store_lock);
			in_store++;
			made++;
			spin_unlock(&store_lock);
			waitq_wake_one(&wq);
			if (i % 64 == 0)
				task_yield();
		} else {
			got = false;
			wait_event(&wq, got || (got = take_one()), WAIT_UNINTERRUPTIBLE, SOON(9000),
				&err);
			if (err) {
				KTEST_EXPECT(false);
				return;
			}
		}
	}
}
/* A wake-up that is given to a consumer which finds nothing must not be missing elsewhere. */
KTEST(wait_producers_and_consumers)
{
	in_store = 0, taken = 0, made = 0;
	KTEST_EXPECT(test_team(produce_or_consume, 8));
	KTEST_EXPECT(taken == 4 * ITEMS && made == 4 * ITEMS && in_store == 0);
}

/*
 * Timeouts that race with wake-ups: the answer is one or the other, and a sleep without deadline
 * never times out.
 */
static struct atomic odd_answers;
/*
 * A sleep with a deadline that races with the waker, then one without, which only the waker ends.
 */
static void doze(unsigned n)
{
	u64 r = n, deadline = time_mono_ns() + 5 * NSEC_PER_SEC;
	int err;
	u32 i;

	/* Fewer on a loaded host. */
	for (i = 0; i < 800 && (i < 200 || time_mono_ns() < deadline); i++) {
		err = task_park(WAIT_UNINTERRUPTIBLE,
			time_mono_ns() + test_random(&r) % (60 * NSEC_PER_USEC));
		if (err && err != -ETIMEDOUT)
			atomic_add(&odd_answers, 1);
		store_release(sleeper, task_current());
		err = task_park(WAIT_UNINTERRUPTIBLE, NO_DEADLINE);
		if (err)
			atomic_add(&odd_answers, 1);
		test_step();
	}
	atomic_store(&go, 1);
}
/* Wakes at random moments, whether the other sleeps or not. */
static void disturb(unsigned n)
{
	u64 r = n + 77;

	while (!atomic_load(&go)) {
		struct task *t = load_acquire(sleeper);
		u64 until = time_mono_ns() + test_random(&r) % (80 * NSEC_PER_USEC);
		while (time_mono_ns() < until)
			cpu_relax();
		if (t)
			task_unpark(t);
		task_cond_resched();
		if (cpu_count() == 1)
			test_sleep_ms(1);
	}
}
static void doze_or_disturb(unsigned n)
{
	if (n == 0)
		doze(n);
	else
		disturb(n);
}
/* See doze. */
KTEST(park_timeouts_race_with_wakes)
{
	atomic_store(&go, 0);
	atomic_store(&odd_answers, 0);
	sleeper = NULL;
	KTEST_EXPECT(test_team(doze_or_disturb, 2));
	KTEST_EXPECT(atomic_load(&odd_answers) == 0);
}
