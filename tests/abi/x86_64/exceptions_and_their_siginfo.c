// SPDX-License-Identifier: MPL-2.0
// Every exception that user code can raise: signal, code, address, and the vector, error code and
// cr2 in the context.
#include "../lib/t.h"
#include <ucontext.h>

static unsigned char *page;  // PROT_NONE
static unsigned long target; // the instruction that is expected to fault

static const char *place(unsigned long a)
{
	return a == target                     ? "at the instruction"
		: a == target + 1              ? "one behind"
		: a == (unsigned long)page + 8 ? "the page"
		: a == 0                       ? "0"
		: a == 8                       ? "8"
		: a == 0xffffffff80000000ul    ? "the kernel"
					       : "elsewhere";
}

static void on_sig(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;
	greg_t *r = uc->uc_mcontext.gregs;
	bool fault = r[REG_TRAPNO] == 14;

	printf("%s code %d addr %s; pc %s, trap %lld, error %llx, cr2 %s\n", t_signame(sig),
		si->si_code, place((unsigned long)si->si_addr), place((unsigned long)r[REG_RIP]),
		r[REG_TRAPNO], r[REG_ERR], fault ? place((unsigned long)r[REG_CR2]) : "-");
	fflush(stdout);
	_exit(0);
}

#define RAISE(label, ...)                                                              \
	IN_CHILD(label, {                                                              \
		static const int all[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP }; \
		for (unsigned k = 0; k < T_LEN(all); k++)                              \
			t_handle(all[k], on_sig, 0);                                   \
		__VA_ARGS__;                                                           \
		_exit(99);                                                             \
	})
// The instruction stands between 1: and 2:; its address is the target.
#define INSN(text, ...)                                                     \
	asm volatile("lea 1f(%%rip), %%rax\n mov %%rax, %0\n 1: " text "\n" \
		: "=m"(target)                                              \
		: __VA_ARGS__                                               \
		: "rax", "rcx", "rdx", "memory", "cc")

static void step(void)
{
	asm volatile(
		"lea 1f(%%rip), %%rax\n mov %%rax, %0\n pushfq\n orq $0x100, (%%rsp)\n popfq\n nop\n 1: nop\n"
		: "=m"(target)::"rax", "memory", "cc");
}

static void x87(unsigned short masked, double a, double b)
{
	unsigned short control = 0x37f & ~masked;

	asm volatile("fninit\n fldcw %0" ::"m"(control));
	asm volatile("fldl %1\n fdivl %2\n lea 1f(%%rip), %%rax\n mov %%rax, %0\n 1: fwait\n"
		: "=m"(target)
		: "m"(a), "m"(b)
		: "rax", "memory");
}

static void sse(unsigned exception, double a, double b)
{
	unsigned mxcsr = 0x1f80 & ~(exception << 7);

	asm volatile("ldmxcsr %0" ::"m"(mxcsr));
	asm volatile(
		"movsd %1, %%xmm0\n movsd %2, %%xmm1\n lea 1f(%%rip), %%rax\n mov %%rax, %0\n 1: divsd %%xmm1, %%xmm0\n"
		: "=m"(target)
		: "m"(a), "m"(b)
		: "rax", "xmm0", "xmm1", "memory");
}

int main(void)
{
	t_start();
	page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	RAISE("divide by zero", INSN("xor %%edx, %%edx\n xor %%ecx, %%ecx\n div %%ecx", "r"(0)));
	RAISE("divide overflow",
		INSN("mov $0x80000000, %%eax\n cltd\n mov $-1, %%ecx\n idivl %%ecx", "r"(0)));
	RAISE("int3", INSN("int3", "r"(0)));
	RAISE("undefined", INSN("ud2", "r"(0)));
	RAISE("single step", step());
	RAISE("halt", INSN("hlt", "r"(0)));
	RAISE("in", INSN("in $0x80, %%al", "r"(0)));
	RAISE("write to cr0", INSN("mov %%rax, %%cr0", "r"(0)));
	RAISE("wrmsr", INSN("wrmsr", "r"(0)));
	RAISE("clear interrupts", INSN("cli", "r"(0)));
	RAISE("interrupt 13", INSN("int $13", "r"(0)));
	RAISE("interrupt 0xf0", INSN("int $0xf0", "r"(0)));
	RAISE("not canonical", INSN("movq (%1), %%rcx", "r"(1ul << 62)));
	RAISE("not canonical, the stack",
		INSN("mov %%rsp, %%rdx\n mov %1, %%rsp\n push %%rax", "r"(1ul << 62)));
	RAISE("segment", INSN("mov $0x1234, %%ecx\n mov %%ecx, %%ds", "r"(0)));
	RAISE("read null", INSN("movq 8, %%rcx", "r"(0)));
	RAISE("write null", INSN("movq %%rcx, 8", "r"(0)));
	RAISE("read the page", INSN("movq 8(%1), %%rcx", "r"(page)));
	RAISE("write the page", INSN("movq %%rcx, 8(%1)", "r"(page)));
	RAISE("jump to the page", INSN("lea 8(%1), %%rcx\n jmp *%%rcx", "r"(page)));
	RAISE("read the kernel", INSN("movq (%1), %%rcx", "r"(0xffffffff80000000ul)));
	RAISE("jump to the kernel", INSN("jmp *%1", "r"(0xffffffff80000000ul)));
	RAISE("jump to nowhere", INSN("jmp *%1", "r"(1ul << 62)));
	RAISE("x87 zero", x87(4, 1, 0));
	RAISE("x87 invalid", x87(1, 0, 0));
	RAISE("x87 overflow", x87(8, 1e308, 1e-308));
	RAISE("x87 inexact", x87(0x20, 1, 3));
	RAISE("sse zero", sse(4, 1, 0));
	RAISE("sse invalid", sse(1, 0, 0));
	RAISE("sse overflow", sse(8, 1e308, 1e-308));
	RAISE("sse underflow", sse(0x10, 1e-308, 1e308));
	RAISE("sse inexact", sse(0x20, 1, 3));
	return 0;
}
