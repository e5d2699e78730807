// SPDX-License-Identifier: MPL-2.0
/*
 * Time and timers (frame/time.h).
 *
 * Each CPU has a pairing heap of timer nodes ordered by deadline: O(1) to add, O(log n) amortised
 * to remove. The hardware is programmed for the earlier of the first node and the scheduler tick,
 * and only when that becomes earlier or after the hardware fired.
 *
 * Locking: timer_queue.lock of one CPU is taken last: no other lock is taken under it. The nodes'
 *          operations run without it. A service timer's timer.lock comes before it.
 * Trust: a service timer is in use by the frame (frame/handle.h) while it is armed and while its
 *        operation runs. Setting `armed` takes one use; the code that clears it (the interrupt, a
 *        cancel) drops that use. So a node in a heap, or one that fires, is never zeroed or reused.
 *        Links are private to the frame.
 */
#include <frame/log.h>
#include <frame/time.h>

#include "task.h"

static struct timer_queue {
	struct spinlock lock;
	struct timer_node *root;
	u64 tick;       /* ~0: none */
	u64 programmed; /* what the hardware is programmed for, ~0: nothing */
	struct timer_node *firing;
} queues[MAX_CPUS];

/* ---- the clock ---- */

static u64 clock_mult; /* ns = (cycles << clock_up) * clock_mult >> 64 */
static u32 clock_up;
static u64 ns_mult; /* cycles = ns * ns_mult >> ns_shift */
static u32 ns_shift;
static u64 clock_base;

u64 time_cycles(void)
{
	return arch_cycles();
}
u64 time_cycles_hz(void)
{
	return arch_timer_hz();
}
void time_cycles_scale(u32 *up, u64 *mult, u64 *base)
{
	*up = clock_up;
	*mult = clock_mult;
	*base = clock_base;
}

static inline u64 cycles_to_ns(u64 cycles)
{
	return (u64)(((unsigned __int128)(cycles << clock_up) * clock_mult) >> 64);
}

u64 time_mono_ns(void)
{
	return cycles_to_ns(arch_cycles() - clock_base);
}

/* Rounds up, so that a timer never fires early. */
static u64 ns_to_cycles(u64 ns)
{
	unsigned __int128 c = (((unsigned __int128)ns * ns_mult) >> ns_shift) + 1;

	return c > (unsigned __int128)(~0ul - clock_base) ? ~0ul : (u64)c + clock_base;
}

void time_init(void)
{
	u64 hz = arch_timer_hz();
	unsigned i, shift = 32;

	/*
	 * ns = cycles * mult >> shift with the largest shift whose mult fits 32 bits. Both factors
	 * are shifted up, so the result is the product's upper half; cycles lose no bit for
	 * centuries.
	 */
	while (shift && ((NSEC_PER_SEC << shift) / hz) >> 32)
		shift--;
	clock_up = 32 - shift;
	clock_mult = (NSEC_PER_SEC << shift) / hz << 32;
	ns_shift = 31;
	ns_mult = div_round_up(hz << ns_shift, NSEC_PER_SEC); /* clocks below 8 GHz */
	clock_base = boot_entry_cycles();
	for (i = 0; i < MAX_CPUS; i++) {
		queues[i].tick = ~0ul;
		queues[i].programmed = ~0ul;
	}
}

/* ---- the heap ---- */

static struct timer_node *heap_meld(struct timer_node *a, struct timer_node *b)
{
	struct timer_node *t;

	if (!a)
		return b;
	if (!b)
		return a;
	if (b->deadline < a->deadline) {
		t = a;
		a = b;
		b = t;
	}
	b->sibling = a->child;
	if (a->child)
		a->child->prev = b;
	b->prev = a;
	a->child = b;
	return a;
}

/* Melds a list of siblings in pairs, then the pairs. */
static struct timer_node *heap_meld_siblings(struct timer_node *n)
{
	struct timer_node *pairs = NULL, *root = NULL;

