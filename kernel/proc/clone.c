// SPDX-License-Identifier: MPL-2.0
/*
 * fork, vfork, clone, clone3: a new thread or process; unshare. See clone(2).
 *
 * How it works. do_clone does everything that can fail first:
 *
 * 1. check_flags refuses combinations that make no sense, within_limits a thread too many.
 * 2. The objects are made: a process (or one more reference to the caller's), a thread, its frame
 *    task. The task is not started, so nothing runs yet.
 * 3. clone_resources shares or copies descriptors, fs context, signal handlers and address space,
 *    as the flags say. setup_registers copies the caller's registers; the child returns 0.
 * 4. prepare_pidfd reserves a descriptor and writes its number to the user.
 * 5. link_child, in one hold of proc_lock, checks that the caller may still have children, takes an
 *    id, and links the child into the pid table, its process and the tree. From here others find
 *    the child, signal it and wait for it.
 * 6. The reserved descriptor is opened, the id is written to the parent, and the task is started. A
 *    vfork parent then sleeps until the child has left the shared address space.
 *
 * Why link_child looks at signals: a signal to the process or group is sent to its members of that
 * moment. If one is pending at the parent, the child may have missed it, so the parent takes it
 * first and the call restarts. group_exiting and execing are checked for the same reason: the
 * threads to end have been marked already, and a new one would escape.
 *
 * If a step before 6 fails, drop_resources undoes the steps before it; no other task has seen the
 * child.
 *
 * Locking: proc_lock, then sighand.lock (step 5). The other steps hold no lock.
 */
#include <abi/address.h>
#include <frame/page.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/pidfd.h>
#include <kernel/seccomp.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/sched.h>

#include "proc.h"

/* Refuses what clone(2) calls EINVAL. @flags has no signal number in it. */
static s64 check_flags(u64 flags, u64 exit_signal)
{
	if ((flags & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && !(flags & CLONE_SIGHAND))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && !(flags & CLONE_VM))
		return -EINVAL;
	if ((flags & CLONE_THREAD) && (flags & (CLONE_NEWUSER | CLONE_NEWPID)))
		return -EINVAL;
	if ((flags & CLONE_SIGHAND) && (flags & CLONE_CLEAR_SIGHAND))
		return -EINVAL;
	if (flags & (CLONE_NAMESPACES | CLONE_INTO_CGROUP))
		return -EINVAL; /* no namespaces and no cgroups: docs/caveats.md */
	if ((flags & CLONE_PIDFD) && (flags & CLONE_DETACHED))
		return -EINVAL;
	if (exit_signal > NSIG)
		return -EINVAL;
	return 0;
}

/*
 * Each thread costs the kernel a stack, page tables and objects, about eight pages: threads may
 * take an eighth of memory.
 */
u64 thread_max(void)
{
	struct page_stats mem;

	page_get_stats(&mem);
	return min(mem.total / 64 + 32, (u64)PID_MAX - 512);
}

/*
 * The threads of @p that count against RLIMIT_NPROC. A leader that has ended counts until it is
 * reaped, as a zombie or as the leader of other threads.
 */
static u64 count_of_locked(const struct process *p)
{
	return p->nr_threads + (p->leader && p->leader->exited);
}

/*
 * Whether the machine and the caller's RLIMIT_NPROC allow one more thread. Two clones at the same
 * time may both pass at the limit; it is a limit, not an invariant.
 */
static bool within_limits(struct thread *t)
{
	u64 limit = rlimit_get(t, RLIMIT_NPROC);
	u64 count = 0;
	struct process *p;

	if (thread_count() >= thread_max())
		return false;
	if (limit == RLIM_INFINITY || cred_capable(t->cred, CAP_SYS_RESOURCE) ||
		cred_capable(t->cred, CAP_SYS_ADMIN))
		return true;
	spin_lock(&proc_lock);
	for (p = process_first_locked(); p; p = p->all_link.next) {
		if (p->leader && p->leader->cred && p->leader->cred->uid == t->cred->uid)
			count += count_of_locked(p);
	}
	spin_unlock(&proc_lock);
	return count < limit;
}

/*
 * Gives the child its own copies or shared references, as the flags say. Returns 0, or -Exxx with
 * some of them set: drop_resources then drops these.
 */
