// SPDX-License-Identifier: MPL-2.0
/*
 * Identity and the small per-process settings: getpid and similar calls, personality, uname, host
 * name, getcpu.
 *
 * The names of uname are global, under a lock of their own, because a name of several bytes could
 * else be read half changed. Everything else here belongs to the calling thread or process.
 */
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
#include <uapi/personality.h>

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

/*
 * UNAME26: a release that begins with 2.6, for programs that do not understand others. 3.0 is
 * 2.6.40, and each first number from 4 on is counted from 2.6.60, as on Linux.
 */
static void uname_as_26(struct span release)
{
	struct cspan rest = STR(KEEL_UTS_RELEASE);
	u64 n = 0;
	FMT(f, release);

	rest = cspan_from(rest, cspan_find(rest, '.') + 1);
	rest = cspan_from(rest, parse_u64(rest, 10, &n));
	rest = cspan_from(rest, cspan_find(rest, '-'));
	span_fill(release, 0);
	fmt_printf(&f, "2.6.%lu", n + 60);
	fmt_span(&f, rest);
}

s64 sys_uname(struct thread *t, struct uaddr buf)
{
	struct utsname u = { .sysname = "Linux",
		.release = KEEL_UTS_RELEASE,
		.version = KEEL_UTS_VERSION,
		.machine = ABI_UTS_MACHINE };

	if (t->personality & UNAME26)
		uname_as_26(span_of(u.release));
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
static s64 identity_set_name(struct thread *t, bool domain, struct uaddr from, s32 len)
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
	return identity_set_name(t, false, name, len);
}

s64 sys_setdomainname(struct thread *t, struct uaddr name, s32 len)
{
	return identity_set_name(t, true, name, len);
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

/* ---- personality ---- */

/* Takes effect at the next exec: only the layout of a new program depends on it. */
s64 sys_personality(struct thread *t, u32 persona)
{
	u32 old = t->personality;

	if (persona != 0xffffffff)
		t->personality = persona;
	return old;
}