	while (n) {
		struct timer_node *a = n, *b = n->sibling;
		n = b ? b->sibling : NULL;
		a->sibling = NULL, a->prev = NULL;
		if (b)
			b->sibling = NULL, b->prev = NULL;
		a = heap_meld(a, b);
		a->sibling = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer_node *a = pairs;
		pairs = a->sibling;
		a->sibling = NULL;
		root = heap_meld(root, a);
	}
	return root;
}

static void heap_remove(struct timer_queue *q, struct timer_node *n)
{
	struct timer_node *sub = heap_meld_siblings(n->child);

	n->child = NULL;
	if (q->root == n) {
		q->root = sub;
	} else {
		if (n->prev->child == n)
			n->prev->child = n->sibling;
		else
			n->prev->sibling = n->sibling;
		if (n->sibling)
			n->sibling->prev = n->prev;
		q->root = heap_meld(q->root, sub);
	}
	n->sibling = NULL;
	n->prev = NULL;
	store_release(n->armed, 0);
}

/* Programs the hardware for what is due first. Lock held. */
static void timer_program(struct timer_queue *q)
{
	u64 next = min(q->root ? q->root->deadline : ~0ul, q->tick);

	if (next == q->programmed)
		return;
	/*
	 * A deadline later than the programmed one costs at most one early interrupt, so it is
	 * programmed only if nothing at all is due.
	 */
	if (next > q->programmed && next != ~0ul)
		return;
	q->programmed = next;
	arch_timer_set(next == ~0ul ? ~0ul : ns_to_cycles(next));
}

void timer_set_tick(u64 deadline_ns)
{
	struct timer_queue *q = &queues[_arch_cpu_id()];

	spin_lock(&q->lock);
	q->tick = deadline_ns;
	timer_program(q);
	spin_unlock(&q->lock);
}

bool timer_node_cancel(struct timer_node *n)
{
	bool was = false;
	u64 flags;

	if (!load_acquire(n->armed))
		return false;
	flags = _arch_irq_save();
	for (;;) {
		u32 cpu = load_once(n->cpu);
		struct timer_queue *q = &queues[cpu];
		spin_lock(&q->lock);
		if (n->cpu != cpu) {
			spin_unlock(&q->lock); /* moved while this CPU waited */
			continue;
		}
		was = n->armed;
		if (was)
			heap_remove(q, n);
		spin_unlock(&q->lock);
		break;
	}
	_arch_irq_restore(flags);
	return was;
}

void timer_node_wait(struct timer_node *n)
{
	unsigned i;

	for (i = 0; i < nr_cpus; i++) {
		while (i != _arch_cpu_id() && load_acquire(queues[i].firing) == n)
			_arch_relax();
	}
}

bool timer_node_set(struct timer_node *n, u64 deadline_ns)
{
	bool was = timer_node_cancel(n);
	struct timer_queue *q;
	u64 flags;

	flags = _arch_irq_save();
	q = &queues[_arch_cpu_id()];
	spin_lock(&q->lock);
	n->deadline = deadline_ns;
	store_once(n->cpu, _arch_cpu_id());
	n->child = NULL;
	n->sibling = NULL;
	n->prev = NULL;
	store_release(n->armed, 1);
	q->root = heap_meld(q->root, n);
	timer_program(q);
	spin_unlock(&q->lock);
	_arch_irq_restore(flags);
	return was;
}

