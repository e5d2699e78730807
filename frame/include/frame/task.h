// SPDX-License-Identifier: MPL-2.0
/*
 * Tasks: a kernel stack (16 KiB, guard page below), a saved context and, for tasks that run user
 * code, a user context.
 *
 * A task runs an operation of its owner object: task_new(&ops, &thread->obj, ...) then task_start.
 * The task holds a reference on the owner until it has exited. A handle may be stored; a stale
 * handle refers to some task, maybe another one. A running task keeps its stack whatever references
 * services drop.
 *
 * Context: any, unless said otherwise.
 * Trust: the frame alone accesses stack, registers and state; while a task is on a CPU, the frame's
 *        own use of it keeps it.
 * Source: frame/task/task.c, frame/task/park.c (task_interrupt*).
 */
#ifndef FRAME_TASK_H
#define FRAME_TASK_H

#include <frame/lit.h>
#include <frame/obj.h>
#include <frame/types.h>

#include <frame_arch/cpu.h> /* _arch_current() */

struct task;

struct TABLE task_ops {
	/* The task's body; the task exits when it returns. Interrupts are on. Context: task. */
	void (*run)(struct obj *owner);
};

/*
 * Creates a task that is not yet runnable, with one reference for the caller; NULL when memory is
 * out. Context: task.
 */
struct task *task_new(const struct task_ops *ops, struct obj *owner, struct lit name);
/*
 * Makes a new task runnable, once: traps on the second call. Context: as for waking (frame/wait.h).
 */
void task_start(struct task *t);
/*
 * Takes a reference and returns @t / drops the reference in the variable and clears the variable;
 * NULL may be put. Both trap on a task without references.
 */
struct task *task_get(struct task *t);
void task_put(struct task **tp);
/*
 * Ends the calling task. First the task itself drops the reference on its owner, so the release
 * function may still sleep. Then it leaves the wait queue and the address space that it, or the
 * release function, may still be in. Its stack is freed once it is off the CPU. Context: task
 * (traps in others).
 */
void task_exit(void) __attribute__((noreturn));

/* The calling task; never NULL in task context. */
static always_inline struct task *task_current(void)
{
	return (struct task *)_arch_current();
}
/* The offset of the owner in struct task; frame/task/task.c asserts it. */
#define _TASK_OWNER_OFFSET 24
static always_inline struct obj *_task_owner_of(const void *t)
{
	return load_once(*(struct obj *const *)((const u8 *)t + _TASK_OWNER_OFFSET));
}
/*
 * The owner of @t / of the calling task, borrowed: its type is valid for ever, it is alive while
 * the task is. NULL once the task has exited.
 */
struct obj *task_owner(struct task *t);
static always_inline struct obj *task_current_owner(void)
{
	return _task_owner_of(_arch_current());
}

/*
 * Lets other tasks run if the policy chooses them. Context: task (traps in others), no spinlock
 * held.
 */
void task_yield(void);
/* Yields if a reschedule is due; call it in long loops. Context: task, no spinlock held. */
void task_cond_resched(void);

/*
 * Interruption of sleeps, for signals. The flags stay set until cleared, and user_run returns
 * USER_INTERRUPT while any is set.
 */
enum task_int {
	TASK_INT_SIGNAL = 1,
	TASK_INT_KILL = 2,
};
/*
 * Sets flags of @t, ends its sleep if the sleep's mode allows it (enum wait_mode), and makes the
 * task leave user mode if it runs there. Stale pointers and contexts: as for task_unpark
 * (frame/wait.h).
 */
void task_interrupt(struct task *t, u32 flags);
/* Clears flags of the calling task. Context: task (traps in others). */
void task_interrupt_clear(u32 flags);
/* The interrupt flags of @t. */
u32 task_interrupt_flags(struct task *t);

/* Nanoseconds that @t has run in user mode / in the kernel. */
void task_cpu_time(struct task *t, u64 *user_ns, u64 *system_ns);
/* The CPU on which @t runs or last ran. */
unsigned task_cpu(struct task *t);
/* Whether @t is on a CPU or runnable (not sleeping). A hint. */
bool task_is_runnable(struct task *t);
/* Whether @t sleeps in WAIT_UNINTERRUPTIBLE or WAIT_KILLABLE (state D). A hint. */
bool task_is_uninterruptible(struct task *t);
/* Number of voluntary and involuntary context switches of @t so far. */
void task_switches(struct task *t, u64 *voluntary, u64 *involuntary);
/* Number of tasks that are started and not ended, without idle tasks; for the leak count. */
u64 task_live_count(void);

#endif
