// SPDX-License-Identifier: MPL-2.0
/*
 * Credentials: an immutable object; a thread that changes them gets a new one. See credentials(7),
 * capabilities(7).
 */
#ifndef KERNEL_CRED_H
#define KERNEL_CRED_H

#include <frame/obj.h>

#define NGROUPS 32 /* supplementary groups kept; setgroups with more gives EINVAL */

/* Each bit's lock is the bit above it. */
enum {
	SECBIT_NOROOT = 1,
	SECBIT_NO_SETUID_FIXUP = 4,
	SECBIT_KEEP_CAPS = 16,
	SECBIT_KEEP_CAPS_LOCKED = 32,
	SECBIT_NO_CAP_AMBIENT_RAISE = 64,
	SECBITS = 0x55,
	SECBITS_LOCKS = SECBITS << 1
};

struct cred {
	struct obj obj;
	u32 uid, euid, suid, fsuid;
	u32 gid, egid, sgid, fsgid;
	u64 cap_permitted, cap_effective, cap_inheritable, cap_bounding, cap_ambient;
	u32 securebits;
	u32 nr_groups;
	u32 groups[NGROUPS];
};
OBJ_TYPE_DECL(cred);

enum capability {
	CAP_CHOWN = 0,
	CAP_DAC_OVERRIDE,
	CAP_DAC_READ_SEARCH,
	CAP_FOWNER,
	CAP_FSETID,
	CAP_KILL,
	CAP_SETGID,
	CAP_SETUID,
	CAP_SETPCAP,
	CAP_LINUX_IMMUTABLE,
	CAP_NET_BIND_SERVICE,
	CAP_NET_BROADCAST,
	CAP_NET_ADMIN,
	CAP_NET_RAW,
	CAP_IPC_LOCK,
	CAP_IPC_OWNER,
	CAP_SYS_MODULE,
	CAP_SYS_RAWIO,
	CAP_SYS_CHROOT,
	CAP_SYS_PTRACE,
	CAP_SYS_PACCT,
	CAP_SYS_ADMIN,
	CAP_SYS_BOOT,
	CAP_SYS_NICE,
	CAP_SYS_RESOURCE,
	CAP_SYS_TIME,
	CAP_SYS_TTY_CONFIG,
	CAP_MKNOD,
	CAP_LEASE,
	CAP_AUDIT_WRITE,
	CAP_AUDIT_CONTROL,
	CAP_SETFCAP,
	CAP_MAC_OVERRIDE,
	CAP_MAC_ADMIN,
	CAP_SYSLOG,
	CAP_WAKE_ALARM,
	CAP_BLOCK_SUSPEND,
	CAP_AUDIT_READ,
	CAP_PERFMON,
	CAP_BPF,
	CAP_CHECKPOINT_RESTORE,
	CAP_LAST = CAP_CHECKPOINT_RESTORE,
};

static inline bool cred_capable(const struct cred *c, u32 cap)
{
	return (c->cap_effective >> (cap & 63)) & 1;
}
/* Whether @gid is the fs group or a supplementary group. */
bool cred_in_group(const struct cred *c, u32 gid);
/* A changeable copy with one reference (not yet anyone's), or NULL; and root's. */
struct cred *cred_copy(const struct cred *c);
struct cred *cred_new_root(void);
struct thread;
/*
 * Makes @c (consumed) the calling thread's credentials. When they are more than the old ones
 * (cred_gains), nobody may look into the process any more and no parent's end kills it.
 */
void cred_install(struct thread *t, struct cred *c);
/* Whether @new can do what @old could not, or is somebody else. */
bool cred_gains(const struct cred *old, const struct cred *new);
/*
 * Set-user-ID / set-group-ID / capabilities at exec of an inode with mode, uid, gid; *@secure:
 * AT_SECURE. @nosuid: the bits do not count. @shared: another process shares the fs context, so no
 * rights come in. NULL: out of memory.
 */
struct cred *cred_for_exec(struct thread *t, u32 mode, u32 uid, u32 gid, bool nosuid, bool shared,
	bool *secure);

#endif
