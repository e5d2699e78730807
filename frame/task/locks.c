// SPDX-License-Identifier: MPL-2.0
/* The slow paths of the locks (frame/sync.h), and the lock-order check of debug builds. */
#include "../lib/lib.h"
#include "task.h"

void _spin_wait(struct spinlock *l)
{
	do {
		while (load_once(l->_v))
			_arch_relax();
	} while (_swap32_acquire(&l->_v, 1));
}

void _mutex_lock_slow(struct mutex *m)
{
	/*
	 * 2 means: held, and a waiter may be parked. A waiter that gets the lock here leaves 2 in
	 * it, because other waiters may still be parked.
	 */
	while (_swap32_acquire(&m->_v, 2)) {
		park_prepare((u64)m, WAIT_UNINTERRUPTIBLE);
		if (load_once(m->_v) == 2)
			(void)park_commit(NO_DEADLINE);
		else
			park_cancel();
	}
}

void _mutex_unlock_slow(struct mutex *m)
{
	memory_barrier();
	(void)park_wake((u64)m, 1);
}

/*
 * ---- reader-writer locks: _v counts readers, all ones is a writer; waiting writers keep new
 * readers out ----
 */

#define WRITER ~0u

bool rwlock_try_read_lock(struct rwlock *l)
{
	u32 v = load_once(l->_v);

	while (v < WRITER - 1 && !load_once(l->_nr_waiting_writers)) {
		if (_cas32_acquire(&l->_v, &v, v + 1)) {
			_lock_order_acquire(l, l->_level);
			return true;
		}
	}
	return false;
}

void rwlock_read_lock(struct rwlock *l)
{
	while (unlikely(!rwlock_try_read_lock(l))) {
		park_prepare((u64)l, WAIT_UNINTERRUPTIBLE);
		if (load_once(l->_v) == WRITER || load_once(l->_nr_waiting_writers))
			(void)park_commit(NO_DEADLINE);
		else
			park_cancel();
	}
}

static void rwlock_wake(struct rwlock *l)
{
	memory_barrier();
	(void)park_wake((u64)l, ~0u);
}

void rwlock_read_unlock(struct rwlock *l)
{
	_lock_order_release(l);
	/*
	 * Sequentially consistent: a writer first counts itself, then reads _v; here the order is
	 * the reverse. So one of the two sees the other.
	 */
	if (_add32_full(&l->_v, -1u) == 1 && load_once(l->_nr_waiting_writers))
		rwlock_wake(l);
}

bool rwlock_try_write_lock(struct rwlock *l)
{
	u32 zero = 0;

	if (!_cas32_acquire(&l->_v, &zero, WRITER))
		return false;
	_lock_order_acquire(l, l->_level);
	return true;
}

void rwlock_write_lock(struct rwlock *l)
{
	if (likely(rwlock_try_write_lock(l)))
		return;
	_add32_full(&l->_nr_waiting_writers, 1);
	while (!rwlock_try_write_lock(l)) {
		park_prepare((u64)l, WAIT_UNINTERRUPTIBLE);
		if (load_once(l->_v))
			(void)park_commit(NO_DEADLINE);
		else
			park_cancel();
	}
	_add32_full(&l->_nr_waiting_writers, -1u);
}

void rwlock_write_unlock(struct rwlock *l)
{
	_lock_order_release(l);
	store_release(l->_v, 0);
	rwlock_wake(l);
}

void rwlock_downgrade(struct rwlock *l)
{
	store_release(l->_v, 1);
	if (!load_once(l->_nr_waiting_writers))
		rwlock_wake(l);
}

/* ---- order of locks ---- */

#ifdef KEEL_DEBUG
static noinline __attribute__((noreturn)) void lock_order_panic(u32 level, u32 held)
{
	u8 text[64];
	FMT(f, span_of(text));

	fmt_printf(&f, "a lock of level %u is taken while one of level %u is held", level, held);
	fmt_char(&f, '\0');
	panic_about("lock order", (const char *)text);
}

#define LEVELS 128

/*
 * Uses of all locks of one level, which count as one lock: in a test two of them are seldom the
 * same object, but in other runs they may be.
 */
static u32 level_uses[LEVELS];

/*
 * Whether this CPU holds a lock that interrupts wait for. Then an interrupt may also wait for the
 * lock that is taken now.
 */
static bool cpu_holds_irq_lock(const struct cpu *c)
{
	u32 i;

	for (i = 0; i < c->held.nr; i++) {
		if (c->held.v[i].level < LEVELS &&
			load_once(level_uses[c->held.v[i].level]) & _LOCK_USED_IN_IRQ)
			return true;
	}
	return false;
}

/*
 * Returns whether this use is new and conflicts with an earlier use. A use is reported once only,
 * because the panic may take the lock again.
 */
static noinline bool spin_record_use(struct spinlock *l, bool waits)
{
	u64 flags = _arch_irq_save();
	struct cpu *c = arch_this_cpu();
	u32 level = _spin_level(l), use = 0, own = l->_level, all = 0;

	if (flags)
		use = _LOCK_USED_IRQS_ON;
	else if (waits && ((u32)c->irq_depth || cpu_holds_irq_lock(c)))
		use = _LOCK_USED_IN_IRQ;
	if (use & ~own)
		own = set_bits(l->_level, use);
	else
		use = 0;
	if (use && level && level < LEVELS)
		all = set_bits(level_uses[level], use);
	_arch_irq_restore(flags);
	return use && ((own | all) & (_LOCK_USED_IRQS_ON | _LOCK_USED_IN_IRQ) & ~use);
}

void _spin_note_use(struct spinlock *l, bool waits)
{
	if (spin_record_use(l, waits))
		_kernel_panic("a spinlock is taken with interrupts on, and in an interrupt");
}

void _lock_order_acquire(const void *lock, u32 level)
{
	u64 flags = _arch_irq_save();
	struct cpu *c = arch_this_cpu();
	u32 i;

	for (i = 0; i < c->held.nr; i++) {
		if (level && c->held.v[i].level >= level) {
			lock_order_panic(level, c->held.v[i].level);
		}
	}
	_arch_irq_restore(flags);
	_lock_order_note(lock, level);
}

void _lock_order_note(const void *lock, u32 level)
{
	u64 flags = _arch_irq_save();
	struct cpu *c = arch_this_cpu();

	if (level && c->held.nr < ARRAY_LEN(c->held.v)) {
		c->held.v[c->held.nr].lock = lock;
		c->held.v[c->held.nr++].level = level;
	}
	_arch_irq_restore(flags);
}

void _lock_order_release(const void *lock)
{
	u64 flags = _arch_irq_save();
	struct cpu *c = arch_this_cpu();
	u32 i;

	for (i = c->held.nr; i-- > 0;) {
		if (c->held.v[i].lock == lock) {
			c->held.v[i] = c->held.v[--c->held.nr];
			break;
		}
	}
	_arch_irq_restore(flags);
}
#endif
