// SPDX-License-Identifier: MPL-2.0
/*
 * The life of tasks (frame/task.h).
 *
 * Trust: a task's stack is given back only by finish_switch on another stack; the frame's own
 *        reference keeps the slot until then, whatever services put. A task can be started only
 *        once it is complete: task_new writes TASK_NEW last, and a slot without a task holds
 *        TASK_NONE. A slot's lock is not part of a task's life: who holds it over a stale pointer
 *        excludes the others in the next life too (park.c).
 */
#include <frame/log.h>
#include <frame/time.h>

#include "task.h"

/*
 * Started and not ended: no more than stacks, of which kmap has 2^19; what else counts tasks in 32
 * bits rests on that.
 */
static u64 nr_tasks;

static void task_release(struct obj *o)
{
	struct task *t = (struct task *)o; /* TRUST: the type's own slots */

	t->state = TASK_NONE;
	if (t->stack_top)
		kmap_free_stack(t->stack_top);
	t->stack_top = NULL;
	obj_put_any(&t->owner); /* never started */
}
static struct obj_type task_type = {
	._name = { "task" }, ._size = sizeof(struct task), ._release = task_release
};

/*
 * A slot for a task, zeroed but for two parts. The lock is left alone, for a waker with a stale
 * pointer may hold it now; so only a lock and unlock by its holder ever changes it, from the slot's
 * first life on. The handle is, because a stale one may be got from the moment that the slot is
 * live again; a slot without uses has no references of services either. What others see of the rest
 * before it is zeroed is the last task's, in state TASK_NONE: it cannot be started or woken.
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
	/* After the slot: from here on no CPU faults on either. */
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
	 * The frame's, until it is off the CPU for good. A stale handle is refused without a
	 * change, for a moment's reference would bring a free slot to life.
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

/* What a task may not take along into death. Calls nothing of services'. */
static void leave_all(void)
{
	waitq_cancel();
	user_set_vmspace(NULL);
}

void task_exit(void)
{
	struct task *t = arch_current();

	must_be_task();
	leave_all();
	obj_put_any(&t->owner);
	leave_all(); /* the owner's release function could do what any task can */
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
		account(t, time_mono_ns());
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
