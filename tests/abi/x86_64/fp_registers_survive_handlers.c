// SPDX-License-Identifier: MPL-2.0
// A handler that uses every vector and x87 register, and a fork and a switch, leave the interrupted
// ones as they were.
#include "../lib/t.h"
#include <cpuid.h>

static bool wide; // the upper halves are there and saved by the kernel

static bool have_avx(void)
{
	unsigned a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || (~c & (1u << 27 | 1u << 28)))
		return false;
	asm volatile("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
	return (a & 6) == 6;
}

static void clobber(void)
{
	unsigned mxcsr = 0x1fbf;
	unsigned short cw = 0x027f;

#define X(n) "pxor %%xmm" #n ", %%xmm" #n "\n"
	asm volatile(X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14)
			X(15)::
				: "memory");
	if (wide)
		asm volatile("vzeroall" ::: "memory");
	asm volatile("ldmxcsr %0\n fninit\n fldcw %1\n fldz\n" : : "m"(mxcsr), "m"(cw) : "memory");
}

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	clobber();
}

// Loads all, makes the system call, stores all; how many differ.
static int check(int how)
{
	static __thread unsigned char in[16][32] __attribute__((aligned(32))),
		out[16][32] __attribute__((aligned(32)));
	long nr = how ? SYS_sched_yield : SYS_kill;
	unsigned mxcsr = 0x1f80 | 0x6000 | 5, mxcsr_out;
	unsigned short cw = 0x0e7f, cw_out;
	double deep = 1.25, deep_out;
	int bad = 0;

	for (int i = 0; i < 16; i++)
		for (int k = 0; k < 32; k++)
			in[i][k] = (unsigned char)(i * 37 + k * 5 + how);
#define L(n)   "movdqa 32*" #n "(%[in]), %%xmm" #n "\n"
#define S(n)   "movdqa %%xmm" #n ", 32*" #n "(%[out])\n"
#define VL(n)  "vmovdqa 32*" #n "(%[in]), %%ymm" #n "\n"
#define VS(n)  "vmovdqa %%ymm" #n ", 32*" #n "(%[out])\n"
#define ALL(F) F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15)
#define CLOBBERS                                                                                \
	"rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", \
		"xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st",     \
		"st(1)"
	asm volatile("ldmxcsr %0\n fninit\n fldcw %1\n fldl %2\n"
		:
		: "m"(mxcsr), "m"(cw), "m"(deep)
		: "memory");
	long r = nr;
	if (wide)
		asm volatile(ALL(VL) "syscall\n" ALL(VS)
			: "+a"(r)
			: [in] "r"(in), [out] "r"(out), "D"((long)getpid()), "S"((long)SIGUSR1)
			: CLOBBERS);
	else
		asm volatile(ALL(L) "syscall\n" ALL(S)
			: "+a"(r)
			: [in] "r"(in), [out] "r"(out), "D"((long)getpid()), "S"((long)SIGUSR1)
			: CLOBBERS);
	asm volatile("stmxcsr %0\n fnstcw %1\n fstpl %2\n"
		: "=m"(mxcsr_out), "=m"(cw_out), "=m"(deep_out)
		:
		: "memory");
	asm volatile("fninit\n ldmxcsr %0" : : "m"((unsigned){ 0x1f80 }));
	for (int i = 0; i < 16; i++)
		bad += memcmp(in[i], out[i], wide ? 32 : 16) != 0;
	return bad + (mxcsr != mxcsr_out ? 100 : 0) + (cw != cw_out ? 1000 : 0) +
		(deep != deep_out ? 10000 : 0);
}

static void *thread(void *arg)
{
	long bad = 0;

	for (int k = 0; k < 300; k++)
		bad += check(1);
	return (void *)bad;
}

int main(void)
{
	t_start();
	wide = have_avx();
	t_handle(SIGUSR1, on_sig, 0);
	SHOW(check(0));
	SHOW(check(1));
	pid_t pid[3];
	for (int i = 0; i < 3; i++) {
		pid[i] = t_fork();
		if (pid[i] == 0) {
			int bad = 0;

			for (int k = 0; k < 300; k++)
				bad += check(1) + (k % 30 ? 0 : check(0));
			_exit(bad != 0);
		}
	}
	for (int i = 0; i < 3; i++)
		t_reap("switching", pid[i]);
	pthread_t t[2];
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, thread, NULL);
	for (int i = 0; i < 2; i++) {
		void *bad;

		pthread_join(t[i], &bad);
		SHOW((long)bad);
	}
	double x = 1.5;
	IN_CHILD("fork keeps FP", _exit(x * 2 == 3.0 ? 0 : 1));
	return 0;
}
