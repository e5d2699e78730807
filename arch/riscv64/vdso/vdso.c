// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the vDSO's counter and system call (arch/vdso.h has the rest), and the return code of
 * signal handlers.
 */
#include <kernel/vdso.h>

enum {
	NR_clock_getres = 114,
	NR_clock_gettime = 113,
	NR_getcpu = 168,
	NR_gettimeofday = 169,
	NR_flush_icache = 259
};

static inline long call3(long nr, long a, long b, long c)
{
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a7 __asm__("a7") = nr;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
	return a0;
}

static inline u64 counter_since(u64 base)
{
	u64 v;

	__asm__ volatile("rdtime %0" : "=r"(v) : : "memory");
	return v - base;
}

/* vdso_data: one page below the first byte of the object, from its linker script. */
static inline const struct vdso_data *data_page(void)
{
	const struct vdso_data *d;

	__asm__("lla %0, vdso_data" : "=r"(d));
	return d;
}

#include <vdso.h>

int __vdso_flush_icache(void *start, void *end, unsigned long flags);
int __vdso_flush_icache(void *start, void *end, unsigned long flags)
{
	return (int)call3(NR_flush_icache, (long)start, (long)end, (long)flags);
}

/*
 * Unwinders recognise these two instructions; the kernel knows their offset (ABI_VDSO_SIGRETURN).
 */
__asm__(".pushsection .text.sigreturn, \"ax\"\n"
	".option push\n"
	".option norvc\n"
	".globl __vdso_rt_sigreturn\n"
	".type __vdso_rt_sigreturn, @function\n"
	"__vdso_rt_sigreturn:\n"
	"	li a7, 139\n"
	"	ecall\n"
	".size __vdso_rt_sigreturn, . - __vdso_rt_sigreturn\n"
	".option pop\n"
	".popsection");
