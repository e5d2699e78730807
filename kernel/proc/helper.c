// SPDX-License-Identifier: MPL-2.0
/*
 * Programs that the kernel starts: a process of root's that nobody has forked, with one descriptor.
 *
 * How it works. process_start_helper makes the objects as start.c does for pid 1, links the process
 * into the tree without a parent, and starts its task. The program is loaded there
 * (process_helper_exec), since exec works on the calling thread; its result wakes the starter, which
 * sleeps until then, or until it is killed. Without a parent the process reaps itself at its end.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/helper.h>
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
	int err = t ? equip_helper(t, p, h, in) : -ENOMEM;

	if (!err)
		err = process_link_unforked(t);
	if (!err)
		task_start(t->task);
	else if (t)
		drop_helper(t);
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
