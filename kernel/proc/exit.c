// SPDX-License-Identifier: MPL-2.0
/*
 * The end of threads and processes. See _exit(2), wait(2).
 *
 * How it works. exit and exit_group only set work bits; each thread ends in its own context, in
 * thread_finish, when it next checks its work bits before user mode.
 *
 * 1. begin_leaving waits for a core dump of the process to end (kernel/signal/dump.c), counts the
 *    thread in process.nr_leaving and takes its filters (kernel/seccomp).
 *    The thread that finds no other one still running does the work of the whole process: it sets
 *    the process's status, ends the POSIX timers and releases the program file.
 * 2. futex_thread_exit writes robust lists and clear_child_tid while the address space is still in
 *    use.
 * 3. The thread leaves the address space, wakes a vfork parent, and drops descriptors and fs
 *    context. A session leader's last thread hangs up the terminal.
 * 4. signal_thread_exit ends its part in signals: a signal that it should have taken is passed on.
 * 5. leave_process unlinks it in one hold of proc_lock. A thread that is not the leader leaves the
 *    pid table at once. A leader stays in the table until the process is reaped, as the id of the
 *    process.
 *
 * The last thread to pass step 5 ends the process (process_end_locked). Its children go to the
 * nearest subreaper or init. It becomes a zombie, and the parent gets its signal and is woken. If
 * nobody will wait (no parent, exit_signal -1, or SIGCHLD ignored), it reaps itself in the same
 * hold of proc_lock, so no waiter ever sees it. Otherwise wait reaps it (wait.c). Two waiters
 * cannot reap one zombie: both look under proc_lock.
 *
 * References are dropped after the unlock, because a release may sleep. Reaped leaders are chained
 * by reap_next for that.
 *
 * Locking: proc_lock, then sighand.lock. leave_process is the last change that a thread makes to
 *          its process; the frame task still holds the thread.
 */
#include <frame/log.h>
#include <frame/time.h>
#include <kernel/coredump.h>
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/list.h>
#include <kernel/poll.h>
#include <kernel/seccomp.h>
#include <kernel/sigio.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/tty.h>
#include <kernel/uaccess.h>

#include "exec/exec.h"
#include "proc.h"

s64 sys_exit(struct thread *t, s32 code)
{
	t->exit_code = (code & 0xff) << 8;
	thread_set_work(t, WORK_EXIT);
	return 0;
}

s64 sys_exit_group(struct thread *t, s32 code)
{
	process_exit_group(t, (code & 0xff) << 8);
	return 0;
}

/*
 * The release orders all uses of the shared address space before the parent's load in wait_vfork.
 * Called by the thread itself: vfork_done needs no lock.
 */
void vfork_release(struct thread *t)
{
	if (!t->vfork_done) {
		store_release(t->vfork_done, true);
		waitq_wake_all(&t->vfork_wait);
	}
}

/*
 * Marks the thread as exited and adds its usage to its process. In one hold of proc_lock and
 * sighand.lock: getrusage, under the one, and process_cpu_ns, under the other, count the thread
 * either here or as a living one, and neither twice.
 */
static void account_thread(struct thread *t)
{
	struct process *p = t->process;
	u64 user = 0, system = 0, voluntary = 0, involuntary = 0;
	u64 irq = spin_lock_irqsave(&t->sighand->lock);
	u32 i;

	t->exited = true;
	task_cpu_time(t->task, &user, &system);
	task_switches(t->task, &voluntary, &involuntary);
	atomic_add_relaxed(&p->user_ns, user);
	atomic_add_relaxed(&p->system_ns, system);
	atomic_add_relaxed(&p->nvcsw, voluntary);
	atomic_add_relaxed(&p->nivcsw, involuntary);
	atomic_add_relaxed(&p->min_faults, t->min_faults);
	atomic_add_relaxed(&p->maj_faults, t->maj_faults);
	for (i = 0; i < NR_IO_COUNTS; i++) {
		if (*array_at(t->io, i)) /* a short-lived thread has few of them */
			atomic_add_relaxed(array_at(p->io, i), *array_at(t->io, i));
	}
	spin_unlock_irqrestore(&t->sighand->lock, irq);
}

/*
 * The process that takes over the children of @p: the nearest ancestor that is a subreaper and is
 * not ending, or init. NULL if @p is init.
 */
static struct process *find_reaper_locked(struct process *p)
{
	struct process *r;

	for (r = p->parent; r && r != process_init(); r = r->parent) {
		if (r->child_subreaper && r->state != PROCESS_ZOMBIE && !r->group_exiting)
			return r;
	}
	return process_init() == p ? NULL : process_init();
}

/*
 * PR_SET_PDEATHSIG: each thread of the child may have a signal of its own. It is sent if the ending
 * parent could have sent it by kill. Context: @child's new parent is set, proc_lock held.
 */
