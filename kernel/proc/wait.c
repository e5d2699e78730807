// SPDX-License-Identifier: MPL-2.0
/*
 * wait4, waitid. See wait(2).
 *
 * How it works. A wait scans the children under proc_lock. If none has an event to report, it
 * queues itself on its process's child_wait, scans again, and sleeps. A child that ends, stops or
 * continues changes its state first and wakes the parent's child_wait afterwards, under proc_lock.
 * So the second scan finds the state, or the wake-up finds the waiter.
 *
 * A zombie is reaped in the hold of proc_lock that found it, so of several waiting threads exactly
 * one gets it. Stops and continues are reported once: wait_stopped and wait_continued are cleared
 * in the same hold (not with WNOWAIT).
 *
 * A signal ends the wait only if one more scan finds nothing. A child's state changes before its
 * SIGCHLD is sent, so the SIGCHLD of a child that is waited for never causes EINTR.
 *
 * Results are collected in struct wait_query and written to the user without a lock. If that write
 * fails (EFAULT), the child is reaped all the same, as in Linux.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/pidfd.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>
#include <uapi/resource.h>

#include "proc.h"

#define WNOHANG       0x00000001u
#define WUNTRACED     0x00000002u
#define WSTOPPED      WUNTRACED
#define WEXITED       0x00000004u
#define WCONTINUED    0x00000008u
#define WNOWAIT       0x01000000u
#define WNOTHREAD     0x20000000u
#define WALL_CHILDREN 0x40000000u
#define WCLONE        0x80000000u

enum { P_ALL, P_PID, P_PGID, P_PIDFD };

/* One wait: the request, and then the answer. */
struct wait_query {
	u32 type; /* P_* */
	s32 id;
	u32 options;
	s32 pid; /* the child found; 0: none */
	u32 uid;
	s32 code; /* CLD_* */
	s32 status;
	struct rusage64 usage;
	struct process *process; /* P_PIDFD: this process, borrowed from the descriptor */
	/* the leader's reference of a reaped child, to be dropped without proc_lock */
	struct thread *reaped;
};

/* Whether the request can mean the child @c, whatever its state. */
static bool query_matches(const struct wait_query *q, const struct process *c)
{
	if (q->type == P_PID && c->pid != q->id)
		return false;
	if (q->type == P_PIDFD && c != q->process)
		return false;
	if (q->type == P_PGID && (!c->pgrp || c->pgrp->pgid != q->id))
		return false;
	if ((q->options & WNOTHREAD) && c->parent_thread != thread_current())
		return false;
	/* A clone child is one that does not signal its end with SIGCHLD. */
	if (!(q->options & WALL_CHILDREN) && (c->exit_signal != SIGCHLD) != !!(q->options & WCLONE))
		return false;
	return true;
}

static void fill_child(struct wait_query *q, const struct process *c, s32 code, s32 status)
{
	q->pid = c->pid;
	q->uid = c->leader->cred->uid;
	q->code = code;
	q->status = status;
	rusage_of_process(c, &q->usage);
}

/*
 * Reports the zombie and, without WNOWAIT, reaps it: its usage is added to the parent's children.
 */
static void take_zombie_locked(struct wait_query *q, struct process *parent, struct process *c)
{
	s32 st = c->exit_status;

	fill_child(q, c, (st & 0x7f) == 0 ? CLD_EXITED : st & 0x80 ? CLD_DUMPED : CLD_KILLED, st);
	if (q->options & WNOWAIT)
		return;
	rusage_add_child_locked(parent, c);
	q->reaped = process_reap_locked(c);
}

/* Whether @c has an event to report; if so, it is consumed and fills the query. */
static bool check_child_locked(struct wait_query *q, struct process *parent, struct process *c)
{
	if (c->state == PROCESS_ZOMBIE) {
		if (!(q->options & WEXITED))
			return false;
		take_zombie_locked(q, parent, c);
		return true;
	}
	if ((q->options & WSTOPPED) && c->wait_stopped) {
		fill_child(q, c, CLD_STOPPED, (c->stop_signal << 8) | 0x7f);
		if (!(q->options & WNOWAIT))
			c->wait_stopped = false;
		return true;
	}
	if ((q->options & WCONTINUED) && c->wait_continued) {
		fill_child(q, c, CLD_CONTINUED, 0xffff);
		if (!(q->options & WNOWAIT))
			c->wait_continued = false;
		return true;
	}
	return false;
}

/*
 * The one child that a wait by id or pidfd can mean, or NULL if it is not a child of @p. It saves
 * the scan of all children.
 */
static struct process *one_child_locked(const struct wait_query *q, struct process *p)
{
	struct process *c = q->process;

	if (q->type == P_PID) {
		struct thread *t = thread_lookup_locked(q->id);
		c = t && t->process->leader == t ? t->process : NULL;
	}
	return c && c->parent == p ? c : NULL;
}

