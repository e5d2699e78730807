// SPDX-License-Identifier: MPL-2.0
/*
 * Running user code (frame/user.h).
 *
 * Trust: the context that runs is the calling task's own, and only while that task is on this CPU; the address space is kept by the task's reference.
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
	if (unlikely(arch_this_cpu()->irq_depth))
		_kernel_panic("an interrupt handler changes the address space of the task it interrupts");
	if (vm)
		vmspace_enter(vm);
	flags = _arch_irq_save();
	t->vmspace = vm;
	vmspace_activate(vm);
	_arch_irq_restore(flags);
	if (old)
		vmspace_leave(old);
}

static_assert(ARCH_TRAP_SYSCALL == (int)USER_SYSCALL && ARCH_TRAP_FAULT == (int)USER_FAULT && ARCH_TRAP_EXCEPTION == (int)USER_EXCEPTION, "same words");

/* This CPU is not ready for the task's user code: its tables or its FP state are not here. Interrupts off. */
static void make_ready(struct cpu *c, struct task *t)
{
	if (c->vmspace != t->vmspace)
		vmspace_activate(t->vmspace);
	arch_fpu_load(&t->user);
	t->in_user = 1;
	c->ready = t;
}

enum user_event_kind user_run(struct vmspace *vm, struct user_event *ev)
{
	struct task *t = arch_current();
	enum arch_user_trap trap;

	if (unlikely(t->vmspace != vm))
		user_set_vmspace(vm);
	if (unlikely(!vm || t->park_prepared))
		_kernel_panic("user_run without an address space, or inside a wait");
	do {
		struct cpu *c;

		arch_irq_disable();
		while (c = arch_this_cpu(), unlikely(load_once(c->need_resched)))
			schedule();
		if (unlikely(load_once(t->interrupts))) {
			arch_irq_enable();
			return USER_INTERRUPT;
		}
		if (unlikely(c->ready != t))
			make_ready(c, t);
		trap = arch_user_enter(&t->user, ev);
		if (unlikely(trap == ARCH_TRAP_IRQ))
			arch_irq_dispatch();
	} while (unlikely(trap == ARCH_TRAP_IRQ));
	arch_irq_enable();
	return (enum user_event_kind)trap;
}

void user_copy(struct user_ctx *to, struct user_ctx *from)
{
	u64 flags = _arch_irq_save();

	arch_fpu_save(from);
	*to = *from;
	arch_fpu_reset(to);
	_arch_irq_restore(flags);
}

void user_reset(struct user_ctx *u, u64 pc, u64 sp)
{
	u64 flags = _arch_irq_save();

	memset(u, 0, sizeof(*u));
	arch_fpu_reset(u);
	arch_this_cpu()->ready = NULL;
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
	arch_this_cpu()->ready = NULL;
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
	arch_this_cpu()->ready = NULL;
	_arch_irq_restore(flags);
	return !arch_regs_from_user(u, regs.va) && !arch_fpu_from_user(u, fpregs.va);
}
