// SPDX-License-Identifier: MPL-2.0
/*
 * Sending signals. See signal(7), kill(2).
 *
 * How it works. A send runs under the target's sighand.lock, with interrupts off because timers
 * send:
 *
 * 1. Stop signals cancel a pending SIGCONT and the other way round; SIGCONT and SIGKILL end a group
 *    stop. This happens even if the signal is ignored or blocked.
 * 2. An ignored signal is dropped, unless the target blocks it: it may have a handler by the time
 *    it is unblocked.
 * 3. The signal enters the pending set. A standard signal that is pending already is dropped;
 *    real-time signals queue.
 * 4. A thread that can take it gets WORK_SIGNAL and is interrupted (wake_some).
 *
 * Nothing here takes proc_lock: the list of threads is stable under sighand.lock, too. Senders that
 * must not lose a target between check and send hold proc_lock outside (kill).
 *
 * How the handlers are found. t->sighand and p->sighand can be replaced by an exec, or become NULL
 * by a reaping, at any time. So a sender loads the pointer, takes a reference (obj_tryget fails for
 * a dead object), locks, and checks that the pointer is still the same. exec and reaping change it
 * under that lock. So while the sender holds the lock, the handlers are the right ones, and leader
 * and threads exist.
 */
#include "sig.h"

/* ---- locking ---- */

struct sighand *sighand_lock_thread(struct thread *t, u64 *irq)
{
	for (;;) {
		struct sighand *s = load_once(t->sighand);
		if (!s)
			return NULL;
		if (!obj_tryget(s))
			continue; /* replaced by an exec just now */
		*irq = spin_lock_irqsave(&s->lock);
		if (load_once(t->sighand) == s)
			return s;
		sighand_unlock(s, *irq);
	}
}

struct sighand *sighand_lock_process(struct process *p, u64 *irq)
{
	for (;;) {
		struct sighand *s = load_once(p->sighand);
		if (!s)
			return NULL;
		if (!obj_tryget(s))
			continue;
		*irq = spin_lock_irqsave(&s->lock);
		if (load_once(p->sighand) == s)
			return s;
		sighand_unlock(s, *irq);
	}
}

void sighand_unlock(struct sighand *s, u64 irq)
{
	spin_unlock_irqrestore(&s->lock, irq);
	obj_put(&s);
}

/* ---- the thread that takes it ---- */

/*
 * Whether the thread can take the signal now. A stopped thread takes SIGKILL only (SIGCONT has
 * ended the stop before). A thread in sigtimedwait takes signals that it blocks.
 */
static bool can_take(const struct thread *t, s32 signo)
{
	if (t->exited || (load_once(t->work) & WORK_EXIT))
		return false;
	if (signo == SIGKILL)
		return true;
	return !t->stopped && !(t->blocked & ~t->waiting_for & sigbit(signo));
}

/* SIGKILL also ends killable sleeps. */
static void wake_for(struct thread *t, s32 signo)
{
	thread_set_work(t, WORK_SIGNAL);
	if (signo == SIGKILL && t->task)
		task_interrupt(t->task, TASK_INT_KILL);
}

/*
 * Makes one thread of the process look at the signal: the leader if it can take it, else a thread
 * with no other signal to look at, else any that can. If none can, the signal stays pending, and a
 * thread that unblocks it finds it (signal_recalc_locked).
 */
static void wake_some(struct process *p, s32 signo)
{
	struct thread *busy = NULL;
	struct thread *t = load_once(p->leader);

	if (t && can_take(t, signo)) {
		wake_for(t, signo);
		return;
	}
	list_for_each(t, &p->threads, group_link) {
		if (!can_take(t, signo))
			continue;
		if (!(load_once(t->work) & WORK_SIGNAL)) {
			wake_for(t, signo);
			return;
		}
		busy = t;
	}
	if (busy)
		wake_for(busy, signo);
}

