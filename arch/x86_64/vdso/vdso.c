// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the vDSO's counter and system call (arch/vdso.h has the rest), time, and the names
 * without prefix that x86_64's vDSO also has.
 */
#include <kernel/vdso.h>

enum {
	NR_gettimeofday = 96,
	NR_time = 201,
	NR_clock_gettime = 228,
	NR_clock_getres = 229,
	NR_getcpu = 309
};

static inline long call3(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("syscall"
		: "=a"(ret)
		: "a"(nr), "D"(a), "S"(b), "d"(c)
		: "rcx", "r11", "memory");
	return ret;
}

/*
 * The fence keeps the counter from being read early. Another CPU's counter may be a little behind
 * the counter of the base.
 */
static inline u64 counter_since(u64 base)
{
	u32 low, high;
	s64 ticks;

	__asm__ volatile("lfence\n\trdtsc" : "=a"(low), "=d"(high) : : "memory");
	ticks = (s64)(((u64)high << 32 | low) - base);
	return ticks < 0 ? 0 : (u64)ticks;
}

/* vdso_data: one page below the first byte of the object, from its linker script. */
static inline const struct vdso_data *data_page(void)
{
	const struct vdso_data *d;

	__asm__("leaq vdso_data(%%rip), %0" : "=r"(d));
	return d;
}

#include <vdso.h>

long __vdso_time(long *out);
long __vdso_time(long *out)
{
	const struct vdso_data *d = data_page();
	long now;

	if (unlikely(!(d->known & 1))) /* CLOCK_REALTIME */
		return call3(NR_time, (long)out, 0, 0);
	now = (long)seconds(read_ns(d, 0));
	if (out)
		*out = now;
	return now;
}

#define ALIAS(type, name, ...) type name(__VA_ARGS__) __attribute__((weak, alias("__vdso_" #name)))
ALIAS(int, clock_gettime, int, struct timespec *);
ALIAS(int, gettimeofday, struct timeval *, struct timezone *);
ALIAS(int, clock_getres, int, struct timespec *);
ALIAS(int, getcpu, unsigned *, unsigned *, void *);
ALIAS(long, time, long *);
