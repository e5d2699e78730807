// SPDX-License-Identifier: MPL-2.0
// What each exception of the processor becomes: signal, code, and whether the address is that of
// the instruction.
#include "../lib/t.h"
#include <setjmp.h>
#include <ucontext.h>

static sigjmp_buf back;
static siginfo_t last;
static unsigned long rip;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	last = *si;
	rip = (unsigned long)((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
	siglongjmp(back, 1);
}

// The label 1 stands before the instruction and 2 behind it.
#define TRY(label, code, ...)                                                                   \
	do {                                                                                    \
		unsigned long from_ = 0, to_ = 0;                                               \
		asm volatile("lea 1f(%%rip), %0\n lea 2f(%%rip), %1\n jmp 3f\n 1:\n" code       \
			     "\n 2:\n ud2\n 3:\n"                                               \
			: "=r"(from_), "=r"(to_));                                              \
		if (sigsetjmp(back, 1) == 0)                                                    \
			asm volatile("jmp *%0" : : "r"(from_), ##__VA_ARGS__);                  \
		unsigned long a_ = (unsigned long)last.si_addr;                                 \
		const char *where_ = a_ == from_ ? "the instruction"                            \
			: a_ == to_              ? "behind it"                                  \
			: a_ == 0                ? "0"                                          \
						 : "other";                                                    \
		printf("%s: %s code %d, address %s, rip %s\n", label, t_signame(last.si_signo), \
			last.si_code, where_,                                                   \
			rip == from_         ? "the instruction"                                \
				: rip == to_ ? "behind it"                                      \
					     : "other");                                        \
	} while (0)

int main(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
	static const unsigned short all_on = 0x0000;
	static char bytes[32] __attribute__((aligned(16)));

	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };

	t_start();
	CHECK(sigaltstack(&ss, NULL) == 0);
	for (size_t i = 0; i < T_LEN(sigs); i++)
		t_handle(sigs[i], on_sig, SA_NODEFER | SA_ONSTACK);
	TRY("divide by zero", "div %%ecx", "c"(0), "a"(1), "d"(0));
	TRY("quotient too large", "idiv %%ecx", "c"(-1), "a"(0x80000000), "d"(0xffffffff));
	TRY("ud2", "ud2");
	TRY("an opcode that is none", ".byte 0x06");
	TRY("int3", "int3");
	TRY("int $3", ".byte 0xcd, 3");
	TRY("int $4", "int $4");
	TRY("int $0x21", "int $0x21");
	TRY("int $14", "int $14");
	TRY("int $2", "int $2");
	TRY("hlt", "hlt");
	TRY("cli", "cli");
	TRY("in", "in $0x60, %%al");
	TRY("out", "out %%al, $0x80");
	TRY("rdmsr", "rdmsr", "c"(0xc0000082));
	TRY("wrmsr", "wrmsr", "c"(0xc0000082));
	TRY("mov from cr3", "mov %%cr3, %%rax");
	TRY("mov to cr0", "mov %%rax, %%cr0", "a"(0));
	TRY("mov from dr7", "mov %%dr7, %%rax");
	TRY("invlpg", "invlpg (%%rax)", "a"(0));
	TRY("lgdt", "lgdt (%%rsp)");
	TRY("ltr", "ltr %%ax", "a"(0x40));
	TRY("swapgs", "swapgs");
	TRY("sysret", "sysretq", "c"(0), "a"(0));
	TRY("a segment that is none", "mov %%ax, %%ds", "a"(0x1000));
	TRY("no stack segment", "mov %%ax, %%ss", "a"(0));
	TRY("xsetbv", "xsetbv", "c"(0), "a"(3), "d"(0));
	TRY("read at no canonical address", "mov (%%rax), %%rcx", "a"(1ul << 60));
	TRY("write at no canonical address", "mov %%rcx, (%%rax)", "a"(0x800000000000ul));
	TRY("stack at no canonical address", "mov %%rsp, %%rbx\n mov %%rax, %%rsp\n push %%rcx",
		"a"(1ul << 60));
	TRY("jump to no canonical address", "jmp *%%rax", "a"(0x800000000000ul));
	TRY("call to the kernel half", "jmp *%%rax", "a"(0xffffffff81000000ul));
	TRY("x87 division by zero", "fninit\n fldcw (%%rax)\n fld1\n fldz\n fdivrp\n fwait",
		"a"(&all_on));
	TRY("x87 invalid operation", "fninit\n fldcw (%%rax)\n fldz\n fldz\n fdivrp\n fwait",
		"a"(&all_on));
	asm volatile("fninit");
	TRY("reserved bits of mxcsr", "ldmxcsr (%%rax)", "a"(&(unsigned){ 1u << 20 }));
	TRY("aligned load that is not", "movaps 1(%%rax), %%xmm0", "a"(bytes));
	return 0;
}
