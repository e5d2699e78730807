// SPDX-License-Identifier: MPL-2.0
/*
 * Locks (frame/sync.h): one at a time, or many readers; valid when zeroed.
 *
 * What a lock guards is a pair of counters that are raised one after the other, with yields and
 * sleeps between: whoever is inside at the same time finds them different, or counts less in the
 * end.
 */

#include "test.h"

static struct mutex mutex;
static struct spinlock spin;
static struct rwlock rw;
static u64 counter, mirror;
static struct atomic inside, collisions, sum;

/* What a lock guards: nobody else may be here. Gives others every chance to be. */
static void critical(bool may_sleep, u32 i)
{
	if (atomic_add(&inside, 1) != 1)
		atomic_add(&collisions, 1);
	counter++;
	if (may_sleep && i % 97 == 0)
		task_yield();
	if (may_sleep && i % 501 == 0)
		test_sleep_ms(1);
	if (counter != ++mirror)
		atomic_add(&collisions, 1);
	atomic_sub(&inside, 1);
}
/* Whether each round of each task was counted, and nobody met another inside. */
static bool guarded(void (*fn)(unsigned n), unsigned tasks, u64 each)
{
	counter = 0;
	mirror = 0;
	atomic_store(&collisions, 0);
	return test_team(fn, tasks) && counter == tasks * each && mirror == counter &&
		!atomic_load(&collisions);
}

static void with_mutex(unsigned n)
{
	u32 i;

	for (i = 0; i < 3000; i++) {
		mutex_lock(&mutex);
		critical(true, i + n);
		mutex_unlock(&mutex);
	}
}
/* Eight tasks that yield and sleep inside. */
KTEST(mutex_lets_in_one_at_a_time)
{
	KTEST_EXPECT(guarded(with_mutex, 8, 3000));
	KTEST_EXPECT(!mutex_is_locked(&mutex));
}

/* Only rounds in which it got the lock count. */
static void with_trylock(unsigned n)
{
	u32 i = 0;

	while (i < 500) {
		if (!mutex_trylock(&mutex)) {
			task_yield();
			continue;
		}
		critical(true, i++ + n);
		mutex_unlock(&mutex);
	}
}
/* And does not wait: the holder itself gets false. */
KTEST(mutex_trylock_lets_in_one_at_a_time)
{
	KTEST_EXPECT(guarded(with_trylock, 6, 500));
	mutex_lock(&mutex);
	KTEST_EXPECT(!mutex_trylock(&mutex) && mutex_is_locked(&mutex));
	mutex_unlock(&mutex);
	KTEST_EXPECT(mutex_trylock(&mutex));
	mutex_unlock(&mutex);
}

static void with_spinlock(unsigned n)
{
	u32 i;

	for (i = 0; i < 5000; i++) {
		spin_lock(&spin);
		critical(false, i + n);
		spin_unlock(&spin);
		if (i % 100 == 0)
			task_yield();
	}
}
/* Inside nothing sleeps, but tasks are many and change CPUs. */
KTEST(spinlock_lets_in_one_at_a_time)
{
	KTEST_EXPECT(guarded(with_spinlock, 4, 5000));
}

/*
 * A timer's handler takes the same lock as the tasks, with interrupts off on both sides: not the
 * one above, which debug builds have seen with interrupts on.
 */
static struct spinlock irq_spin;
static struct atomic fired;
static u64 tick(struct obj *owner)
{
	(void)owner;
	spin_lock(&irq_spin);
	critical(false, 1);
	spin_unlock(&irq_spin);
	return atomic_add(&fired, 1) < 200 ? time_mono_ns() + 20 * NSEC_PER_USEC : 0;
}
static const struct timer_ops tick_ops = { .fire = tick };

#ifdef KEEL_DEBUG
/*
 * Debug builds find a lock that is taken in an interrupt and elsewhere with interrupts on, also
 * when the interrupt comes at another moment.
 */
static struct spinlock mixed;
static u64 take_mixed(struct obj *owner)
{
	(void)owner;
	spin_lock(&mixed);
	spin_unlock(&mixed);
	(void)atomic_add(&fired, 1);
	return 0;
}
static const struct timer_ops mixed_ops = { .fire = take_mixed };
static void take_with_interrupts_on(void)
{
	spin_lock(&mixed);
}
static void take_with_interrupts_off(void)
{
	u64 state = spin_lock_irqsave(&mixed);
	spin_unlock_irqrestore(&mixed, state);
}

