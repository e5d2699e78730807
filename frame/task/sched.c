// SPDX-License-Identifier: MPL-2.0
/*
 * The context switch, and the mechanism around the scheduling policy that a service provides
 * (frame/sched.h).
 *
 * How a task gets a CPU. A waker sets the task's state to RUNNABLE under task.lock. It selects a
 * CPU with the policy, takes that CPU's run-queue lock, sets `queued`, hands the task to the
 * policy, and kicks the CPU if the task should run at once. schedule on that CPU takes the
 * run-queue lock, hands its current task back to the policy if that task can still run, and asks
 * the policy for a task. It accepts the task only if it can exchange `queued` from 1 to 0 and the
 * state is RUNNABLE. If the queue is empty, it pulls a task from another CPU's queue, else it runs
 * the idle task. It unlocks, waits until no other CPU uses the task's context (on_cpu), and
 * switches. finish_switch, on the new stack, clears on_cpu of the task that left.
 *
 * Locking: task.lock, then the run-queue lock of one CPU. The policy's operations run under that
 *          lock.
 * Trust: a task goes to a CPU only by an exchange of its `queued` flag, and runs only after the CPU
 *        that last used its context has cleared on_cpu. So whatever a policy returns, a task is on
 *        one CPU at a time, with a saved context. Interrupts are off at the switch whatever a
 *        policy did to them.
 *
 * The policy's operations run in the middle of a switch or a wake-up. So they are never nested and
 * cannot switch or wake (cpu.irq_depth, policy_enter), and interrupts are off again after them:
 * schedule's result still holds when a user context is entered.
 *
 * Two CPUs must not wait for each other's last task to leave its CPU. So a task that is still on a
 * CPU is woken onto that CPU's queue, and only an idle CPU may take it from there (no CPU waits for
 * an idle task).
 */
#include <frame/log.h>
#include <frame/time.h>

#include "task.h"

#define TICK_NS (10 * NSEC_PER_MSEC) /* accounting period of a CPU that is not idle */

struct run_queue {
	struct spinlock lock;
	/*
	 * The task chosen last, maybe not yet switched to. NULL: the idle task, before the first
	 * choice.
	 */
	struct task *running;
	u64 idle_ns, idle_since;
	u64 user_ns, nr_switches, nr_sleeps;
	u64 tick; /* absolute time of the next tick, ~0: none */
	u32 nr;   /* number of tasks handed to the policy and not taken back */
};
static struct run_queue queues[MAX_CPUS];

static const struct sched_policy *policy;

/* Bracket the policy's operations. Interrupts off. */
static void policy_enter(struct cpu *c)
{
	if (unlikely(c->irq_depth >= IN_POLICY))
		no_task_here(); /* an interrupt while the policy had interrupts on */
	c->irq_depth += IN_POLICY;
}
static void policy_leave(struct cpu *c)
{
	arch_irq_disable(); /* the policy may have turned them on */
	c->irq_depth -= IN_POLICY;
}

/* The services' function runs as an operation of the policy does: it is no task. */
void sched_init(void)
{
	u64 flags = _arch_irq_save();

	policy_enter(arch_this_cpu());
	policy = kernel_policy();
	policy_leave(arch_this_cpu());
	_arch_irq_restore(flags);
}

void sched_set_policy(const struct sched_policy *p)
{
	must_be_task();
	store_release(policy, p);
}

/* ---- accounting ---- */

/*
 * Entering and leaving user mode reads no clock. An interval without user mode is system time. An
 * interval with user mode is divided by the share of user mode that recent ticks found.
 */
void sched_account(struct task *t, u64 now)
{
	u64 ran = now - t->stamp_ns;
	u64 user = t->in_user ? ran * (SHARE_ALL - t->system_share) / SHARE_ALL : 0;

	t->stamp_ns = now;
	t->user_ns += user;
	t->system_ns += ran - user;
	queues[_arch_cpu_id()].user_ns += user;
}

/* A tick found the task in user mode or in the kernel; an accounting interval ends. */
static void sched_account_tick(struct cpu *c, struct task *t, u64 now)
{
	if (t->in_user)
		t->system_share += ((c->from_user ? 0 : (s32)SHARE_ALL) - (s32)t->system_share) / 4;
	sched_account(t, now);
	t->in_user = c->from_user;
	c->ready = NOT_READY; /* so that the next entry into user mode is recorded */
}

/* ---- wake-ups ---- */

/* Makes a CPU check its run queue. */
static void cpu_kick(unsigned cpu)
{
	store_once(cpus[cpu].need_resched, 1);
	cpu_not_ready(&cpus[cpu]);
	if (cpu != _arch_cpu_id())
		ipi_send(1ul << cpu, IPI_RESCHED);
}