void timer_interrupt(void)
{
	struct timer_queue *q = &queues[_arch_cpu_id()];
	u64 now = time_mono_ns();
	bool tick;

	/*
	 * This interrupt came inside a timer operation that had turned interrupts on. The loop that
	 * called the operation handles what is due and programs the timer.
	 */
	if (arch_this_cpu()->irq_depth > 1 && q->firing) {
		q->programmed = ~0ul;
		arch_timer_set(~0ul);
		return;
	}
	spin_lock(&q->lock);
	q->programmed = ~0ul;
	while (q->root && q->root->deadline <= now) {
		struct timer_node *n = q->root;
		store_once(q->firing, n); /* before armed is cleared: see timer_node_wait */
		heap_remove(q, n);
		spin_unlock(&q->lock);
		n->fire(n);
		/*
		 * A service's operation may have turned interrupts on; another timer interrupt
		 * would take the lock.
		 */
		arch_irq_disable();
		spin_lock(&q->lock);
		store_release(q->firing, NULL);
		now = time_mono_ns();
	}
	tick = q->tick <= now;
	if (tick) {
		q->tick = ~0ul;
	} else if (q->root || q->tick != ~0ul) {
		timer_program(q);
	} else {
		/* An operation may have set a timer that is disarmed again by now. */
		q->programmed = ~0ul;
		arch_timer_set(~0ul);
	}
	spin_unlock(&q->lock);
	if (tick) {
		sched_tick(now);
		spin_lock(&q->lock);
		if (q->programmed == ~0ul) {
			timer_program(q);
			if (q->programmed == ~0ul)
				arch_timer_set(~0ul);
		}
		spin_unlock(&q->lock);
	}
}

/* ---- services' timers ---- */

struct timer {
	struct handle handle;
	struct timer_node node;
	struct spinlock lock;        /* guards the arming */
	const struct timer_ops *ops; /* written last: a timer without it is not complete yet */
	struct obj *owner;           /* reference */
};

static void timer_release(struct obj *o)
{
	struct timer *t = (struct timer *)o; /* TRUST: the type's own slots */

	t->ops = NULL;
	obj_put_any(&t->owner);
}
static struct obj_type timer_type = {
	._name = { "timer" }, ._size = sizeof(struct timer), ._release = timer_release
};

/* Takes a use of the timer for one call. */
static void timer_enter(struct timer *t)
{
	if (unlikely(!_obj_tryget(&t->handle.obj) || !load_acquire(t->ops)))
		_kernel_panic("use of a timer that has been released");
}

static void timer_leave(struct timer *t)
{
	_obj_put(&t->handle.obj);
}

/* The use that `armed` held now belongs to this function. */
static void service_timer_fire(struct timer_node *n)
{
	/* TRUST: only timer.node has this operation. */
	struct timer *t = (struct timer *)((u8 *)n - offsetof(struct timer, node));
	u64 next, flags;
	bool again;

	next = t->ops->fire(t->owner);
	flags = spin_lock_irqsave(&t->lock);
	again = next && !load_once(t->node.armed);
	if (again)
		(void)timer_node_set(&t->node, next); /* `armed` holds the use again */
	spin_unlock_irqrestore(&t->lock, flags);
	if (!again)
		timer_leave(t);
}

struct timer *timer_new(const struct timer_ops *ops, struct obj *owner)
{
	struct timer *t = (struct timer *)_obj_alloc(&timer_type);

	if (t) {
		t->owner = obj_get_any(owner);
		t->node.fire = service_timer_fire;
		store_release(t->ops, ops);
		handle_publish(&t->handle);
	}
	return t;
}

void timer_set(struct timer *t, u64 deadline_ns)
{
	u64 flags;
	bool was;

	timer_enter(t);
	flags = spin_lock_irqsave(&t->lock);
	was = timer_node_set(&t->node, deadline_ns);
	spin_unlock_irqrestore(&t->lock, flags);
	if (was)
		timer_leave(t); /* otherwise `armed` holds the use */
}

bool timer_cancel(struct timer *t)
{
	u64 flags;
	bool was;

	timer_enter(t);
	flags = spin_lock_irqsave(&t->lock);
	was = timer_node_cancel(&t->node);
	spin_unlock_irqrestore(&t->lock, flags);
	if (was)
		timer_leave(t);
	timer_leave(t);
	return was;
}

bool timer_cancel_sync(struct timer *t)
{
	bool was;

	must_be_task();
	timer_enter(t);
	was = timer_cancel(t);
	timer_node_wait(&t->node);
	/* The operation may have re-armed it. */
	was |= timer_cancel(t);
	timer_leave(t);
	return was;
}

void timer_put(struct timer **tp)
{
	struct timer *t = *tp;

	*tp = NULL;
	if (!t)
		return;
	(void)timer_cancel(t);
	handle_put(&t->handle);
}
