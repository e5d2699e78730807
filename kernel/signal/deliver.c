// SPDX-License-Identifier: MPL-2.0
/*
 * Delivery: on the way back to user mode a thread takes its pending signals one by one: default
 * actions happen here, a handler gets a frame on the user stack. See signal(7), also for which
 * interrupted calls are made again.
 */
#include <abi/sigframe.h>
#include <abi/syscall_nr.h>
#include <frame/fmt.h>
#include <frame/log.h>
#include <kernel/thread.h>

#include "sig.h"

bool signal_pending(struct thread *t)
{
	return load_once(t->work) & (WORK_SIGNAL | WORK_STOP | WORK_EXIT);
}

bool signal_fatal_pending(struct thread *t)
{
	u64 set = load_once(t->pending.set) | load_once(t->process->pending.set);

	return (load_once(t->work) & WORK_EXIT) || (set & sigbit(SIGKILL));
}

bool loop_should_end(void)
{
	struct thread *t = thread_current();

	task_cond_resched();
	return t && signal_fatal_pending(t);
}

void signal_recalc_locked(struct thread *t)
{
	u64 set = (t->pending.set | t->process->pending.set) & ~t->blocked;

	if (set || t->process->notify_continued) {
		if (!(load_once(t->work) & WORK_SIGNAL))
			thread_set_work(t, WORK_SIGNAL);
		return;
	}
	if (!load_once(t->work) && !(task_interrupt_flags(t->task) & TASK_INT_SIGNAL))
		return;
	(void)clear_bits(t->work, WORK_SIGNAL);
	task_interrupt_clear(TASK_INT_SIGNAL);
	/* A bit that was set before the flag went keeps it; one set later sets it again. */
	if (load_acquire(t->work) & (WORK_STOP | WORK_EXIT))
		task_interrupt(t->task, TASK_INT_SIGNAL);
}

void signal_set_mask(struct thread *t, u64 mask)
{
	u64 irq, newly;

	mask &= ~SIGS_FORCED;
	if (mask == t->blocked)
		return;
	irq = spin_lock_irqsave(&t->sighand->lock);
	newly = mask & ~t->blocked;
	t->blocked = mask;
	signal_retarget_locked(t, t->process->pending.set & newly);
	signal_recalc_locked(t);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
}

/* ---- default actions ---- */

/* A fault that nothing handles is worth a line in the log. */
static void log_fault(struct thread *t, const struct siginfo *info)
{
	static struct log_limit limit;
	char line[120];
	FMT(f, span_of(line));
	struct cspan comm = cspan_of(t->comm);

	if (!(sigbit(info->signo) & SIGS_SYNC) || info->code <= 0 || !log_limit_pass(&limit))
		return;
	fmt_span(&f, cspan_first(comm, cspan_strlen(comm)));
	fmt_printf(&f, "[%d]: signal %d code %d at 0x%lx, pc 0x%lx sp 0x%lx", t->tid, info->signo,
		info->code, info->addr, user_pc(t->user), user_sp(t->user));
	log_text(LOG_INFO, fmt_text(&f));
}

static bool is_fault(const struct siginfo *info)
{
	return (sigbit(info->signo) & SIGS_SYNC) && info->code > 0;
}

/* Does the default action. Whether there is one that lets the thread go on looking. */
static void default_action(struct thread *t, const struct siginfo *info)
{
	s32 signo = info->signo;

	if (sigbit(signo) & SIGS_IGNORED)
		return;
	/* Init is killed by its own faults only: see kill(2). */
	if (t->process == process_init() && !is_fault(info))
		return;
	if (sigbit(signo) & SIGS_STOP) {
		signal_group_stop(t, signo);
		return;
	}
	log_fault(t, info);
	process_exit_group(t, signo);
}

/*
 * Takes signals until one has a handler: its number, with *@act; *@mask becomes what was blocked
 * before. 0: nothing is left, or the thread has to go.
 */
