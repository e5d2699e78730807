// SPDX-License-Identifier: MPL-2.0
/*
 * sched_*, nice and affinity calls. See sched(7), sched_setaffinity(2), getpriority(2).
 *
 * The state is checked and changed under proc_lock, word by word: the policy (policy.c) reads it
 * without that lock, and tolerates a state that changes while the thread is queued. Then
 * sched_requeue takes the task off its queue and puts it back under the run-queue lock, so that its
 * place follows the new state.
 */
#include <frame/cpu.h>
#include <frame/sched.h>
#include <kernel/clock.h>
#include <kernel/cred.h>
#include <kernel/list.h>
#include <kernel/stat.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#define SCHED_RESET_ON_FORK 0x40000000u
#define SCHED_DEADLINE      6u
#define DL_PERIOD_MIN_NS    (100 * NSEC_PER_USEC)
#define DL_PERIOD_MAX_NS    ((1ul << 22) * NSEC_PER_USEC)

/* sched_attr.flags. RECLAIM and DL_OVERRUN are for SCHED_DEADLINE only. */
#define SCHED_FLAG_RESET_ON_FORK 1u
#define SCHED_FLAG_KEEP_POLICY   8u
#define SCHED_FLAG_KEEP_PARAMS   16u
#define SCHED_FLAGS_CLAMP        0x60u
#define SCHED_FLAGS_KNOWN        0x7fu

struct sched_attr {
	u32 size, policy;
	u64 flags;
	s32 nice;
	u32 priority;
	u64 runtime, deadline, period;
	u32 util_min, util_max;
};
#define SCHED_ATTR_SIZE_VER0 48u

/* The scheduling state that a call requests for a thread. */
struct request {
	u32 policy;
	u32 priority;
	s32 nice;
	bool set_nice;
	bool reset_on_fork;
	bool keep_policy; /* policy and reset_on_fork stay */
	bool keep_params; /* all but reset_on_fork stays */
	s64 refused;      /* an error of the request itself; 0: none */
	bool unsupported; /* right, but for what does not exist here */
};

/* Thread @pid, or the caller for 0: a reference, or NULL. */
static struct thread *target(struct thread *t, s32 pid)
{
	return pid ? thread_find(pid) : obj_get(t);
}

