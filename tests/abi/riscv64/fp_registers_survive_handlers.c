// SPDX-License-Identifier: MPL-2.0
// A handler that uses every FP register, and a fork and a switch, leave the interrupted ones as
// they were.
#include "../lib/t.h"

static void clobber(void)
{
#define C(n) "fmv.d.x f" #n ", zero\n"
	asm volatile(C(0) C(1) C(2) C(3) C(4) C(5) C(6) C(7) C(8) C(9) C(10) C(11) C(12) C(13) C(14)
			C(15) C(16) C(17) C(18) C(19) C(20) C(21) C(22) C(23) C(24) C(25) C(26)
				C(27) C(28) C(29) C(30) C(31) "fsflags zero\n" ::
					: "memory");
}

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	clobber();
}

static int check(int how)
{
	unsigned long in[32], out[32];
	long pid = getpid(), sig = SIGUSR1, nr = how ? SYS_sched_yield : SYS_kill;
	int bad = 0;

	for (int i = 0; i < 32; i++)
		in[i] = 0x4000000000000000ul + (unsigned long)i * 0x10001;
#define L(n) "fld f" #n ", 8*" #n "(%[in])\n"
#define S(n) "fsd f" #n ", 8*" #n "(%[out])\n"
	asm volatile("mv t3, %[in]\n mv t4, %[out]\n"
		     "mv a0, %[pid]\n mv a1, %[sig]\n mv a7, %[nr]\n"
		     "fsflagsi 5\n" L(0) L(1) L(2) L(3) L(4) L(5) L(6) L(7) L(8) L(9) L(10) L(11) L(
			     12) L(13) L(14) L(15) L(16) L(17) L(18) L(19) L(20) L(21) L(22) L(23)
			     L(24) L(25) L(26) L(27) L(28) L(29) L(30) L(31) "ecall\n" S(0) S(1)
				     S(2) S(3) S(4) S(5) S(6) S(7) S(8) S(9) S(10) S(11) S(12) S(13)
					     S(14) S(15) S(16) S(17) S(18) S(19) S(20) S(21) S(22)
						     S(23) S(24) S(25) S(26) S(27) S(28) S(29) S(30)
							     S(31)::[in] "r"(in),
		[out] "r"(out), [pid] "r"(pid), [sig] "r"(sig), [nr] "r"(nr)
		: "a0", "a1", "a7", "t3", "t4", "memory", "f0", "f1", "f2", "f3", "f4", "f5", "f6",
		"f7", "f8", "f9", "f10", "f11", "f12", "f13", "f14", "f15", "f16", "f17", "f18",
		"f19", "f20", "f21", "f22", "f23", "f24", "f25", "f26", "f27", "f28", "f29", "f30",
		"f31");
	unsigned long flags;
	asm volatile("frflags %0" : "=r"(flags));
	for (int i = 0; i < 32; i++)
		bad += in[i] != out[i];
	return bad + (flags == 5 ? 0 : 100);
}

int main(void)
{
	t_start();
	t_handle(SIGUSR1, on_sig, 0);
	SHOW(check(0));
	SHOW(check(1));
	pid_t pid[3];
	for (int i = 0; i < 3; i++) {
		pid[i] = t_fork();
		if (pid[i] == 0) {
			int bad = 0;

			for (int k = 0; k < 300; k++)
				bad += check(1);
			_exit(bad != 0);
		}
	}
	for (int i = 0; i < 3; i++)
		t_reap("switching", pid[i]);
	double x = 1.5;
	IN_CHILD("fork keeps FP", _exit(x * 2 == 3.0 ? 0 : 1));
	return 0;
}
