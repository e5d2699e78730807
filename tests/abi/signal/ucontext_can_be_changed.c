// SPDX-License-Identifier: MPL-2.0
// The context a handler sees is the one that sigreturn restores: skip an instruction, change a
// register and the mask.
#include "../lib/t.h"
#include <ucontext.h>

// Three instructions of four bytes each, or with as many filled up, that trap with 1 in the
// register of results; where the trap's address is.
#ifdef __riscv
#define PC(uc)      (uc)->uc_mcontext.__gregs[REG_PC]
#define SP(uc)      (uc)->uc_mcontext.__gregs[REG_SP]
#define RESULT(uc)  (uc)->uc_mcontext.__gregs[REG_A0]
#define RESULT_REG  "a0"
#define FAULT       ".option push\n.option norvc\nsw zero, 0(zero)\n.option pop\n"
#define ILLEGAL     ".word 0xffffffff\n"
#define BREAK       ".option push\n.option norvc\nebreak\n.option pop\n"
#define LENGTH(sig) 4
#define LOST_STACK  "mv sp, zero\n li a7, 139\n ecall\n"
#else
#define PC(uc)      (uc)->uc_mcontext.gregs[REG_RIP]
#define SP(uc)      (unsigned long)(uc)->uc_mcontext.gregs[REG_RSP]
#define RESULT(uc)  (uc)->uc_mcontext.gregs[REG_RAX]
#define RESULT_REG  "rax"
#define FAULT       "movl $0, 0\n"
#define ILLEGAL     "ud2\n"
#define BREAK       "int3\n"
// movl with an absolute address; the others are two bytes, and one that the processor has passed.
#define LENGTH(sig) ((sig) == SIGSEGV ? 11 : (sig) == SIGILL ? 2 : 0)
#define LOST_STACK  "xor %%esp, %%esp\n mov $15, %%eax\n syscall\n"
#endif

static void skip(int sig, siginfo_t *si, void *ucv)
{
	ucontext_t *uc = ucv;

	printf("%s %s\n", t_signame(sig), t_codename(sig, si->si_code));
	PC(uc) += LENGTH(sig);
	RESULT(uc) = 4242;
	sigaddset(&uc->uc_sigmask, SIGUSR2);
}

#define TRAPS(name, code)                                  \
	static long name(void)                             \
	{                                                  \
		register long r asm(RESULT_REG) = 1;       \
                                                           \
		asm volatile(code : "+r"(r) : : "memory"); \
		return r;                                  \
	}
TRAPS(faulting, FAULT)
TRAPS(illegal, ILLEGAL)
TRAPS(breakpoint, BREAK)

static void on_usr1(int sig, siginfo_t *si, void *ucv)
{
	ucontext_t *uc = ucv;

	IS(((unsigned long)__builtin_frame_address(0) & 15) == 0);
	IS(SP(uc) > (unsigned long)uc);
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
		asm volatile(LOST_STACK ::: "memory");
	});
	return 0;
}