/*
 * The lock was once taken in a timer's handler. From then on only those may take it who have
 * interrupts off.
 */
KTEST(spinlock_of_interrupts_with_interrupts_on)
{
	struct probe *p = obj_new(probe);
	struct timer *t = timer_new(&mixed_ops, &p->obj);

	atomic_store(&fired, 0);
	timer_set(t, time_mono_ns());
	KTEST_EXPECT(test_until(&fired, 1));
	(void)timer_cancel_sync(t);
	KTEST_EXPECT(!ktest_traps(take_with_interrupts_off));
	KTEST_EXPECT(ktest_traps(take_with_interrupts_on));
	timer_put(&t);
	obj_put(&p);
}
#endif

/* Interrupts are off as in the handler, or the handler could wait for its own CPU. */
static void with_irqsave(unsigned n)
{
	u32 i;

	for (i = 0; i < 4000; i++) {
		u64 state = spin_lock_irqsave(&irq_spin);
		critical(false, i + n);
		spin_unlock_irqrestore(&irq_spin, state);
		if (i % 100 == 0)
			task_yield();
	}
}
/* Each of the tasks' rounds and of the handler's is counted. */
KTEST(spinlock_against_interrupts)
{
	struct probe *p = obj_new(probe);
	struct timer *t = timer_new(&tick_ops, &p->obj);

	atomic_store(&fired, 0);
	counter = 0;
	mirror = 0;
	atomic_store(&collisions, 0);
	timer_set(t, time_mono_ns());
	KTEST_EXPECT(test_team(with_irqsave, 4) && test_until(&fired, 200));
	(void)timer_cancel_sync(t);
	KTEST_EXPECT(counter == 16200 && !atomic_load(&collisions));
	timer_put(&t);
	obj_put(&p);
}

/* ---- reader-writer locks ---- */

static u64 left, right;
static struct atomic readers;

/*
 * Two writers, which raise left and right with a yield between, and six readers, which compare the
 * two.
 */
static void read_or_write(unsigned n)
{
	u32 i;

	for (i = 0; i < 1500; i++) {
		if (n < 2) {
			rwlock_write_lock(&rw);
			if (atomic_load(&readers))
				atomic_add(&collisions, 1);
			critical(true, i);
			left++;
			if (i % 50 == 0)
				task_yield();
			right++;
			if (i % 3 == 0) {
				rwlock_downgrade(&rw);
				if (left != right)
					atomic_add(&collisions, 1);
				rwlock_read_unlock(&rw);
			} else {
				rwlock_write_unlock(&rw);
			}
			continue;
		}
		if (i % 5 || !rwlock_try_read_lock(&rw))
			rwlock_read_lock(&rw);
		atomic_add(&readers, 1);
		if (left != right)
			atomic_add(&collisions, 1);
		if (i % 31 == 0)
			task_yield();
		atomic_sub(&readers, 1);
		rwlock_read_unlock(&rw);
	}
}
/*
 * Readers never see the two halves of a change apart. A writer that becomes a reader keeps other
 * writers out meanwhile.
 */
KTEST(rwlock_keeps_readers_and_writers_apart)
{
	counter = 0, mirror = 0, left = 0, right = 0;
	atomic_store(&collisions, 0);
	KTEST_EXPECT(test_team(read_or_write, 8));
	KTEST_EXPECT(left == 3000 && right == 3000 && counter == 3000 && !atomic_load(&collisions));
	KTEST_EXPECT(rwlock_try_write_lock(&rw) && !rwlock_try_read_lock(&rw));
	KTEST_EXPECT(!rwlock_try_write_lock(&rw));
	rwlock_write_unlock(&rw);
	KTEST_EXPECT(rwlock_try_read_lock(&rw) && rwlock_try_read_lock(&rw));
	KTEST_EXPECT(!rwlock_try_write_lock(&rw));
	rwlock_read_unlock(&rw);
	rwlock_read_unlock(&rw);
}

