// SPDX-License-Identifier: MPL-2.0
/* System calls that only riscv64 has. */
#include <frame/cpu.h>
#include <frame/errno.h>
#include <kernel/syscall.h>

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
