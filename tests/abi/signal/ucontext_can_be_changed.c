// SPDX-License-Identifier: MPL-2.0
// The context a handler sees is the one that sigreturn restores: skip an instruction, change a
// register and the mask.
#include "../lib/t.h"
#include <ucontext.h>

static void skip(int sig, siginfo_t *si, void *ucv)
{
	ucontext_t *uc = ucv;

	printf("%s %s\n", t_signame(sig), t_codename(sig, si->si_code));
	uc->uc_mcontext.__gregs[REG_PC] += 4;
	uc->uc_mcontext.__gregs[REG_A0] = 4242;
	sigaddset(&uc->uc_sigmask, SIGUSR2);
}

static long faulting(void)
{
	register long a0 asm("a0") = 1;

	asm volatile(".option push\n.option norvc\nsw zero, 0(zero)\n.option pop\n"
		     : "+r"(a0)
		     :
		     : "memory");
	return a0;
}

static long illegal(void)
{
	register long a0 asm("a0") = 1;

	asm volatile(".word 0xffffffff\n" : "+r"(a0) : : "memory");
	return a0;
}

static long breakpoint(void)
{
	register long a0 asm("a0") = 1;

	asm volatile(".option push\n.option norvc\nebreak\n.option pop\n" : "+r"(a0) : : "memory");
	return a0;
}

static void on_usr1(int sig, siginfo_t *si, void *ucv)
{
	ucontext_t *uc = ucv;

	IS(((unsigned long)__builtin_frame_address(0) & 15) == 0);
	IS(uc->uc_mcontext.__gregs[REG_SP] > (unsigned long)uc);
	IS(uc->uc_link == NULL);
	IS((unsigned long)si < (unsigned long)uc || (unsigned long)si > (unsigned long)uc);
}

int main(void)
{
	sigset_t set;

	t_start();
	t_handle(SIGSEGV, skip, 0);
	t_handle(SIGILL, skip, 0);
	t_handle(SIGTRAP, skip, 0);
	SHOW(faulting());
	sigprocmask(SIG_BLOCK, NULL, &set);
	IS(sigismember(&set, SIGUSR2));
	IS(!sigismember(&set, SIGSEGV));
	SHOW(illegal());
	SHOW(breakpoint());
	t_handle(SIGUSR1, on_usr1, 0);
	raise(SIGUSR1);
	IN_CHILD("illegal by default", {
		signal(SIGILL, SIG_DFL);
		illegal();
	});
	IN_CHILD("breakpoint by default", {
		signal(SIGTRAP, SIG_DFL);
		breakpoint();
	});
	IN_CHILD("sigreturn with a bad stack", {
		signal(SIGSEGV, SIG_DFL);
		asm volatile("mv sp, zero\n li a7, 139\n ecall\n" ::: "memory");
	});
	return 0;
}
