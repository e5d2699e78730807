// SPDX-License-Identifier: MPL-2.0
/*
 * User and group ids, supplementary groups, capabilities. See credentials(7), capabilities(7),
 * setresuid(2).
 *
 * A change makes a copy and installs it whole, so readers never see a half-changed set. Only the
 * thread itself changes its credentials; it reads them without a lock.
 */
#include <kernel/cred.h>
#include <kernel/rlimit.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>

#define NO_ID    0xffffffffu
#define CAPS_ALL ((1ul << (CAP_LAST + 1)) - 1)
/* The capabilities that the fs uid alone gives and takes: those for file systems. */
#define CAPS_FS                                                                                \
	(bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_DAC_READ_SEARCH) | bit(CAP_FOWNER) | \
		bit(CAP_FSETID) | bit(CAP_LINUX_IMMUTABLE) | bit(CAP_MKNOD) |                  \
		bit(CAP_MAC_OVERRIDE))

/* Credentials refer to no other object. */
static void cred_release(struct cred *c)
{
	(void)c;
}
OBJ_TYPE(cred, cred_release);

bool cred_in_group(const struct cred *c, u32 gid)
{
	u32 i;

	if (gid == c->fsgid)
		return true;
	for (i = 0; i < c->nr_groups && i < NGROUPS; i++) {
		if (c->groups[i] == gid)
			return true;
	}
	return false;
}

/* Field by field, because the head of the object must not be copied. */
struct cred *cred_copy(const struct cred *from)
{
	struct cred *c = obj_new(cred);

	if (!c)
		return NULL;
	c->uid = from->uid;
	c->euid = from->euid;
	c->suid = from->suid;
	c->fsuid = from->fsuid;
	c->gid = from->gid;
	c->egid = from->egid;
	c->sgid = from->sgid;
	c->fsgid = from->fsgid;
	c->cap_permitted = from->cap_permitted;
	c->cap_effective = from->cap_effective;
	c->cap_inheritable = from->cap_inheritable;
	c->cap_bounding = from->cap_bounding;
	c->cap_ambient = from->cap_ambient;
	c->securebits = from->securebits;
	c->nr_groups = from->nr_groups;
	span_copy(value_span(&c->groups), value_cspan(&from->groups));
	return c;
}

struct cred *cred_new_root(void)
{
	struct cred *c = obj_new(cred);

	if (c) {
		c->cap_permitted = CAPS_ALL;
		c->cap_effective = CAPS_ALL;
		c->cap_bounding = CAPS_ALL;
	}
	return c;
}

/*
 * Fewer capabilities are no gain; another effective or fs id always is, since the process then
 * belongs to another user.
 */
bool cred_gains(const struct cred *old, const struct cred *new)
{
	return new->euid != old->euid || new->egid != old->egid || new->fsuid != old->fsuid ||
		new->fsgid != old->fsgid || (new->cap_permitted & ~old->cap_permitted);
}

void cred_install(struct thread *t, struct cred *c)
{
	struct cred *old;

	spin_lock(&proc_lock); /* readers in other threads hold it */
	old = t->cred;
	if (cred_gains(old, c)) {
		t->process->dumpable = 0;
		t->pdeath_signal = 0;
	}
	t->cred = c;
	spin_unlock(&proc_lock);
	obj_put(&old);
}

struct cred *cred_override(struct thread *t, struct cred *c)
{
	struct cred *old;

	spin_lock(&proc_lock);
	old = t->cred;
	t->cred = c;
	spin_unlock(&proc_lock);
	return old;
}

/* Capabilities after a change of user ids (capabilities(7), "Effect of user ID changes"). */
static void fix_capabilities(struct cred *c, const struct cred *old, bool keep)
{
	bool had_root = old->uid == 0 || old->euid == 0 || old->suid == 0;
	bool has_root = c->uid == 0 || c->euid == 0 || c->suid == 0;

	if (c->securebits & SECBIT_NO_SETUID_FIXUP)
		return;
	if (had_root && !has_root) {
		if (!keep) {
			c->cap_permitted = 0;
			c->cap_effective = 0;
		}
		c->cap_ambient = 0;
	}
	if (old->euid == 0 && c->euid != 0)
		c->cap_effective = 0;
	if (old->euid != 0 && c->euid == 0)
		c->cap_effective = c->cap_permitted;
}

/*
 * For changes of uids and gids: capabilities follow the uids, then the copy is installed. Consumes
 * @c.
 */
static s64 install_uids(struct thread *t, struct cred *c)
{
	fix_capabilities(c, t->cred, c->securebits & SECBIT_KEEP_CAPS);
	cred_install(t, c);
	return 0;
}

/*
 * An exec gains rights but may not: reduces the gains. See capabilities(7), execve(2) and Linux's
 * cap_bprm_creds_from_file.
 */
static void drop_gains(struct cred *c, const struct cred *old, bool no_new_privs)
{
	if (no_new_privs || !cred_capable(old, CAP_SETUID)) {
		c->euid = c->uid;
		c->egid = c->gid;
	}
	c->cap_permitted &= old->cap_permitted;
}