static s64 clone_resources(struct thread *t, struct thread *c, u64 flags)
{
	int err = 0;

	c->files = flags & CLONE_FILES ? files_get(t->files) : files_copy(t->files, &err);
	if (!c->files)
		return err ? err : -ENOMEM;
	c->fs = flags & CLONE_FS ? fs_context_share(t->fs) : fs_context_copy(t->fs);
	if (!c->fs)
		return flags & CLONE_FS ? -EAGAIN : -ENOMEM;
	if (flags & CLONE_SIGHAND)
		c->sighand = obj_get(t->sighand);
	else if (flags & CLONE_CLEAR_SIGHAND)
		c->sighand = sighand_copy_ignored(t->sighand);
	else
		c->sighand = sighand_copy(t->sighand);
	if (!c->sighand)
		return -ENOMEM;
	if (flags & CLONE_VM) {
		c->mm = obj_get(t->mm);
	} else {
		err = mm_fork(t->mm, &c->mm);
		if (err)
			return err;
	}
	mm_join(c->mm);
	c->vmspace = c->mm->vmspace;
	if (!(flags & CLONE_VM) || (flags & CLONE_VFORK))
		c->altstack = t->altstack;
	return 0;
}

/* Undoes clone_resources, also if only a part was done. */
static void drop_resources(struct thread *c)
{
	files_put(&c->files);
	fs_context_put(&c->fs);
	if (c->mm && c->vmspace)
		mm_leave(c->mm);
	c->vmspace = NULL;
	obj_put(&c->mm);
	/*
	 * A task that was never started holds its owner, the thread, which holds the task: the ring
	 * of references is opened here.
	 */
	c->user = NULL;
	task_put(&c->task);
}

/*
 * The child's registers: the caller's, with return value 0 and the stack and TLS of the arguments.
 */
static void setup_registers(struct thread *t, struct thread *c, const struct clone_args *a)
{
	user_copy(c->user, t->user);
	user_set_ret(c->user, 0);
	if (a->stack)
		user_set_sp(c->user, a->stack + a->stack_size);
	if (a->flags & CLONE_SETTLS)
		user_set_tls(c->user, a->tls);
	if (a->flags & CLONE_CHILD_SETTID)
		c->set_child_tid = UADDR(a->child_tid);
	if (a->flags & CLONE_CHILD_CLEARTID)
		c->clear_child_tid = UADDR(a->child_tid);
}

/*
 * Makes the child visible, see the top. Returns 0, -ERESTARTNOINTR if the caller has a signal to
 * take first or is ending, -EINVAL (CLONE_PARENT without a parent), -EAGAIN (no free id).
 * The list of threads and process.sighand change under sighand.lock too, since senders of signals
 * look at them under that lock alone.
 */
static s64 link_child(struct thread *t, struct thread *c, u64 flags, s32 tid)
{
	struct process *p = t->process;
	struct process *cp = c->process;
	s64 err = 0;
	u64 irq;

	spin_lock(&proc_lock);
	if (p->group_exiting || p->execing || signal_pending(t)) {
		err = -ERESTARTNOINTR;
		goto out;
	}
	if ((flags & CLONE_PARENT) && !(flags & CLONE_THREAD) && !p->parent) {
		err = -EINVAL; /* init has no parent, nor has a process that outlives init */
		goto out;
	}
	c->tid = tid ? id_take_locked(tid) : id_alloc_locked();
	if (c->tid < 0) {
		err = c->tid;
		goto out;
	}
	seccomp_inherit_locked(t, c);
	thread_publish_locked(c);
	irq = spin_lock_irqsave(&c->sighand->lock);
	list_push_back(&cp->threads, c, group_link);
	cp->sighand = c->sighand;
	spin_unlock_irqrestore(&c->sighand->lock, irq);
	cp->nr_threads++;
	if (cp == p)
		goto out;
	cp->pid = c->tid;
	cp->leader = obj_get(c);
	cp->parent = flags & CLONE_PARENT ? p->parent : p;
	cp->parent_thread = flags & CLONE_PARENT ? p->parent_thread : t;
	cp->parent_exec_id = flags & CLONE_PARENT ? p->parent_exec_id : p->exec_id;
	cp->exit_signal = flags & CLONE_PARENT ? p->exit_signal : cp->exit_signal;
	list_push_back(&cp->parent->children, cp, sibling);
	cp->session = obj_get(p->session);
	cp->tty_serial = p->tty_serial;
	process_join_group_locked(cp, p->pgrp);
	process_link_locked(cp);
out:
	spin_unlock(&proc_lock);
	return err;
}

