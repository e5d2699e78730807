// SPDX-License-Identifier: MPL-2.0
/*
 * Time and timers (frame/time.h): never early, never for something that is gone.
 *
 * Timers and sleeps are checked on one side only: on a loaded host they may be late, but never
 * early.
 */
#include <frame/cpu.h>
#include <kernel/clock.h>

#include "test.h"

#define SOON(us) (time_mono_ns() + (us) * NSEC_PER_USEC)

/* ---- the clock ---- */

static struct atomic latest, backwards;
/* The barrier keeps the clock from being read before the time that another CPU has noted. */
static void watch_clock(unsigned n)
{
	u32 i;

	(void)n;
	for (i = 0; i < 20000; i++) {
		u64 seen = atomic_load(&latest);
		u64 now;
		memory_barrier();
		now = time_mono_ns();
		if (now < seen)
			atomic_add(&backwards, 1);
		if (now > seen)
			(void)atomic_cas(&latest, seen, now);
		if (i % 1000 == 0)
			task_yield();
	}
}
/* What one CPU has seen, another one that looks later does not fall short of. */
KTEST(time_never_goes_back_on_any_cpu)
{
	KTEST_EXPECT(test_team(watch_clock, 4) && atomic_load(&backwards) == 0);
}

/* Within ten milliseconds over a sleep. */
KTEST(time_cycles_agree_with_the_clock)
{
	u64 c0 = time_cycles(), t0 = time_mono_ns(), c1, t1, ns;

	test_sleep_ms(20);
	c1 = time_cycles();
	t1 = time_mono_ns();
	KTEST_EXPECT(time_cycles_hz() > 1000);
	ns = (c1 - c0) * NSEC_PER_MSEC / (time_cycles_hz() / 1000);
	KTEST_EXPECT(ns + 10 * NSEC_PER_MSEC > t1 - t0 && ns < t1 - t0 + 10 * NSEC_PER_MSEC);
}

/* ---- timers ---- */

struct alarm {
	struct obj obj;
	struct atomic fired, early, running;
	u64 deadline;
	u64 again_ns;  /* 0: once */
	u64 times;     /* with again_ns: how often */
	u64 linger_ns; /* how long the operation takes */
	struct timer *own;
};
OBJ_TYPE_DECL(alarm);
static struct atomic alarms_released;
static void alarm_release(struct alarm *a)
{
	(void)a;
	atomic_add(&alarms_released, 1);
}
OBJ_TYPE(alarm, alarm_release);

/* Counts, and notes if it was early. May take long, and may ask to be called again. */
static u64 alarm_fire(struct obj *owner)
{
	struct alarm *a = obj_cast(alarm, owner);
	u64 until = time_mono_ns() + a->linger_ns;

	atomic_store(&a->running, 1);
	if (time_mono_ns() < load_once(a->deadline))
		atomic_add(&a->early, 1);
	while (time_mono_ns() < until)
		cpu_relax();
	atomic_store(&a->running, 0);
	if (atomic_add(&a->fired, 1) < a->times && a->again_ns)
		return time_mono_ns() + a->again_ns;
	return 0;
}
static const struct timer_ops alarm_ops = { .fire = alarm_fire };

static struct alarm *alarm;
static struct timer *timer;
static void begin(void)
{
	alarm = obj_new(alarm);
	timer = timer_new(&alarm_ops, &alarm->obj);
	KTEST_EXPECT(alarm && timer);
}
static void end(void)
{
	timer_put(&timer);
	obj_put(&alarm);
}
static void arm(u64 us)
{
	store_once(alarm->deadline, SOON(us));
	timer_set(timer, alarm->deadline);
}

