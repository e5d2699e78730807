// SPDX-License-Identifier: MPL-2.0
/*
 * Identity and the small per-process settings: getpid and similar calls, prctl, personality, uname,
 * host name, getcpu.
 */
#include <abi/prctl.h>
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/fmt.h>
#include <frame/time.h>
#include <kernel/cred.h>
#include <kernel/mm.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/version.h>

s64 sys_getpid(struct thread *t)
{
	return t->process->pid;
}

s64 sys_gettid(struct thread *t)
{
	return t->tid;
}

s64 sys_getppid(struct thread *t)
{
	struct process *p;
	s32 pid;

	/*
	 * Read without proc_lock. The old parent may have been released and its slot used by
	 * another process, whose pid would be wrong. But then process.parent has changed first, so
	 * the second read sees it and the loop repeats.
	 */
	do {
		p = load_acquire(t->process->parent);
		pid = p ? load_once(p->pid) : 0;
	} while (unlikely(load_acquire(t->process->parent) != p));
	return pid;
}

/* A hint: the thread may run on another CPU when the call returns. */
s64 sys_getcpu(struct thread *t, struct uaddr cpu, struct uaddr node, struct uaddr unused)
{
	u32 c = cpu_id();
	u32 n = 0;

	(void)t;
	(void)unused;
	if ((cpu.va && user_put(cpu, &c)) || (node.va && user_put(node, &n)))
		return -EFAULT;
	return 0;
}

/* ---- uname ---- */

#define UTS_LEN 65
struct utsname {
	char sysname[UTS_LEN], nodename[UTS_LEN], release[UTS_LEN], version[UTS_LEN],
		machine[UTS_LEN], domainname[UTS_LEN];
};

static struct spinlock uts_lock; /* guards both names */
static char host_name[UTS_LEN] = "keel";
static char domain_name[UTS_LEN] = "(none)";

s64 sys_uname(struct thread *t, struct uaddr buf)
{
	struct utsname u = { .sysname = "Linux",
		.release = KEEL_UTS_RELEASE,
		.version = KEEL_UTS_VERSION,
		.machine = ABI_UTS_MACHINE };

	(void)t;
	spin_lock(&uts_lock);
	span_copy(span_of(u.nodename), cspan_of(host_name));
	span_copy(span_of(u.domainname), cspan_of(domain_name));
	spin_unlock(&uts_lock);
	return user_put(buf, &u) ? -EFAULT : 0;
}

/* Also called for keys of /proc/sys/kernel. A name that is too long is cut. */
void uts_set(bool domain, struct cspan name)
{
	char text[UTS_LEN] = { 0 };

	span_copy(span_first(span_of(text), UTS_LEN - 1), name);
	spin_lock(&uts_lock);
	if (domain)
		span_copy(span_of(domain_name), cspan_of(text));
	else
		span_copy(span_of(host_name), cspan_of(text));
	spin_unlock(&uts_lock);
}

/* sethostname and setdomainname: 0, -EPERM, -EINVAL, -EFAULT. */
static s64 set_name(struct thread *t, bool domain, struct uaddr from, s32 len)
{
	char name[UTS_LEN] = { 0 };

	if (!cred_capable(t->cred, CAP_SYS_ADMIN))
		return -EPERM;
	if (len < 0 || len >= UTS_LEN)
		return -EINVAL;
	if (copy_in(span_first(span_of(name), (size_t)len), from))
		return -EFAULT;
	uts_set(domain, cspan_first(cspan_of(name), (size_t)len));
	return 0;
}

s64 sys_sethostname(struct thread *t, struct uaddr name, s32 len)
{
	return set_name(t, false, name, len);
}

s64 sys_setdomainname(struct thread *t, struct uaddr name, s32 len)
{
	return set_name(t, true, name, len);
}

void uts_domainname(struct span out)
{
	spin_lock(&uts_lock);
	span_copy(out, cspan_of(domain_name));
	spin_unlock(&uts_lock);
}

