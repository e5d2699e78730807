// SPDX-License-Identifier: MPL-2.0
/*
 * Interrupt lines (frame/irq.h): one for each interrupt of a chip that a device uses.
 *
 * A chip finds the line of an interrupt in a table, by its number, and passes it to
 * irq_line_deliver. That takes line.lock, reads the handler and its owner, counts itself in
 * `running`, unlocks, and calls the handler. Detach masks the line and clears the handler under the
 * lock, waits until no CPU is in the handler, and then drops the reference on the owner. Meanwhile
 * no other handler can be attached, because `running` would count that one's interrupts as well. An
 * interrupt without a handler masks its line. The mask changes only under line.lock, so it agrees
 * with the handler: an interrupt that was on its way during a detach cannot mask the line after the
 * next attach.
 *
 * A wire that several devices share is a line without a handler. Each device has a line of its own,
 * with a mask and a state of its own at the device (PCI: pci.c), and the wire's interrupts are
 * delivered to those that are up. If none is up, again and again, the wire is masked, until a
 * handler is attached to one of its lines.
 *
 * Lines that interrupt without end starve the tasks of a CPU: with each of them that goes on, the
 * next interrupt is there. What counts is what the tasks of the CPU have left, however many lines
 * share it. So each CPU counts its interrupts. If BURST of them came within BURST_NS, and none of
 * its tasks has gone to sleep meanwhile, the CPU is quiet for PAUSE_NS: each line that interrupts
 * it in that time, and the one that has ended the burst, is masked until the time is over, also one
 * that its driver enables again. The handler of a line is called once more after the pause, because
 * an edge may have been missed. A CPU that a user program keeps busy, with a device that interrupts
 * often, loses a pause in a thousand interrupts.
 *
 * Locking: line.lock guards attachment and the mask. Delivery holds it, with interrupts off, only
 *          while it reads the handler. lines_lock guards the making of lines.
 * Trust: a handler runs while the line holds a reference on its owner; detach waits for it. Lines
 *        are made for numbers that a chip or a function of PCI has, and are never freed: their
 *        memory is bounded by the machine.
 */
#include <frame/cpu.h>
#include <frame/log.h>
#include <frame/sync.h>

#include <frame/time.h>

#include "../cpu_local.h"
#include "../task/task.h"
#include "irqchip.h"

/* Interrupts of a shared wire, one after the other, of which no device says that it is its own. */
#define MAX_UNCLAIMED 1000u
#define BURST         1000u
#define BURST_NS      (100 * NSEC_PER_MSEC)
#define PAUSE_NS      NSEC_PER_MSEC
#define NOTED_PAUSES  100u /* so many are worth a message */

struct irq_line {
	struct irq_chip *chip;
	u32 nr; /* at the chip */
	/*
	 * Calls of the handler: one for each CPU, and those nested in handlers that turn interrupts
	 * on, of which a stack holds few.
	 */
	u32 running;
	u32 detaching;                /* lock; CPUs in irq_line_detach */
	const struct irq_ops *ops;    /* lock */
	struct obj *owner;            /* lock; reference */
	struct irq_line *sharers;     /* lock; read without it. The list only grows */
	struct irq_line *next_sharer; /* written before the line is on its list */
	struct irq_line *wire;        /* that the line shares; written before the line is used */
	struct spinlock lock;
	u32 unclaimed;            /* lock; MAX_UNCLAIMED: the wire is masked for that reason */
	u32 pauses;               /* lock; of a CPU, after a burst that the line has ended */
	bool paused;              /* lock; masked until the timer fires */
	struct timer_node resume; /* lock */
	u64 count[];              /* by CPU */
};

/*
 * The interrupts of a CPU, which alone accesses it, with interrupts off: how many since when, what
 * sched_is_starved has seen then, and until when the CPU is quiet (0: it is not). While it is,
 * `nr` stays at BURST.
 */
static struct burst {
	u64 since_ns, seen, quiet_ns;
	u32 nr;
} __attribute__((aligned(64))) bursts[MAX_CPUS];

static struct spinlock lines_lock;
static struct irq_table all_lines; /* lines_lock; in the order in which they were made */
static u32 nr_lines;               /* lines_lock */

/* ---- making lines; all with lines_lock held ---- */

int irq_table_set(struct irq_table *t, u32 nr, struct irq_line *l)
{
	paddr_t pa;

	if (nr >= IRQ_TABLE_MAX)
		return -EINVAL;
	if (!t->row[nr / IRQ_TABLE_ROW]) {
		pa = page_alloc_frame();
		if (!pa)
			return -ENOMEM;
		/* TRUST: a zeroed page of the frame's own: no lines. */
		store_release(t->row[nr / IRQ_TABLE_ROW],
			(struct irq_line **)arch_phys_to_virt(pa));
	}
	store_release(t->row[nr / IRQ_TABLE_ROW][nr % IRQ_TABLE_ROW], l);
	return 0;
}

