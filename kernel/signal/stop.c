// SPDX-License-Identifier: MPL-2.0
/*
 * Group stop and continue, and what the parent hears of its children. See signal(7), wait(2).
 *
 * A stop signal that one thread takes gives every thread of the process WORK_STOP; each counts
 * itself off when it gets there (signal_stop_here), the last one makes the process PROCESS_STOPPED
 * and tells the parent. SIGCONT ends it when it is sent, also from an interrupt; a woken thread
 * tells the parent then.
 *
 * Locking: process.group_stop, nr_stopping, thread.stopped and WORK_STOP change under sighand.lock;
 * the parent is told under proc_lock.
 */
#include <frame/time.h>
#include <kernel/list.h>
#include <kernel/thread.h>

#include "sig.h"

#define NSEC_PER_TICK (NSEC_PER_SEC / 100) /* of siginfo's times */

void signal_continue_locked(struct process *p, bool killed)
{
	struct thread *t;

	p->stop_dequeued = false;
	if (!p->group_stop)
		return;
	p->group_stop = false;
	p->nr_stopping = 0;
	if (p->state == PROCESS_STOPPED) {
		p->state = PROCESS_RUNNING;
		p->wait_stopped = false;
		p->wait_continued = !killed;
		p->notify_continued = !killed;
	}
	list_for_each(t, &p->threads, group_link) {
		if (t->exited)
			continue;
		(void)clear_bits(t->work, WORK_STOP);
		thread_set_work(t, WORK_SIGNAL);
		store_release(t->stopped, false);
		waitq_wake_all(&t->stop_wait);
	}
}

/*
 * One thread less to wait for: the last one completes the stop. Both locks held. Returns whether
 * the parent is to be told.
 */
static bool count_off_locked(struct process *p)
{
	if (--p->nr_stopping || !p->group_stop || p->group_exiting)
		return false;
	p->state = PROCESS_STOPPED;
	p->wait_stopped = true;
	p->wait_continued = false;
	return true;
}

void signal_group_stop(struct thread *t, s32 signo)
{
	struct process *p = t->process;
	struct thread *u;
	u64 irq;

	spin_lock(&proc_lock);
	if (signo != SIGSTOP && pgrp_is_orphaned_locked(p->pgrp, NULL)) {
		spin_unlock(&proc_lock);
		return;
	}
	irq = spin_lock_irqsave(&t->sighand->lock);
	if (p->stop_dequeued && !p->group_stop && !p->group_exiting && !p->execing) {
		p->group_stop = true;
		p->stop_signal = signo;
		p->nr_stopping = 0;
		list_for_each(u, &p->threads, group_link) {
			if (u->exited || (load_once(u->work) & WORK_EXIT))
				continue;
			p->nr_stopping++;
			thread_set_work(u, WORK_STOP);
		}
		if (!p->nr_stopping)
			p->group_stop = false;
	}
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	spin_unlock(&proc_lock);
}

void signal_stop_here(struct thread *t)
{
	struct process *p = t->process;
	bool tell = false;
	int err;
	u64 irq;

	spin_lock(&proc_lock);
	irq = spin_lock_irqsave(&t->sighand->lock);
	if (clear_bits(t->work, WORK_STOP) & WORK_STOP) {
		t->stopped = true;
		tell = count_off_locked(p);
	}
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	if (tell)
		(void)signal_notify_parent_locked(p, CLD_STOPPED, p->stop_signal);
	spin_unlock(&proc_lock);

	wait_event(&t->stop_wait, !load_acquire(t->stopped) || (load_once(t->work) & WORK_EXIT),
		WAIT_KILLABLE, NO_DEADLINE, &err);
	(void)err;
	irq = spin_lock_irqsave(&t->sighand->lock);
	t->stopped = false;
	signal_recalc_locked(t);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
}

void signal_report_continued(struct thread *t)
{
	struct process *p = t->process;
	bool tell;
	u64 irq;

	spin_lock(&proc_lock);
	irq = spin_lock_irqsave(&t->sighand->lock);
	tell = p->notify_continued;
	p->notify_continued = false;
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	if (tell)
		(void)signal_notify_parent_locked(p, CLD_CONTINUED, SIGCONT);
	spin_unlock(&proc_lock);
}

/* What the thread leaves: a stop goes on without it, signals for the process go to others. */
void signal_thread_exit(struct thread *t)
{
	struct process *p = t->process;
	bool tell = false;
	u64 irq;

	spin_lock(&proc_lock);
	irq = spin_lock_irqsave(&t->sighand->lock);
	if (clear_bits(t->work, WORK_STOP) & WORK_STOP)
		tell = p->nr_threads > 1 && count_off_locked(p);
	if (p->nr_threads == 1) {
		p->group_stop = false;
		p->notify_continued = false;
	} else {
		signal_retarget_locked(t, p->pending.set & ~t->blocked);
	}
	t->blocked = ~0ul; /* nobody chooses it any more */
	t->signals_ended = true;
	sigpending_flush(&t->pending);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	if (tell)
		(void)signal_notify_parent_locked(p, CLD_STOPPED, p->stop_signal);
	spin_unlock(&proc_lock);
}

/* ---- SIGCHLD ---- */

/* CLD_* and si_status of an end from its wait status. */
static void end_status(s32 wait_status, struct siginfo *info)
{
	if ((wait_status & 0x7f) == 0) {
		info->code = CLD_EXITED;
		info->status = (wait_status >> 8) & 0xff;
	} else {
		info->code = wait_status & 0x80 ? CLD_DUMPED : CLD_KILLED;
		info->status = wait_status & 0x7f;
	}
}

bool signal_notify_parent_locked(struct process *child, s32 code, s32 status)
{
	struct process *parent = child->parent;
	bool ended = code != CLD_STOPPED && code != CLD_CONTINUED;
	struct siginfo info = {
		.signo = ended ? child->exit_signal : SIGCHLD,
		.code = code,
		.status = status,
		.pid = child->pid,
		.uid = child->leader && child->leader->cred ? child->leader->cred->uid : 0,
		.utime = atomic_load(&child->user_ns) / NSEC_PER_TICK,
		.stime = atomic_load(&child->system_ns) / NSEC_PER_TICK,
	};
	struct sigaction_k act = { 0 };
	struct sighand *s;
	bool ignored, auto_reap;
	u64 irq = 0;

	if (!parent)
		return true;
	/*
	 * A signal of the child's choice is not for another program, which may be another user's.
	 */
	if (ended && info.signo != SIGCHLD && child->parent_exec_id != parent->exec_id)
		info.signo = SIGCHLD;
	if (ended)
		end_status(status, &info);
	s = sighand_lock_process(parent, &irq);
	if (s) {
		act = s->action[SIGCHLD - 1];
		sighand_unlock(s, irq);
	}
	ignored = act.handler == SIG_IGN;
	auto_reap = ended && info.signo == SIGCHLD && (ignored || (act.flags & SA_NOCLDWAIT));
	if (!ended && (act.flags & SA_NOCLDSTOP))
		ignored = true;
	if (signo_valid(info.signo) && !(info.signo == SIGCHLD && ignored))
		(void)signal_send_process(parent, &info);
	waitq_wake_all(&parent->child_wait);
	return auto_reap;
}
