// SPDX-License-Identifier: MPL-2.0
/*
 * Delivery of signals on the way back to user mode. See signal(7), also for the calls that are
 * restarted.
 *
 * How it works. The loop of a thread (kernel/syscall/loop.c) calls signal_deliver while work bits
 * are set. next_handled takes pending signals one by one, in this order:
 *
 * 1. WORK_EXIT ends the search: the thread is about to exit.
 * 2. WORK_STOP: the thread sleeps in its group stop (stop.c).
 * 3. A continue that nobody has reported yet is reported to the parent.
 * 4. The next signal that is not blocked is taken, the thread's own before the process's. Its
 *    action is read, the mask is extended by the action's mask, and SA_RESETHAND is done, all in
 *    one hold of sighand.lock. So a concurrent sigaction comes before or after as a whole.
 * 5. An ignored signal is dropped. A default action is done without the lock: stop or end. Then the
 *    search continues.
 * 6. A signal with a handler ends the search.
 *
 * signal_deliver then decides about the interrupted call: restart it, continue it through
 * restart_syscall, or return EINTR. It pushes a frame with the registers after that decision, so
 * rt_sigreturn continues the call. If the frame cannot be written, SIGSEGV is forced, with its
 * default action if the signal was SIGSEGV itself.
 *
 * WORK_RESTORE_MASK: sigsuspend, ppoll and others run with another mask. saved_mask goes into the
 * frame of the handler, or is restored here if no handler runs.
 */
#include <abi/sigframe.h>
#include <abi/syscall_nr.h>
#include <frame/fmt.h>
#include <frame/log.h>
#include <kernel/thread.h>

#include "sig.h"

/* Work bits instead of sets: senders set WORK_SIGNAL under sighand.lock, so one load suffices. */
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
	/*
	 * Memory order: setters of WORK_STOP and WORK_EXIT set the bit first and the flag second. A
	 *               bit set before the flag was cleared is seen here, and the flag is set
	 *               again. A bit set later comes with a flag of its own. So no request is left
	 *               without a flag.
	 */
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

/* A fault that nothing handles is logged, at a limited rate. */
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

/* Whether the CPU reported the signal, in contrast to kill. */
static bool is_fault(const struct siginfo *info)
{
	return (sigbit(info->signo) & SIGS_SYNC) && info->code > 0;
}

/* Set once by kernel/coredump, before the first thread. */
static const struct signal_dump_ops *dump_ops;

void signal_dump_register(const struct signal_dump_ops *ops)
{
	dump_ops = ops;
}

/* After a dump the process is ending already. */
void signal_end_process(struct thread *t, const struct siginfo *info)
{
	if (sigbit(info->signo) & SIGS_CORE)
		dump_ops->dump(t, info);
	process_exit_group(t, info->signo);
}

/* Does the default action of a signal: nothing, a group stop, or the end of the process. */
static void default_action(struct thread *t, const struct siginfo *info)
{
	s32 signo = info->signo;

	if (sigbit(signo) & SIGS_IGNORED)
		return;
	/* Init is killed by its own faults only; see kill(2). */
	if (t->process == process_init() && !is_fault(info))
		return;
	if (sigbit(signo) & SIGS_STOP) {
		signal_group_stop(t, signo);
		return;
	}
	log_fault(t, info);
	signal_end_process(t, info);
}

/*
 * Takes signals until one has a handler. Returns its number, with its action in *@act; *@mask is
 * the mask that the handler's return restores. 0: no signal is left, or the thread is exiting.
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

/* The stack grows down, so the first address behind the stack is inside and its start is not. */
static bool inside_altstack(const struct thread *t, u64 sp)
{
	u64 start = t->altstack.sp.va;

	return sp > start && sp - start <= t->altstack.size;
}

bool signal_on_altstack(const struct thread *t, u64 sp)
{
	return !(t->altstack.flags & SS_AUTODISARM) && inside_altstack(t, sp);
}

/*
 * The address of the frame: on the alternate stack if the action says so and the thread is not on
 * it already, else below the stack pointer and the red zone. 0 if the frame would leave the
 * alternate stack.
 */
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

/*
 * Pushes the frame, or forces SIGSEGV. SS_AUTODISARM: the frame keeps the alternate stack's
 * settings, and the stack is disabled while the handler runs.
 */
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

/*
 * A handler is about to run in the middle of a call: restart the call afterwards, or return EINTR.
 */
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

/* No handler runs, so the signal is invisible to the program: the call is made again. */
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

	t->ended_in_call = in_syscall;
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
