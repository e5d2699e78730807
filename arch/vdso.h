// SPDX-License-Identifier: MPL-2.0
/*
 * The vDSO: user-mode code that the kernel maps into every program, so that reading the time needs
 * no system call. See vdso(7).
 *
 * This is not kernel code: it runs with the program's rights only, in the program's address space,
 * so neither the rules of the services nor the trust of the frame apply to it. The kernel embeds
 * the linked object as bytes. It reads the page below itself (<kernel/vdso.h>), which user mode
 * cannot write.
 *
 * arch/A/vdso/vdso.c includes this file after its own definitions: the numbers NR_*, call3 (a
 * system call), counter_since (ticks of the clock's counter since an earlier value) and data_page.
 */
struct timespec {
	s64 sec, nsec;
};
struct timeval {
	s64 sec, usec;
};
struct timezone;

/* Returns clock number @clock (below VDSO_CLOCKS) in nanoseconds. */
static inline u64 read_ns(const struct vdso_data *d, unsigned clock)
{
	u64 ns;
	u32 seq;

	do {
		while (unlikely((seq = __atomic_load_n(&d->seq, __ATOMIC_ACQUIRE)) & 1))
			;
		ns = (u64)(((unsigned __int128)(counter_since(load_once(d->base))
				    << load_once(d->up)) *
				   load_once(d->mult)) >>
			64);
		ns += load_once(d->offset[clock]);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (unlikely(load_once(d->seq) != seq));
	return ns;
}

/* Multiplies instead of dividing: many cores need one cycle for each bit of a division. */
static inline u64 seconds(u64 ns)
{
	/* 10^9 = 2^9 * 5^9; exact for all 64-bit numbers. */
	return (u64)(((unsigned __int128)(ns >> 9) * 0x44b82fa09b5a53) >> 64) >> 11;
}
static inline u64 microseconds(u64 ns)
{
	return ns * 274877907 >> 38; /* exact below 10^9 */
}

int __vdso_clock_gettime(int clock, struct timespec *ts);
int __vdso_clock_gettime(int clock, struct timespec *ts)
{
	const struct vdso_data *d = data_page();
	u64 ns, sec;

	if (unlikely((unsigned)clock >= VDSO_CLOCKS || !(d->known >> clock & 1)))
		return (int)call3(NR_clock_gettime, clock, (long)ts, 0);
	ns = read_ns(d, (unsigned)clock);
	sec = seconds(ns);
	ts->sec = (s64)sec;
	ts->nsec = (s64)(ns - sec * NSEC_PER_SEC);
	return 0;
}

int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz);
int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	u64 ns, sec;

	if (unlikely(tz))
		return (int)call3(NR_gettimeofday, (long)tv, (long)tz, 0);
	if (tv) {
		ns = read_ns(data_page(), 0); /* CLOCK_REALTIME */
		sec = seconds(ns);
		tv->sec = (s64)sec;
		tv->usec = (s64)microseconds(ns - sec * NSEC_PER_SEC);
	}
	return 0;
}

int __vdso_clock_getres(int clock, struct timespec *ts);
int __vdso_clock_getres(int clock, struct timespec *ts)
{
	return (int)call3(NR_clock_getres, clock, (long)ts, 0);
}

int __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused);
int __vdso_getcpu(unsigned *cpu, unsigned *node, void *unused)
{
	return (int)call3(NR_getcpu, (long)cpu, (long)node, (long)unused);
}