static bool is_rt_policy(u32 policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

/* proc_lock held, which guards the credentials of other threads. */
static bool same_user_locked(const struct thread *t, const struct thread *o)
{
	return t->cred->euid == o->cred->uid || t->cred->euid == o->cred->euid;
}

static bool same_user(const struct thread *t, const struct thread *o)
{
	bool same;

	spin_lock(&proc_lock);
	same = same_user_locked(t, o);
	spin_unlock(&proc_lock);
	return same;
}

/* Fills in what the request leaves as it is. proc_lock held. */
static void complete_request(const struct thread *o, struct request *r)
{
	if (r->keep_policy) {
		r->policy = o->sched.policy;
		r->reset_on_fork = o->sched.reset_on_fork;
	}
	if (r->keep_params) {
		r->priority = o->sched.rt_priority;
		r->nice = o->sched.nice;
	}
	if (is_rt_policy(r->policy))
		r->set_nice = false;
}

/*
 * The rules of sched(7). 0, -EINVAL, or -EPERM (rights, or RLIMIT_RTPRIO and RLIMIT_NICE of the
 * target). proc_lock held. Without CAP_SYS_NICE a thread may always give up priority, and raise it
 * only up to the limits of the target.
 */
static s64 check_request(struct thread *t, struct thread *o, const struct request *r)
{
	bool nice_cap = cred_capable(t->cred, CAP_SYS_NICE);
	u64 limit;

	if (r->policy != SCHED_NORMAL && r->policy != SCHED_BATCH && r->policy != SCHED_IDLE &&
		!is_rt_policy(r->policy))
		return -EINVAL;
	if (is_rt_policy(r->policy) ? r->priority < 1 || r->priority > 99 : r->priority != 0)
		return -EINVAL;
	if (nice_cap)
		return 0;
	if (!same_user_locked(t, o))
		return -EPERM;
	if (is_rt_policy(r->policy)) {
		limit = rlimit_get(o, RLIMIT_RTPRIO);
		if ((!is_rt_policy(o->sched.policy) && limit == 0) ||
			(r->priority > o->sched.rt_priority && r->priority > limit))
			return -EPERM;
	}
	if (r->set_nice && r->nice < o->sched.nice &&
		(u64)(20 - r->nice) > rlimit_get(o, RLIMIT_NICE))
		return -EPERM;
	if (o->sched.reset_on_fork && !r->reset_on_fork)
		return -EPERM;
	return 0;
}

/* Checks the request and applies it, in one hold of the lock. 0, -ESRCH, -EINVAL, -EPERM. */
static s64 sched_apply(struct thread *t, s32 pid, struct request *r)
{
	struct thread *o = target(t, pid);
	s64 err;

	if (!o)
		return -ESRCH;
	spin_lock(&proc_lock);
	complete_request(o, r);
	err = r->refused ? r->refused : check_request(t, o, r);
	if (!err && r->unsupported)
		err = -EOPNOTSUPP;
	if (!err)
		o->sched.reset_on_fork = r->reset_on_fork;
	if (!err && !r->keep_params) {
		o->sched.policy = r->policy;
		o->sched.rt_priority = r->priority;
		if (r->set_nice) {
			o->sched.nice = r->nice;
			o->sched.weight = sched_weight(r->nice);
		}
	}
	spin_unlock(&proc_lock);
	if (!err && o->task)
		sched_requeue(o->task);
	obj_put(&o);
	return err;
}

s64 sys_sched_setscheduler(struct thread *t, s32 pid, s32 policy, struct uaddr param)
{
	struct request r = { .policy = (u32)policy & ~SCHED_RESET_ON_FORK,
		.set_nice = false,
		.reset_on_fork = (u32)policy & SCHED_RESET_ON_FORK };
	s32 priority;

	if (pid < 0 || policy < 0 || !param.va)
		return -EINVAL;
	if (user_get(&priority, param))
		return -EFAULT;
	r.priority = (u32)priority;
	return sched_apply(t, pid, &r);
}

/* Keeps the policy, changes the priority. */
s64 sys_sched_setparam(struct thread *t, s32 pid, struct uaddr param)
{
	struct request r = { .keep_policy = true };
	s32 priority;

	if (pid < 0 || !param.va)
		return -EINVAL;
	if (user_get(&priority, param))
		return -EFAULT;
	r.priority = (u32)priority;
	return sched_apply(t, pid, &r);
}

s64 sys_sched_getscheduler(struct thread *t, s32 pid)
{
	struct thread *o;
	s64 ret;

	if (pid < 0)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	ret = o->sched.policy | (o->sched.reset_on_fork ? SCHED_RESET_ON_FORK : 0);
	obj_put(&o);
	return ret;
}

s64 sys_sched_getparam(struct thread *t, s32 pid, struct uaddr param)
{
	struct thread *o;
	s32 priority;

	if (pid < 0 || !param.va)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	priority = (s32)o->sched.rt_priority;
	obj_put(&o);
	return user_put(param, &priority) ? -EFAULT : 0;
}

/* Reads the user's structure. Fields that this kernel does not know must be zero. */
static s64 get_attr(struct uaddr from, struct sched_attr *a)
{
	u32 size, i;
	u8 byte;

	if (user_get(&size, from))
		return -EFAULT;
	if (!size)
		size = SCHED_ATTR_SIZE_VER0;
	if (size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE)
		return -E2BIG;
	if (copy_in(span_first(value_span(a), min(size, (u32)sizeof(*a))), from))
		return -EFAULT;
	for (i = sizeof(*a); i < size; i++) {
		if (user_get(&byte, uaddr_add(from, i)))
			return -EFAULT;
		if (byte)
			return -E2BIG;
	}
	return 0;
}

/*
 * SCHED_DEADLINE does not exist: the structure and the rights are checked, and then there is no
 * bandwidth to give (EBUSY, sched(7)). Clamping the utilization does not exist, either.
 */
static s64 check_attr(const struct thread *t, const struct sched_attr *a)
{
	u64 period = a->period ? a->period : a->deadline;

	if (a->flags & ~(u64)SCHED_FLAGS_KNOWN)
		return -EINVAL;
	if (a->policy == SCHED_DEADLINE && !(a->flags & SCHED_FLAG_KEEP_POLICY)) {
		if (a->priority || a->runtime < 1024 || !a->deadline ||
			(s64)(a->deadline | period) < 0 || period < a->deadline ||
			a->deadline < a->runtime || period < DL_PERIOD_MIN_NS ||
			period > DL_PERIOD_MAX_NS)
			return -EINVAL;
		return cred_capable(t->cred, CAP_SYS_NICE) ? -EBUSY : -EPERM;
	}
	return 0;
}

/* A size that is too small or too large is answered with ours, see sched_setattr(2). */
s64 sys_sched_setattr(struct thread *t, s32 pid, struct uaddr attr, u32 flags)
{
	struct sched_attr a = { 0 };
	struct request r = { 0 };
	u32 ours = sizeof(a);
	s64 err;

	if (!attr.va || pid < 0 || flags)
		return -EINVAL;
	err = get_attr(attr, &a);
	if (err == -E2BIG && user_put(attr, &ours))
		err = -EFAULT;
	if (err)
		return err;
	r.refused = check_attr(t, &a);
	r.policy = a.policy;
	r.priority = a.priority;
	r.nice = clamp(a.nice, -20, 19);
	r.set_nice = true;
	r.reset_on_fork = a.flags & SCHED_FLAG_RESET_ON_FORK;
	r.keep_policy = a.flags & SCHED_FLAG_KEEP_POLICY;
	r.keep_params = a.flags & SCHED_FLAG_KEEP_PARAMS;
	r.unsupported = a.flags & SCHED_FLAGS_CLAMP;
	return sched_apply(t, pid, &r);
}

/* Writes as much of the structure as the caller has room for, and says how much that is. */
s64 sys_sched_getattr(struct thread *t, s32 pid, struct uaddr attr, u32 size, u32 flags)
{
	struct sched_attr a = { 0 };
	struct thread *o;

	if (!attr.va || pid < 0 || size < SCHED_ATTR_SIZE_VER0 || size > PAGE_SIZE || flags)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	a.size = min(size, (u32)sizeof(a));
	a.policy = o->sched.policy;
	a.flags = o->sched.reset_on_fork;
	a.priority = o->sched.rt_priority;
	if (!is_rt_policy(a.policy))
		a.nice = o->sched.nice;
	obj_put(&o);
	return copy_out(attr, cspan_first(value_cspan(&a), a.size));
}

s64 sys_sched_get_priority_max(struct thread *t, u32 policy)
{
	(void)t;
	if (is_rt_policy(policy))
		return 99;
	return policy == SCHED_NORMAL || policy == SCHED_BATCH || policy == SCHED_IDLE ||
			policy == SCHED_DEADLINE
		? 0
		: -EINVAL;
}

s64 sys_sched_get_priority_min(struct thread *t, u32 policy)
{
	s64 max_prio = sys_sched_get_priority_max(t, policy);

	return max_prio > 0 ? 1 : max_prio;
}

/* The slices of policy.c: round robin, fair; FIFO has none. */
s64 sys_sched_rr_get_interval(struct thread *t, s32 pid, struct uaddr interval)
{
	struct thread *o;
	struct timespec64 ts = { 0 };

	if (pid < 0)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	if (o->sched.policy == SCHED_RR)
		ts.nsec = 100 * (s64)NSEC_PER_MSEC;
	else if (o->sched.policy != SCHED_FIFO)
		ts.nsec = 3 * (s64)NSEC_PER_MSEC;
	obj_put(&o);
	return user_put(interval, &ts) ? -EFAULT : 0;
}

/* A real-time thread that yields goes behind the others of its priority. */
s64 sys_sched_yield(struct thread *t)
{
	t->sched.yielded = true;
	task_yield();
	return 0;
}

/* ---- affinity ---- */

/* The mask of the CPUs that run. */
static u64 all_cpus(void)
{
	return cpu_count() == 64 ? ~0ul : (1ul << cpu_count()) - 1;
}

/*
 * CPUs that do not exist are ignored; a mask without any other is EINVAL. sched_requeue moves the
 * thread if its CPU is not allowed any more.
 */
s64 sys_sched_setaffinity(struct thread *t, s32 pid, u32 len, struct uaddr mask)
{
	u64 m = 0;
	struct thread *o;
	s64 err = 0;

	if (copy_in(span_first(value_span(&m), min(len, (u32)sizeof(m))), mask))
		return -EFAULT;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	m &= all_cpus();
	if (!same_user(t, o) && !cred_capable(t->cred, CAP_SYS_NICE))
		err = -EPERM;
	else if (!m)
		err = -EINVAL;
	if (!err) {
		o->sched.affinity = m;
		if (o->task)
			sched_requeue(o->task);
	}
	obj_put(&o);
	return err;
}

/* A mask that was never set means all CPUs. */
s64 sys_sched_getaffinity(struct thread *t, s32 pid, u32 len, struct uaddr mask)
{
	struct thread *o;
	u64 m;

	if (len * 8 < cpu_count() || len & 7)
		return -EINVAL;
	o = target(t, pid);
	if (!o)
		return -ESRCH;
	m = o->sched.affinity ? o->sched.affinity & all_cpus() : all_cpus();
	obj_put(&o);
	return user_put(mask, &m) ? -EFAULT : (s64)sizeof(m);
}

/* ---- nice ---- */

enum { PRIO_PROCESS, PRIO_PGRP, PRIO_USER };

/* Whether @which and @who name the thread @o. proc_lock held. */
static bool prio_matches(struct thread *t, struct thread *o, s32 which, s32 who)
{
	switch (which) {
	case PRIO_PROCESS:
		return o->tid == (who ? who : t->tid);
	case PRIO_PGRP:
		return o->process->pgrp &&
			o->process->pgrp->pgid == (who ? who : t->process->pgrp->pgid);
	default:
		return o->cred->uid == (u32)who;
	}
}

/*
 * proc_lock held. The new weight counts from the next accounting on; the place in the queue does
 * not change. 0, -EPERM, -EACCES.
 */
static s64 set_nice(struct thread *t, struct thread *o, s32 nice)
{
	if (!cred_capable(t->cred, CAP_SYS_NICE)) {
		if (!same_user_locked(t, o))
			return -EPERM;
		if (nice < o->sched.nice && (u64)(20 - nice) > rlimit_get(o, RLIMIT_NICE))
			return -EACCES;
	}
	o->sched.nice = nice;
	o->sched.weight = sched_weight(nice);
	return 0;
}

/*
 * The result of setpriority for threads of which the last gave @one and those before it @ret. An
 * error for one thread is the result, whatever the others gave. Of several errors it is the last
 * one in Linux's order: by age, but a group from its newest member on.
 */
static s64 add_result(s64 ret, s64 one, s32 which)
{
	if (!one)
		return ret == -ESRCH ? 0 : ret;
	return which == PRIO_PGRP && ret && ret != -ESRCH ? ret : one;
}

/* What a visit does; each has its own way to join the results. */
enum prio_op { NICE_GET, NICE_SET, IOPRIO_GET, IOPRIO_SET };

/* ---- I/O priorities ---- */

#define IOPRIO_CLASS_SHIFT 13
enum { IOPRIO_NONE, IOPRIO_RT, IOPRIO_BE, IOPRIO_IDLE };

/* The priority of a thread for which none was set follows its policy and nice value. */
static s64 ioprio_effective(const struct thread *o)
{
	u32 class = o->sched.policy == SCHED_IDLE                              ? IOPRIO_IDLE
		: o->sched.policy == SCHED_FIFO || o->sched.policy == SCHED_RR ? IOPRIO_RT
									       : IOPRIO_BE;

	if (o->ioprio >> IOPRIO_CLASS_SHIFT != IOPRIO_NONE)
		return o->ioprio;
	return class << IOPRIO_CLASS_SHIFT | (u32)(o->sched.nice + 20) / 5;
}

/* proc_lock held. */
static s64 ioprio_store(struct thread *t, struct thread *o, u32 prio)
{
	if (t->cred->euid != o->cred->uid && t->cred->uid != o->cred->uid &&
		!cred_capable(t->cred, CAP_SYS_NICE))
		return -EPERM;
	o->ioprio = (u16)prio;
	return 0;
}

/* One visit: the joint result of the threads so far. proc_lock held. */
static s64 visit(struct thread *t, struct thread *o, s32 which, enum prio_op op, s32 value, s64 ret)
{
	s64 prio;

	switch (op) {
	case NICE_GET:
		return max(ret, 20 - (s64)o->sched.nice);
	case NICE_SET:
		return add_result(ret, set_nice(t, o, value), which);
	case IOPRIO_GET:
		/* Of one thread, what was set; of several, the best one's. */
		prio = which == PRIO_PROCESS ? (s64)o->ioprio : ioprio_effective(o);
		return ret == -ESRCH ? prio : min(ret, prio);
	default:
		return ret && ret != -ESRCH ? ret : ioprio_store(t, o, (u32)value);
	}
}

/*
 * Visits all threads that match. Returns the highest priority (20 - nice, or an I/O priority) among
 * them, or 0 or an error. -ESRCH: no thread matches. proc_lock is dropped between processes.
 */
static s64 for_matching(struct thread *t, s32 which, s32 who, enum prio_op op, s32 value)
{
	s64 ret = -ESRCH;
	s32 id = 1;
	struct process *p;
	struct thread *o;

	if (which < PRIO_PROCESS || which > PRIO_USER)
		return -EINVAL;
	/* 0 is the caller's own user, but for I/O priorities it is root, on Linux too. */
	if (which == PRIO_USER && !who && (op == NICE_GET || op == NICE_SET))
		who = (s32)t->cred->uid;
	for (p = process_next(id); p; p = process_next(id)) {
		id = p->pid + 1;
		spin_lock(&proc_lock);
		list_for_each(o, &p->threads, group_link) {
			if (!o->exited && prio_matches(t, o, which, who))
				ret = visit(t, o, which, op, value, ret);
		}
		spin_unlock(&proc_lock);
		obj_put(&p);
	}
	return ret;
}

/* A nice value out of range is cut, as on Linux. */
s64 sys_setpriority(struct thread *t, s32 which, s32 who, s32 nice)
{
	return for_matching(t, which, who, NICE_SET, clamp(nice, -20, 19));
}

s64 sys_getpriority(struct thread *t, s32 which, s32 who)
{
	return for_matching(t, which, who, NICE_GET, 0);
}

/* The kinds of targets count from 1 here. A target that does not exist is an error. */
s64 sys_ioprio_get(struct thread *t, s32 which, s32 who)
{
	return for_matching(t, which - 1, who, IOPRIO_GET, 0);
}

/*
 * A priority is a class, hints and a level of three bits. It is kept and told: no queue of a disk
 * looks at it.
 */
s64 sys_ioprio_set(struct thread *t, s32 which, s32 who, u32 prio)
{
	switch (prio >> IOPRIO_CLASS_SHIFT & 7) {
	case IOPRIO_NONE:
		if (prio & 7)
			return -EINVAL;
		break;
	case IOPRIO_RT:
		if (!cred_capable(t->cred, CAP_SYS_ADMIN) && !cred_capable(t->cred, CAP_SYS_NICE))
			return -EPERM;
		break;
	case IOPRIO_BE:
	case IOPRIO_IDLE:
		break;
	default:
		return -EINVAL;
	}
	return for_matching(t, which - 1, who, IOPRIO_SET, (s32)prio);
}
