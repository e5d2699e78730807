// SPDX-License-Identifier: MPL-2.0
/*
 * Programs that the kernel starts: a process of root's that nobody has forked, with one descriptor.
 *
 * How it works. process_start_helper makes the objects as start.c does for pid 1, links the process
 * into the tree without a parent, and starts its task. The program is loaded there
 * (process_helper_exec), since exec works on the calling thread; its result wakes the starter, which
 * sleeps until then, or until it is killed. Without a parent the process reaps itself at its end.
 *
 * Like the kernel's own tasks on Linux it is in session and group 0. They may exist, by another such
 * program, or by an init that has made no session of its own.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/helper.h>
#include <kernel/list.h>
#include <kernel/thread.h>
#include <uapi/errno.h>

#include "exec/exec.h"
#include "proc.h"

/* A program that is being started; the starter and its thread have references. */
struct helper {
	struct obj obj;
	struct buf *args; /* a reference: strings, with a NUL behind each but the last */
	size_t args_len;
	bool done;
	s32 result;
	struct waitq done_wait;
};
static void helper_release(struct helper *h)
{
	buf_put(&h->args);
}
OBJ_TYPE(helper, helper_release);

int process_helper_exec(struct thread *t)
{
	struct helper *h = obj_cast(helper, t->helper);
	int err = exec_kernel_args(t, cspan_first(buf_cspan(h->args), h->args_len));

	t->helper = NULL;
	h->result = err;
	store_release(h->done, true);
	waitq_wake_all(&h->done_wait);
	obj_put(&h);
	return err;
}

/* Links the process into the tree. 0, -EAGAIN (no free id). */
static int link_helper(struct thread *t, struct process *p, struct session *s, struct pgrp *g)
{
	struct pgrp *old;
	int err = 0;

	spin_lock(&proc_lock);
	t->tid = id_alloc_locked();
	if (t->tid < 0) {
		err = t->tid;
		goto out;
	}
	p->pid = t->tid;
	p->leader = obj_get(t);
	thread_publish_locked(t);
	list_push_back(&p->threads, t, group_link);
	p->sighand = t->sighand;
	p->nr_threads = 1;
	old = pgrp_lookup_locked(0);
	if (!old) {
		id_use_locked(0);
		old = pgrp_new_locked(g, 0, s);
	}
	p->session = obj_get(old->session);
	process_join_group_locked(p, old);
	process_link_locked(p);
out:
	spin_unlock(&proc_lock);
	return err;
}

/* Makes all but the link into the tree. 0, -ENOMEM, -EMFILE; the caller drops what there is. */
static int equip_helper(struct thread *t, struct process *p, struct helper *h, struct file *in)
{
	s32 fd;

	process_default_limits(&p->rlimits);
	/* Its own crash starts no program that crashes. */
	p->rlimits.v[RLIMIT_CORE] = (struct rlimit64){ 1, 1 };
	if (process_equip(t))
		return -ENOMEM;
	fd = fd_install(t, in, 0, false);
	if (fd < 0)
		return fd;
	t->helper = &obj_get(h)->obj;
	return thread_create_task(t);
}

/* A thread that never ran: its objects go with it. */
static void drop_helper(struct thread *t)
{
	files_put(&t->files);
	fs_context_put(&t->fs);
	if (t->mm && t->vmspace)
		mm_leave(t->mm);
	t->vmspace = NULL;
	obj_put(&t->mm);
	obj_put_any(&t->helper);
	t->user = NULL;
	task_put(&t->task); /* the task and the thread hold each other */
}

/* Starts the process of @h. 0, or -errno: nothing has started. */
static int start_helper(struct helper *h, struct file *in)
{
	struct process *p = process_new(NULL);
	struct thread *t = p ? thread_new(NULL, p) : NULL;
	struct session *s = obj_new(session);
	struct pgrp *g = obj_new(pgrp);
	int err = t && s && g ? equip_helper(t, p, h, in) : -ENOMEM;

	if (!err)
		err = link_helper(t, p, s, g);
	if (!err)
		task_start(t->task);
	else if (t)
		drop_helper(t);
	obj_put(&g);
	obj_put(&s);
	obj_put(&t);
	obj_put(&p);
	return err;
}

int process_start_helper(struct buf *args, size_t len, struct file *in)
{
	struct helper *h;
	int err;

	if (thread_count() >= thread_max())
		return -EAGAIN;
	h = obj_new(helper);
	if (!h)
		return -ENOMEM;
	h->args = buf_get(args);
	h->args_len = len;
	err = start_helper(h, in);
	if (!err) {
		wait_event(&h->done_wait, load_acquire(h->done), WAIT_KILLABLE, NO_DEADLINE, &err);
		if (!err)
			err = h->result;
	}
	obj_put(&h);
	return err;
}