/* Once for each arming, also for a time that has passed. */
KTEST(timer_fires_once_and_not_early)
{
	begin();
	arm(60000);
	KTEST_EXPECT(atomic_load(&alarm->fired) == 0);
	KTEST_EXPECT(test_until(&alarm->fired, 1) && !atomic_load(&alarm->early));
	test_sleep_ms(3);
	KTEST_EXPECT(atomic_load(&alarm->fired) == 1 && !timer_cancel(timer));
	arm(0);
	KTEST_EXPECT(test_until(&alarm->fired, 2));
	end();
}

/* By others while it waits, where the last word counts, and by its own operation. */
KTEST(timer_may_be_armed_again)
{
	begin();
	arm(400000);
	KTEST_EXPECT(timer_cancel(timer) && !timer_cancel(timer));
	arm(400000);
	arm(500);
	KTEST_EXPECT(test_until(&alarm->fired, 1) && !atomic_load(&alarm->early));
	alarm->again_ns = 100 * NSEC_PER_USEC;
	alarm->times = 12;
	arm(1);
	KTEST_EXPECT(test_until(&alarm->fired, 12) && !timer_cancel(timer));
	end();
}

/* The latest times there are do not overflow into early ones. */
KTEST(timer_that_never_comes_is_cancelled)
{
	begin();
	timer_set(timer, ~0ul);
	timer_set(timer, ~0ul - 1);
	KTEST_EXPECT(timer_cancel_sync(timer));
	timer_set(timer, 0);
	KTEST_EXPECT(test_until(&alarm->fired, 1));
	end();
}

/*
 * Armed again for a time that has passed, it fires again in the same interrupt, and then no timer
 * is left: the next one must still reach the hardware.
 */
static u64 fire_twice(struct obj *owner)
{
	struct alarm *a = obj_cast(alarm, owner);

	return atomic_add(&a->fired, 1) == 1;
}
static const struct timer_ops twice_ops = { .fire = fire_twice };
/* The sleep at the end needs the CPU's timer once more. */
static void twice_on_each(unsigned n)
{
	struct alarm *a = obj_new(alarm);
	struct timer *t = timer_new(&twice_ops, &a->obj);

	(void)n;
	timer_set(t, SOON(50));
	(void)test_until(&a->fired, 2);
	test_sleep_ms(1);
	timer_put(&t);
	obj_put(&a);
}
/* On each CPU, many times over. */
KTEST(timer_after_one_that_fired_twice)
{
	u32 i;

	for (i = 0; i < 20; i++)
		KTEST_EXPECT(test_team(twice_on_each, 4));
}

/* The put disarms it and drops the owner. */
KTEST(timer_put_while_armed_never_fires)
{
	struct alarm *a;
	u64 released = atomic_load(&alarms_released);

	begin();
	a = obj_get(alarm);
	arm(100000);
	end();
	test_sleep_ms(110);
	KTEST_EXPECT(!atomic_load(&a->fired) && obj_refs(a) == 1);
	obj_put(&a);
	KTEST_EXPECT(atomic_load(&alarms_released) == released + 1);
}

/* Until the operation has begun on the other CPU. */
static void wait_running(void)
{
	u64 deadline = SOON(2000000);

	while (!atomic_load(&alarm->running) && time_mono_ns() < deadline)
		cpu_relax();
}
static void arm_here(unsigned n)
{
	(void)n;
	arm(2000);
}
/* The operation runs on another CPU when everybody drops the timer, and the owner. */
KTEST(timer_put_while_it_fires)
{
	u64 released = atomic_load(&alarms_released);
	struct alarm *a;

	if (cpu_count() == 1)
		return;
	begin();
	alarm->linger_ns = 4 * NSEC_PER_MSEC;
	a = alarm;
	KTEST_EXPECT(test_team(arm_here, 1)); /* on an idle CPU, not this one */
	wait_running();
	timer_put(&timer);
	obj_put(&alarm);
	KTEST_EXPECT(test_until(&alarms_released, released + 1));
	KTEST_EXPECT(!obj_tryget(a));
}