void signal_retarget_locked(struct thread *t, u64 set)
{
	struct thread *u;

	if (!set)
		return;
	list_for_each(u, &t->process->threads, group_link) {
		if (u != t && !u->exited && (set & ~u->blocked) &&
			!(load_once(u->work) & WORK_EXIT))
			thread_set_work(u, WORK_SIGNAL);
	}
}

/* ---- sending ---- */

/* SIGCONT removes pending stop signals, and a stop signal a pending SIGCONT. */
static void cancel_opposites(struct process *p, s32 signo)
{
	struct thread *t;
	u64 gone = 0;

	if (sigbit(signo) & SIGS_STOP)
		gone = sigbit(SIGCONT);
	else if (signo == SIGCONT)
		gone = SIGS_STOP;
	if (gone) {
		sigpending_remove(&p->pending, gone);
		list_for_each(t, &p->threads, group_link)
			sigpending_remove(&t->pending, gone);
	}
	if (signo == SIGCONT || signo == SIGKILL)
		signal_continue_locked(p, signo == SIGKILL);
}

/*
 * Whether the signal has no effect. A blocked signal is kept, since its action may change until it
 * is unblocked. Init receives only signals that it has a handler for.
 */
static bool is_ignored(const struct sighand *s, const struct process *p, const struct thread *t,
	s32 signo)
{
	u64 handler = s->action[signo - 1].handler;

	if (t && (t->blocked & sigbit(signo)))
		return false;
	if (p == process_init() && handler == SIG_DFL)
		return true;
	return handler == SIG_IGN || (handler == SIG_DFL && (sigbit(signo) & SIGS_IGNORED));
}

/*
 * Adds the signal to the pending set @set. @t: the thread, or the leader, whose user is charged.
 * @q: a timer's own entry, whose reference is consumed, or NULL: a new one is made. Returns 0 or
 * -EAGAIN.
 * Without memory, or over the limit, a signal other than a real-time one of sigqueue is still
 * pending, but without details.
 */
static int signal_enqueue(const struct thread *t, struct sigpending *set,
	const struct siginfo *info, struct sigqueue *q)
{
	s32 signo = info->signo;

	if (!q && signo < SIGRTMIN && (set->set & sigbit(signo)))
		return 0;
	if (!q && signo != SIGKILL) {
		/*
		 * Standard signals of kill and of the kernel keep their details even over the
		 * limit: there is at most one of each.
		 */
		q = sigqueue_new(t, signo < SIGRTMIN && info->code >= 0);
		if (!q && signo >= SIGRTMIN && info->code != SI_USER)
			return -EAGAIN;
		if (q)
			q->info = *info;
	}
	if (q)
		sigpending_add(set, q);
	set->set |= sigbit(signo);
	return 0;
}

/*
 * The common part of all sends. @t: only this thread takes it, or NULL: the process. @q: see
 * enqueue. @forced: a fault, which is not dropped even if it is ignored. sighand.lock held.
 */
static int send_locked(struct sighand *s, struct process *p, struct thread *t,
	const struct siginfo *info, struct sigqueue *q, bool forced)
{
	s32 signo = info->signo;
	int err;

	if (p->dumper && signo != SIGKILL) { /* nothing else disturbs a core dump */
		obj_put(&q);
		return 0;
	}
	cancel_opposites(p, signo);
	if (t && t->signals_ended) {
		obj_put(&q);
		return 0;
	}
	if (!forced && is_ignored(s, p, t ? t : load_once(p->leader), signo)) {
		obj_put(&q);
		return 0;
	}
	if (t)
		err = signal_enqueue(t, &t->pending, info, q);
	else
		err = signal_enqueue(load_once(p->leader), &p->pending, info, q);
	if (err)
		return err;
	if (s->signalfd_poll)
		poll_notify(s->signalfd_poll, POLLIN | POLLRDNORM);
	if (!t)
		wake_some(p, signo);
	else if (can_take(t, signo))
		wake_for(t, signo);
	return 0;
}

