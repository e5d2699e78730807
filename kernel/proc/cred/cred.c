// SPDX-License-Identifier: MPL-2.0
/*
 * User and group ids, supplementary groups, capabilities. See credentials(7), capabilities(7),
 * setresuid(2).
 *
 * How they change. A call copies the thread's credentials (cred_copy), changes the copy, and
 * installs it whole (cred_install), so readers never see a half-changed set. Nothing is changed in
 * an object that is installed: files and sockets keep a reference to the credentials that they were
 * opened with. If there is no memory for the copy, the call fails and nothing has changed.
 *
 * Who reads them. Only the thread itself changes its credentials; it reads them without a lock.
 * Another thread (kill, ptrace access, /proc) holds proc_lock, under which the pointer changes, and
 * takes a reference if it keeps them. The old object is released after the lock.
 *
 * What a change costs the process. If it becomes another user or gains a capability (cred_gains),
 * it is no longer dumpable, so that its former user cannot read its memory, and its parent-death
 * signal is forgotten. cred_override, for access(2), does neither: it is undone in the same call.
 *
 * exec (cred_for_exec) computes the new credentials before the point of no return, and exec_commit
 * installs them. Set-ID bits count only if nothing that is shared could betray the program: no
 * other process has the same fs context, and no_new_privs is not set.
 */
#include <kernel/cred.h>
#include <kernel/knobs.h>
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

/* The list is searched from the start: it is short for everybody but a few users. */
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

/* Of the first process: root with all capabilities. Nothing is inheritable or ambient. */
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
		t->process->dumpable = (s32)knob_get(KNOB_SUID_DUMPABLE);
		t->pdeath_signal = 0;
	}
	t->cred = c;
	spin_unlock(&proc_lock);
	obj_put(&old);
}

/* The thread gets the reference @c, and the caller the one on the old credentials. */
struct cred *cred_override(struct thread *t, struct cred *c)
{
	struct cred *old;

	spin_lock(&proc_lock);
	old = t->cred;
	t->cred = c;
	spin_unlock(&proc_lock);
	return old;
}

/*
 * Capabilities after a change of user ids (capabilities(7), "Effect of user ID changes"). Only a
 * change from or to root has an effect. With PR_SET_KEEPCAPS the permitted set stays when the last
 * of the root ids goes; the ambient set never does.
 */
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

/* A thread's ids of one kind. The calls for users and for groups differ in little else. */
enum kind { USER, GROUP };
struct ids {
	u32 real, effective, saved, fs;
};

static struct ids cred_ids(const struct cred *c, enum kind kind)
{
	return kind == USER ? (struct ids){ c->uid, c->euid, c->suid, c->fsuid }
			    : (struct ids){ c->gid, c->egid, c->sgid, c->fsgid };
}

static bool may_set_ids(const struct cred *c, enum kind kind)
{
	return cred_capable(c, kind == USER ? CAP_SETUID : CAP_SETGID);
}

/*
 * Ids that an unprivileged process may switch to: its real, effective and saved one. NO_ID leaves
 * an id as it is.
 */
static bool id_is_mine(struct ids old, u32 id)
{
	return id == NO_ID || id == old.real || id == old.effective || id == old.saved;
}

/* A copy of the thread's credentials with these ids; NULL if there is no memory. */
static struct cred *cred_with_ids(struct thread *t, enum kind kind, struct ids ids)
{
	struct cred *c = cred_copy(t->cred);

	if (c && kind == USER) {
		c->uid = ids.real;
		c->euid = ids.effective;
		c->suid = ids.saved;
		c->fsuid = ids.fs;
	} else if (c) {
		c->gid = ids.real;
		c->egid = ids.effective;
		c->sgid = ids.saved;
		c->fsgid = ids.fs;
	}
	return c;
}

/* The fs id follows the effective one, and the capabilities follow the user ids. */
static s64 install_ids(struct thread *t, enum kind kind, struct ids ids)
{
	struct cred *c;

	ids.fs = ids.effective;
	c = cred_with_ids(t, kind, ids);
	if (!c)
		return -ENOMEM;
	fix_capabilities(c, t->cred, c->securebits & SECBIT_KEEP_CAPS);
	cred_install(t, c);
	return 0;
}