/* The operation runs on another CPU; afterwards it does not. */
KTEST(timer_cancel_sync_waits)
{
	begin();
	alarm->linger_ns = 3 * NSEC_PER_MSEC;
	KTEST_EXPECT(test_team(arm_here, 1));
	wait_running();
	(void)timer_cancel_sync(timer);
	KTEST_EXPECT(!atomic_load(&alarm->running) && atomic_load(&alarm->fired) == 1);
	end();
}

/* ---- misuse ---- */

static void set_timer(void)
{
	timer_set(timer, 1);
}
static void cancel_timer(void)
{
	(void)timer_cancel(timer);
}
static void cancel_timer_sync(void)
{
	(void)timer_cancel_sync(timer);
}
static void put_timer(void)
{
	struct timer *copy = timer;

	timer_put(&copy);
}
static void new_without_owner(void)
{
	(void)timer_new(&alarm_ops, NULL);
}
/*
 * Each call with a stale handle, and a timer without an owner, whose operation would have nothing
 * to hold.
 */
KTEST(timer_released_traps)
{
	struct timer *t;

	begin();
	t = timer;
	timer_put(&t);
	KTEST_EXPECT(ktest_traps(set_timer) && ktest_traps(cancel_timer));
	KTEST_EXPECT(ktest_traps(cancel_timer_sync));
	KTEST_EXPECT(ktest_traps(put_timer) && ktest_traps(new_without_owner));
	obj_put(&alarm);
	timer = NULL;
	timer_put(&timer);
}

/*
 * A service that puts an armed and firing timer too often, and makes new ones in its place: no heap
 * may get entangled.
 */
static void overput(unsigned n)
{
	u32 i;

	for (i = 0; i < 300; i++) {
		struct alarm *a = obj_new(alarm);
		struct timer *t = timer_new(&alarm_ops, &a->obj);
		struct timer *copy = t;
		a->again_ns = 20 * NSEC_PER_USEC;
		a->times = 3;
		timer_set(t, SOON(n * 7 + i % 40));
		if (i & 1)
			task_yield();
		timer_put(&t);
		obj_put(&a);
		/*
		 * Stale now, or somebody else's timer: cancelled under their hands, unless nobody
		 * has it.
		 */
		if (i % 16 == 3) {
			timer = copy;
			(void)ktest_traps(cancel_timer);
		}
	}
}
/* See overput: afterwards a timer still fires. */
KTEST(timer_slots_reused_while_they_fire)
{
	KTEST_EXPECT(test_team(overput, 4));
	/* Everything still works. */
	begin();
	arm(100);
	KTEST_EXPECT(test_until(&alarm->fired, 1));
	end();
}

/* One timer set and cancelled from all CPUs while it fires again and again. */
static void fight_over(unsigned n)
{
	u64 r = n;
	u32 i;

	for (i = 0; i < 1500; i++) {
		u64 x = test_random(&r);
		if (x & 1)
			timer_set(timer, SOON(x >> 8 & 31));
		else if (x & 6)
			(void)timer_cancel(timer);
		else
			(void)timer_cancel_sync(timer);
		if (i % 100 == 0)
			test_sleep_ms(1);
	}
}
/* After the last cancel it does not fire any more, and the owner has lost no reference. */
KTEST(timer_set_and_cancelled_from_everywhere)
{
	u64 released = atomic_load(&alarms_released);
	u64 fired;

	begin();
	alarm->again_ns = 5 * NSEC_PER_USEC;
	alarm->times = ~0ul;
	KTEST_EXPECT(test_team(fight_over, 4));
	alarm->times = 0;
	(void)timer_cancel_sync(timer);
	fired = atomic_load(&alarm->fired);
	test_sleep_ms(2);
	KTEST_EXPECT(atomic_load(&alarm->fired) == fired);
	end();
	KTEST_EXPECT(atomic_load(&alarms_released) == released + 1);
}

