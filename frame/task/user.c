// SPDX-License-Identifier: MPL-2.0
/*
 * Running user code (frame/user.h).
 *
 * Trust: the context that runs is the calling task's own, and only while that task is on this CPU;
 * the address space is kept by the task's reference.
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
 * Makes this CPU ready for the task's user code, or finds that there is something else to do first.
 * While cpu.ready is the task's address space, user_run enters user mode without another look, but
 * for the place it is called in: in an interrupt handler or a callback (cpu.irq_depth) it comes
 * here and is found. Only this function sets ready, with interrupts off, so it is what the running
 * task has as task.vmspace and the CPU as cpu.vmspace, or NOT_READY, and it stays until something
 * changes:
 *
 * - The task, its tables, its FP registers are this CPU's own business: schedule, vmspace_activate
 *   (also from tlb_retire's interrupt), park_prepare and the calls below that touch FP state clear
 *   ready. No other CPU changes them.
 * - need_resched is set by any CPU (kick), which then passes a full barrier, clears ready, and
 *   interrupts this CPU. Here ready is set, then comes a barrier, then the look at the flag. If the
 *   look misses the flag, it is before it in the order of all accesses, so setting ready is before
 *   clearing it: NOT_READY is what stays. Whoever went to user mode meanwhile takes the interrupt,
 *   which orders the cleared ready before the next look at it.
 * - task.interrupts is the same (task_interrupt), but its setter must find the CPU. It sets the
 *   flag, then reads on_cpu and cpu under task.lock. These were written before ready was set; so if
 *   the look here misses the flag, the setter sees them as they are. If it saw another CPU, or
 *   none, the task was or will be placed anew, and looks after that. If it saw a sleep, it clears
 *   nobody's ready: the task is then inside schedule, which has.
 *
 * schedule clears need_resched under the run queue's lock before it picks; a kick comes after its
 * task was queued under that lock: none is lost.
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
	arch_this_cpu()->ready = NOT_READY; /* a service may copy to its own */
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
