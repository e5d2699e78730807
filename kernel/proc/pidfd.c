// SPDX-License-Identifier: MPL-2.0
/*
 * pidfds: descriptors that stand for a process, or a thread, even after its number has been reused.
 * See pidfd_open(2), pidfd_getfd(2).
 *
 * A pidfd is readable when its process has ended, and hung up when it has been reaped. Each end of
 * a thread and each reaping notifies process.exit_poll, under proc_lock.
 */
#include <frame/fmt.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/pidfd.h>
#include <kernel/poll.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <uapi/fs.h>

#include "proc.h"

#define PIDFD_THREAD O_EXCL

static void pidfd_release(struct pidfd *pf)
{
	obj_put(&pf->thread);
	obj_put(&pf->process);
}
OBJ_TYPE(pidfd, pidfd_release);

bool pidfd_is_gone(const struct pidfd *pf)
{
	/* A thread is gone when it exits, a leader when its process is reaped. */
	if (pf->thread && pf->process->leader != pf->thread)
		return load_once(pf->thread->exited);
	return load_once(pf->process->state) == PROCESS_DEAD;
}

/* A thread has ended when it has exited, a process when its last thread has. */
static bool has_ended(const struct pidfd *pf)
{
	return pf->thread ? load_once(pf->thread->exited)
			  : load_once(pf->process->state) >= PROCESS_ZOMBIE;
}

/* Registers first and then reads the state, see kernel/poll.h. */
static u32 pidfd_poll(struct file *f, struct poll_table *pt)
{
	struct pidfd *pf = obj_cast(pidfd, f->private);

	poll_wait(pt, &pf->process->exit_poll);
	if (pidfd_is_gone(pf))
		return POLLIN | POLLRDNORM | POLLHUP;
	return has_ended(pf) ? POLLIN | POLLRDNORM : 0;
}

static void pidfd_show(struct file *f, struct fmt *out)
{
	struct pidfd *pf = obj_cast(pidfd, f->private);
	s32 id = pidfd_is_gone(pf) ? -1 : pf->thread ? pf->thread->tid : pf->process->pid;

	fmt_printf(out, "Pid:\t%d\nNSpid:\t%d\n", id, id);
}

static const struct file_ops pidfd_ops = { .poll = pidfd_poll, .show_fdinfo = pidfd_show };

struct pidfd *pidfd_of(struct file *f)
{
	return f->ops == &pidfd_ops ? obj_cast(pidfd, f->private) : NULL;
}

/*
 * The descriptor holds the process object, not its number: after the reaping the object stays, and
 * nothing can be done to it.
 */
int pidfd_file_new(struct process *p, struct thread *t, u32 flags, struct file **out)
{
	struct pidfd *pf = obj_new(pidfd);

	if (!pf)
		return -ENOMEM;
	pf->process = obj_get(p);
	pf->thread = t ? obj_get(t) : NULL;
	*out = file_new_anon(LIT("anon_inode:[pidfd]"), &pidfd_ops, &pf->obj,
		O_RDWR | (flags & O_NONBLOCK), FMODE_READ | FMODE_WRITE | FMODE_STREAM);
	return *out ? 0 : -ENFILE;
}

/* With PIDFD_THREAD any thread, else the leader of a process only. */
s64 sys_pidfd_open(struct thread *t, s32 pid, u32 flags)
{
	bool one = flags & PIDFD_THREAD;
	struct thread *target;
	struct file *f = NULL;
	s64 ret;

	if ((flags & ~(O_NONBLOCK | PIDFD_THREAD)) || pid <= 0)
		return -EINVAL;
	target = thread_find(pid);
	if (!target)
		return -ESRCH;
	if (!one && target->process->leader != target)
		ret = -ENOENT;
	else
		ret = pidfd_file_new(target->process, one ? target : NULL, flags, &f);
	if (!ret)
		ret = fd_install(t, f, 0, true);
	obj_put(&f);
	obj_put(&target);
	return ret;
}

struct thread *pidfd_subject(const struct pidfd *pf)
{
	struct thread *t = NULL;

	spin_lock(&proc_lock);
	if (!pidfd_is_gone(pf))
		t = pf->thread ? pf->thread : pf->process->leader;
	if (t)
		(void)obj_get(t);
	spin_unlock(&proc_lock);
	return t;
}

/* A reference to descriptor @fd of @other, or NULL. */
static struct file *pidfd_file_of(struct thread *other, s32 fd)
{
	struct files *fs = fd >= 0 ? files_pin(other) : NULL;
	struct file *f = NULL;
	bool cloexec;

	if (fs && files_next(fs, fd, &f, &cloexec) != fd)
		obj_put(&f);
	files_unpin(&fs);
	return f;
}

/*
 * The descriptor table cannot be read under proc_lock. So access is checked before and again after
 * the file was taken, and exec_id shows that no other program was executed in between. A failed
 * check drops the file unseen.
 */
s64 sys_pidfd_getfd(struct thread *t, s32 pidfd, s32 fd, u32 flags)
{
	struct file *pf, *f = NULL;
	struct thread *other = NULL;
	u32 exec_id = 0;
	s64 ret = -EBADF;

	if (flags)
		return -EINVAL;
	pf = file_get(t, pidfd);
	if (pf && pidfd_of(pf)) {
		other = pidfd_subject(pidfd_of(pf));
		exec_id = other ? load_acquire(other->process->exec_id) : 0;
		ret = other ? thread_may_access(other, true) : -ESRCH;
	}
	if (!ret) {
		f = pidfd_file_of(other, fd);
		ret = thread_may_access_again(other, true, exec_id);
	}
	if (!ret)
		ret = f ? fd_install(t, f, 0, true) : -EBADF;
	obj_put(&f);
	obj_put(&other);
	obj_put(&pf);
	return ret;
}
