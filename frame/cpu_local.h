// SPDX-License-Identifier: MPL-2.0
/*
 * The per-CPU block. Private to the frame. The backend keeps a pointer to it in one register.
 *
 * The first fields are known to assembly (static_asserts in the backend tie the offsets).
 */
#ifndef FRAME_CPU_LOCAL_H
#define FRAME_CPU_LOCAL_H

#include <frame/sync.h>
#include <frame/types.h>

#include <frame_arch/private.h>

struct task;
struct vmspace;
struct page;
struct slot_list;

#ifdef KEEL_DEBUG
/*
 * The locks with a level that a task holds, for the check of their order. A task that sleeps takes
 * them along.
 */
struct held_locks {
	struct {
		const void *lock;
		u32 level;
	} v[16];
	u32 nr;
};
#endif

struct cpu {
	struct task *current;       /* 0 */
	u64 kernel_sp;              /* 8: scratch of the trap entry */
	struct arch_cpu arch;       /* 16: the backend's */
	u32 id;                     /* 48: dense number */
	u32 need_resched;           /* 52: set by ticks, wake-ups and IPIs; cleared by schedule */
	u64 hw_id;                  /* 56: the hardware's own number */
	struct vmspace *vmspace;    /* 64: whose tables are active */
	u64 irq_depth;              /* 72: > 0 while no task's own code runs, see IN_POLICY */
	struct user_ctx *fpu_owner; /* 80: whose FP state the registers hold */
	u64 ipi_pending;            /* 88: atomic bits, enum ipi */
	/* 96: user mode may be entered in it at once, see _user_prepare; anybody may clear it. */
	struct vmspace *ready;

	u32 from_user;           /* the interrupt that is handled came in user mode */
	struct slot_list *slots; /* its free objects, frame/mm/pool.c */
	struct task *idle;
	struct task *switched_from; /* between a switch and finish_switch */
	void *idle_stack_top;
	u32 online;
	/* Enum cpu_arrival: who of the two, the starting CPU or this one, was first. */
	u32 arrival;
#ifdef KEEL_DEBUG
	struct held_locks held; /* by what runs here now */
#endif
};

/*
 * Services' code that runs in the middle of something. cpu.irq_depth counts it: each interrupt
 * handler 1, an operation of the scheduling policy IN_POLICY, a console's write IN_CONSOLE. All of
 * it runs with interrupts off, which the frame sees to again when it returns, and cannot leave the
 * CPU: while the counter is not 0 nothing sleeps, switches, ends the task, or changes its address
 * space (must_be_task). In the last two the frame's own locks are held, so what takes these is
 * refused as well (must_hold_no_lock). What asks about the counter is what services can call; the
 * frame itself does none of that in these places.
 *
 * All that the frame calls of services, and what is half done meanwhile:
 *
 * - task_ops.run, the probe of a driver, kernel_main and self-tests are tasks of their own:
 *   nothing.
 * - The release function of an object, where somebody puts the last reference: the object has no
 *   references and is on no list. The frame puts objects of services with no lock held: when a task
 *   ends (in that task), with a task never started, a timer, a line or a console that is given up
 *   (in the caller, or in the timer's interrupt).
 * - timer_ops.fire and irq_ops.handle, in an interrupt: no lock is held, the timer is off its queue
 *   and in use, the line is counted as running.
 * - sched_policy.select_cpu: task.lock of a task that was just made runnable and is on no queue, or
 *   no lock and such a task. Nobody else can run, wake or end it.
 * - sched_policy.busiest: no lock; the CPU has put its task back and chosen none.
 * - The other operations of a policy: the queue's lock. The frame's own part of the queue is a
 *   count; what the policy answers is checked by task.queued (sched.c).
 * - console_ops.write: the log's lock; the record is in the ring.
 */
#define IN_POLICY  (1ul << 32)
#define IN_CONSOLE (1ul << 48)
void no_task_here(void) __attribute__((cold, noreturn));
static inline void must_be_task(void)
{
	if (unlikely(arch_this_cpu()->irq_depth))
		no_task_here();
}
static inline void must_hold_no_lock(void)
{
	if (unlikely(arch_this_cpu()->irq_depth >= IN_POLICY))
		no_task_here();
}

/* In cpu.ready: an address space that nobody asks for, not even with a NULL. */
#define NOT_READY ((struct vmspace *)1)

/* Something is to be looked at before user code runs on CPU @c: its flag has been set. */
static inline void cpu_not_ready(struct cpu *c)
{
	memory_barrier();
	store_once(c->ready, NOT_READY);
}

enum cpu_arrival { CPU_AWAITED, CPU_ARRIVED, CPU_GIVEN_UP };
extern struct cpu cpus[MAX_CPUS];
extern unsigned nr_cpus; /* found; all of them online when kernel_main runs, see cpu_count() */

enum ipi { IPI_RESCHED = 1, IPI_CALL = 2, IPI_STOP = 4 };
/* Sets the bits in each CPU of the mask and interrupts it. */
void ipi_send(u64 cpu_mask, u64 bits);
/*
 * Runs fn(arg) on the CPUs of the mask (not this one) in interrupt context and waits for all.
 * Interrupts on.
 */
void ipi_call(u64 cpu_mask, void (*fn)(void *), void *arg);

void cpu_stop_others(void);
void time_init(void);
void smp_init(void);

#endif
