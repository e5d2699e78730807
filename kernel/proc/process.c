// SPDX-License-Identifier: MPL-2.0
/*
 * Thread and process objects: birth, release, and the loop that is a user thread's kernel side.
 */
#include <abi/exception.h>
#include <abi/syscall_nr.h>
#include <frame/log.h>
#include <frame/time.h>
#include <kernel/inode.h>
#include <kernel/poll.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>

#include "exec/exec.h"
#include "proc.h"

static void thread_release(struct thread *t)
{
	poll_thread_exit(t);
	task_put(&t->task);
	obj_put(&t->sighand);
	obj_put(&t->cred);
	obj_put(&t->process);
}
OBJ_TYPE(thread, thread_release);

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

void thread_set_work(struct thread *t, u32 bits)
{
	set_bits(t->work, bits);
	if (t->task)
		task_interrupt(t->task,
			bits & (WORK_EXIT | WORK_FREEZE) ? TASK_INT_SIGNAL | TASK_INT_KILL
							 : TASK_INT_SIGNAL);
}

/* A thread of @p that inherits from @parent what clone always copies. */
struct thread *thread_new(const struct thread *parent, struct process *p)
{
	struct thread *t = obj_new(thread);

	if (!t)
		return NULL;
	t->process = obj_get(p);
	t->start_ns = time_mono_ns();
	t->timer_slack_ns = t->default_slack_ns = 50000;
	t->altstack.flags = SS_DISABLE;
	if (parent) {
		span_copy(span_of(t->comm), cspan_of(parent->comm));
		t->blocked = parent->blocked;
		t->cred = obj_get(parent->cred);
		t->no_new_privs = parent->no_new_privs;
		t->timer_slack_ns = t->default_slack_ns = parent->timer_slack_ns;
		sched_fork(t, parent);
	}
	return t;
}

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
		p->personality = parent->personality;
		p->dumpable = parent->dumpable;
		p->thp_disabled = parent->thp_disabled;
	}
	return p;
}

/* Looks at the work bits; false when the thread has to go. */
static bool thread_do_work(struct thread *t, bool in_syscall)
{
	u32 work;

	while ((work = load_acquire(t->work)) & (WORK_SIGNAL | WORK_STOP | WORK_EXIT)) {
		if (work & WORK_EXIT)
			return false;
		signal_deliver(t, in_syscall);
		in_syscall = false;
	}
	return true;
}

static void thread_run(struct obj *owner)
{
	struct thread *t = obj_cast(thread, owner);
	struct user_event ev = { 0 };
	struct siginfo info;
	bool in_syscall = false;

	user_set_vmspace(t->vmspace);
	if (t->init_exec) {
		int err = process_init_exec(t);
		if (err) {
			log_err("cannot run init: error %d (pass init=PATH, or an initramfs with "
				"an executable /init)",
				-err);
			process_exit_group(t, 1 << 8);
		}
	}
	if (t->set_child_tid.va) {
		s32 tid = t->tid;
		(void)!user_put(t->set_child_tid, &tid); /* an error is not reported, as on Linux */
	}
	while (!load_once(t->work) || thread_do_work(t, in_syscall)) {
		in_syscall = false;
		switch (user_run(t->vmspace, &ev)) {
		case USER_SYSCALL:
			in_syscall = user_syscall_nr(t->user) != NR_rt_sigreturn;
			(void)syscall_dispatch(t);
			break;
		case USER_FAULT:
			mm_user_fault(t, ev.addr, ev.access);
			break;
		case USER_EXCEPTION:
			info = abi_exception_signal(&ev, t->user);
			signal_force(t, info.signo, info.code, info.addr);
			break;
		case USER_INTERRUPT:
			break;
		}
	}
	thread_finish(t);
}

static const struct task_ops thread_task_ops = { .run = thread_run };

int thread_create_task(struct thread *t)
{
	t->task = task_new(&thread_task_ops, &t->obj, LIT("user"));
	if (!t->task)
		return -ENOMEM;
	t->user = task_user(t->task);
	return 0;
}
