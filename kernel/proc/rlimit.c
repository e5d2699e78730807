// SPDX-License-Identifier: MPL-2.0
/*
 * Resource limits and usage: getrlimit, prlimit64, getrusage, times. See getrlimit(2),
 * getrusage(2).
 *
 * Limits belong to the process. The code that enforces one reads it where it matters, without a
 * lock (rlimit_get); a limit that is lowered takes nothing back from who has more. RLIMIT_CPU is
 * the exception: it is enforced by a timer, which a change starts.
 *
 * Usage is what the threads that run have used plus what those that ended have left behind in the
 * process; the usage of children is added when they are reaped.
 *
 * Locking: proc_lock guards the limits and the list of threads. An ending thread adds its usage to
 *          the process's counters in the hold that marks it exited, so a sum under proc_lock counts
 *          each thread once.
 */
#include <frame/time.h>
#include <kernel/cred.h>
#include <kernel/files.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/mm.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/resource.h>

#include "proc.h"

/*
 * Sets both values of one limit, checked against the old maximum under proc_lock. A new CPU limit
 * starts the timer that enforces it. Any thread may lower its limits; only the maximum can never
 * grow again without CAP_SYS_RESOURCE.
 */
static s64 set_limit(struct thread *t, struct process *p, u32 which, const struct rlimit64 *new)
{
	s64 err = 0;

	if (new->cur > new->max)
		return -EINVAL;
	if (which == RLIMIT_NOFILE && new->max > knob_get(KNOB_NR_OPEN))
		return -EPERM;
	spin_lock(&proc_lock);
	if (new->max > p->rlimits.v[which].max && !cred_capable(t->cred, CAP_SYS_RESOURCE))
		err = -EPERM;
	else
		p->rlimits.v[which] = *new;
	spin_unlock(&proc_lock);
	if (!err && which == RLIMIT_CPU)
		cpu_limit_start(p);
	return err;
}

/* Whether the ids allow @t to read and set the limits of another process (prlimit(2)). */
static bool may_prlimit(struct thread *t, struct process *p)
{
	const struct cred *a = t->cred;
	bool ok = false;

	spin_lock(&proc_lock);
	if (p->leader) {
		const struct cred *b = p->leader->cred;
		ok = a->uid == b->euid && a->uid == b->suid && a->uid == b->uid &&
			a->gid == b->egid && a->gid == b->sgid && a->gid == b->gid;
	}
	spin_unlock(&proc_lock);
	return ok || cred_capable(a, CAP_SYS_RESOURCE);
}

/* Both values of the old limit are read in one hold of proc_lock, before the new one is set. */
s64 sys_prlimit64(struct thread *t, s32 pid, u32 which, struct uaddr new, struct uaddr old)
{
	struct rlimit64 in = { 0 };
	struct rlimit64 out = { 0 };
	struct process *p;
	struct thread *target = NULL;
	s64 err = 0;

	if (new.va && user_get(&in, new))
		return -EFAULT;
	if (pid) {
		target = thread_find(pid);
		if (!target)
			return -ESRCH;
	}
	p = target ? target->process : t->process;
	if (p != t->process && !may_prlimit(t, p)) {
		err = -EPERM;
		goto out;
	}
	if (which >= NR_RLIMITS) {
		err = -EINVAL;
		goto out;
	}
	spin_lock(&proc_lock);
	out = p->rlimits.v[which];
	spin_unlock(&proc_lock);
	if (new.va)
		err = set_limit(t, p, which, &in);
	if (!err && old.va && user_put(old, &out))
		err = -EFAULT;
out:
	obj_put(&target);
	return err;
}

s64 sys_getrlimit(struct thread *t, u32 which, struct uaddr limit)
{
	struct rlimit64 out;

	if (which >= NR_RLIMITS)
		return -EINVAL;
	spin_lock(&proc_lock);
	out = t->process->rlimits.v[which];
	spin_unlock(&proc_lock);
	return user_put(limit, &out) ? -EFAULT : 0;
}

s64 sys_setrlimit(struct thread *t, u32 which, struct uaddr limit)
{
	struct rlimit64 in;

	if (user_get(&in, limit))
		return -EFAULT;
	if (which >= NR_RLIMITS)
		return -EINVAL;
	return set_limit(t, t->process, which, &in);
}

/* ---- usage ---- */

struct usage {
	u64 user_ns, system_ns, minflt, majflt, nvcsw, nivcsw, maxrss;
};

/* Adds the usage of a thread that has not exited. */
static void add_thread(struct usage *u, const struct thread *t)
{
	u64 user = 0, system = 0, vol = 0, invol = 0;

	if (!t->task || t->exited)
		return;
	task_cpu_time(t->task, &user, &system);
	task_switches(t->task, &vol, &invol);
	u->user_ns += user;
	u->system_ns += system;
	u->nvcsw += vol;
	u->nivcsw += invol;
	u->minflt += t->min_faults;
	u->majflt += t->maj_faults;
}

/*
 * The usage of a process: its exited threads' sums and each living thread. The peak of memory is a
 * maximum, not a sum. proc_lock held.
 */
