// SPDX-License-Identifier: MPL-2.0
/* System calls that only x86_64 has, or has in its own form. */
#include <abi/address.h>
#include <abi/prctl.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/errno.h>

s64 sys_clone(struct thread *t, u64 flags, u64 stack, struct uaddr parent_tid,
	struct uaddr child_tid, u64 tls)
{
	return clone_call(t, flags, stack, parent_tid, tls, child_tid);
}

/* arch_prctl(2): the bases of fs and gs, and the parts of the CPU that user mode may use. */
enum arch_prctl_op {
	ARCH_SET_GS = 0x1001,
	ARCH_SET_FS = 0x1002,
	ARCH_GET_FS = 0x1003,
	ARCH_GET_GS = 0x1004,
	ARCH_GET_CPUID = 0x1011,
	ARCH_SET_CPUID = 0x1012,
	ARCH_GET_XCOMP_SUPP = 0x1021,
	ARCH_GET_XCOMP_PERM = 0x1022,
};

static s64 arch_prctl_put(u64 to, u64 v)
{
	return user_put(UADDR(to), &v);
}

s64 sys_arch_prctl(struct thread *t, u32 op, u64 arg)
{
	switch (op) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (!abi_tls_is_good(arg))
			return -EPERM;
		if (op == ARCH_SET_FS)
			user_set_tls(t->user, arg);
		else
			user_set_gs_base(t->user, arg);
		return 0;
	case ARCH_GET_FS:
		return arch_prctl_put(arg, user_tls(t->user));
	case ARCH_GET_GS:
		return arch_prctl_put(arg, user_gs_base(t->user));
	case ARCH_GET_CPUID:
		return 1; /* the instruction may be used */
	case ARCH_SET_CPUID:
		return -ENODEV;
	case ARCH_GET_XCOMP_SUPP:
	case ARCH_GET_XCOMP_PERM:
		return arch_prctl_put(arg, user_xfeatures() ? user_xfeatures() : 3);
	default:
		return -EINVAL;
	}
}

/* ---- prctl ---- */

enum { PR_GET_TSC = 25, PR_SET_TSC = 26, PR_TSC_ENABLE = 1 };

s64 abi_prctl(struct thread *t, s32 op, u64 arg)
{
	s32 enabled = PR_TSC_ENABLE;

	(void)t;
	switch (op) {
	case PR_GET_TSC:
		return user_put(UADDR(arg), &enabled);
	case PR_SET_TSC: /* rdtsc cannot be disabled: the vDSO needs it */
		return (s32)arg == PR_TSC_ENABLE ? 0 : -EINVAL;
	default:
		return -EINVAL;
	}
}

/* ---- I/O ports: programs get none ---- */

#define NR_PORTS 65536ul

s64 sys_ioperm(struct thread *t, u64 from, u64 count, s32 on)
{
	(void)t;
	if (from + count <= from || from + count > NR_PORTS)
		return -EINVAL;
	return on ? -EPERM : 0;
}

s64 sys_iopl(struct thread *t, u32 level)
{
	(void)t;
	if (level > 3)
		return -EINVAL;
	return level ? -EPERM : 0;
}