/* CLONE_PIDFD: the descriptor whose number the user has, but which is not open yet. */
struct clone_pidfd {
	struct file *file;
	s32 fd;
};

/*
 * Reserves the descriptor and stores its number for the user, before the child is visible: after
 * link_child nothing may fail. Returns 0 or -Exxx with nothing reserved.
 */
static s64 prepare_pidfd(struct thread *t, struct thread *c, const struct clone_args *a,
	struct clone_pidfd *p)
{
	s64 err;

	if (!(a->flags & CLONE_PIDFD))
		return 0;
	err = pidfd_file_new(c->process, a->flags & CLONE_THREAD ? c : NULL, 0, &p->file);
	if (err)
		return err;
	p->fd = fd_reserve(t, 0, true);
	err = p->fd < 0 ? p->fd : 0;
	if (!err && user_put(UADDR(a->pidfd), &p->fd)) {
		err = -EFAULT;
		fd_unreserve(t, p->fd);
	}
	if (err)
		obj_put(&p->file);
	return err;
}

/* Opens the descriptor, or frees its number if the clone failed (@err). */
static void finish_pidfd(struct thread *t, struct clone_pidfd *p, s64 err)
{
	if (!p->file)
		return;
	if (err)
		fd_unreserve(t, p->fd);
	else
		fd_publish(t, p->fd, p->file);
	obj_put(&p->file);
}

/*
 * Waits until the child of a vfork has left the shared address space: by exec or by exit
 * (vfork_release).
 */
static s64 wait_vfork(struct thread *c)
{
	int err;

	/*
	 * Killable only: a signal that kills the parent ends its wait, and the child continues with
	 * the memory that they share. The acquire pairs with the release in vfork_release.
	 */
	wait_event(&c->vfork_wait, load_acquire(c->vfork_done), WAIT_KILLABLE, NO_DEADLINE, &err);
	return 0;
}

/* clone3's set_tid: here the id that was wanted. There is one namespace, so one id. */
static s64 check_tid(struct thread *t, const struct clone_args *a)
{
	s32 tid = (s32)a->set_tid;

	if (a->set_tid_size > 1 || tid < 1 || (u64)tid >= knob_get(KNOB_PID_MAX))
		return -EINVAL;
	return cred_capable(t->cred, CAP_CHECKPOINT_RESTORE) || cred_capable(t->cred, CAP_SYS_ADMIN)
		? 0
		: -EPERM;
}

/* All that a call is refused for before anything is made. */
static s64 check_clone(struct thread *t, const struct clone_args *a)
{
	s64 err = check_flags(a->flags, a->exit_signal);

	if (err)
		return err;
	if ((a->flags & CLONE_PIDFD) && (a->flags & CLONE_PARENT_SETTID) &&
		a->pidfd == a->parent_tid)
		return -EINVAL;
	if ((a->flags & CLONE_PARENT) && t->process == process_init())
		return -EINVAL;
	if ((a->flags & CLONE_SETTLS) && !abi_tls_is_good(a->tls))
		return -EPERM;
	if (!within_limits(t))
		return -EAGAIN;
	return a->set_tid_size ? check_tid(t, a) : 0;
}

static s64 do_clone(struct thread *t, const struct clone_args *a)
{
	u64 flags = a->flags;
	bool same_process = flags & CLONE_THREAD;
	struct clone_pidfd pidfd = { 0 };
	struct process *cp;
	struct thread *c;
	s64 ret = check_clone(t, a);
	s32 tid;

	if (ret)
		return ret;
	cp = same_process ? obj_get(t->process) : process_new(t->process);
	if (!cp)
		return -ENOMEM;
	c = thread_new(t, cp);
	if (!c) {
		obj_put(&cp);
		return -ENOMEM;
	}
	if (!same_process)
		cp->exit_signal = (s32)a->exit_signal;
	ret = thread_create_task(c);
	if (!ret)
		ret = clone_resources(t, c, flags);
	if (ret)
		goto out_drop;
	setup_registers(t, c, a);
	ret = prepare_pidfd(t, c, a, &pidfd);
	if (ret)
		goto out_drop;
	ret = link_child(t, c, flags, (s32)a->set_tid);
	finish_pidfd(t, &pidfd, ret);
	if (ret)
		goto out_drop;
	tid = c->tid;
	if (!same_process)
		cpu_limit_start(cp);
	if (flags & CLONE_PARENT_SETTID)
		(void)!user_put(UADDR(a->parent_tid), &tid);
	task_start(c->task);
	if (flags & CLONE_VFORK)
		wait_vfork(c);
	obj_put(&c);
	obj_put(&cp);
	return tid;

out_drop:
	drop_resources(c);
	obj_put(&c);
	obj_put(&cp);
	return ret;
}

