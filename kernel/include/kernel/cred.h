// SPDX-License-Identifier: MPL-2.0
/*
 * Credentials: an immutable object. A thread that changes its credentials installs a new one. See
 * credentials(7), capabilities(7).
 */
#ifndef KERNEL_CRED_H
#define KERNEL_CRED_H

#include <frame/obj.h>

#define NGROUPS 32 /* most supplementary groups; setgroups with more gives -EINVAL */

/* The lock of each bit is the next higher bit. */
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

/* Whether @c has capability @cap in its effective set. Context: any. */
static inline bool cred_capable(const struct cred *c, u32 cap)
{
	return (c->cap_effective >> (cap & 63)) & 1;
}
/* Whether @gid is the fs group or one of the supplementary groups. Context: any. */
bool cred_in_group(const struct cred *c, u32 gid);
/*
 * A copy that the caller may change until it installs or shares it; one reference. NULL: no memory.
 */
struct cred *cred_copy(const struct cred *c);
/* Credentials of root with all capabilities; one reference. NULL: no memory. */
struct cred *cred_new_root(void);
struct thread;
/*
 * Makes @c the credentials of @t, the calling thread; the reference is consumed. If they allow more
 * than the old ones (cred_gains), the process is no longer dumpable, so other processes of the user
 * cannot look into it, and no parent-death signal is sent to it.
 */
void cred_install(struct thread *t, struct cred *c);
/*
 * Exchanges the credentials of @t, the calling thread, for @c for the time of one call, and back.
 * Consumes @c and returns the old ones, a reference. No gain: dumpable and the parent-death signal
 * stay.
 */
struct cred *must_check cred_override(struct thread *t, struct cred *c);
/* Whether @new allows anything that @old did not, or is another user's. */
bool cred_gains(const struct cred *old, const struct cred *new);
/*
 * The credentials after exec of a file with @mode, @uid, @gid: applies set-user-ID, set-group-ID
 * and the rules for capabilities. *@secure is the value of AT_SECURE. @nosuid: ignore the set-ID
 * bits. @shared: another process shares the fs context, so exec gives no new privileges. Returns a
 * new reference; NULL: no memory. Context: the calling thread @t.
 */
struct cred *cred_for_exec(struct thread *t, u32 mode, u32 uid, u32 gid, bool nosuid, bool shared,
	bool *secure);

#endif
