// SPDX-License-Identifier: MPL-2.0
/*
 * The small settings of a thread and its process. See prctl(2).
 *
 * Which of the two a setting belongs to is Linux's choice: name, keep-caps, timer slack and parent
 * death signal are the thread's, dumpable, subreaper and huge pages the process's,
 * write-xor-execute that of the address space. Arguments that an operation does not use must be 0
 * for the newer ones; the older ones ignore them, and so programs pass anything there.
 *
 * A setting of the calling thread needs no lock: other threads only read it, but for no_new_privs,
 * which a filter for all threads sets too, and which nobody clears.
 */
#include <abi/prctl.h>
#include <kernel/cred.h>
#include <kernel/mm.h>
#include <kernel/seccomp.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

enum prctl_op {
	PR_SET_PDEATHSIG = 1,
	PR_GET_PDEATHSIG = 2,
	PR_GET_DUMPABLE = 3,
	PR_SET_DUMPABLE = 4,
	PR_GET_KEEPCAPS = 7,
	PR_SET_KEEPCAPS = 8,
	PR_GET_TIMING = 13,
	PR_SET_TIMING = 14,
	PR_SET_NAME = 15,
	PR_GET_NAME = 16,
	PR_GET_SECCOMP = 21,
	PR_SET_SECCOMP = 22,
	PR_CAPBSET_READ = 23,
	PR_CAPBSET_DROP = 24,
	PR_GET_SECUREBITS = 27,
	PR_SET_SECUREBITS = 28,
	PR_SET_TIMERSLACK = 29,
	PR_GET_TIMERSLACK = 30,
	PR_SET_CHILD_SUBREAPER = 36,
	PR_GET_CHILD_SUBREAPER = 37,
	PR_SET_NO_NEW_PRIVS = 38,
	PR_GET_NO_NEW_PRIVS = 39,
	PR_GET_TID_ADDRESS = 40,
	PR_SET_THP_DISABLE = 41,
	PR_GET_THP_DISABLE = 42,
	PR_CAP_AMBIENT = 47,
	PR_SET_MDWE = 65,
	PR_GET_MDWE = 66,
};

/*
 * Some operations return their value through a pointer and others as the result: that is Linux's
 * choice, operation by operation.
 */
static s64 prctl_put_word(struct uaddr to, s32 v)
{
	return user_put(to, &v) ? -EFAULT : 0;
}

/* The name of the calling thread. A longer one is cut to 15 bytes. */
static s64 prctl_name(struct thread *t, struct uaddr at, bool set)
{
	char name[COMM_LEN] = { 0 };
	ssize_t n;

	if (!set) {
		span_copy(span_of(name), cspan_of(t->comm));
		return copy_out(at, cspan_of(name));
	}
	n = copy_in_str(span_first(span_of(name), COMM_LEN), at);
	if (n == -ENAMETOOLONG) {
		if (copy_in(span_first(span_of(name), COMM_LEN - 1), at))
			return -EFAULT;
		name[COMM_LEN - 1] = 0;
	} else if (n < 0) {
		return n;
	}
	span_copy(span_of(t->comm), cspan_of(name));
	return 0;
}

/* A locked bit keeps its value, a lock stays set, and unknown bits are refused. */
static bool may_set_securebits(u32 now, u64 new)
{
	u32 locks = now & SECBITS_LOCKS;

	return !((locks >> 1) & (now ^ new)) && !(locks & ~new) &&
		!(new & ~(u64)(SECBITS | SECBITS_LOCKS));
}

/*
 * Bounding set, secure bits and ambient set. The checks come first, then the change to a copy. Only
 * the bounding set and the secure bits need CAP_SETPCAP. A thread may raise into its ambient set
 * what is both permitted and inheritable, and lower all.
 */
static s64 prctl_cred(struct thread *t, u32 op, u64 arg2, u64 arg3)
{
	struct cred *c;

	if (op == PR_CAPBSET_READ)
		return arg2 > CAP_LAST ? -EINVAL : (s64)((t->cred->cap_bounding >> arg2) & 1);
	if (op == PR_GET_SECUREBITS)
		return t->cred->securebits;
	if (op == PR_CAP_AMBIENT) {
		if (arg2 == 1) /* IS_SET */
			return arg3 > CAP_LAST ? -EINVAL
					       : (s64)((t->cred->cap_ambient >> arg3) & 1);
		if (arg2 < 1 || arg2 > 4 || (arg2 != 4 && arg3 > CAP_LAST) || (arg2 == 4 && arg3))
			return -EINVAL;
		if (arg2 == 2 &&
			(!((t->cred->cap_permitted & t->cred->cap_inheritable) >> arg3 & 1) ||
				t->cred->securebits & SECBIT_NO_CAP_AMBIENT_RAISE))
			return -EPERM;
	} else if (!cred_capable(t->cred, CAP_SETPCAP)) {
		return -EPERM;
	} else if (op == PR_CAPBSET_DROP && arg2 > CAP_LAST) {
		return -EINVAL;
	} else if (op == PR_SET_SECUREBITS && !may_set_securebits(t->cred->securebits, arg2)) {
		return -EPERM;
	}
	c = cred_copy(t->cred);
	if (!c)
		return -ENOMEM;
	if (op == PR_CAPBSET_DROP)
		c->cap_bounding &= ~bit(arg2);
	else if (op == PR_SET_SECUREBITS)
		c->securebits = (u32)arg2;
	else if (arg2 == 2) /* RAISE */
		c->cap_ambient |= bit(arg3);
	else if (arg2 == 3) /* LOWER */
		c->cap_ambient &= ~bit(arg3);
	else
		c->cap_ambient = 0;
	cred_install(t, c);
	return 0;
}

