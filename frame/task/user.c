// SPDX-License-Identifier: MPL-2.0
/*
 * Running user code (frame/user.h).
 *
 * Trust: the context that runs belongs to the calling task, and runs only while that task is on
 *        this CPU; the task's use keeps the address space.
 */
#include <frame/log.h>

#include "task.h"

void user_set_vmspace(struct vmspace *vm)
{
	struct task *t = arch_current();
	struct vmspace *old = t->vmspace;
	u64 flags;

	if (old == vm)
		return;
	must_be_task();
	if (vm)
		vmspace_enter(vm);
	flags = _arch_irq_save();
	t->vmspace = vm;
	vmspace_activate(vm);
	_arch_irq_restore(flags);
	if (old)
		vmspace_leave(old);
}

static_assert(offsetof(struct task, user) == _TASK_USER_OFFSET, "user.h");
static_assert(offsetof(struct cpu, ready) == _CPU_READY_OFFSET &&
		offsetof(struct cpu, irq_depth) == _CPU_IRQ_DEPTH_OFFSET,
	"cpu.h");

/*
 * Makes this CPU ready for the task's user code, or returns false because task_interrupt flags are
 * set.
 *
 * While cpu.ready is the task's address space, user_run enters user mode without another check,
 * except that it is not called in an interrupt handler or a callback: then cpu.irq_depth sends it
 * here, and must_be_task traps. Only this function sets ready, with interrupts off. So ready is
 * either NOT_READY, or equal to task.vmspace of the running task and to cpu.vmspace of the CPU, and
 * it stays so until one of these events:
 *
 * - The task, its tables or its FP registers change. Only this CPU changes them: schedule,
 *   vmspace_activate (also from tlb_retire's interrupt), park_prepare and the functions below that
 *   touch FP state clear ready.
 * - need_resched. Any CPU may set it (cpu_kick), then passes a full barrier, clears ready, and
 *   interrupts this CPU. This function sets ready, passes a barrier, and then reads the flag. If
 *   that read misses the flag, it comes before the flag's store in the order of all accesses, so
 *   the store that sets ready comes before the one that clears it: ready ends as NOT_READY. If this
 *   CPU entered user mode meanwhile, it takes the interrupt, which orders the cleared ready before
 *   the next read of it.
 * - task.interrupts. The argument is the same (task_interrupt), but the setter must find the CPU.
 *   It sets the flag, then reads on_cpu and cpu under task.lock. Both were written before ready was
 *   set, so if the read here misses the flag, the setter sees their present values. If the setter
 *   saw another CPU, or none, the task was or will be placed anew, and reads the flag after that.
 *   If it saw a sleep, it clears no CPU's ready: the task is then inside schedule, which has
 *   cleared it.
 *
 * schedule clears need_resched under the run queue's lock before it picks a task. A kick comes
 * after its task was queued under that lock, so no kick is lost.
 */
bool _user_prepare(struct vmspace *vm)
{
	struct task *t = arch_current();

	must_be_task();
	if (t->vmspace != vm) {
		arch_irq_enable();
		user_set_vmspace(vm);
		arch_irq_disable();
	}
	if (unlikely(!vm || t->park_prepared))
		_kernel_panic("user_run without an address space, or inside a wait");
	for (;;) {
		struct cpu *c;

		while (c = arch_this_cpu(), load_once(c->need_resched))
			schedule();
		if (c->vmspace != vm)
			vmspace_activate(vm);
		arch_fpu_load(&t->user);
		t->in_user = 1;
		store_once(c->ready, vm);
		memory_barrier();
		if (unlikely(load_once(t->interrupts))) {
			c->ready = NOT_READY;
			arch_irq_enable();
			return false;
		}
		if (likely(!load_once(c->need_resched)))
			return true;
	}
}

enum user_event_kind _user_trapped(u64 cause, struct user_event *ev)
{
	enum user_event_kind kind = arch_user_trap(cause, ev);

	if (kind == USER_INTERRUPT) {
		arch_this_cpu()->from_user = 1;
		arch_irq_dispatch();
		arch_this_cpu()->from_user = 0;
	} else {
		arch_irq_enable();
	}
	return kind;
}

void user_copy(struct user_ctx *to, struct user_ctx *from)
{
	u64 flags = _arch_irq_save();

	arch_fpu_save(from);
	*to = *from;
	arch_fpu_reset(to);
	arch_this_cpu()->ready = NOT_READY; /* a service may copy to its own context */
	_arch_irq_restore(flags);
}

void user_reset(struct user_ctx *u, u64 pc, u64 sp)
{
	u64 flags = _arch_irq_save();

	memset(u, 0, sizeof(*u));
	arch_fpu_reset(u);
	arch_this_cpu()->ready = NOT_READY;
	user_set_pc(u, pc);
	user_set_sp(u, sp);
	_arch_irq_restore(flags);
}

void user_get_fpregs(struct user_ctx *u, struct user_fpregs *out)
{
	u64 flags = _arch_irq_save();

	arch_fpu_save(u);
	arch_fpu_get(u, out);
	_arch_irq_restore(flags);
}

void user_set_fpregs(struct user_ctx *u, const struct user_fpregs *in)
{
	u64 flags = _arch_irq_save();

	arch_fpu_set(u, in);
	arch_fpu_reset(u);
	arch_this_cpu()->ready = NOT_READY;
	_arch_irq_restore(flags);
}

void user_get_regs(struct user_ctx *u, struct user_regs *out)
{
	arch_regs_get(u, out);
}

void user_set_regs(struct user_ctx *u, const struct user_regs *in)
{
	arch_regs_set(u, in);
}

bool user_put_state(struct user_ctx *u, struct uaddr regs, struct uaddr fpregs)
{
	u64 flags = _arch_irq_save();

	arch_fpu_save(u);
	_arch_irq_restore(flags);
	return !arch_regs_to_user(u, regs.va) && !arch_fpu_to_user(u, fpregs.va);
}

bool user_get_state(struct user_ctx *u, struct uaddr regs, struct uaddr fpregs)
{
	u64 flags = _arch_irq_save();

	arch_fpu_reset(u);
	arch_this_cpu()->ready = NOT_READY;
	_arch_irq_restore(flags);
	return !arch_regs_from_user(u, regs.va) && !arch_fpu_from_user(u, fpregs.va);
}