void uts_nodename(struct span out)
{
	spin_lock(&uts_lock);
	span_copy(out, cspan_of(host_name));
	spin_unlock(&uts_lock);
}

/* ---- prctl, personality ---- */

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

static s64 put_word(struct uaddr to, s32 v)
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

/* Bounding set, secure bits and ambient set. The checks come first, then the change to a copy. */
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

/* PR_SET_KEEPCAPS: capabilities stay when all uids become other than 0. */
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

/* Operations that are not in this list belong to the architecture, or are -EINVAL. */
s64 sys_prctl(struct thread *t, s32 op, u64 arg2, u64 arg3, u64 arg4, u64 arg5)
{
	struct process *p = t->process;

	switch (op) {
	case PR_SET_PDEATHSIG:
		if (arg2 > NSIG)
			return -EINVAL;
		t->pdeath_signal = (s32)arg2;
		return 0;
	case PR_GET_PDEATHSIG:
		return put_word(UADDR(arg2), t->pdeath_signal);
	case PR_GET_DUMPABLE:
		return p->dumpable;
	case PR_SET_DUMPABLE:
		if (arg2 > 1)
			return -EINVAL;
		spin_lock(&proc_lock); /* readers in other processes hold it */
		p->dumpable = (s32)arg2;
		spin_unlock(&proc_lock);
		return 0;
	case PR_GET_KEEPCAPS:
		return !!(t->cred->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		if (arg2 > 1)
			return -EINVAL;
		return prctl_keepcaps(t, arg2);
	case PR_GET_TIMING:
		return 0;
	case PR_SET_TIMING:
		return arg2 ? -EINVAL : 0;
	case PR_SET_NAME:
	case PR_GET_NAME:
		return prctl_name(t, UADDR(arg2), op == PR_SET_NAME);
	case PR_GET_SECCOMP:
		return 0;
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
	case PR_GET_SECUREBITS:
	case PR_SET_SECUREBITS:
	case PR_CAP_AMBIENT:
		if (op == PR_CAP_AMBIENT && (arg4 || arg5))
			return -EINVAL;
		return prctl_cred(t, (u32)op, arg2, arg3);
	case PR_SET_TIMERSLACK:
		t->timer_slack_ns = (s64)arg2 <= 0 ? t->default_slack_ns : arg2;
		return 0;
	case PR_GET_TIMERSLACK:
		return (s64)t->timer_slack_ns;
	case PR_SET_CHILD_SUBREAPER:
		p->child_subreaper = arg2 != 0;
		return 0;
	case PR_GET_CHILD_SUBREAPER:
		return put_word(UADDR(arg2), p->child_subreaper);
	case PR_SET_NO_NEW_PRIVS:
		if (arg2 != 1 || arg3 || arg4 || arg5)
			return -EINVAL;
		t->no_new_privs = true;
		return 0;
	case PR_GET_NO_NEW_PRIVS:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : t->no_new_privs;
	case PR_GET_TID_ADDRESS:
		return user_put(UADDR(arg2), &t->clear_child_tid.va) ? -EFAULT : 0;
	case PR_SET_MDWE:
	case PR_GET_MDWE:
		if (arg3 || arg4 || arg5 || (op == PR_GET_MDWE && arg2))
			return -EINVAL;
		return op == PR_SET_MDWE ? prctl_set_mdwe(t->mm, arg2) : load_once(t->mm->mdwe);
	case PR_GET_THP_DISABLE:
		return arg2 || arg3 || arg4 || arg5 ? -EINVAL : p->thp_disabled;
	case PR_SET_THP_DISABLE:
		if (arg3 || arg4 || arg5)
			return -EINVAL;
		p->thp_disabled = arg2 != 0;
		return 0;
	default:
		return abi_prctl(t, op, arg2);
	}
}

/* Takes effect at the next exec: only the layout of a new program depends on it. */
s64 sys_personality(struct thread *t, u32 persona)
{
	u32 old = t->personality;

	if (persona != 0xffffffff)
		t->personality = persona;
	return old;
}
