// SPDX-License-Identifier: MPL-2.0
/*
 * capget, capset. See capget(2). A thread can set only its own capabilities.
 *
 * The sets have 64 bits, the structures 32-bit words: one in version 1, two in the later ones. A
 * program of version 1 does not see the capabilities above 31, and a capset by it clears them.
 */
#include <kernel/cred.h>
#include <kernel/pid.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#define CAP_VERSION_1 0x19980330u
#define CAP_VERSION_2 0x20071026u
#define CAP_VERSION_3 0x20080522u

struct cap_header {
	u32 version;
	s32 pid;
};
struct cap_data {
	struct {
		u32 effective, permitted, inheritable;
	} word[2];
};

/*
 * Number of 32-bit words in @h's version. An unknown version returns -EINVAL after ours has been
 * written to the user, as capget(2) says.
 */
static s64 check_version(struct uaddr header, struct cap_header *h, u32 *words)
{
	u32 ours = CAP_VERSION_3;

	if (user_get(h, header))
		return -EFAULT;
	*words = h->version == CAP_VERSION_1 ? 1 : 2;
	if (h->version == CAP_VERSION_1 || h->version == CAP_VERSION_2 ||
		h->version == CAP_VERSION_3)
		return 0;
	return user_put(header, &ours) ? -EFAULT : -EINVAL;
}

/*
 * The credentials of another thread are read under proc_lock. A query of the version only (no data)
 * succeeds, as capget(2) says.
 */
s64 sys_capget(struct thread *t, struct uaddr header, struct uaddr data)
{
	struct cap_header h = { 0 };
	struct cap_data out = { 0 };
	struct thread *other;
	u32 words, i;
	s64 err = check_version(header, &h, &words);

	if (err)
		return err == -EINVAL && !data.va ? 0 : err;
	if (h.pid < 0)
		return -EINVAL;
	spin_lock(&proc_lock);
	other = h.pid ? thread_lookup_locked(h.pid) : t;
	if (other) {
		for (i = 0; i < 2; i++) {
			out.word[i].effective = (u32)(other->cred->cap_effective >> (32 * i));
			out.word[i].permitted = (u32)(other->cred->cap_permitted >> (32 * i));
			out.word[i].inheritable = (u32)(other->cred->cap_inheritable >> (32 * i));
		}
	}
	spin_unlock(&proc_lock);
	if (!other)
		return -ESRCH;
	return data.va && copy_out(data, cspan_first(value_cspan(&out), words * 12)) ? -EFAULT : 0;
}

/*
 * The rules of capset(2): permitted may only shrink, effective must be a part of it. Inheritable
 * may grow by permitted ones, or with CAP_SETPCAP by those of the bounding set. Ambient ones that
 * are no longer permitted and inheritable are dropped.
 */
s64 sys_capset(struct thread *t, struct uaddr header, struct uaddr data)
{
	struct cap_header h = { 0 };
	struct cap_data in = { 0 };
	const struct cred *old = t->cred;
	struct cred *c;
	u64 e = 0, p = 0, inh = 0;
	u32 words, i;
	s64 err = check_version(header, &h, &words);

	if (err)
		return err;
	if (h.pid && h.pid != t->tid)
		return -EPERM;
	if (copy_in(span_first(value_span(&in), words * 12), data))
		return -EFAULT;
	for (i = 0; i < 2; i++) {
		e |= (u64)in.word[i].effective << (32 * i);
		p |= (u64)in.word[i].permitted << (32 * i);
		inh |= (u64)in.word[i].inheritable << (32 * i);
	}
	if ((p & ~old->cap_permitted) || (e & ~p))
		return -EPERM;
	if ((inh & ~(old->cap_inheritable | old->cap_permitted)) && !cred_capable(old, CAP_SETPCAP))
		return -EPERM;
	if (inh & ~(old->cap_inheritable | old->cap_bounding))
		return -EPERM;
	c = cred_copy(old);
	if (!c)
		return -ENOMEM;
	c->cap_effective = e;
	c->cap_permitted = p;
	c->cap_inheritable = inh;
	c->cap_ambient &= p & inh;
	cred_install(t, c);
	return 0;
}