/*
 * The rules of capabilities(7), "Transformation of capabilities during execve()", without file
 * capabilities: root by euid or uid gets all of the bounding set, everybody else only the ambient
 * set. Gains are dropped if another process shares the fs context or no_new_privs is set.
 */
struct cred *cred_for_exec(struct thread *t, u32 mode, u32 uid, u32 gid, bool nosuid, bool shared,
	bool *secure)
{
	const struct cred *old = t->cred;
	struct cred *c = cred_copy(old);
	bool effective = false, set_id;

	if (!c)
		return NULL;
	nosuid = nosuid || t->no_new_privs;
	if (!nosuid && (mode & S_ISUID))
		c->euid = uid;
	if (!nosuid && (mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
		c->egid = gid;
	set_id = c->euid != c->uid || c->egid != c->gid;
	c->cap_permitted = 0;
	if ((c->euid == 0 || c->uid == 0) && !(c->securebits & SECBIT_NOROOT)) {
		c->cap_permitted = c->cap_inheritable | c->cap_bounding;
		effective = c->euid == 0;
	}
	if ((set_id || (c->cap_permitted & ~old->cap_permitted)) && (shared || t->no_new_privs))
		drop_gains(c, old, t->no_new_privs);
	if (set_id)
		c->cap_ambient = 0;
	c->cap_permitted |= c->cap_ambient;
	c->cap_effective = effective ? c->cap_permitted : c->cap_ambient;
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	c->securebits &= ~(u32)SECBIT_KEEP_CAPS;
	*secure = set_id || (c->uid != 0 && (effective || (c->cap_permitted & ~c->cap_ambient)));
	return c;
}

/* ---- set*id ---- */

/*
 * Ids that an unprivileged process may switch to: its real, effective and saved one. NO_ID leaves
 * an id as it is.
 */
static bool uid_is_mine(const struct cred *c, u32 uid)
{
	return uid == NO_ID || uid == c->uid || uid == c->euid || uid == c->suid;
}
static bool gid_is_mine(const struct cred *c, u32 gid)
{
	return gid == NO_ID || gid == c->gid || gid == c->egid || gid == c->sgid;
}

/* The fs id always follows the effective one. */
s64 sys_setresuid(struct thread *t, u32 ruid, u32 euid, u32 suid)
{
	const struct cred *old = t->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETUID) &&
		!(uid_is_mine(old, ruid) && uid_is_mine(old, euid) && uid_is_mine(old, suid)))
		return -EPERM;
	c = cred_copy(old);
	if (!c)
		return -ENOMEM;
	c->uid = ruid == NO_ID ? c->uid : ruid;
	c->euid = euid == NO_ID ? c->euid : euid;
	c->suid = suid == NO_ID ? c->suid : suid;
	c->fsuid = c->euid;
	return install_uids(t, c);
}

s64 sys_setresgid(struct thread *t, u32 rgid, u32 egid, u32 sgid)
{
	const struct cred *old = t->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETGID) &&
		!(gid_is_mine(old, rgid) && gid_is_mine(old, egid) && gid_is_mine(old, sgid)))
		return -EPERM;
	c = cred_copy(old);
	if (!c)
		return -ENOMEM;
	c->gid = rgid == NO_ID ? c->gid : rgid;
	c->egid = egid == NO_ID ? c->egid : egid;
	c->sgid = sgid == NO_ID ? c->sgid : sgid;
	c->fsgid = c->egid;
	return install_uids(t, c);
}

s64 sys_setuid(struct thread *t, u32 uid)
{
	const struct cred *old = t->cred;
	struct cred *c;

	if (uid == NO_ID)
		return -EINVAL;
	if (!cred_capable(old, CAP_SETUID) && uid != old->uid && uid != old->suid)
		return -EPERM;
	c = cred_copy(old);
	if (!c)
		return -ENOMEM;
	if (cred_capable(old, CAP_SETUID))
		c->uid = c->suid = uid;
	c->euid = c->fsuid = uid;
	return install_uids(t, c);
}

s64 sys_setgid(struct thread *t, u32 gid)
{
	const struct cred *old = t->cred;
	struct cred *c;

	if (gid == NO_ID)
		return -EINVAL;
	if (!cred_capable(old, CAP_SETGID) && gid != old->gid && gid != old->sgid)
		return -EPERM;
	c = cred_copy(old);
	if (!c)
		return -ENOMEM;
	if (cred_capable(old, CAP_SETGID))
		c->gid = c->sgid = gid;
	c->egid = c->fsgid = gid;
	return install_uids(t, c);
}

/*
 * The saved id becomes the new effective one if the real id is set, or if the effective id is set
 * to another value than the old real id; see setreuid(2).
 */
s64 sys_setreuid(struct thread *t, u32 ruid, u32 euid)
{
	const struct cred *old = t->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETUID)) {
		if (ruid != NO_ID && ruid != old->uid && ruid != old->euid)
			return -EPERM;
		if (!uid_is_mine(old, euid))
			return -EPERM;
	}
	c = cred_copy(old);
	if (!c)
		return -ENOMEM;
	c->uid = ruid == NO_ID ? c->uid : ruid;
	c->euid = euid == NO_ID ? c->euid : euid;
	if (ruid != NO_ID || (euid != NO_ID && euid != old->uid))
		c->suid = c->euid;
	c->fsuid = c->euid;
	return install_uids(t, c);
}

