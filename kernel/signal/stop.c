// SPDX-License-Identifier: MPL-2.0
/*
 * Group stop and continue, and the notification of parents. See signal(7), wait(2).
 *
 * How a process stops. A thread takes a stop signal with the default action (signal_group_stop).
 * Under proc_lock and sighand.lock it starts the stop: every thread of the process gets WORK_STOP
 * and is counted in nr_stopping. Each thread that reaches signal_stop_here, or exits, clears its
 * bit and counts itself off. The last one makes the process PROCESS_STOPPED and notifies the
 * parent, in the same hold of proc_lock. The threads sleep on stop_wait.
 *
 * How it continues. The sender of SIGCONT or SIGKILL ends the stop, also from an interrupt, under
 * sighand.lock alone. It clears the stop's state and wakes the threads. It cannot take proc_lock,
 * so it sets notify_continued, and the first thread that runs notifies the parent
 * (signal_report_continued).
 *
 * What if they race. A SIGCONT between the taking of the stop signal and signal_group_stop clears
 * stop_dequeued, and the stop is not started. A SIGCONT while threads still count themselves off
 * clears group_stop and WORK_STOP, so no thread completes the stop. An exit or exec under way
 * (group_exiting, execing) prevents a stop, since the threads must run to end.
 *
 * A stop of an orphaned group by a terminal signal is not started: nobody could continue it.
 *
 * Locking: group_stop, nr_stopping, thread.stopped and WORK_STOP change under sighand.lock; the
 *          parent is notified under proc_lock. state, wait_stopped and wait_continued change to
 *          "stopped" under both locks, to "continued" under sighand.lock alone. wait reads and
 *          clears them under proc_lock. Between two continues there is a stop, which takes
 *          proc_lock, so wait cannot clear the later one.
 */
#include <frame/time.h>
#include <kernel/list.h>
#include <kernel/thread.h>

#include "sig.h"

#define NSEC_PER_TICK (NSEC_PER_SEC / 100) /* unit of siginfo's times */

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
 * One thread less to wait for; the last one completes the stop. Both locks held. Returns whether
 * the parent is to be notified.
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

/*
 * Ends the thread's part in signals. A stop completes without it. Signals for the process that it
 * would have taken are passed to other threads. It takes no more signals.
 */
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
	t->blocked = ~0ul; /* no sender chooses the thread any more */
	t->signals_ended = true;
	sigpending_flush(&t->pending);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
	if (tell)
		(void)signal_notify_parent_locked(p, CLD_STOPPED, p->stop_signal);
	spin_unlock(&proc_lock);
}

/* ---- SIGCHLD ---- */

/* CLD_* code and si_status of an exit, from its wait status. */
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
	 * A signal of the child's choice is not for another program, which may belong to another
	 * user: it is replaced by SIGCHLD if the parent has executed one since.
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
		/* A real-time signal of clone over the limit is lost, as on Linux. */
		ignore_error(signal_send_process(parent, &info));
	waitq_wake_all(&parent->child_wait);
	return auto_reap;
}