static void send_pdeath_locked(struct process *child)
{
	struct thread *me = thread_current();
	struct thread *t;

	list_for_each(t, &child->threads, group_link) {
		struct siginfo info = { .signo = t->pdeath_signal,
			.code = SI_USER,
			.pid = me->process->pid,
			.uid = me->cred->uid };
		if (info.signo && !signal_may_send_locked(me, t, info.signo))
			/* A real-time signal over the limit is lost, as on Linux. */
			ignore_error(signal_send_process(child, &info));
	}
}

/*
 * A thread of @p that has not ended, else the leader. The result is only compared, never followed,
 * once proc_lock is free.
 */
static struct thread *living_thread_locked(const struct process *p)
{
	struct thread *t;

	list_for_each(t, &p->threads, group_link) {
		if (!t->exited)
			return t;
	}
	return p->leader;
}

/* The children that @t made are passed to another thread of its process, for __WNOTHREAD. */
static void pass_children_on_locked(const struct thread *t)
{
	struct process *c;

	list_for_each(c, &t->process->children, sibling) {
		if (c->parent_thread != t)
			continue;
		c->parent_thread = living_thread_locked(t->process);
		send_pdeath_locked(c);
	}
}

/*
 * Gives the children to the new parent, see find_reaper_locked. Zombies that the new parent ignores
 * are reaped and chained on *@reaped; the caller drops their references after the unlock.
 */
static void reparent_children_locked(struct process *p, struct thread **reaped)
{
	struct process *reaper = find_reaper_locked(p);
	struct process *c;

	while ((c = list_first(&p->children)) != NULL) {
		list_remove(&p->children, c, sibling);
		c->parent = reaper;
		pgrp_check_orphaned_locked(c, p);
		if (!reaper)
			continue;
		list_push_back(&reaper->children, c, sibling);
		c->parent_thread = living_thread_locked(reaper);
		c->exit_signal = SIGCHLD;
		send_pdeath_locked(c);
		if (c->state != PROCESS_ZOMBIE)
			continue;
		if (signal_notify_parent_locked(c, 0, c->exit_status)) {
			struct thread *l = process_reap_locked(c);
			l->reap_next = *reaped;
			*reaped = l;
		} else {
			waitq_wake_all(&reaper->child_wait);
		}
	}
}

/* Senders of signals walk the list under sighand.lock alone, also in interrupts. */
static void unlink_thread_locked(struct process *p, struct thread *t)
{
	u64 irq = spin_lock_irqsave(&t->sighand->lock);

	list_remove(&p->threads, t, group_link);
	spin_unlock_irqrestore(&t->sighand->lock, irq);
}

/*
 * How a sender finds a living leader. Senders look at process.sighand, leader and the list of
 * threads under sighand.lock alone, also in interrupts. All three change under that lock here, and
 * the leader's reference is dropped only afterwards, by the caller. So a sender that still finds
 * the handlers finds a leader that exists.
 */
struct thread *process_reap_locked(struct process *p)
{
	struct thread *leader = p->leader;
	struct thread *table = thread_unpublish_locked(leader);
	u64 irq;

	if (p->parent) {
		list_remove(&p->parent->children, p, sibling);
		p->parent = NULL;
	}
	process_leave_group_locked(p);
	process_unlink_locked(p);
	irq = spin_lock_irqsave(&leader->sighand->lock);
	list_remove(&p->threads, leader, group_link);
	store_once(p->sighand, NULL);
	p->leader = NULL;
	spin_unlock_irqrestore(&leader->sighand->lock, irq);
	p->nr_threads = 0;
	p->state = PROCESS_DEAD;
	poll_notify(p->exit_poll, POLLIN | POLLRDNORM | POLLHUP);
	obj_put(&table);
	return leader;
}

/* The CLD_* code for the parent, from a wait status. */
static s32 cld_code(s32 status)
{
	if ((status & 0x7f) == 0)
		return CLD_EXITED;
	return status & 0x80 ? CLD_DUMPED : CLD_KILLED;
}

/*
 * Called by the last thread. Makes the process a zombie and notifies the parent, or reaps it at
 * once. Returns the leader's reference if it was reaped, to be dropped after the unlock.
 */
static struct thread *process_end_locked(struct process *p, struct thread **reaped)
{
	struct process *parent = p->parent;
	bool self_reap;

	reparent_children_locked(p, reaped);
	p->state = PROCESS_ZOMBIE;
	pgrp_check_orphaned_locked(p, parent);
	self_reap = !parent || p->exit_signal == -1 ||
		signal_notify_parent_locked(p, cld_code(p->exit_status), p->exit_status);
	if (parent)
		waitq_wake_all(&parent->child_wait);
	return self_reap ? process_reap_locked(p) : NULL;
}