/* A waiting writer keeps new readers out, and gets its turn. */
static struct atomic step;
static void write_once(unsigned n)
{
	(void)n;
	atomic_store(&step, 1);
	rwlock_write_lock(&rw);
	atomic_store(&step, 2);
	rwlock_write_unlock(&rw);
}
/* Else readers that come one after another would keep it waiting for ever. */
KTEST(rwlock_waiting_writer_comes_first)
{
	u32 i;

	atomic_store(&step, 0);
	rwlock_read_lock(&rw);
	KTEST_EXPECT(test_start(write_once, 0) && test_until(&step, 1));
	for (i = 0; i < 1000 && rwlock_try_read_lock(&rw); i++) {
		rwlock_read_unlock(&rw);
		test_sleep_ms(1);
	}
	KTEST_EXPECT(i < 1000 && atomic_load(&step) == 1);
	rwlock_read_unlock(&rw);
	KTEST_EXPECT(test_until(&step, 2) && test_wait());
}

/* ---- a lock whose object is released and used again while tasks wait for it ---- */

static struct probe *place;
static void wait_for_lock(unsigned n)
{
	(void)n;
	atomic_add(&sum, 1);
	mutex_lock(&place->lock);
	mutex_unlock(&place->lock);
}
/*
 * A service's fault: tasks wait in an object that is put. Its next life has a lock that works, and
 * the sleepers can be woken.
 */
KTEST(mutex_in_a_released_object)
{
	struct probe *p = obj_new(probe);
	struct probe *was = p;
	u32 i;

	place = p;
	atomic_store(&sum, 0);
	mutex_lock(&p->lock);
	for (i = 0; i < 3; i++)
		KTEST_EXPECT(test_start(wait_for_lock, i));
	KTEST_EXPECT(test_until(&sum, 3));
	test_sleep_ms(2);
	obj_put(&p);
	p = obj_new(probe);
	KTEST_EXPECT(p == was && !mutex_is_locked(&p->lock));
	/*
	 * The sleepers are found by the address: who makes the lock contended and releases it wakes
	 * them one by one.
	 */
	for (i = 0; i < 50 && !test_until(&sum, 3); i++)
		;
	mutex_lock(&p->lock);
	KTEST_EXPECT(test_start(wait_for_lock, 3) && test_until(&sum, 4));
	test_sleep_ms(2);
	mutex_unlock(&p->lock);
	KTEST_EXPECT(test_wait());
	obj_put(&p);
}

/* ---- wrong use hurts the lock, nothing else ---- */

/* It is still taken by one at a time. */
KTEST(lock_unlocked_twice_stays_usable)
{
	static struct mutex m;
	static struct spinlock s;

	mutex_unlock(&m);
	mutex_unlock(&m);
	spin_unlock(&s);
	KTEST_EXPECT(mutex_trylock(&m) && !mutex_trylock(&m) && spin_trylock(&s));
	KTEST_EXPECT(!spin_trylock(&s));
	mutex_unlock(&m);
	spin_unlock(&s);
}

/* ---- atomics ---- */

static u64 plain;
static u32 flags;
/*
 * In each round a task adds two, sets and clears its own bit, and exchanges what it expects or not.
 */
static void add_up(unsigned n)
{
	u32 i;

	for (i = 0; i < 10000; i++) {
		atomic_add(&sum, 3);
		atomic_sub(&sum, 1);
		(void)set_bits(flags, 1u << n);
		(void)clear_bits(flags, 1u << n);
		while (!atomic_cas(&inside, n, n + 1)) {
			if (n >= 1)
				break;
			atomic_store(&inside, n);
		}
	}
}
/* Sums and single bits of one word, changed on all CPUs; then what each operation returns. */
KTEST(atomics_lose_nothing)
{
	atomic_store(&sum, 0);
	atomic_store(&inside, 0);
	flags = 0x80000000;
	KTEST_EXPECT(test_team(add_up, 4));
	KTEST_EXPECT(atomic_load(&sum) == 80000 && flags == 0x80000000);
	atomic_store(&inside, 0);
	plain = 5;
	store_release(plain, 6);
	KTEST_EXPECT(load_acquire(plain) == 6 && atomic_swap(&sum, 1) == 80000);
	KTEST_EXPECT(atomic_or(&sum, 6) == 1 && atomic_and(&sum, 2) == 7);
}
