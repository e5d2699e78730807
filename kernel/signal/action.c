// SPDX-License-Identifier: MPL-2.0
/*
 * Dispositions: sigaction, their copies at fork and exec, the alternate stack. See sigaction(2),
 * sigaltstack(2).
 *
 * How they are shared. The threads of a process have one sighand; CLONE_SIGHAND shares it between
 * processes, too. Its lock guards the actions and what is pending for all its threads. Senders take
 * it in interrupts, so it is taken with interrupts off. fork copies it under that lock.
 *
 * How exec gets its own. The program that starts must not change the handlers of processes that
 * share the old ones, so a shared sighand is replaced by a copy (sighand_replace), and one that is
 * not shared is reset where it is (signal_exec). A sender loads the pointer, locks, and looks at
 * the pointer again (send.c): it delivers by the old actions before the exchange or by the new ones
 * after it, never by a freed set.
 *
 * How a signal becomes ignored. The new action and the removal of what is pending are one hold of
 * the lock. A sender after it finds the action and drops the signal; one before it has its signal
 * removed. Timers whose signal was ignored are told afterwards, without the lock (signal_heard).
 */
#include <abi/elf.h>
#include <abi/sigframe.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "sig.h"

static void sighand_release(struct sighand *s)
{
	obj_put(&s->signalfd_poll);
}
OBJ_TYPE(sighand, sighand_release);

struct sighand *sighand_new(void)
{
	struct sighand *s = obj_new(sighand);

	if (s)
		lock_level(&s->lock, LOCK_SIGNAL);
	return s;
}

/* The actions only: nothing that is pending is inherited (fork(2)). */
struct sighand *sighand_copy(struct sighand *from)
{
	struct sighand *s = sighand_new();
	u32 i;
	u64 irq;

	if (!s)
		return NULL;
	irq = spin_lock_irqsave(&from->lock);
	for (i = 0; i < NSIG; i++)
		s->action[i] = from->action[i];
	spin_unlock_irqrestore(&from->lock, irq);
	return s;
}

/*
 * Exec: all handlers become default, ignored signals stay ignored. The lock is held, or nobody else
 * uses @s yet.
 */
static void reset_handlers(struct sighand *s)
{
	u32 i;

	for (i = 0; i < NSIG; i++) {
		u64 keep = s->action[i].handler == SIG_IGN ? SIG_IGN : SIG_DFL;
		s->action[i] = (struct sigaction_k){ .handler = keep };
	}
}

struct sighand *sighand_copy_ignored(struct sighand *from)
{
	struct sighand *s = sighand_copy(from);

	if (s)
		reset_handlers(s);
	return s;
}

/*
 * Both pointers change under the old lock. A sender that holds it finishes with the old handlers; a
 * sender that waits for it finds the pointer changed and starts over (send.c). The releases order
 * the contents of the copy before the pointers.
 */
void sighand_replace(struct thread *t, struct sighand *s)
{
	struct sighand *old = t->sighand;
	u64 irq = spin_lock_irqsave(&old->lock);

	store_release(t->sighand, s);
	store_release(t->process->sighand, s);
	spin_unlock_irqrestore(&old->lock, irq);
	obj_put(&old);
}

/*
 * An alternate stack was in the old address space, and a call that could be continued belonged to
 * the old program.
 */
void signal_exec(struct thread *t)
{
	struct sighand *s = t->sighand;
	u64 irq = spin_lock_irqsave(&s->lock);

	reset_handlers(s);
	spin_unlock_irqrestore(&s->lock, irq);
	t->altstack = (struct sigaltstack){ .flags = SS_DISABLE };
	t->restart.ops = NULL;
}

/* Pending signals that become ignored are dropped; see sigaction(2). */
static void drop_ignored_locked(struct thread *t, const struct sigaction_k *act, s32 signo)
{
	struct thread *u;

	if (act->handler != SIG_IGN && !(act->handler == SIG_DFL && (sigbit(signo) & SIGS_IGNORED)))
		return;
	sigpending_remove(&t->process->pending, sigbit(signo));
	list_for_each(u, &t->process->threads, group_link)
		sigpending_remove(&u->pending, sigbit(signo));
}