/*
 * PR_SET_KEEPCAPS: capabilities stay when all uids become other than 0. A flag of the credentials,
 * so it is copied and installed like an id; exec clears it.
 */
static s64 prctl_keepcaps(struct thread *t, bool on)
{
	struct cred *c;

	if (t->cred->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;
	c = cred_copy(t->cred);
	if (!c)
		return -ENOMEM;
	c->securebits = on ? c->securebits | SECBIT_KEEP_CAPS : c->securebits & ~SECBIT_KEEP_CAPS;
	cred_install(t, c);
	return 0;
}

/*
 * PR_SET_MDWE. The rules, once set, cannot be changed; two threads that set different ones at the
 * same time: one is refused.
 */
static s64 prctl_set_mdwe(struct mm *mm, u64 bits)
{
	s64 err = 0;

	if ((bits & ~(u64)(MDWE_REFUSE_EXEC_GAIN | MDWE_NO_INHERIT)) || bits == MDWE_NO_INHERIT)
		return -EINVAL;
	rwlock_write_lock(&mm->lock);
	if (mm->mdwe && mm->mdwe != bits)
		err = -EPERM;
	else
		store_once(mm->mdwe, (u32)bits);
	rwlock_write_unlock(&mm->lock);
	return err;
}

/* Settings of the process and the thread that are one number. */
static s64 prctl_number(struct thread *t, s32 op, u64 arg2)
{
	struct process *p = t->process;

	switch (op) {
	case PR_SET_PDEATHSIG:
		if (arg2 > NSIG)
			return -EINVAL;
		t->pdeath_signal = (s32)arg2;
		return 0;
	case PR_GET_PDEATHSIG:
		return prctl_put_word(UADDR(arg2), t->pdeath_signal);
	case PR_GET_DUMPABLE:
		return p->dumpable;
	case PR_SET_DUMPABLE:
		if (arg2 > 1)
			return -EINVAL;
		spin_lock(&proc_lock); /* readers in other processes hold it */
		p->dumpable = (s32)arg2;
		spin_unlock(&proc_lock);
		return 0;
	/* PR_TIMING_STATISTICAL, 0, is the only method there is, also on Linux. */
	case PR_GET_TIMING:
		return 0;
	case PR_SET_TIMING:
		return arg2 ? -EINVAL : 0;
	/* 0 or less: the value that the thread was created with. */
	case PR_SET_TIMERSLACK:
		t->timer_slack_ns = (s64)arg2 <= 0 ? t->default_slack_ns : arg2;
		return 0;
	case PR_GET_TIMERSLACK:
		return (s64)t->timer_slack_ns;
	case PR_SET_CHILD_SUBREAPER:
		p->child_subreaper = arg2 != 0;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return prctl_put_word(UADDR(arg2), p->child_subreaper);
	case PR_GET_TID_ADDRESS:
		return user_put(UADDR(arg2), &t->clear_child_tid.va) ? -EFAULT : 0;
	default:
		return abi_prctl(t, op, arg2);
	}
}

/* Operations that are not in these lists belong to the architecture, or are -EINVAL. */
s64 sys_prctl(struct thread *t, s32 op, u64 arg2, u64 arg3, u64 arg4, u64 arg5)
{
	struct process *p = t->process;
	bool more = arg3 || arg4 || arg5;

	switch (op) {
	case PR_GET_KEEPCAPS:
		return !!(t->cred->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return arg2 > 1 ? -EINVAL : prctl_keepcaps(t, arg2);
	case PR_SET_NAME:
	case PR_GET_NAME:
		return prctl_name(t, UADDR(arg2), op == PR_SET_NAME);
	case PR_GET_SECCOMP:
		return load_once(t->seccomp_mode);
	case PR_SET_SECCOMP:
		return seccomp_prctl(t, arg2, arg3);
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
	case PR_GET_SECUREBITS:
	case PR_SET_SECUREBITS:
		return prctl_cred(t, (u32)op, arg2, arg3);
	case PR_CAP_AMBIENT:
		return arg4 || arg5 ? -EINVAL : prctl_cred(t, (u32)op, arg2, arg3);
	case PR_SET_NO_NEW_PRIVS:
		if (arg2 != 1 || more)
			return -EINVAL;
		store_once(t->no_new_privs, true);
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return arg2 || more ? -EINVAL : load_once(t->no_new_privs);
	case PR_SET_MDWE:
		return more ? -EINVAL : prctl_set_mdwe(t->mm, arg2);
	case PR_GET_MDWE:
		return arg2 || more ? -EINVAL : (s64)load_once(t->mm->mdwe);
	case PR_GET_THP_DISABLE:
		return arg2 || more ? -EINVAL : p->thp_disabled;
	case PR_SET_THP_DISABLE:
		if (more)
			return -EINVAL;
		p->thp_disabled = arg2 != 0;
		return 0;
	default:
		return prctl_number(t, op, arg2);
	}
}