/*
 * The old form of the call: the signal is in the low byte of @flags, and the id of
 * CLONE_PARENT_SETTID and the pidfd share an argument.
 */
s64 clone_call(struct thread *t, u64 flags, u64 stack, struct uaddr parent_tid, u64 tls,
	struct uaddr child_tid)
{
	struct clone_args a = {
		.flags = flags & 0xffffffff & ~CSIGNAL,
		.exit_signal = flags & CSIGNAL,
		.stack = stack,
		.tls = tls,
		.parent_tid = parent_tid.va,
		.child_tid = child_tid.va,
		.pidfd = parent_tid.va,
	};

	return do_clone(t, &a);
}

s64 sys_fork(struct thread *t)
{
	struct clone_args a = { .exit_signal = SIGCHLD };

	return do_clone(t, &a);
}

s64 sys_vfork(struct thread *t)
{
	struct clone_args a = { .flags = CLONE_VFORK | CLONE_VM, .exit_signal = SIGCHLD };

	return do_clone(t, &a);
}

/*
 * The structure may be larger than the kernel knows, if the rest is zero; a smaller one has the
 * fields of its version, and the others are 0. set_tid is an array for nested namespaces, of which
 * there is one.
 */
s64 sys_clone3(struct thread *t, struct uaddr args, u64 size)
{
	struct clone_args a = { 0 };
	s32 tids[32] = { 0 };
	s64 err;

	if (size > PAGE_SIZE)
		return -E2BIG;
	if (size < CLONE_ARGS_SIZE_VER0)
		return -EINVAL;
	if (copy_in(span_first(value_span(&a), size), args))
		return -EFAULT;
	if (size > sizeof(a)) {
		err = user_check_zero(uaddr_add(args, sizeof(a)), size - sizeof(a));
		if (err)
			return err;
	}
	if (a.flags & (CLONE_DETACHED | (CSIGNAL & ~CLONE_NEWTIME)) || a.flags >> 34)
		return -EINVAL;
	if (a.exit_signal & ~CSIGNAL ||
		((a.flags & (CLONE_THREAD | CLONE_PARENT)) && a.exit_signal))
		return -EINVAL;
	if (a.set_tid_size > ARRAY_LEN(tids) || !a.set_tid != !a.set_tid_size)
		return -EINVAL;
	if (copy_in(span_first(value_span(&tids), a.set_tid_size * sizeof(tids[0])),
		    UADDR(a.set_tid)))
		return -EFAULT;
	a.set_tid = (u64)tids[0];
	if (!a.stack != !a.stack_size)
		return -EINVAL;
	if (a.flags & CLONE_NEWTIME)
		return -EINVAL;
	return do_clone(t, &a);
}

s64 sys_set_tid_address(struct thread *t, struct uaddr tidptr)
{
	t->clear_child_tid = tidptr;
	return t->tid;
}

/*
 * All copies are made before anything changes. A thread, handlers or memory can be "unshared" only
 * if nothing is shared, which then changes nothing.
 */
s64 sys_unshare(struct thread *t, u64 flags)
{
	int err = 0;
	struct files *files = NULL, *old;
	struct fs_context *fs = NULL, *old_fs;

	if (flags &
		~(CLONE_THREAD | CLONE_FS | CLONE_SIGHAND | CLONE_VM | CLONE_FILES | CLONE_SYSVSEM |
			CLONE_NAMESPACES | CLONE_NEWTIME))
		return -EINVAL;
	if (flags & (CLONE_NAMESPACES | CLONE_NEWTIME))
		return -EINVAL;
	if ((flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM)) && t->process->nr_threads > 1)
		return -EINVAL;
	if (flags & CLONE_FILES) {
		files = files_copy(t->files, &err);
		if (!files)
			return err ? err : -ENOMEM;
	}
	if (flags & CLONE_FS) {
		fs = fs_context_copy(t->fs);
		if (!fs) {
			files_put(&files);
			return -ENOMEM;
		}
		old_fs = t->fs;
		/* one store: other threads look at the pointer, which is never NULL */
		store_release(t->fs, fs);
		fs_context_put(&old_fs);
	}
	if (files) {
		old = t->files;
		store_release(t->files, files);
		files_put(&old);
	}
	return 0;
}