/* Hands a runnable task to the policy. */
static void runq_enqueue(struct task *t, unsigned cpu)
{
	struct run_queue *q = &queues[cpu];
	struct task *cur;
	bool resched;

	spin_lock(&q->lock);
	store_once(t->cpu, cpu);
	store_release(t->queued, 1);
	q->nr++;
	policy->enqueue(cpu, t, true);
	cur = q->running;
	resched = !cur || cur == cpus[cpu].idle || policy->preempts(cpu, t, cur);
	spin_unlock(&q->lock);
	if (resched)
		cpu_kick(cpu);
}

/*
 * Queues a runnable task that is on no queue, and that last ran on CPU @prev, where the policy
 * wants it. Interrupts off.
 */
static void runq_place(struct task *t, unsigned prev)
{
	struct cpu *c = arch_this_cpu();
	unsigned cpu;

	policy_enter(c);
	cpu = load_acquire(t->on_cpu) ? prev : policy->select_cpu(t, prev);
	runq_enqueue(t, cpu < nr_cpus && cpus[cpu].online ? cpu : prev);
	policy_leave(c);
}

void task_wake_locked(struct task *t)
{
	t->state = TASK_RUNNABLE;
	runq_place(t, t->cpu);
}

void sched_requeue(struct task *t)
{
	unsigned cpu = load_once(t->cpu);
	u64 flags;
	bool was;

	must_hold_no_lock();
	if (cpu >= nr_cpus)
		return;
	flags = spin_lock_irqsave(&queues[cpu].lock);
	policy_enter(arch_this_cpu());
	was = load_once(t->queued) && policy->dequeue(cpu, t) && _swap32_full(&t->queued, 0);
	policy_leave(arch_this_cpu());
	/*
	 * The task may be running: then it leaves its CPU and is placed anew. The unlock orders the
	 * request before the kick, so the schedule that follows the kick sees it.
	 */
	if (was)
		queues[cpu].nr--;
	else
		store_once(t->replace, 1);
	spin_unlock(&queues[cpu].lock);
	if (was)
		runq_place(t, cpu);
	else
		cpu_kick(cpu);
	_arch_irq_restore(flags);
}

/* ---- picking ---- */

static u32 nr_refused; /* tasks that a policy returned although they may not run */

/*
 * Logs once that there are such tasks. Called before a switch begins, because logging calls a
 * service's console and wakes the log's readers.
 */
static void sched_report_refused(void)
{
	static u32 told;

	if (!_swap32_relaxed(&told, 1))
		log_warn("the scheduling policy returned a task that may not run");
}

/* Accepts the task that the policy returned, if the frame may run it. */
static bool runq_take(struct cpu *c, struct run_queue *q, struct task *t)
{
	if (unlikely(!_swap32_full(&t->queued, 0) || load_once(t->state) != TASK_RUNNABLE)) {
		_add32_relaxed(&nr_refused, 1);
		return false;
	}
	q->nr--;
	store_once(t->cpu, c->id);
	return true;
}

/*
 * Returns @t to the queue it came from if this CPU would have to wait for @t's CPU while another
 * CPU may wait for the task that this CPU still runs. The idle task then tries again.
 */
static bool runq_give_back(struct cpu *c, unsigned queue, struct task *t)
{
	if (likely(!load_acquire(t->on_cpu)) || t == c->current || c->current == c->idle ||
		!load_once(t->queued))
		return false;
	policy->enqueue(queue, t, false);
	c->need_resched = 1;
	cpu_not_ready(c);
	return true;
}

static struct task *runq_pick(struct cpu *c, struct run_queue *q)
{
	struct task *t;

	while ((t = policy->pick(c->id)) != NULL) {
		if (runq_give_back(c, c->id, t))
			return NULL;
		if (runq_take(c, q, t))
			return t;
	}
	return NULL;
}

/* Takes a task from another CPU's queue for this CPU, whose queue is empty and unlocked. */
static struct task *runq_steal(struct cpu *c)
{
	unsigned from = policy->busiest(c->id);
	struct run_queue *q;
	struct task *t;

	arch_irq_disable();
	if (from >= nr_cpus || from == c->id)
		return NULL;
	q = &queues[from];
	if (!load_once(q->nr) || !spin_trylock(&q->lock))
		return NULL;
	t = policy->pull(from, c->id);
	if (t && (runq_give_back(c, from, t) || !runq_take(c, q, t)))
		t = NULL;
	spin_unlock(&q->lock);
	return t;
}

/* Sets this CPU's next tick: the policy's slice, the accounting period, or never when idle. */
static void runq_set_tick(struct cpu *c, struct run_queue *q, struct task *next, u64 now)
{
	u64 slice;

	if (next == c->idle) {
		q->tick = ~0ul;
	} else {
		slice = policy->slice(c->id, next);
		q->tick = now + (slice && slice < TICK_NS ? slice : TICK_NS);
	}
	timer_set_tick(q->tick);
}

