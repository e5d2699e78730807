// SPDX-License-Identifier: MPL-2.0
/* System calls that only riscv64 has, or has in its own form. */
#include <abi/prctl.h>
#include <frame/cpu.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <uapi/errno.h>

s64 sys_clone(struct thread *t, u64 flags, u64 stack, struct uaddr parent_tid, u64 tls,
	struct uaddr child_tid)
{
	return clone_call(t, flags, stack, parent_tid, tls, child_tid);
}

/* The range and the flag for "only this thread" are ignored: all CPUs are synchronised. */
s64 sys_riscv_flush_icache(struct thread *t, struct uaddr start, struct uaddr end, u64 flags)
{
	(void)t;
	(void)start;
	(void)end;
	if (flags & ~1ul)
		return -EINVAL;
	cpu_sync_icache_all();
	return 0;
}

s64 abi_prctl(struct thread *t, s32 op, u64 arg)
{
	(void)t;
	(void)op;
	(void)arg;
	return -EINVAL;
}
