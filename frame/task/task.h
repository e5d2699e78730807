// SPDX-License-Identifier: MPL-2.0
/* Tasks inside the frame. Private to frame/task. */
#ifndef FRAME_TASK_TASK_H
#define FRAME_TASK_TASK_H

#include <frame/sched.h>
#include <frame/sync.h>
#include <frame/task.h>
#include <frame/wait.h>

#include "../arch.h"
#include "../cpu_local.h"
#include "../handle.h"

/* An entry of a CPU's timer queue: a pairing heap. Guarded by that CPU's timer lock. */
struct timer_node {
	u64 deadline;
	void (*fire)(struct timer_node *n);        /* interrupt context, no lock held */
	struct timer_node *child, *sibling, *prev; /* prev: parent or left sibling */
	u32 cpu;
	u32 armed;
};
/*
 * Arms the node on this CPU (moves it to this CPU's queue); returns whether it was armed. The
 * caller's lock excludes two calls for one node.
 */
bool timer_node_set(struct timer_node *n, u64 deadline_ns);
/* Disarms the node; returns whether it was armed. */
bool timer_node_cancel(struct timer_node *n);
/* Waits while the operation of @n, which is not armed, runs on another CPU. */
void timer_node_wait(struct timer_node *n);
void timer_set_tick(u64 deadline_ns); /* ~0: none */

/*
 * Whether this CPU is not idle, and none of its tasks has gone to sleep since the last call with
 * this @seen.
 */
bool sched_is_starved(u64 *seen);

enum task_state { TASK_NONE, TASK_NEW, TASK_RUNNABLE, TASK_SLEEPING, TASK_DEAD };

#define SHARE_ALL 1024u
struct task {
	struct handle handle;
	struct obj *owner;       /* reference until exit; at _TASK_OWNER_OFFSET */
	struct vmspace *vmspace; /* held by vmspace_enter; only the task itself changes it */
	struct user_ctx user;    /* at _TASK_USER_OFFSET */
	struct arch_context context;
	u32 interrupts;       /* atomic: enum task_int */
	u32 cpu;              /* the CPU where it runs or last ran */
	struct spinlock lock; /* guards state, token, the decision to sleep */
	u32 state;
	u32 sleeping; /* only the task itself uses it: on the way into or in a sleep */
	u32 on_cpu;   /* set while a CPU uses the context; atomic */
	u32 queued;   /* handed to the policy; taken back with an exchange */
	u32 replace;  /* set by any CPU: the policy must place it anew */
	u32 leaving;  /* only its own CPU uses it: being switched out for that */
	u32 token;    /* task_park */
	u32 mode;     /* enum wait_mode of the present sleep */
	u32 timed_out;
	struct timer_node timeout;
	/* Parking lot: guarded by the bucket's lock. */
	u64 park_key; /* 0: not queued */
	struct task *park_next, *park_prev;
	struct waitq *park_waitq; /* the queue whose count includes this task */
	u32 park_woken;
	u32 park_prepared;
	const struct task_ops *ops;
	void *stack_top;
	struct lit name;
	u32 expects_trap, trapped; /* self-tests */
	u64 stamp_ns;              /* start of the interval not yet accounted */
	u64 user_ns, system_ns;
	u64 voluntary, involuntary;
	u32 in_user; /* the present interval included user mode */
	/* Kernel share of such intervals, in parts of SHARE_ALL; half until ticks measure it. */
	u32 system_share;
#ifdef KEEL_DEBUG
	struct held_locks held; /* while it does not run */
#endif
};

/*
 * Picks the next task and switches to it. Interrupts off; the caller has set the state of the
 * current task.
 */
void schedule(void);
/* Makes a SLEEPING task runnable. t->lock held, interrupts off. */
void task_wake_locked(struct task *t);
/* Runs on the new stack after each switch. */
void finish_switch(void);
/* The first task of the boot CPU; the idle task of a CPU, NULL: no memory; an idle task's body. */
void task_init_boot(void);
struct task *task_create_idle(struct cpu *c);
void idle_loop(void) __attribute__((noreturn));
/*
 * Queues a runnable task that has just left its CPU where the policy wants it now. Interrupts off.
 */
void sched_place(struct task *t);
/* Asks services for the policy: before the first task starts, when the frame is complete. */
void sched_init(void);
/* Ends the accounting interval of the running task at @now. */
void sched_account(struct task *t, u64 now);
/* One tick of this CPU. Context: interrupt. */
void sched_tick(u64 now);
/*
 * Sleeps until *@woken is non-zero, the deadline, or an interruption that @mode allows. Returns 0,
 * -ETIMEDOUT, -EINTR.
 */
int must_check sleep_until_woken(struct task *t, u32 *woken, enum wait_mode mode, u64 deadline_ns);

/* The parking lot with any address as key; semantics as in wait.h. */
void park_prepare(u64 key, enum wait_mode mode);
int park_commit(u64 deadline_ns);
void park_cancel(void);
unsigned park_wake(u64 key, unsigned nr);

#endif