s64 sys_setregid(struct thread *t, u32 rgid, u32 egid)
{
	const struct cred *old = t->cred;
	struct cred *c;

	if (!cred_capable(old, CAP_SETGID)) {
		if (rgid != NO_ID && rgid != old->gid && rgid != old->egid)
			return -EPERM;
		if (!gid_is_mine(old, egid))
			return -EPERM;
	}
	c = cred_copy(old);
	if (!c)
		return -ENOMEM;
	c->gid = rgid == NO_ID ? c->gid : rgid;
	c->egid = egid == NO_ID ? c->egid : egid;
	if (rgid != NO_ID || (egid != NO_ID && egid != old->gid))
		c->sgid = c->egid;
	c->fsgid = c->egid;
	return install_uids(t, c);
}

/*
 * Returns the old id, also after an error; see setfsuid(2). File system capabilities follow a
 * change from or to 0.
 */
s64 sys_setfsuid(struct thread *t, u32 uid)
{
	const struct cred *old = t->cred;
	u32 before = old->fsuid;
	struct cred *c;

	if (uid == NO_ID ||
		(!cred_capable(old, CAP_SETUID) && !uid_is_mine(old, uid) && uid != old->fsuid))
		return before;
	c = cred_copy(old);
	if (!c)
		return before;
	c->fsuid = uid;
	if (!(c->securebits & SECBIT_NO_SETUID_FIXUP) && before == 0 && uid != 0)
		c->cap_effective &= ~CAPS_FS;
	if (!(c->securebits & SECBIT_NO_SETUID_FIXUP) && before != 0 && uid == 0)
		c->cap_effective |= c->cap_permitted & CAPS_FS;
	cred_install(t, c);
	return before;
}

s64 sys_setfsgid(struct thread *t, u32 gid)
{
	const struct cred *old = t->cred;
	u32 before = old->fsgid;
	struct cred *c;

	if (gid == NO_ID ||
		(!cred_capable(old, CAP_SETGID) && !gid_is_mine(old, gid) && gid != old->fsgid))
		return before;
	c = cred_copy(old);
	if (!c)
		return before;
	c->fsgid = gid;
	cred_install(t, c);
	return before;
}

/* ---- get*id ---- */

static s64 put_three(struct uaddr pa, struct uaddr pb, struct uaddr pc, u32 a, u32 b, u32 c)
{
	if (user_put(pa, &a) || user_put(pb, &b) || user_put(pc, &c))
		return -EFAULT;
	return 0;
}
s64 sys_getresuid(struct thread *t, struct uaddr ruid, struct uaddr euid, struct uaddr suid)
{
	return put_three(ruid, euid, suid, t->cred->uid, t->cred->euid, t->cred->suid);
}
s64 sys_getresgid(struct thread *t, struct uaddr rgid, struct uaddr egid, struct uaddr sgid)
{
	return put_three(rgid, egid, sgid, t->cred->gid, t->cred->egid, t->cred->sgid);
}
s64 sys_getuid(struct thread *t)
{
	return t->cred->uid;
}
s64 sys_geteuid(struct thread *t)
{
	return t->cred->euid;
}
s64 sys_getgid(struct thread *t)
{
	return t->cred->gid;
}
s64 sys_getegid(struct thread *t)
{
	return t->cred->egid;
}

struct group_list {
	u32 id[NGROUPS];
};

s64 sys_getgroups(struct thread *t, s32 size, struct uaddr list)
{
	const struct cred *c = t->cred;
	struct group_list out = { 0 };
	u32 i;

	if (size < 0)
		return -EINVAL;
	if (size == 0)
		return c->nr_groups;
	if ((u32)size < c->nr_groups)
		return -EINVAL;
	for (i = 0; i < c->nr_groups; i++)
		out.id[i] = c->groups[i];
	if (copy_out(list, cspan_first(value_cspan(&out), c->nr_groups * sizeof(u32))))
		return -EFAULT;
	return c->nr_groups;
}

s64 sys_setgroups(struct thread *t, s32 size, struct uaddr list)
{
	struct group_list in = { 0 };
	struct cred *c;
	u32 i;

	if (!cred_capable(t->cred, CAP_SETGID))
		return -EPERM;
	if (size < 0 || size > NGROUPS)
		return -EINVAL;
	if (copy_in(span_first(value_span(&in), (u32)size * sizeof(u32)), list))
		return -EFAULT;
	c = cred_copy(t->cred);
	if (!c)
		return -ENOMEM;
	c->nr_groups = (u32)size;
	/* Linux sorts the groups, and getgroups returns them in that order: an insertion sort. */
	for (i = 0; i < c->nr_groups; i++) {
		u32 k = i;
		for (; k && c->groups[k - 1] > in.id[i]; k--)
			c->groups[k] = c->groups[k - 1];
		c->groups[k] = in.id[i];
	}
	cred_install(t, c);
	return 0;
}
