// SPDX-License-Identifier: MPL-2.0
/*
 * Spinlocks, mutexes, reader-writer locks.
 *
 * All of them are valid when zero and hold no pointer, so an object that contains one may be zeroed
 * or reused at any moment: sleepers wait in the frame's parking lot, keyed by the lock's address. A
 * lock that services use wrongly can deadlock; it cannot corrupt anything.
 *
 * Lock order: `lock_level()` gives a lock its level (kernel/include/kernel/locks.h lists them; 0:
 * unchecked). Debug builds (make DEBUG=1) panic when a lock is taken whose level is not above the
 * levels of all held locks. They also panic when a spinlock, or two spinlocks of one level, is
 * taken with interrupts on in one place, and in another place is waited for in an interrupt, or
 * under a lock that interrupts wait for: the holder may be the very code that the interrupt
 * interrupted.
 *
 * Memory order: taking a lock acquires, also by a try that succeeds. Releasing it releases, device
 * register writes included (frame/order.h). So the next holder sees what the last writer wrote, and
 * a writer that follows readers what they did before their unlocks. An unlock is no full barrier: a
 * load after it may be performed before a store that precedes it, unless memory_barrier() stands
 * between. A try that fails, and mutex_is_locked, order nothing.
 *
 * Trust: the frame's own data is guarded by locks that services cannot reach. A service that
 *        unlocks a lock it does not hold hurts only its own data.
 * Source: frame/task/locks.c (slow paths).
 */
#ifndef FRAME_SYNC_H
#define FRAME_SYNC_H

#include <frame/types.h>

#include <frame_arch/cpu.h> /* _arch_irq_save(), _arch_irq_restore(), _arch_relax() */

struct FRAME_PINNED spinlock {
	u32 _v;     /* 0 free, 1 held */
	u32 _level; /* debug builds: the level, and how the lock has been used, _LOCK_USED_* */
};
struct FRAME_PINNED mutex {
	u32 _v; /* 0 free, 1 held, 2 held and a task may wait */
	u32 _level;
};
struct FRAME_PINNED rwlock {
	/* Number of readers; all ones: a writer. A reader that would make it all ones waits. */
	u32 _v;
	u32 _nr_waiting_writers; /* at most one for each task */
	u32 _level;
};

/* Gives the lock its level in the lock order. A no-op in release builds. */
#ifdef KEEL_DEBUG
#define lock_level(lock, level) ((void)((lock)->_level = (level)))
void _lock_order_acquire(const void *lock, u32 level);
void _lock_order_note(const void *lock, u32 level); /* taken by a try: order unchecked */
void _lock_order_release(const void *lock);
/* Records how a spinlock is taken; @waits: by a lock call, not by a try. */
void _spin_note_use(struct spinlock *l, bool waits);
#define _LOCK_USED_IRQS_ON (1u << 30) /* with interrupts on */
/* Waited for in an interrupt, or under a lock that an interrupt waits for. */
#define _LOCK_USED_IN_IRQ (1u << 31)
#define _spin_level(l)    ((l)->_level & ~(_LOCK_USED_IRQS_ON | _LOCK_USED_IN_IRQ))
#else
#define lock_level(lock, level)       ((void)(lock), (void)(level))
#define _lock_order_acquire(lock, lv) ((void)0)
#define _lock_order_note(lock, lv)    ((void)0)
#define _lock_order_release(lock)     ((void)0)
#define _spin_note_use(l, waits)      ((void)0)
#define _spin_level(l)                ((l)->_level)
#endif

/* Spins until the lock is free, and takes it. */
void _spin_wait(struct spinlock *l);

/*
 * Spinlocks: short sections that do not sleep. trylock does not wait; it returns false when the
 * lock is held. Context: any. If an interrupt handler takes the lock, all others take it with the
 * _irqsave form.
 */
static always_inline bool spin_trylock(struct spinlock *l)
{
	if (_swap32_acquire(&l->_v, 1))
		return false;
	_spin_note_use(l, false);
	_lock_order_note(l, _spin_level(l));
	return true;
}
static always_inline void spin_lock(struct spinlock *l)
{
	_spin_note_use(l, true);
	_lock_order_acquire(l, _spin_level(l));
	if (unlikely(_swap32_acquire(&l->_v, 1)))
		_spin_wait(l);
}
static always_inline void spin_unlock(struct spinlock *l)
{
	_lock_order_release(l);
	store_release(l->_v, 0);
}
/* As above, and turns interrupts off; the result is passed to the unlock. */
static always_inline u64 spin_lock_irqsave(struct spinlock *l)
{
	u64 state = _arch_irq_save();
	spin_lock(l);
	return state;
}
static always_inline void spin_unlock_irqrestore(struct spinlock *l, u64 state)
{
	spin_unlock(l);
	_arch_irq_restore(state);
}

/*
 * Mutexes: sections that may sleep. Not recursive; signals do not interrupt the wait. trylock does
 * not wait; is_locked is a hint. Context: task (traps in others when it has to wait).
 */
void _mutex_lock_slow(struct mutex *m);
void _mutex_unlock_slow(struct mutex *m);

static always_inline bool mutex_trylock(struct mutex *m)
{
	u32 zero = 0;
	if (!_cas32_acquire(&m->_v, &zero, 1))
		return false;
	_lock_order_note(m, m->_level);
	return true;
}
static always_inline void mutex_lock(struct mutex *m)
{
	u32 zero = 0;
	_lock_order_acquire(m, m->_level);
	if (unlikely(!_cas32_acquire(&m->_v, &zero, 1)))
		_mutex_lock_slow(m);
}
static always_inline void mutex_unlock(struct mutex *m)
{
	_lock_order_release(m);
	if (unlikely(_swap32_release(&m->_v, 0) == 2))
		_mutex_unlock_slow(m);
}
static always_inline bool mutex_is_locked(const struct mutex *m)
{
	return load_once(m->_v) != 0;
}

/*
 * Reader-writer locks that sleep: many readers or one writer; a waiting writer keeps new readers
 * out. A try does not wait: it returns false when it would have to. Context: as for mutexes.
 */
void rwlock_read_lock(struct rwlock *l);
bool rwlock_try_read_lock(struct rwlock *l);
void rwlock_read_unlock(struct rwlock *l);
void rwlock_write_lock(struct rwlock *l);
bool rwlock_try_write_lock(struct rwlock *l);
void rwlock_write_unlock(struct rwlock *l);
/* Turns the caller's write lock into a read lock; no writer gets in between. */
void rwlock_downgrade(struct rwlock *l);

/*
 * Turns interrupts off / restores their state (the value of irq_save), for per-CPU data that an
 * interrupt handler also uses.
 */
static always_inline u64 irq_save(void)
{
	return _arch_irq_save();
}
static always_inline void irq_restore(u64 state)
{
	_arch_irq_restore(state);
}

#endif