/*
 * Step 5 of the top: takes the thread out of its process and, with the last one, the process out of
 * the running ones. An exec that waits for its siblings sleeps on child_wait of its own process.
 */
static void leave_process(struct thread *t)
{
	struct process *p = t->process;
	struct thread *table = NULL;
	struct thread *leader = NULL;
	struct thread *reaped = NULL;
	struct thread *r;
	struct mm *mm = t->mm;
	bool session_leader;

	spin_lock(&proc_lock);
	t->mm = NULL;
	account_thread(t);
	p->nr_threads--;
	p->nr_leaving--;
	if (p->leader != t) {
		unlink_thread_locked(p, t);
		table = thread_unpublish_locked(t);
	}
	session_leader = p->nr_threads == 0 && p->session && p->session->sid == p->pid;
	if (p->nr_threads == 0) {
		leader = process_end_locked(p, &reaped);
	} else {
		pass_children_on_locked(t);
		if (p->execing)
			waitq_wake_all(&p->child_wait); /* exec waits here for its siblings */
	}
	poll_notify(p->exit_poll, POLLIN | POLLRDNORM | POLLHUP);
	spin_unlock(&proc_lock);

	if (session_leader && p->session->tty)
		log_debug("session %d: leader gone", p->session->sid);
	obj_put(&mm);
	obj_put(&table);
	obj_put(&leader);
	while ((r = reaped) != NULL) {
		reaped = r->reap_next;
		r->reap_next = NULL;
		obj_put(&r);
	}
}

/*
 * Counts the thread among the leaving ones. Returns whether it is the last one that still runs in
 * its process: it then does the work of the whole process, and its status is the process's, if
 * nothing else has ended the process. The others may leave later than it. nr_leaving stays raised
 * until leave_process.
 *
 * The filters go first of all: whoever has seen the end of the thread or process (join, wait) finds
 * the listener hung up.
 */
static bool begin_leaving(struct thread *t)
{
	struct process *p = t->process;
	struct seccomp_filter *filter;
	bool last;

	spin_lock(&proc_lock);
	if (unlikely(t->dump_counted))
		dump_join_locked(t);
	t->leaving = true;
	filter = t->seccomp;
	t->seccomp = NULL;
	last = p->nr_threads - p->nr_leaving == 1;
	p->nr_leaving++;
	if (last && !p->group_exiting) {
		p->group_exiting = true;
		p->exit_status = t->exit_code;
	}
	spin_unlock(&proc_lock);
	seccomp_put(&filter);
	return last;
}

/*
 * A zombie runs no program: the file may be written again. The pointer is taken under proc_lock,
 * where /proc reads it.
 */
static void drop_exe(struct process *p)
{
	struct file *exe;

	spin_lock(&proc_lock);
	exe = p->exe;
	p->exe = NULL;
	spin_unlock(&proc_lock);
	exec_close(&exe);
}

void thread_finish(struct thread *t)
{
	struct process *p = t->process;
	bool last = begin_leaving(t);
	bool init = p == process_init();

	futex_thread_exit(t);
	if (last) {
		posix_timers_exit(p);
		drop_exe(p);
		p->max_rss_pages = max(p->max_rss_pages, mm_peak_rss_pages(t->mm));
	}
	user_set_vmspace(NULL);
	t->vmspace = NULL;
	mm_leave(t->mm);
	vfork_release(t);
	files_put(&t->files);
	sigio_send_due(); /* the closes may have notified others */
	fs_context_put(&t->fs);
	if (last && p->session && p->session->sid == p->pid)
		tty_session_exit(p->session);
	signal_thread_exit(t);
	leave_process(t);
	if (init && last)
		process_init_died((u32)p->exit_status);
}

/*
 * The shutdown task kills everyone but kernel tasks and waits until the tree is empty, at most 2000
 * rounds of a millisecond. Each round marks new processes too, and reaps one zombie at a time,
 * since the reference must be dropped without proc_lock; then it starts again without a pause.
 */
void process_kill_all(void)
{
	struct process *p;
	int err;
	u32 round;

	for (round = 0; round < 2000 && process_count() > 0; round++) {
		spin_lock(&proc_lock);
		for (p = process_first_locked(); p; p = p->all_link.next) {
			process_exit_group_locked(p, SIGKILL);
			p->exit_signal = -1;
		}
		/* Zombies that nobody will wait for. */
		for (p = process_first_locked(); p; p = p->all_link.next) {
			if (p->state == PROCESS_ZOMBIE) {
				struct thread *l = process_reap_locked(p);
				spin_unlock(&proc_lock);
				obj_put(&l);
				spin_lock(&proc_lock);
				break;
			}
		}
		spin_unlock(&proc_lock);
		if (!p)
			err = task_sleep_until(time_mono_ns() + NSEC_PER_MSEC,
				WAIT_UNINTERRUPTIBLE);
		(void)err;
	}
}
