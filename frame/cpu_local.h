// SPDX-License-Identifier: MPL-2.0
/*
 * The per-CPU block. Private to the frame. The backend keeps a pointer to it in one register.
 * Assembly uses the first fields; static_asserts in the backend tie their offsets.
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
 * The locks with a level that a task holds, for the check of the lock order. They move with a task
 * that sleeps.
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
	struct arch_cpu arch;       /* 16: owned by the backend */
	u32 id;                     /* 48: dense number */
	u32 need_resched;           /* 52: set by ticks, wake-ups and IPIs; cleared by schedule */
	u64 hw_id;                  /* 56: the hardware's own number */
	struct vmspace *vmspace;    /* 64: the address space whose tables are active */
	u64 irq_depth;              /* 72: > 0 outside a task's own code, see IN_POLICY */
	struct user_ctx *fpu_owner; /* 80: whose FP state the registers hold */
	u64 ipi_pending;            /* 88: atomic bits, enum ipi */
	/*
	 * 96: the address space for which user mode may be entered at once, see _user_prepare; any
	 * CPU may clear it.
	 */
	struct vmspace *ready;

	u32 from_user;           /* the interrupt being handled came from user mode */
	struct slot_list *slots; /* the CPU's free objects, frame/mm/pool.c */
	struct task *idle;
	struct task *switched_from; /* between a switch and finish_switch */
	void *idle_stack_top;
	u32 online;
	/* Enum cpu_arrival: decides the race between the CPU that starts this one and this one. */
	u32 arrival;
#ifdef KEEL_DEBUG
	struct held_locks held; /* by the code that runs here now */
#endif
};

/*
 * Service code that runs in the middle of a frame operation. cpu.irq_depth counts it: each
 * interrupt handler adds 1, an operation of the scheduling policy IN_POLICY, a console's write
 * IN_CONSOLE. All of this code runs with interrupts off (the frame turns them off again when it
 * returns) and cannot leave the CPU: while the counter is not 0 nothing sleeps, switches, ends the
 * task, or changes its address space (must_be_task). In a policy and a console the frame's own
 * locks are held, so calls that take these locks are refused as well (must_hold_no_lock). The
 * functions that services can call check the counter; the frame itself does none of these things in
 * these places.
 *
 * All service code that the frame calls, and what is half done meanwhile:
 * - task_ops.run, the probe of a driver, kernel_main and self-tests are tasks of their own: nothing
 *   is half done.
 * - The release function of an object, in the context of the last put: the object has no references
 *   and is on no list. The frame puts objects of services with no lock held: when a task ends (in
 *   that task), and when a task that was never started, a timer, an interrupt line or a console is
 *   released (in the caller, or in the timer's interrupt).
 * - timer_ops.fire and irq_ops.handle, in an interrupt: no lock is held, the timer is off its queue
 *   and in use, the line is counted as running. It is the line's own interrupt, or that of the timer
 *   which ends a pause of the line (line_resume).
 * - kernel_policy, once at boot, as an operation of a policy: no lock is held, there are no tasks.
 * - sched_policy.select_cpu: the frame holds task.lock of a task that was just made runnable and is
 *   on no queue, or holds no lock and has such a task. No other CPU can run, wake or end it.
 * - sched_policy.busiest: no lock is held; the CPU has put its task back and has chosen none.
 * - The other operations of a policy: the run queue's lock is held. The frame's own part of the
 *   queue is a count; task.queued verifies the policy's answer (sched.c).
 * - console_ops.write: the log's lock is held; the record is in the ring.
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

/* A value of cpu.ready that equals no address space which a caller can pass, not even NULL. */
#define NOT_READY ((struct vmspace *)1)

/* Makes CPU @c check its flags before it runs user code; the caller has set the flag. */
static inline void cpu_not_ready(struct cpu *c)
{
	memory_barrier();
	store_once(c->ready, NOT_READY);
}

enum cpu_arrival { CPU_AWAITED, CPU_ARRIVED, CPU_GIVEN_UP };
extern struct cpu cpus[MAX_CPUS];
/* CPUs found; all of them are online when kernel_main runs, see cpu_count(). */
extern unsigned nr_cpus;

enum ipi { IPI_RESCHED = 1, IPI_CALL = 2, IPI_STOP = 4 };
/* Sets the bits in each CPU of the mask and interrupts these CPUs. */
void ipi_send(u64 cpu_mask, u64 bits);
/*
 * Runs fn(arg) on the CPUs of the mask (not this one) in interrupt context and waits until all are
 * done. Interrupts on.
 */
void ipi_call(u64 cpu_mask, void (*fn)(void *), void *arg);

void cpu_stop_others(void);
void time_init(void);
void smp_init(void);

#endif
