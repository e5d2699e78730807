// SPDX-License-Identifier: MPL-2.0
/*
 * Thread and process objects: creation and release. The object types of session and process group
 * are here too.
 *
 * A thread holds its process, and the pid table holds the thread (kernel/thread.h). So a process is
 * released after its last thread, without any lock held.
 */
#include <abi/exception.h>
#include <abi/syscall_nr.h>
#include <frame/log.h>
#include <frame/time.h>
#include <kernel/inode.h>
#include <kernel/poll.h>
#include <kernel/seccomp.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>

#include "exec/exec.h"
#include "proc.h"

/* Set once by kernel/syscall/loop.c, before the first thread. */
static const struct task_ops *user_loop;
static u32 first_entry_work;

static void thread_release(struct thread *t)
{
	poll_thread_exit(t);
	seccomp_put(&t->seccomp);
	task_put(&t->task);
	obj_put(&t->sighand);
	obj_put(&t->cred);
	obj_put(&t->process);
}
OBJ_TYPE(thread, thread_release);

/*
 * No thread and no pid refers to the process any more. The program's file is among them: from here
 * on it may be written again.
 */
static void process_release(struct process *p)
{
	obj_put(&p->pgrp);
	obj_put(&p->session);
	sigpending_flush(&p->pending);
	obj_put(&p->exit_poll);
	exec_close(&p->exe);
}
OBJ_TYPE(process, process_release);

static void session_release(struct session *s)
{
	(void)s;
}
OBJ_TYPE(session, session_release);

static void pgrp_release(struct pgrp *g)
{
	obj_put(&g->session);
}
OBJ_TYPE(pgrp, pgrp_release);

/*
 * A thread of @p that inherits from @parent the state that clone copies with any flags: name, mask,
 * credentials, personality, timer slack and scheduling.
 */
struct thread *thread_new(const struct thread *parent, struct process *p)
{
	struct thread *t = obj_new(thread);

	if (!t)
		return NULL;
	t->process = obj_get(p);
	t->start_ns = time_mono_ns();
	t->timer_slack_ns = t->default_slack_ns = 50000;
	t->altstack.flags = SS_DISABLE;
	t->entry_work = first_entry_work;
	if (parent) {
		span_copy(span_of(t->comm), cspan_of(parent->comm));
		t->blocked = parent->blocked;
		t->cred = obj_get(parent->cred);
		t->personality = parent->personality;
		t->ioprio = parent->ioprio;
		t->timer_slack_ns = t->default_slack_ns = parent->timer_slack_ns;
		sched_fork(t, parent);
	}
	return t;
}

/* The child runs the parent's program: it denies writes to the file, too (exec_deny). */
struct process *process_new(const struct process *parent)
{
	struct process *p = obj_new(process);

	if (!p)
		return NULL;
	p->exit_signal = SIGCHLD;
	p->start_ns = time_mono_ns();
	p->dumpable = 1;
	if (parent) {
		p->rlimits = parent->rlimits;
		if (parent->exe) {
			p->exe = obj_get(parent->exe);
			atomic_add(&p->exe->inode->exec_deny, 1);
		}
		p->oom_score_adj = parent->oom_score_adj;
		p->dumpable = parent->dumpable;
		p->thp_disabled = parent->thp_disabled;
	}
	return p;
}

void thread_set_loop(const struct task_ops *ops, u32 entry_work)
{
	user_loop = ops;
	first_entry_work = entry_work;
}

/* The task is not started: the caller publishes the thread first. */
int thread_create_task(struct thread *t)
{
	t->task = task_new(user_loop, &t->obj, LIT("user"));
	if (!t->task)
		return -ENOMEM;
	t->user = task_user(t->task);
	return 0;
}
