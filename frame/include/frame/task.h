// SPDX-License-Identifier: MPL-2.0
/*
 * Tasks: a kernel stack (16 KiB, guard page below), a saved context and, for tasks that run user
 * code, a user context.
 *
 * A task runs an operation of its owner object: task_new(&ops, &thread->obj, ...) then task_start.
 * The task holds a reference on the owner until it has exited. A handle may be stored; a stale
 * handle is a task, maybe another one. A running task keeps its stack whatever references services
 * drop. Context: any, unless said otherwise.
 * Trust: stack, registers and state are reached by the frame alone; a task that is on a CPU is kept
 * by the frame's own use of it.
 */
#ifndef FRAME_TASK_H
#define FRAME_TASK_H

#include <frame/lit.h>
#include <frame/obj.h>
#include <frame/types.h>

#include <frame_arch/cpu.h> /* _arch_current() */

struct task;

struct TABLE task_ops {
	/*
	 * The body. Returning from it exits the task. Interrupts are on. It is a task and may do
	 * anything.
	 */
	void (*run)(struct obj *owner);
};

/*
 * Creates a task that is not yet runnable, with one reference for the caller; NULL when memory is
 * out. Context: task.
 */
struct task *task_new(const struct task_ops *ops, struct obj *owner, struct lit name);
/*
 * Makes a new task runnable (once; traps on the second call). Context: any in which others may be
 * woken (frame/wait.h).
 */
void task_start(struct task *t);
/*
 * One more reference, returns t / drops the one in the variable and clears it; NULL may be put.
 * Trap on a task without references.
 */
struct task *task_get(struct task *t);
void task_put(struct task **tp);
/*
 * Ends the calling task. The reference on its owner is put first, by the task itself, so that a
 * release function may still sleep; then the task leaves the queue and the address space that it,
 * or that function, may be in. Its stack is released once it is off the CPU. Context: task (traps
 * in others).
 */
void task_exit(void) __attribute__((noreturn));

/* The calling task; never NULL in task context. */
static always_inline struct task *task_current(void)
{
	return (struct task *)_arch_current();
}
/* Where struct task has its owner; checked in frame/task/task.c. */
#define _TASK_OWNER_OFFSET 24
static always_inline struct obj *_task_owner_of(const void *t)
{
	return load_once(*(struct obj *const *)((const u8 *)t + _TASK_OWNER_OFFSET));
}
/*
 * The owner of @t / of the calling task, borrowed: valid type for ever, alive while the task is.
 * NULL once exited.
 */
struct obj *task_owner(struct task *t);
static always_inline struct obj *task_current_owner(void)
{
	return _task_owner_of(_arch_current());
}

/* Lets others run if the policy says so. Context: task (traps in others), no spinlock held. */
void task_yield(void);
/* Call in long loops: yields if a reschedule is due. Context: task, no spinlock held. */
void task_cond_resched(void);

/*
 * Interruption of sleeps, as signals need it. The flags stay set until cleared, and user_run
 * returns USER_INTERRUPT while any is set.
 */
enum task_int {
	TASK_INT_SIGNAL = 1,
	TASK_INT_KILL = 2,
};
/*
 * Sets flags of @t, ends its interruptible (killable) sleep, and makes it leave user mode if it
 * runs there. Safe and allowed as task_unpark is (frame/wait.h).
 */
void task_interrupt(struct task *t, u32 flags);
/* Clears flags of the calling task. Context: task (traps in others). */
void task_interrupt_clear(u32 flags);
/* The flags of @t that are set now. */
u32 task_interrupt_flags(struct task *t);

/* Nanoseconds on a CPU in user mode / in the kernel. */
void task_cpu_time(struct task *t, u64 *user_ns, u64 *system_ns);
/* The CPU it runs or last ran on. */
unsigned task_cpu(struct task *t);
/* Whether it is on a CPU or runnable (not sleeping). A hint. */
bool task_is_runnable(struct task *t);
/* Whether it sleeps in WAIT_UNINTERRUPTIBLE (state D). A hint. */
bool task_is_uninterruptible(struct task *t);
/* Voluntary and involuntary switches so far. */
void task_switches(struct task *t, u64 *voluntary, u64 *involuntary);
/* Number of tasks that exist, idle tasks not counted; for the leak count. */
u64 task_live_count(void);

#endif