/* Each id may become any of the three that the thread has, or anything with the capability. */
static s64 set_res(struct thread *t, enum kind kind, u32 real, u32 effective, u32 saved)
{
	struct ids old = cred_ids(t->cred, kind), new = old;

	if (!may_set_ids(t->cred, kind) &&
		!(id_is_mine(old, real) && id_is_mine(old, effective) && id_is_mine(old, saved)))
		return -EPERM;
	new.real = real == NO_ID ? old.real : real;
	new.effective = effective == NO_ID ? old.effective : effective;
	new.saved = saved == NO_ID ? old.saved : saved;
	return install_ids(t, kind, new);
}

s64 sys_setresuid(struct thread *t, u32 ruid, u32 euid, u32 suid)
{
	return set_res(t, USER, ruid, euid, suid);
}

s64 sys_setresgid(struct thread *t, u32 rgid, u32 egid, u32 sgid)
{
	return set_res(t, GROUP, rgid, egid, sgid);
}

/*
 * setuid, setgid: with the capability all three ids change and there is no way back; without it
 * only the effective one does, to the real or saved id.
 */
static s64 cred_set_one(struct thread *t, enum kind kind, u32 id)
{
	struct ids old = cred_ids(t->cred, kind), new = old;

	if (id == NO_ID)
		return -EINVAL;
	if (may_set_ids(t->cred, kind))
		new.real = new.saved = id;
	else if (id != old.real && id != old.saved)
		return -EPERM;
	new.effective = id;
	return install_ids(t, kind, new);
}

s64 sys_setuid(struct thread *t, u32 uid)
{
	return cred_set_one(t, USER, uid);
}

s64 sys_setgid(struct thread *t, u32 gid)
{
	return cred_set_one(t, GROUP, gid);
}

/*
 * The saved id becomes the new effective one if the real id is set, or if the effective id is set
 * to another value than the old real id; see setreuid(2).
 */
static s64 set_re(struct thread *t, enum kind kind, u32 real, u32 effective)
{
	struct ids old = cred_ids(t->cred, kind), new = old;

	if (!may_set_ids(t->cred, kind)) {
		if (real != NO_ID && real != old.real && real != old.effective)
			return -EPERM;
		if (!id_is_mine(old, effective))
			return -EPERM;
	}
	new.real = real == NO_ID ? old.real : real;
	new.effective = effective == NO_ID ? old.effective : effective;
	if (real != NO_ID || (effective != NO_ID && effective != old.real))
		new.saved = new.effective;
	return install_ids(t, kind, new);
}

s64 sys_setreuid(struct thread *t, u32 ruid, u32 euid)
{
	return set_re(t, USER, ruid, euid);
}

s64 sys_setregid(struct thread *t, u32 rgid, u32 egid)
{
	return set_re(t, GROUP, rgid, egid);
}

/*
 * Returns the old id, also after an error; see setfsuid(2). File system capabilities follow a
 * change of the user from or to 0.
 */
static s64 set_fs(struct thread *t, enum kind kind, u32 id)
{
	struct ids old = cred_ids(t->cred, kind), new = old;
	struct cred *c;

	if (id == NO_ID || (!may_set_ids(t->cred, kind) && !id_is_mine(old, id) && id != old.fs))
		return old.fs;
	new.fs = id;
	c = cred_with_ids(t, kind, new);
	if (!c)
		return old.fs;
	if (kind == USER && !(c->securebits & SECBIT_NO_SETUID_FIXUP)) {
		if (old.fs == 0 && id != 0)
			c->cap_effective &= ~CAPS_FS;
		if (old.fs != 0 && id == 0)
			c->cap_effective |= c->cap_permitted & CAPS_FS;
	}
	cred_install(t, c);
	return old.fs;
}

s64 sys_setfsuid(struct thread *t, u32 uid)
{
	return set_fs(t, USER, uid);
}

s64 sys_setfsgid(struct thread *t, u32 gid)
{
	return set_fs(t, GROUP, gid);
}

/* ---- get*id ---- */

static s64 put_ids(struct ids ids, struct uaddr real, struct uaddr effective, struct uaddr saved)
{
	if (user_put(real, &ids.real) || user_put(effective, &ids.effective) ||
		user_put(saved, &ids.saved))
		return -EFAULT;
	return 0;
}
s64 sys_getresuid(struct thread *t, struct uaddr ruid, struct uaddr euid, struct uaddr suid)
{
	return put_ids(cred_ids(t->cred, USER), ruid, euid, suid);
}
s64 sys_getresgid(struct thread *t, struct uaddr rgid, struct uaddr egid, struct uaddr sgid)
{
	return put_ids(cred_ids(t->cred, GROUP), rgid, egid, sgid);
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

/* Size 0 asks for the number alone. A list that is too short is an error, not cut. */
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

/* The whole list is copied before anything is changed. */
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