#define MANY 200
static struct timer *many[MANY];
static struct alarm *alarms[MANY];
/* In any order of deadlines, with every third one cancelled: the others fire once and not early. */
KTEST(timer_many_fire_all)
{
	u64 r = 5;
	u32 i, missing = 0, early = 0;

	for (i = 0; i < MANY; i++) {
		alarms[i] = obj_new(alarm);
		many[i] = timer_new(&alarm_ops, &alarms[i]->obj);
		alarms[i]->deadline = SOON(test_random(&r) % 4000);
		timer_set(many[i], alarms[i]->deadline);
	}
	for (i = 0; i < MANY; i += 3)
		(void)timer_cancel(many[i]);
	for (i = 0; i < MANY; i++) {
		if (i % 3)
			KTEST_EXPECT(test_until(&alarms[i]->fired, 1));
	}
	for (i = 0; i < MANY; i++) {
		u64 fired = atomic_load(&alarms[i]->fired);
		missing += (i % 3 && !fired) || fired > 1;
		early += atomic_load(&alarms[i]->early) != 0;
		timer_put(array_at(many, i));
		obj_put(array_at(alarms, i));
	}
	KTEST_EXPECT(missing == 0 && early == 0);
}

/* Short ones and long ones, and one that is over before it begins. */
KTEST(sleep_is_never_short)
{
	u64 r = 9;
	u32 i;

	for (i = 0; i < 40; i++) {
		u64 until = SOON(test_random(&r) % 700);
		KTEST_EXPECT(task_sleep_until(until, WAIT_UNINTERRUPTIBLE) == 0);
		KTEST_EXPECT(time_mono_ns() >= until);
	}
	KTEST_EXPECT(task_sleep_until(0, WAIT_INTERRUPTIBLE) == 0);
}

/* ---- periods of timers (kernel/clock.h) ---- */

/*
 * The next expiry is always a whole number of intervals after the first, however late one looks.
 * Times that cannot be are refused, those too far away are cut.
 */
KTEST(time_periods)
{
	struct period p = { .expires_ns = 100, .interval_ns = 10 };
	struct timespec64 bad = { .sec = 1, .nsec = (s64)NSEC_PER_SEC };
	struct timespec64 far = { .sec = 0x7fffffffffffffff };
	u64 ns = 0;

	KTEST_EXPECT(period_advance(&p, 99) == 0 && period_left(&p, 99) == 1);
	KTEST_EXPECT(period_advance(&p, 100) == 1 && p.expires_ns == 110);
	KTEST_EXPECT(period_advance(&p, 135) == 3 && p.expires_ns == 140);
	p.interval_ns = 0;
	KTEST_EXPECT(period_advance(&p, 500) == 1 && p.expires_ns == 0);
	KTEST_EXPECT(period_left(&p, 500) == 0);
	KTEST_EXPECT(timespec_to_ns(&bad, &ns) == -EINVAL);
	KTEST_EXPECT(timespec_to_ns(&far, &ns) == 0 && ns == NO_DEADLINE >> 1);
}

/* ---- a timer's operation ---- */

static u64 missed_in_handler;
static struct atomic fired;

static u64 try_in_handler(struct obj *owner)
{
	(void)owner;
	missed_in_handler = test_deeds(ONLY_TASKS, NO_HANDLER);
	atomic_add(&fired, 1);
	return 0;
}
static const struct timer_ops trying_ops = { .fire = try_in_handler };

/* As irq_handler_is_no_task, for the operation of a timer. */
KTEST(context_of_a_timer)
{
	struct probe *p = obj_new(probe);
	struct timer *t = timer_new(&trying_ops, &p->obj);

	KTEST_EXPECT(p && t && test_deeds_begin());
	atomic_store(&fired, 0);
	missed_in_handler = ~0ul;
	timer_set(t, time_mono_ns() + NSEC_PER_MSEC);
	KTEST_EXPECT(test_until(&fired, 1));
	KTEST_EXPECT(!missed_in_handler);
	timer_put(&t);
	obj_put(&p);
	KTEST_EXPECT(test_deeds_end());
}
