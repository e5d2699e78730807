// SPDX-License-Identifier: MPL-2.0
/*
 * The life of tasks (frame/task.h), and the reuse of their slots.
 *
 * task_new takes a slot in state TASK_NONE, clears all of it except the lock and the handle,
 * allocates a stack, and stores TASK_NEW last. task_start takes a use for the frame and, under
 * task.lock, turns NEW into SLEEPING and then RUNNABLE; a second call finds another state and
 * panics. task_exit runs in the task itself: the task leaves its wait queue and its address space,
 * drops its owner, and leaves them again, because the owner's release function could do anything
 * that a task can. Then, under task.lock with interrupts off, it becomes TASK_DEAD: a waker that
 * holds the lock delays this, and every later waker finds TASK_DEAD. It calls schedule for the last
 * time. finish_switch, on the next task's stack, clears on_cpu, frees the dead task's stack and
 * drops the frame's use. When no use and no reference of services is left, task_release stores
 * TASK_NONE and the slot is free.
 *
 * If there is no memory, task_new returns NULL and the slot is free again.
 *
 * Trust: only finish_switch, on another stack, frees a task's stack; the frame's own use keeps the
 *        slot until then, whatever services put. A task can be started only when it is complete:
 *        task_new stores TASK_NEW last, and a slot without a task holds TASK_NONE. A slot's lock
 *        does not belong to one life of the task: a waker that holds it through a stale pointer
 *        excludes the others in the next life too (park.c).
 */
#include <frame/log.h>
#include <frame/time.h>

#include "task.h"

/*
 * Tasks that are started and not ended: at most as many as stacks, of which kmap has 2^19. All
 * other 32-bit counts of tasks rely on this bound.
 */
static u64 nr_tasks;

static void task_release(struct obj *o)
{
	struct task *t = (struct task *)o; /* TRUST: the type's own slots */

	t->state = TASK_NONE;
	if (t->stack_top)
		kmap_free_stack(t->stack_top);
	t->stack_top = NULL;
	obj_put_any(&t->owner); /* only for a task that was never started */
}
/* The slots stay for ever, because their locks are used by wakers that hold no reference. */
static struct obj_type task_type = {
	._name = { "task" }, ._size = sizeof(struct task), ._release = task_release, ._stays = true
};

/*
 * Returns a slot for a task, zeroed except for two parts.
 *
 * The lock stays as it is, because a waker with a stale pointer may hold it now. So from the slot's
 * first life on only its holder's lock and unlock change it. The handle stays as it is, because a
 * stale handle may be used as soon as the slot is live again; a slot without uses has no references
 * of services either. Before the rest is zeroed, others see the last task's values in state
 * TASK_NONE: such a task cannot be started or woken.
 */
static struct task *task_alloc(void)
{
	struct task *t = (struct task *)obj_alloc_dirty(&task_type);

	if (t) {
		memset(&t->owner, 0, offsetof(struct task, lock) - offsetof(struct task, owner));
		memset(&t->state, 0, sizeof(*t) - offsetof(struct task, state));
	}
	return t;
}
#define AFTER_LOCK (offsetof(struct task, lock) + sizeof(struct spinlock))
static_assert(offsetof(struct task, state) == AFTER_LOCK && AFTER_LOCK % 8 == 0 && TASK_NONE == 0,
	"all but the lock, in whole words");

/* First code of a task on its own stack. */
static void task_main(void *arg)
{
	struct task *t = arg;

	finish_switch();
	arch_irq_enable();
	t->ops->run(t->owner);
	task_exit();
}

struct task *task_new(const struct task_ops *ops, struct obj *owner, struct lit name)
{
	struct task *t = task_alloc();

	if (!t)
		return NULL;
	/*
	 * After the slot: its kernel_map_sync also covers the slot, so no CPU faults on either from
	 * here on.
	 */
	t->stack_top = kmap_alloc_stack();
	if (!t->stack_top) {
		_obj_put(&t->handle.obj);
		return NULL;
	}
	t->ops = ops;
	t->name = name;
	t->system_share = SHARE_ALL / 2;
	t->owner = owner ? obj_get_any(owner) : NULL;
	t->cpu = _arch_cpu_id();
	arch_context_init(&t->context, t->stack_top, task_main, t);
	store_release(t->state, TASK_NEW);
	handle_publish(&t->handle);
	return t;
}