/*
 * Scans once. Returns -ECHILD if no child could ever match, else 0; q->pid says whether one was
 * found.
 */
static s64 scan_children(struct wait_query *q, struct process *p)
{
	struct process *c;
	s64 ret = -ECHILD;

	spin_lock(&proc_lock);
	if (q->type == P_PID || q->type == P_PIDFD) {
		c = one_child_locked(q, p);
		if (c && query_matches(q, c)) {
			(void)check_child_locked(q, p, c);
			ret = 0;
		}
	} else {
		list_for_each(c, &p->children, sibling) {
			if (!query_matches(q, c))
				continue;
			ret = 0;
			if (check_child_locked(q, p, c))
				break;
		}
	}
	spin_unlock(&proc_lock);
	return ret;
}

/*
 * The loop of the story at the top. The reaped child's last references are dropped here, without
 * proc_lock.
 */
static s64 process_do_wait(struct thread *t, struct wait_query *q)
{
	struct process *p = t->process;
	s64 ret;
	int err = 0;

	for (;;) {
		ret = scan_children(q, p);
		if (ret || q->pid || (q->options & WNOHANG))
			break;
		if (err)
			return -ERESTARTSYS;
		waitq_prepare(&p->child_wait, WAIT_INTERRUPTIBLE);
		ret = scan_children(q, p);
		if (ret || q->pid) {
			waitq_cancel();
			break;
		}
		err = waitq_commit(NO_DEADLINE);
	}
	obj_put(&q->reaped);
	return ret;
}

s64 sys_wait4(struct thread *t, s32 pid, struct uaddr status, u32 options, struct uaddr usage)
{
	struct wait_query q = { .options = options | WEXITED };
	s64 ret;
	s32 st;

	if (options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WALL_CHILDREN | WCLONE))
		return -EINVAL;
	if (pid == (s32)0x80000000)
		return -ESRCH;
	if (pid == -1) {
		q.type = P_ALL;
	} else if (pid > 0) {
		q.type = P_PID;
		q.id = pid;
	} else {
		q.type = P_PGID;
		q.id = pid ? -pid : process_pgid(t->process);
	}
	ret = process_do_wait(t, &q);
	if (ret || !q.pid)
		return ret;
	st = q.status;
	if (status.va && user_put(status, &st))
		return -EFAULT;
	if (usage.va && user_put(usage, &q.usage))
		return -EFAULT;
	return q.pid;
}

/*
 * waitid(P_PIDFD) on a non-blocking descriptor: -EAGAIN instead of waiting. Returns -EINVAL for a
 * negative id, -EBADF for a descriptor that is no pidfd.
 */
static s64 wait_pidfd(struct thread *t, struct wait_query *q)
{
	struct file *f = q->id < 0 ? NULL : file_get(t, q->id);
	bool nonblock = f && (f->flags & O_NONBLOCK) && !(q->options & WNOHANG);
	s64 ret = q->id < 0 ? -EINVAL : -EBADF;

	if (f && pidfd_of(f)) {
		q->process = pidfd_of(f)->process;
		q->options |= nonblock ? WNOHANG : 0;
		ret = process_do_wait(t, q);
		if (!ret && !q->pid && nonblock)
			ret = -EAGAIN;
	}
	obj_put(&f);
	return ret;
}

static s64 waitid_find(struct thread *t, struct wait_query *q)
{
	if (q->options &
		~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | WNOTHREAD | WALL_CHILDREN |
			WCLONE))
		return -EINVAL;
	if (!(q->options & (WEXITED | WSTOPPED | WCONTINUED)))
		return -EINVAL;
	switch (q->type) {
	case P_ALL:
		return process_do_wait(t, q);
	case P_PID:
		return q->id <= 0 ? -EINVAL : process_do_wait(t, q);
	case P_PGID:
		if (q->id < 0)
			return -EINVAL;
		if (q->id == 0)
			q->id = process_pgid(t->process);
		return process_do_wait(t, q);
	case P_PIDFD:
		return wait_pidfd(t, q);
	default:
		return -EINVAL;
	}
}

s64 sys_waitid(struct thread *t, s32 type, s32 id, struct uaddr info, u32 options,
	struct uaddr usage)
{
	struct wait_query q = { .type = (u32)type, .id = id, .options = options };
	struct waitid_info out = { 0 };
	s64 ret = waitid_find(t, &q);

	if (!ret && q.pid) {
		out.signo = SIGCHLD;
		out.code = q.code;
		out.pid = q.pid;
		out.uid = q.uid;
		if (q.code == CLD_EXITED || q.code == CLD_STOPPED)
			out.status = (q.status >> 8) & 0xff;
		else if (q.code == CLD_CONTINUED)
			out.status = SIGCONT;
		else
			out.status = q.status & 0x7f;
		if (usage.va && user_put(usage, &q.usage))
			return -EFAULT;
	}
	/* Written also when no child was found: all zero then. */
	return info.va && user_put(info, &out) ? -EFAULT : ret;
}