/* SIGKILL to one thread goes to the whole process. */
int signal_send_thread(struct thread *t, const struct siginfo *info)
{
	u64 irq = 0;
	struct sighand *s = sighand_lock_thread(t, &irq);
	int err;

	if (!s)
		return 0;
	err = send_locked(s, t->process, info->signo == SIGKILL ? NULL : t, info, NULL, false);
	sighand_unlock(s, irq);
	return err;
}

int signal_send_process(struct process *p, const struct siginfo *info)
{
	u64 irq = 0;
	struct sighand *s = sighand_lock_process(p, &irq);
	int err;

	if (!s)
		return 0;
	err = send_locked(s, p, NULL, info, NULL, false);
	sighand_unlock(s, irq);
	return err;
}

/* The entry is queued at most once; q->queued is checked under the same lock. */
int signal_send_timer(struct process *p, struct thread *t, struct sigqueue *q)
{
	u64 irq = 0;
	struct sighand *s = sighand_lock_process(p, &irq);
	int ret = -ESRCH;

	if (!s)
		return ret;
	if (q->queued)
		ret = 1;
	else if (t && t->signals_ended)
		ret = 0;
	else if (!is_ignored(s, p, t ? t : load_once(p->leader), q->info.signo))
		ret = send_locked(s, p, t, &q->info, obj_get(q), false);
	sighand_unlock(s, irq);
	return ret;
}

void signal_kernel(struct process *p, s32 signo)
{
	struct siginfo info = { .signo = signo, .code = SI_KERNEL };

	ignore_error(signal_send_process(p, &info)); /* a standard signal is never refused */
}

void signal_send_pgrp_locked(struct pgrp *g, s32 signo)
{
	struct process *p;

	list_for_each(p, &g->members, pgrp_link)
		signal_kernel(p, signo);
}

void signal_send_pgrp(struct pgrp *g, s32 signo)
{
	spin_lock(&proc_lock);
	signal_send_pgrp_locked(g, signo);
	spin_unlock(&proc_lock);
}

/*
 * The lock is taken directly: the handlers of the calling thread cannot go away. The default action
 * is set before the signal is queued.
 */
void signal_force_info(struct thread *t, const struct siginfo *info)
{
	struct sighand *s = t->sighand;
	s32 signo = info->signo;
	u64 irq = spin_lock_irqsave(&s->lock);
	struct sigaction_k *const act = array_at(s->action, signo - 1);
	bool blocked = t->blocked & sigbit(signo);

	if (blocked || act->handler == SIG_IGN) {
		act->handler = SIG_DFL;
		t->blocked &= ~sigbit(signo);
	}
	(void)send_locked(s, t->process, t, info, NULL, true);
	spin_unlock_irqrestore(&s->lock, irq);
}

void signal_force(struct thread *t, s32 signo, s32 code, u64 addr)
{
	struct siginfo info = { .signo = signo, .code = code, .addr = addr };

	signal_force_info(t, &info);
}

/* ---- permission ---- */

/*
 * kill(2): the sender's real or effective uid equals the target's real or saved uid. SIGCONT is
 * allowed within a session.
 */
int signal_may_send_locked(struct thread *sender, struct thread *target, s32 signo)
{
	const struct cred *a = sender->cred;
	const struct cred *b = target ? target->cred : NULL;

	if (!b)
		return -ESRCH;
	if (target->process == sender->process || a->euid == b->uid || a->euid == b->suid ||
		a->uid == b->uid || a->uid == b->suid || cred_capable(a, CAP_KILL))
		return 0;
	if (signo == SIGCONT && target->process->session == sender->process->session)
		return 0;
	return -EPERM;
}

int signal_may_send(struct thread *sender, struct thread *target, s32 signo)
{
	int err;

	spin_lock(&proc_lock);
	err = signal_may_send_locked(sender, target, signo);
	spin_unlock(&proc_lock);
	return err;
}