/* Zeroed memory for a line; NULL: no memory. All CPUs have been found when there are devices. */
static struct irq_line *line_alloc(void)
{
	static u8 *piece;
	static size_t left;
	size_t size = sizeof(struct irq_line) + nr_cpus * sizeof(u64);
	paddr_t pa;

	static_assert(sizeof(struct irq_line) + MAX_CPUS * sizeof(u64) <= PAGE_SIZE,
		"a line lies in a page");
	if (left < size) {
		pa = page_alloc_frame();
		if (!pa)
			return NULL;
		piece = arch_phys_to_virt(pa);
		left = PAGE_SIZE;
	}
	left -= size;
	return (struct irq_line *)(piece + left);
}

/* The chip's start may already let its CPU find the line: it is complete but for its number here. */
static struct irq_line *line_make(struct irq_chip *c, u32 nr)
{
	static struct irq_line *unused; /* what a chip has refused */
	struct irq_line *l = unused ? unused : line_alloc();

	if (!l || nr >= IRQ_TABLE_MAX)
		return NULL;
	unused = l;
	l->chip = c;
	l->nr = nr;
	if (irq_table_set(&all_lines, nr_lines, l) || irq_table_set(&c->lines, nr, NULL) ||
		(c->ops->start && c->ops->start(c, nr, l)))
		return NULL;
	if (irq_table_set(&c->lines, nr, l))
		frame_bug("a row of a table of lines is gone");
	store_release(nr_lines, nr_lines + 1);
	unused = NULL;
	return l;
}

struct irq_line *irq_line_get(struct irq_chip *c, u32 nr)
{
	u64 flags = spin_lock_irqsave(&lines_lock);
	struct irq_line *l = irq_table_get(&c->lines, nr);

	if (!l)
		l = line_make(c, nr);
	spin_unlock_irqrestore(&lines_lock, flags);
	return l;
}

/* ---- delivery ---- */

/* Called with the line's lock held. */
static void line_set_mask(struct irq_line *l, bool masked)
{
	l->paused = false;
	l->chip->ops->mask(l->chip, l->nr, masked);
}

/*
 * Counts an interrupt of the wire that a device says is its own, or none does. A device that cannot
 * be masked must not hold the CPU for ever.
 */
static void count_unclaimed(struct irq_line *l, bool is_claimed)
{
	bool stop = false;

	if (is_claimed && !load_once(l->unclaimed))
		return;
	spin_lock(&l->lock);
	if (l->unclaimed < MAX_UNCLAIMED) {
		l->unclaimed = is_claimed ? 0 : l->unclaimed + 1;
		stop = l->unclaimed == MAX_UNCLAIMED;
		if (stop)
			line_set_mask(l, true);
	}
	spin_unlock(&l->lock);
	if (stop)
		log_warn("shared interrupt %u is masked: no device says that it is its own", l->nr);
}

/* A wire that was masked has another chance. */
static void wire_unmask(struct irq_line *l)
{
	u64 flags = spin_lock_irqsave(&l->lock);

	if (l->unclaimed == MAX_UNCLAIMED)
		line_set_mask(l, false);
	l->unclaimed = 0;
	spin_unlock_irqrestore(&l->lock, flags);
}

static noinline void deliver_shared(struct irq_line *l)
{
	struct irq_line *s;
	bool any = false;

	for (s = load_acquire(l->sharers); s; s = s->next_sharer) {
		if (s->chip->ops->is_up(s->chip, s->nr)) {
			irq_line_deliver(s);
			any = true;
		}
	}
	count_unclaimed(l, any);
}

static void line_resume(struct timer_node *n)
{
	struct irq_line *l = (struct irq_line *)((u8 *)n - offsetof(struct irq_line, resume));
	u64 flags = spin_lock_irqsave(&l->lock);
	bool again = l->paused;

	if (again)
		line_set_mask(l, false);
	spin_unlock_irqrestore(&l->lock, flags);
	if (again)
		irq_line_deliver(l);
}

/*
 * An interrupt after BURST others, or while the CPU is quiet; returns whether to say something.
 * Called with the line's lock held.
 */