static void runq_account_idle(struct cpu *c, struct run_queue *q, struct task *prev,
	struct task *next, u64 now)
{
	if (prev == c->idle)
		q->idle_ns += now - q->idle_since;
	if (next == c->idle)
		q->idle_since = now;
}

static void task_switch(struct cpu *c, struct task *prev, struct task *next)
{
	/* Another CPU may still be switching away from this context. */
	while (load_acquire(next->on_cpu))
		_arch_relax();
	next->on_cpu = 1;
#ifdef KEEL_DEBUG
	prev->held = c->held;
	c->held = next->held;
#endif
	c->current = next;
	c->switched_from = prev;
	arch_fpu_save(&prev->user);
	/*
	 * A kernel task sees no user memory. The idle task accesses none, so the present address
	 * space stays active.
	 */
	if (next->vmspace || next != c->idle)
		vmspace_activate(next->vmspace);
	arch_switch(&prev->context, &next->context);
	finish_switch();
}

void schedule(void)
{
	struct cpu *c = arch_this_cpu();
	struct run_queue *q = &queues[c->id];
	struct task *prev = c->current;
	struct task *next;
	u64 now, ran;
	bool stays;

	must_be_task();
	/* Also without a switch: task_interrupt relies on it for a task in a sleep (user.c). */
	c->ready = NOT_READY;
	if (unlikely(load_once(nr_refused)))
		sched_report_refused();
	now = time_mono_ns();
	spin_lock(&q->lock);
	c->irq_depth = IN_POLICY; /* policy_enter: it was 0 */
	c->need_resched = 0;
	if (prev != c->idle) {
		ran = now - prev->stamp_ns;
		sched_account(prev, now); /* first, because the policy may read the task's times */
		policy->account(c->id, prev, ran);
	}
	/* A task that goes to sleep is queued by its waker, maybe even before this switch. */
	stays = prev != c->idle && !prev->sleeping && load_once(prev->state) == TASK_RUNNABLE;
	if (unlikely(stays && load_once(prev->replace))) {
		prev->leaving = 1; /* finish_switch queues it, when it is off this CPU */
	} else if (stays) {
		store_release(prev->queued, 1);
		q->nr++;
		policy->enqueue(c->id, prev, false);
	}
	next = runq_pick(c, q);
	if (!next) {
		spin_unlock(&q->lock);
		next = runq_steal(c);
		spin_lock(&q->lock);
		/* A task may have been queued while the lock was free. */
		if (!next)
			next = runq_pick(c, q);
	}
	if (!next)
		next = c->idle;
	store_once(q->running, next);
	runq_set_tick(c, q, next, now);
	runq_account_idle(c, q, prev, next, now);
	next->stamp_ns = now;
	spin_unlock(&q->lock);
	policy_leave(c);
	if (next == prev)
		return;
	if (stays) {
		prev->involuntary++;
	} else {
		prev->voluntary++;
		q->nr_sleeps++;
	}
	q->nr_switches++;
	next->in_user = 0;
	task_switch(c, prev, next);
}

bool sched_is_starved(u64 *seen)
{
	struct cpu *c = arch_this_cpu();
	u64 sleeps = queues[c->id].nr_sleeps;
	bool same = *seen == sleeps;

	*seen = sleeps;
	return same && c->current != c->idle;
}

void sched_place(struct task *t)
{
	store_once(t->replace, 0);
	runq_place(t, t->cpu);
}

void sched_tick(u64 now)
{
	struct cpu *c = arch_this_cpu();
	struct run_queue *q = &queues[c->id];
	struct task *t = c->current;
	u64 slice, ran;

	if (t == c->idle)
		return;
	policy_enter(c);
	spin_lock(&q->lock);
	ran = now - t->stamp_ns;
	sched_account_tick(c, t, now);
	policy->account(c->id, t, ran);
	slice = policy->slice(c->id, t);
	if (slice) {
		c->need_resched = 1;
		cpu_not_ready(c);
	}
	runq_set_tick(c, q, t, now);
	spin_unlock(&q->lock);
	policy_leave(c);
}

u64 sched_idle_ns(unsigned cpu)
{
	const struct run_queue *q = &queues[_index_check(cpu, MAX_CPUS)];
	u64 idle = load_once(q->idle_ns);

	if (sched_cpu_is_idle(cpu))
		idle += time_mono_ns() - load_once(q->idle_since);
	return idle;
}

u64 sched_nr_switches(void)
{
	u64 sum = 0;
	unsigned i;

	for (i = 0; i < nr_cpus; i++)
		sum += load_once(queues[i].nr_switches);
	return sum;
}

u64 sched_user_ns(unsigned cpu)
{
	return load_once(queues[_index_check(cpu, nr_cpus)].user_ns);
}

bool sched_cpu_is_idle(unsigned cpu)
{
	const struct run_queue *q = &queues[_index_check(cpu, MAX_CPUS)];
	const struct task *t = load_once(q->running);

	return (!t || t == cpus[cpu].idle) && !load_once(q->nr);
}
