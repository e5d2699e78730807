// SPDX-License-Identifier: MPL-2.0
/*
 * Load, memory and up-time of the machine. See sysinfo(2).
 *
 * The up-time is rounded up, as on Linux. Loads have 16 bits after the point. Numbers of memory are
 * in bytes (mem_unit 1); buffers and shared memory are not counted here, /proc/meminfo has them.
 */
#include <frame/page.h>
#include <frame/time.h>
#include <kernel/sched.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

struct sysinfo64 {
	s64 uptime;
	u64 loads[3];
	u64 totalram, freeram, sharedram, bufferram, totalswap, freeswap;
	u16 procs, pad;
	u32 pad2;
	u64 totalhigh, freehigh;
	u32 mem_unit;
	u32 pad3;
};

s64 sys_sysinfo(struct thread *t, struct uaddr info)
{
	struct page_stats mem;
	struct sysinfo64 out = { 0 };
	u64 one, five, fifteen;

	(void)t;
	page_get_stats(&mem);
	sched_loadavg(&one, &five, &fifteen);
	out.uptime = (s64)div_round_up(time_mono_ns(), NSEC_PER_SEC);
	out.loads[0] = one;
	out.loads[1] = five;
	out.loads[2] = fifteen;
	out.totalram = mem.total * PAGE_SIZE;
	out.freeram = mem.free * PAGE_SIZE;
	out.procs = (u16)thread_count();
	out.mem_unit = 1;
	return user_put(info, &out) ? -EFAULT : 0;
}