static s32 next_handled(struct thread *t, struct siginfo *info, struct sigaction_k *act, u64 *mask)
{
	struct sighand *s = t->sighand;
	struct process *p = t->process;
	struct obj *timer = NULL;
	s32 signo;
	u64 irq;

	while (!(load_acquire(t->work) & WORK_EXIT)) {
		if (load_once(t->work) & WORK_STOP)
			signal_stop_here(t);
		if (load_once(p->notify_continued))
			signal_report_continued(t);
		irq = spin_lock_irqsave(&s->lock);
		signo = signal_take_locked(t, ~t->blocked, info, &timer);
		if (signo) {
			struct sigaction_k *const a = array_at(s->action, signo - 1);
			*act = *a;
			if (act->handler > SIG_IGN) {
				*mask = load_once(t->work) & WORK_RESTORE_MASK ? t->saved_mask
									       : t->blocked;
				t->blocked |= act->mask |
					(act->flags & SA_NODEFER ? 0 : sigbit(signo));
				t->blocked &= ~SIGS_FORCED;
				if (act->flags & SA_RESETHAND)
					a->handler = SIG_DFL;
			}
		}
		signal_recalc_locked(t);
		spin_unlock_irqrestore(&s->lock, irq);
		if (!signo)
			return 0;
		signal_taken(t, signo, info, &timer);
		if (act->handler > SIG_IGN)
			return signo;
		if (act->handler == SIG_DFL)
			default_action(t, info);
	}
	return 0;
}

/* ---- handlers ---- */

static bool inside_altstack(const struct thread *t, u64 sp)
{
	u64 start = t->altstack.sp.va;

	return sp > start && sp - start <= t->altstack.size;
}

bool signal_on_altstack(const struct thread *t, u64 sp)
{
	return !(t->altstack.flags & SS_AUTODISARM) && inside_altstack(t, sp);
}

/* Where the frame goes; 0 when it would run off the alternate stack. */
static u64 frame_place(const struct thread *t, const struct sigaction_k *act)
{
	u64 sp = user_sp(t->user), below = sp - ABI_RED_ZONE;
	bool on = signal_on_altstack(t, sp);
	u64 frame;

	if ((act->flags & SA_ONSTACK) && t->altstack.size && !signal_on_altstack(t, below)) {
		below = t->altstack.sp.va + t->altstack.size;
		on = true;
	}
	frame = abi_sigframe_place(below);
	return on && !inside_altstack(t, frame) ? 0 : frame;
}

static void start_handler(struct thread *t, const struct siginfo *info,
	const struct sigaction_k *act, u64 mask)
{
	u64 frame = frame_place(t, act);

	if (!frame || abi_sigframe_push(t, frame, act, info, mask)) {
		if (info->signo == SIGSEGV)
			t->sighand->action[SIGSEGV - 1].handler = SIG_DFL;
		signal_force(t, SIGSEGV, SI_KERNEL, 0);
		return;
	}
	if (t->altstack.flags & SS_AUTODISARM)
		t->altstack = (struct sigaltstack){ .flags = SS_DISABLE };
	if (load_once(t->work) & WORK_RESTORE_MASK)
		(void)clear_bits(t->work, WORK_RESTORE_MASK);
}

/* A handler is about to run in the midst of a call. */
static void restart_with_handler(struct user_ctx *u, u64 flags)
{
	switch (-(s64)user_ret(u)) {
	case ERESTARTSYS:
		if (flags & SA_RESTART)
			user_syscall_restart(u);
		else
			user_set_ret(u, (u64)-EINTR);
		break;
	case ERESTARTNOINTR:
		user_syscall_restart(u);
		break;
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		user_set_ret(u, (u64)-EINTR);
		break;
	default:
		break;
	}
}

static void restart_without_handler(struct user_ctx *u)
{
	switch (-(s64)user_ret(u)) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
		user_syscall_restart(u);
		break;
	case ERESTART_RESTARTBLOCK:
		abi_restart_with(u, NR_restart_syscall);
		break;
	default:
		break;
	}
}

void signal_deliver(struct thread *t, bool in_syscall)
{
	struct siginfo info = { 0 };
	struct sigaction_k act = { 0 };
	u64 mask = 0;

	if (next_handled(t, &info, &act, &mask)) {
		if (in_syscall)
			restart_with_handler(t->user, act.flags);
		start_handler(t, &info, &act, mask);
		return;
	}
	if (in_syscall)
		restart_without_handler(t->user);
	if (load_once(t->work) & WORK_RESTORE_MASK) {
		(void)clear_bits(t->work, WORK_RESTORE_MASK);
		signal_set_mask(t, t->saved_mask);
	}
}