#define SA_KNOWN                                                                            \
	(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_RESTART | \
		SA_NODEFER | SA_RESETHAND)

/*
 * All checks come before the change; only the copy of the old action to the user may fail later,
 * and then the new one stays, as on Linux. SIGKILL and SIGSTOP have no action to set.
 */
s64 sys_rt_sigaction(struct thread *t, s32 signo, struct uaddr act, struct uaddr old, u64 size)
{
	struct abi_sigaction in = { 0 };
	struct abi_sigaction out = { 0 };
	struct sigaction_k k = { 0 };
	struct sighand *s = t->sighand;
	u64 irq;

	if (size != sizeof(u64))
		return -EINVAL;
	if (act.va && user_get(&in, act))
		return -EFAULT;
	if (!signo_valid(signo) || (act.va && (sigbit(signo) & SIGS_FORCED)))
		return -EINVAL;
	k = abi_sigaction_in(&in);
	k.flags &= SA_KNOWN;
	k.mask &= ~SIGS_FORCED;
	irq = spin_lock_irqsave(&s->lock);
	out = abi_sigaction_out(array_at(s->action, signo - 1));
	if (act.va) {
		s->action[signo - 1] = k;
		drop_ignored_locked(t, &k, signo);
	}
	spin_unlock_irqrestore(&s->lock, irq);
	if (act.va && k.handler != SIG_IGN)
		signal_heard(t->process);
	if (old.va && user_put(old, &out))
		return -EFAULT;
	return 0;
}

/* The state that sigaltstack reports: on it, disabled, or neither. */
static void altstack_state(const struct thread *t, u64 sp, struct stack64 *out)
{
	u32 flags = t->altstack.flags & SS_AUTODISARM;

	if (!t->altstack.size)
		flags |= SS_DISABLE;
	else if (signal_on_altstack(t, sp))
		flags |= SS_ONSTACK;
	*out = (struct stack64){
		.sp = t->altstack.sp.va, .flags = (s32)flags, .size = t->altstack.size
	};
}

/*
 * Shared with rt_sigreturn, which ignores the result. Returns 0, -EPERM (in use), -EINVAL, -ENOMEM.
 * A stack in use cannot be changed: the handler that runs on it would lose it.
 */
static s64 set_altstack(struct thread *t, const struct stack64 *in, u64 sp)
{
	struct stack64 now = { 0 };
	u32 flags = (u32)in->flags;
	u32 mode = flags & ~SS_AUTODISARM;

	altstack_state(t, sp, &now);
	if (now.flags & (s32)SS_ONSTACK)
		return -EPERM;
	if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
		return -EINVAL;
	if (mode == SS_DISABLE) {
		t->altstack = (struct sigaltstack){ .flags = flags };
		return 0;
	}
	if (in->size < ABI_MINSIGSTKSZ)
		return -ENOMEM;
	t->altstack = (struct sigaltstack){ .sp = UADDR(in->sp), .size = in->size, .flags = flags };
	return 0;
}

/* The old state is taken before the change, and written after it only if the change succeeded. */
s64 sys_sigaltstack(struct thread *t, struct uaddr stack, struct uaddr old)
{
	struct stack64 in = { 0 };
	struct stack64 out = { 0 };
	s64 err = 0;

	if (stack.va && user_get(&in, stack))
		return -EFAULT;
	altstack_state(t, user_sp(t->user), &out);
	if (stack.va)
		err = set_altstack(t, &in, user_sp(t->user));
	if (!err && old.va && user_put(old, &out))
		err = -EFAULT;
	return err;
}

/*
 * The frame is untrusted: abi_sigframe_pop checks the registers that it restores. The result is the
 * restored return register, so the dispatch stores the same value again.
 */
s64 sys_rt_sigreturn(struct thread *t)
{
	struct stack64 stack = { 0 };
	u64 mask = 0;

	if (abi_sigframe_pop(t, &mask, &stack)) {
		signal_force(t, SIGSEGV, SI_KERNEL, 0);
		return (s64)user_ret(t->user);
	}
	t->restart.ops = NULL;
	signal_set_mask(t, mask);
	(void)set_altstack(t, &stack, user_sp(t->user));
	return (s64)user_ret(t->user);
}
