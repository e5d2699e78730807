// SPDX-License-Identifier: MPL-2.0
/*
 * What happens where a task lets others run: the scheduling policy is the kernel's, except that one
 * task, the guest, is put on the CPU of the task under test and takes it at once, that is, at the
 * next moment at which that task lets others run.
 */
#include <frame/cpu.h>
#include <frame/sched.h>

#include "test.h"

static struct task *guest; /* compared only */
static unsigned stage_cpu;

/* The other operations, but for stage_preempts, are the kernel's. */
static unsigned stage_select(struct task *t, unsigned prev)
{
	return t == load_once(guest) ? load_once(stage_cpu) : kernel_policy()->select_cpu(t, prev);
}
static void stage_enqueue(unsigned cpu, struct task *t, bool woken)
{
	kernel_policy()->enqueue(cpu, t, woken);
}
static struct task *stage_pick(unsigned cpu)
{
	return kernel_policy()->pick(cpu);
}
static void stage_account(unsigned cpu, struct task *cur, u64 ran_ns)
{
	kernel_policy()->account(cpu, cur, ran_ns);
}
/* So the guest runs at the next moment at which the task under test may be switched away from. */
static bool stage_preempts(unsigned cpu, struct task *woken, struct task *cur)
{
	return woken == load_once(guest) || kernel_policy()->preempts(cpu, woken, cur);
}
static u64 stage_slice(unsigned cpu, struct task *cur)
{
	return kernel_policy()->slice(cpu, cur);
}
static bool stage_dequeue(unsigned cpu, struct task *t)
{
	return kernel_policy()->dequeue(cpu, t);
}
static unsigned stage_busiest(unsigned cpu)
{
	return kernel_policy()->busiest(cpu);
}
static struct task *stage_pull(unsigned from, unsigned to)
{
	return kernel_policy()->pull(from, to);
}
static const struct sched_policy stage_policy = {
	.select_cpu = stage_select,
	.enqueue = stage_enqueue,
	.pick = stage_pick,
	.account = stage_account,
	.preempts = stage_preempts,
	.slice = stage_slice,
	.dequeue = stage_dequeue,
	.busiest = stage_busiest,
	.pull = stage_pull,
};

static void (*guest_fn)(void);
static struct atomic guest_began, guest_ran;

static void run_guest(unsigned i)
{
	(void)i;
	atomic_store(&guest_began, 1);
	guest_fn();
	atomic_store(&guest_ran, 1);
}

/* True: the guest began before @call had ended. */
bool test_meanwhile(void (*call)(void), void (*fn)(void))
{
	struct task *t = test_task(run_guest, 0);
	bool ran;

	if (!t)
		return false;
	guest_fn = fn;
	atomic_store(&guest_began, 0);
	atomic_store(&guest_ran, 0);
	store_once(guest, t);
	sched_set_policy(&stage_policy);
	store_once(stage_cpu, cpu_id()); /* the kernel is not preempted: this task stays here */
	task_start(t);
	call();
	ran = atomic_load(&guest_began);
	ran &= test_until(&guest_ran, 1);
	sched_set_policy(kernel_policy());
	store_once(guest, NULL);
	task_put(&t);
	return ran;
}