static void usage_of(const struct process *p, struct usage *u)
{
	struct thread *t;

	u->user_ns += atomic_load(&p->user_ns);
	u->system_ns += atomic_load(&p->system_ns);
	u->minflt += atomic_load(&p->min_faults);
	u->majflt += atomic_load(&p->maj_faults);
	u->nvcsw += atomic_load(&p->nvcsw);
	u->nivcsw += atomic_load(&p->nivcsw);
	u->maxrss = p->max_rss_pages;
	list_for_each(t, &p->threads, group_link) {
		add_thread(u, t);
		if (t->mm)
			u->maxrss = max(u->maxrss, mm_peak_rss_pages(t->mm));
	}
}

/* The usage of children that have been waited for, and of their children. */
static void usage_of_children(const struct process *p, struct usage *u)
{
	u->user_ns += atomic_load(&p->child_user_ns);
	u->system_ns += atomic_load(&p->child_system_ns);
	u->minflt += atomic_load(&p->child_min_faults);
	u->majflt += atomic_load(&p->child_maj_faults);
	u->nvcsw += atomic_load(&p->child_nvcsw);
	u->nivcsw += atomic_load(&p->child_nivcsw);
	u->maxrss = p->child_max_rss_pages;
}

static void usage_out(const struct usage *u, struct rusage64 *out)
{
	out->utime.sec = (s64)(u->user_ns / NSEC_PER_SEC);
	out->utime.usec = (s64)(u->user_ns % NSEC_PER_SEC / NSEC_PER_USEC);
	out->stime.sec = (s64)(u->system_ns / NSEC_PER_SEC);
	out->stime.usec = (s64)(u->system_ns % NSEC_PER_SEC / NSEC_PER_USEC);
	out->maxrss = (s64)(u->maxrss * (PAGE_SIZE / 1024));
	out->minflt = (s64)u->minflt;
	out->majflt = (s64)u->majflt;
	out->nvcsw = (s64)u->nvcsw;
	out->nivcsw = (s64)u->nivcsw;
}

void rusage_of_process(const struct process *p, struct rusage64 *out)
{
	struct usage u = { 0 };

	usage_of(p, &u);
	usage_of_children(p, &u); /* wait4 reports a child with its own children's usage */
	u.maxrss = max(p->max_rss_pages, p->child_max_rss_pages);
	usage_out(&u, out);
}

/* The child is about to be reaped: its usage and its children's become the parent's child usage. */
void rusage_add_child_locked(struct process *parent, struct process *child)
{
	struct usage u = { 0 };
	u32 i;

	usage_of(child, &u);
	usage_of_children(child, &u);
	atomic_add_relaxed(&parent->child_user_ns, u.user_ns);
	atomic_add_relaxed(&parent->child_system_ns, u.system_ns);
	atomic_add_relaxed(&parent->child_min_faults, u.minflt);
	atomic_add_relaxed(&parent->child_maj_faults, u.majflt);
	atomic_add_relaxed(&parent->child_nvcsw, u.nvcsw);
	atomic_add_relaxed(&parent->child_nivcsw, u.nivcsw);
	for (i = 0; i < NR_IO_COUNTS; i++) {
		u64 n = atomic_load(array_at(child->io, i));
		if (n)
			atomic_add_relaxed(array_at(parent->io, i), n);
	}
	parent->child_max_rss_pages = max(parent->child_max_rss_pages,
		max(child->max_rss_pages, child->child_max_rss_pages));
}

enum { RUSAGE_SELF = 0, RUSAGE_CHILDREN = -1, RUSAGE_THREAD = 1 };

/* RUSAGE_THREAD has the peak of the address space, which all threads share, as on Linux. */
s64 sys_getrusage(struct thread *t, s32 who, struct uaddr usage)
{
	struct usage u = { 0 };
	struct rusage64 out = { 0 };

	spin_lock(&proc_lock);
	if (who == RUSAGE_SELF)
		usage_of(t->process, &u);
	else if (who == RUSAGE_CHILDREN)
		usage_of_children(t->process, &u);
	else
		add_thread(&u, t);
	spin_unlock(&proc_lock);
	if (who != RUSAGE_SELF && who != RUSAGE_CHILDREN && who != RUSAGE_THREAD)
		return -EINVAL;
	if (who == RUSAGE_THREAD)
		u.maxrss = mm_peak_rss_pages(t->mm);
	usage_out(&u, &out);
	return user_put(usage, &out) ? -EFAULT : 0;
}

#define CLOCK_TICK_NS (NSEC_PER_SEC / 100)

/*
 * In ticks of a hundredth of a second. The result is the time since boot, which programs take
 * differences of.
 */
s64 sys_times(struct thread *t, struct uaddr buf)
{
	struct usage self = { 0 };
	struct usage kids = { 0 };
	struct {
		s64 utime, stime, cutime, cstime;
	} out;

	spin_lock(&proc_lock);
	usage_of(t->process, &self);
	usage_of_children(t->process, &kids);
	spin_unlock(&proc_lock);
	out.utime = (s64)(self.user_ns / CLOCK_TICK_NS);
	out.stime = (s64)(self.system_ns / CLOCK_TICK_NS);
	out.cutime = (s64)(kids.user_ns / CLOCK_TICK_NS);
	out.cstime = (s64)(kids.system_ns / CLOCK_TICK_NS);
	if (buf.va && user_put(buf, &out))
		return -EFAULT;
	return (s64)(time_mono_ns() / CLOCK_TICK_NS);
}