void task_start(struct task *t)
{
	u64 flags;

	must_hold_no_lock();
	/*
	 * The frame's use, until the task is off its CPU for good. A stale handle is refused
	 * without any change, because even a momentary reference would bring a free slot to life.
	 */
	if (!_obj_tryget(&t->handle.obj))
		_kernel_panic("task_start of a task that is gone");
	flags = spin_lock_irqsave(&t->lock);
	if (load_acquire(t->state) != TASK_NEW) {
		spin_unlock_irqrestore(&t->lock, flags);
		_kernel_panic("task_start of a task that has been started");
	}
	_add64_relaxed(&nr_tasks, 1);
	t->state = TASK_SLEEPING;
	task_wake_locked(t);
	spin_unlock_irqrestore(&t->lock, flags);
}

struct task *task_get(struct task *t)
{
	handle_get(&t->handle);
	return t;
}

void task_put(struct task **tp)
{
	struct task *t = *tp;

	*tp = NULL;
	if (t)
		handle_put(&t->handle);
}

/*
 * Leaves the wait queue and the address space, which a dead task must not have. Calls no service
 * code.
 */
static void task_leave_all(void)
{
	waitq_cancel();
	user_set_vmspace(NULL);
}

void task_exit(void)
{
	struct task *t = arch_current();

	must_be_task();
	task_leave_all();
	obj_put_any(&t->owner);
	task_leave_all(); /* the owner's release function could do anything that a task can */
	arch_irq_disable();
	if (arch_this_cpu()->fpu_owner == &t->user)
		arch_this_cpu()->fpu_owner = NULL;
	_add64_relaxed(&nr_tasks, -1ul);
	spin_lock(&t->lock);
	t->state = TASK_DEAD;
	spin_unlock(&t->lock);
	schedule();
	frame_bug("a dead task runs");
}

void finish_switch(void)
{
	struct cpu *c = arch_this_cpu();
	struct task *prev = c->switched_from;

	c->switched_from = NULL;
	if (!prev)
		return;
	if (unlikely(prev->state == TASK_DEAD)) {
		void *stack = prev->stack_top;
		prev->stack_top = NULL;
		store_release(prev->on_cpu, 0);
		kmap_free_stack(stack);
		_obj_put(&prev->handle.obj);
		return;
	}
	if (unlikely(prev->leaving)) {
		prev->leaving = 0;
		store_release(prev->on_cpu, 0);
		sched_place(prev);
		return;
	}
	store_release(prev->on_cpu, 0);
}

static_assert(offsetof(struct task, owner) == _TASK_OWNER_OFFSET, "frame/task.h");

struct obj *task_owner(struct task *t)
{
	return load_once(t->owner);
}

struct user_ctx *task_user(struct task *t)
{
	return &t->user;
}

void task_yield(void)
{
	arch_irq_disable();
	schedule();
	arch_irq_enable();
}

void task_cond_resched(void)
{
	if (load_once(arch_this_cpu()->need_resched))
		task_yield();
}

void task_cpu_time(struct task *t, u64 *user_ns, u64 *system_ns)
{
	if (t == arch_current()) {
		u64 flags = _arch_irq_save();
		sched_account(t, time_mono_ns());
		_arch_irq_restore(flags);
	}
	*user_ns = load_once(t->user_ns);
	*system_ns = load_once(t->system_ns);
}

unsigned task_cpu(struct task *t)
{
	return load_once(t->cpu);
}

bool task_is_runnable(struct task *t)
{
	return load_once(t->state) == TASK_RUNNABLE;
}

bool task_is_uninterruptible(struct task *t)
{
	return load_once(t->state) == TASK_SLEEPING && load_once(t->mode) != WAIT_INTERRUPTIBLE;
}

void task_switches(struct task *t, u64 *voluntary, u64 *involuntary)
{
	*voluntary = load_once(t->voluntary);
	*involuntary = load_once(t->involuntary);
}

u64 task_live_count(void)
{
	return load_once(nr_tasks);
}

/* ---- the tasks that are there from the start ---- */

struct task *task_create_idle(struct cpu *c)
{
	struct task *t = task_alloc();

	if (!t)
		return NULL;
	t->state = TASK_RUNNABLE;
	t->on_cpu = 1;
	t->cpu = c->id;
	t->name = (struct lit){ "idle" };
	c->idle = t;
	c->current = t;
	return t;
}

void idle_loop(void)
{
	for (;;) {
		arch_irq_disable();
		if (load_once(arch_this_cpu()->need_resched))
			schedule();
		else
			arch_wait_for_interrupt();
		arch_irq_enable();
	}
}
