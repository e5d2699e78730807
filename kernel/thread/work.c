// SPDX-License-Identifier: MPL-2.0
/*
 * Requests to any thread or process: to check its work bits, to exit; and the queries of its
 * process group.
 *
 * Work bits are set by an atomic operation before the task is interrupted. The task reads the bits
 * again after it has cleared its interrupt flag (signal_recalc_locked), so no request is lost.
 */
#include <frame/task.h>
#include <kernel/list.h>
#include <kernel/thread.h>

/*
 * Also called before the thread has a task (clone), and in interrupts. Exit and freeze end killable
 * sleeps as well.
 */
void thread_set_work(struct thread *t, u32 bits)
{
	set_bits(t->work, bits);
	if (t->task)
		task_interrupt(t->task,
			bits & (WORK_EXIT | WORK_FREEZE) ? TASK_INT_SIGNAL | TASK_INT_KILL
							 : TASK_INT_SIGNAL);
}

/* The first status wins; SIGKILL ends a core dump in progress. Threads in a group stop sleep on stop_wait: they are woken, too. */
void process_exit_group_locked(struct process *p, s32 status)
{
	struct thread *t;

	if (p->group_exiting) {
		if (p->dumper && status == SIGKILL) /* no other end disturbs it */
			thread_set_work(p->dumper, WORK_EXIT);
		return;
	}
	p->group_exiting = true;
	p->exit_status = status;
	list_for_each(t, &p->threads, group_link) {
		if (!t->exited)
			thread_set_work(t, WORK_EXIT);
		waitq_wake_all(&t->stop_wait);
	}
}

void process_exit_group(struct thread *t, s32 status)
{
	spin_lock(&proc_lock);
	process_exit_group_locked(t->process, status);
	spin_unlock(&proc_lock);
}

s32 process_pgid(struct process *p)
{
	s32 id;

	spin_lock(&proc_lock);
	id = p->pgrp ? p->pgrp->pgid : 0;
	spin_unlock(&proc_lock);
	return id;
}

struct pgrp *process_pgrp_get(struct process *p)
{
	struct pgrp *g;

	spin_lock(&proc_lock);
	g = p->pgrp ? obj_get(p->pgrp) : NULL;
	spin_unlock(&proc_lock);
	return g;
}

bool pgrp_is_orphaned_locked(struct pgrp *g, struct process *ignored)
{
	struct process *p;

	list_for_each(p, &g->members, pgrp_link) {
		if (p == ignored || p->state == PROCESS_ZOMBIE || !p->parent)
			continue;
		if (p->parent->pgrp != g && p->parent->session == p->session &&
			p->parent != process_init())
			return false;
	}
	return true;
}