static noinline bool line_end_burst(struct irq_line *l, struct burst *b)
{
	u64 now = time_mono_ns();
	bool is_fast = now - b->since_ns < BURST_NS, is_storm = sched_is_starved(&b->seen);
	bool is_first = !b->quiet_ns;

	if (is_first && is_fast && is_storm)
		b->quiet_ns = now + PAUSE_NS;
	if (now >= b->quiet_ns) {
		*b = (struct burst){ .since_ns = now, .seen = b->seen };
		return false;
	}
	b->nr = BURST;
	line_set_mask(l, true);
	l->paused = true;
	l->resume.fire = line_resume;
	timer_node_set(&l->resume, b->quiet_ns);
	return is_first && ++l->pauses == NOTED_PAUSES;
}

void irq_line_deliver(struct irq_line *l)
{
	u32 cpu = _arch_cpu_id();
	const struct irq_ops *ops;
	struct obj *owner;
	bool is_noted = false;

	if (!l)
		return;
	l->count[cpu]++;
	if (unlikely(load_acquire(l->sharers))) {
		deliver_shared(l);
		return;
	}
	spin_lock(&l->lock);
	ops = l->ops;
	owner = l->owner;
	if (ops)
		_add32_full(&l->running, 1);
	else if (!l->sharers) /* which may be there since the look above */
		line_set_mask(l, true);
	if (unlikely(++bursts[cpu].nr >= BURST) && ops)
		is_noted = line_end_burst(l, &bursts[cpu]);
	spin_unlock(&l->lock);
	if (!ops)
		return;
	if (unlikely(is_noted))
		log_warn("interrupt %u comes without end, and is slowed down", l->nr);
	ops->handle(owner);
	_add32_full(&l->running, -1u);
}

int irq_line_share(struct irq_line *l, struct irq_line *sharer)
{
	u64 flags = spin_lock_irqsave(&l->lock);
	struct irq_line *s;
	int err = l->ops ? -EBUSY : 0;

	for (s = l->sharers; s && s != sharer; s = s->next_sharer)
		;
	if (!err && !s) {
		l->unclaimed = 0;
		sharer->wire = l;
		sharer->next_sharer = l->sharers;
		store_release(l->sharers, sharer);
		line_set_mask(l, false);
	}
	spin_unlock_irqrestore(&l->lock, flags);
	return err;
}

/* ---- handlers ---- */

/* The reference is taken before the lock: a bad owner traps with no lock held. */
int irq_line_attach(struct irq_line *l, const struct irq_ops *ops, struct obj *owner)
{
	struct obj *ref;
	u64 flags;
	int err;

	must_be_task();
	ref = obj_get_any(owner);
	flags = spin_lock_irqsave(&l->lock);
	err = l->ops || l->sharers || l->detaching ? -EBUSY : 0;
	if (!err) {
		l->owner = ref;
		l->ops = ops;
		line_set_mask(l, false);
	}
	spin_unlock_irqrestore(&l->lock, flags);
	if (err)
		obj_put_any(&ref);
	else if (l->wire)
		wire_unmask(l->wire);
	return err;
}

void irq_line_detach(struct irq_line *l)
{
	struct obj *owner;
	u64 flags;

	must_be_task(); /* a handler would wait for itself */
	flags = spin_lock_irqsave(&l->lock);
	if (l->ops)
		line_set_mask(l, true);
	owner = l->owner;
	l->ops = NULL;
	l->owner = NULL;
	l->detaching++;
	spin_unlock_irqrestore(&l->lock, flags);
	while (load_acquire(l->running))
		_arch_relax();
	flags = spin_lock_irqsave(&l->lock);
	l->detaching--;
	spin_unlock_irqrestore(&l->lock, flags);
	obj_put_any(&owner);
}

void irq_line_enable(struct irq_line *l)
{
	u64 flags = spin_lock_irqsave(&l->lock);

	if (l->ops)
		line_set_mask(l, false);
	spin_unlock_irqrestore(&l->lock, flags);
}

void irq_line_disable(struct irq_line *l)
{
	u64 flags = spin_lock_irqsave(&l->lock);

	if (!l->sharers) /* which have masks of their own */
		line_set_mask(l, true);
	spin_unlock_irqrestore(&l->lock, flags);
}

/* ---- what is known of a line ---- */

u64 irq_line_count(const struct irq_line *l, unsigned cpu)
{
	return load_once(l->count[_index_check(cpu, cpu_count())]);
}

bool irq_line_describe(unsigned i, struct irq_info *out)
{
	struct irq_line *l = i < load_acquire(nr_lines) ? irq_table_get(&all_lines, i) : NULL;

	if (l)
		*out = (struct irq_info){ l, { l->chip->ops->name }, l->nr };
	return l != NULL;
}
