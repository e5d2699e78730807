// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1: the first process is made here, not cloned.
 *
 * process_start_init makes its objects, links them into the empty tree and starts its task. The
 * program is loaded later, in that task (process_init_exec), since exec works on the calling
 * thread.
 */
#include <frame/log.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/syscall.h>
#include <kernel/text.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "exec/exec.h"
#include "proc.h"

/* See getrlimit(2). */
void process_default_limits(struct rlimits *l)
{
	u32 i;

	for (i = 0; i < NR_RLIMITS; i++)
		l->v[i] = (struct rlimit64){ RLIM_INFINITY, RLIM_INFINITY };
	l->v[RLIMIT_STACK].cur = STACK_AREA;
	l->v[RLIMIT_CORE].cur = 0;
	l->v[RLIMIT_NOFILE] = (struct rlimit64){ 1024, 4096 };
	l->v[RLIMIT_MEMLOCK] = (struct rlimit64){ 8ul << 20, 8ul << 20 };
	/* No single user can take all threads of the machine. */
	l->v[RLIMIT_NPROC] = (struct rlimit64){ thread_max() / 2, thread_max() / 2 };
	l->v[RLIMIT_SIGPENDING] = l->v[RLIMIT_NPROC];
	l->v[RLIMIT_MSGQUEUE] = (struct rlimit64){ 819200, 819200 };
	l->v[RLIMIT_NICE] = (struct rlimit64){ 0, 0 };
	l->v[RLIMIT_RTPRIO] = (struct rlimit64){ 0, 0 };
}

/*
 * Opens descriptors 0, 1 and 2 on the console. Without a console init starts with none, as on
 * Linux.
 */
static void init_open_console(struct thread *t)
{
	struct file *f = NULL;
	s32 i;

	if (file_open(t, AT_FDCWD, STR("/dev/console"), O_RDWR, 0, &f)) {
		log_warn(
			"no /dev/console (the machine shows no serial port that a driver knows): init starts without standard input and output");
		return;
	}
	for (i = 0; i < 3; i++) {
		if (fd_install(t, f, 0, false) != i)
			log_warn("init starts without descriptor %d: no memory", i);
	}
	obj_put(&f);
}

/*
 * As on Linux, such a process is in session and group 0: init until it makes its own with setsid,
 * which would fail for a group leader. They may exist, by another such process.
 */
int process_link_unforked(struct thread *t)
{
	struct session *s = obj_new(session);
	struct pgrp *g = obj_new(pgrp), *zero;
	struct process *p = t->process;
	int err = -ENOMEM;

	if (!s || !g)
		goto out;
	spin_lock(&proc_lock);
	err = t->tid = id_alloc_locked();
	if (err < 0)
		goto unlock;
	err = 0;
	p->pid = t->tid;
	p->leader = obj_get(t);
	thread_publish_locked(t);
	list_push_back(&p->threads, t, group_link);
	p->sighand = t->sighand;
	p->nr_threads = 1;
	zero = pgrp_lookup_locked(0);
	if (!zero) {
		id_use_locked(0);
		zero = pgrp_new_locked(g, 0, s);
	}
	p->session = obj_get(zero->session);
	process_join_group_locked(p, zero);
	process_link_locked(p);
unlock:
	spin_unlock(&proc_lock);
out:
	obj_put(&g);
	obj_put(&s);
	return err;
}

/*
 * Kept for process_init_exec, which runs later in the first process's own task. After that the
 * thread is an ordinary one.
 */
static struct init_args {
	char path[256];
	char args[1024];
} init_args;

int process_init_exec(struct thread *t)
{
	struct cspan path = text_in(init_args.path);
	struct cspan args = text_in(init_args.args);

	init_open_console(t);
	return exec_kernel(t, path, args);
}

/* The address space is an empty one, until exec replaces it. */
int process_equip(struct thread *t)
{
	t->cred = cred_new_root();
	t->files = files_new();
	t->fs = fs_context_new_root();
	t->sighand = sighand_new();
	t->mm = mm_new(false);
	if (!t->cred || !t->files || !t->fs || !t->sighand || !t->mm)
		return -ENOMEM;
	mm_join(t->mm);
	t->vmspace = t->mm->vmspace;
	return 0;
}

static const struct init_ops *init_ops;

void process_init_died(u32 status)
{
	init_ops->died(status);
}

/* On an error the objects made so far are dropped; the caller cannot go on without init. */
int process_start_init(struct cspan path, struct cspan args, const struct init_ops *ops)
{
	struct process *p = process_new(NULL);
	struct thread *t = p ? thread_new(NULL, p) : NULL;
	int err = -ENOMEM;

	init_ops = ops;
	span_copy(span_first(span_of(init_args.path), sizeof(init_args.path) - 1), path);
	span_copy(span_first(span_of(init_args.args), sizeof(init_args.args) - 1), args);
	if (!t)
		goto out;
	process_default_limits(&p->rlimits);
	if (process_equip(t))
		goto out;
	t->init_exec = true;
	err = thread_create_task(t);
	if (!err)
		err = process_link_unforked(t);
	if (!err)
		task_start(t->task);
out:
	obj_put(&t);
	obj_put(&p);
	return err;
}
