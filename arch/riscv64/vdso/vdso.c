// SPDX-License-Identifier: MPL-2.0
/*
 * The vDSO: user-mode code that the kernel maps into every program, so that reading the time needs no system call. See vdso(7).
 *
 * This is not kernel code: it runs with the program's rights only, in the program's address space, so neither the rules of the services nor the trust of the frame apply to it. The kernel
 * embeds the linked object as bytes. It reads the page below itself (<kernel/vdso.h>), which user mode cannot write.
 */
#include <kernel/vdso.h>

enum { REALTIME = 0, MONOTONIC = 1, RAW = 4, REALTIME_COARSE = 5, MONOTONIC_COARSE = 6, BOOTTIME = 7, TAI = 11 };
enum { NR_clock_getres = 114, NR_clock_gettime = 113, NR_getcpu = 168, NR_gettimeofday = 169, NR_flush_icache = 259 };

struct timespec {
	s64 sec, nsec;
};
struct timeval {
	s64 sec, usec;
};
struct timezone;

static inline long call3(long nr, long a, long b, long c)
{
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a7 __asm__("a7") = nr;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
}

static inline u64 counter(void)
{
	u64 v;

	__asm__ volatile("rdtime %0" : "=r"(v) : : "memory");
	return v;
}

/* vdso_base: the first byte of the object, from its linker script. */
static inline const struct vdso_data *data_page(void)
{
	unsigned long base;

	__asm__("lla %0, vdso_base" : "=r"(base));
	return (const struct vdso_data *)(base - PAGE_SIZE);
}

/* Nanoseconds of CLOCK_MONOTONIC, or of CLOCK_REALTIME. */
static u64 read_ns(bool real)
{
	const struct vdso_data *d = data_page();
	u64 ns;
	u32 seq;

	do {
		while ((seq = __atomic_load_n(&d->seq, __ATOMIC_ACQUIRE)) & 1)
			;
		ns = (u64)(((unsigned __int128)(counter() - load_once(d->base)) * load_once(d->mult)) >>
			   load_once(d->shift));
		if (real)
			ns += load_once(d->realtime_offset);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (load_once(d->seq) != seq);
	return ns;
}

int __vdso_clock_gettime(int clock, struct timespec *ts);
int __vdso_clock_gettime(int clock, struct timespec *ts)
{
	u64 ns;

	switch (clock) {
	case REALTIME:
	case REALTIME_COARSE:
	case TAI:
		ns = read_ns(true);
		break;
	case MONOTONIC:
	case MONOTONIC_COARSE:
	case RAW:
	case BOOTTIME:
		ns = read_ns(false);
		break;
	default:
		return (int)call3(NR_clock_gettime, clock, (long)ts, 0);
	}
	ts->sec = (s64)(ns / NSEC_PER_SEC);
	ts->nsec = (s64)(ns % NSEC_PER_SEC);
	return 0;
}

int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz);
int __vdso_gettimeofday(struct timeval *tv, struct timezone *tz)
{
	u64 ns;

	if (tz)
		return (int)call3(NR_gettimeofday, (long)tv, (long)tz, 0);
	if (tv) {
		ns = read_ns(true);
		tv->sec = (s64)(ns / NSEC_PER_SEC);
		tv->usec = (s64)(ns % NSEC_PER_SEC / NSEC_PER_USEC);
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

int __vdso_flush_icache(void *start, void *end, unsigned long flags);
int __vdso_flush_icache(void *start, void *end, unsigned long flags)
{
	return (int)call3(NR_flush_icache, (long)start, (long)end, (long)flags);
}
