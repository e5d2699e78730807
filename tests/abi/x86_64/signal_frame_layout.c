// SPDX-License-Identifier: MPL-2.0
// What a handler finds: registers, return address, the ucontext's flags and segments, the FP state
// with its marks, and below all of it the red zone untouched.
#include "../lib/t.h"
#include <ucontext.h>

#define MAGIC1           0x46505853u
#define MAGIC2           0x46505845u
#define SA_RESTORER_FLAG 0x04000000

struct sw {
	uint32_t magic1, extended_size;
	uint64_t xfeatures;
	uint32_t xstate_size, padding[7];
};

// rax, rdi, rsi, rdx, rsp, rflags, the word at rsp.
__attribute__((used)) volatile unsigned long at_entry[8];
static ucontext_t *seen;

void handler(int sig, siginfo_t *si, void *ctx);
__attribute__((naked, used)) static void entry(void)
{
	asm("mov %rax, at_entry(%rip)\n"
	    "mov %rdi, at_entry+8(%rip)\n"
	    "mov %rsi, at_entry+16(%rip)\n"
	    "mov %rdx, at_entry+24(%rip)\n"
	    "mov %rsp, at_entry+32(%rip)\n"
	    "pushfq\n popq at_entry+40(%rip)\n"
	    "mov (%rsp), %rax\n mov %rax, at_entry+48(%rip)\n"
	    "jmp handler\n");
}

void handler(int sig, siginfo_t *si, void *ctx)
{
	ucontext_t *uc = ctx;
	unsigned char *fp = (unsigned char *)uc->uc_mcontext.fpregs;
	struct sw *sw = (struct sw *)(fp + 464);
	unsigned long csgsfs = (unsigned long)uc->uc_mcontext.gregs[REG_CSGSFS];
	unsigned long frame = at_entry[4];

	seen = uc;
	SHOW(sig);
	SHOW(at_entry[0]);
	SHOW(at_entry[1]);
	IS(at_entry[2] == (unsigned long)si);
	IS(at_entry[3] == (unsigned long)uc);
	SHOW(frame % 16);
	IS((unsigned long)uc == frame + 8);
	IS((unsigned long)si == frame + 8 + 304);
	SHOW(at_entry[5] & 0x10500); // RF, DF, TF
	SHOW(uc->uc_flags);
	IS(uc->uc_link == NULL);
	printf("cs %lx ss %lx\n", csgsfs & 0xffff, csgsfs >> 48);
	SHOW((unsigned long)fp % 64);
	IS((unsigned long)fp - frame == 456);
	IS(sw->magic1 == MAGIC1);
	IS(sw->extended_size == sw->xstate_size + 4);
	if (uc->uc_flags & 1) { // written by XSAVE
		IS((sw->xfeatures & 3) == 3);
		IS(*(uint32_t *)(fp + sw->xstate_size) == MAGIC2);
		IS((*(uint64_t *)(fp + 512) & 3) == 3);
		IS(*(uint64_t *)(fp + 520) == 0 && *(uint64_t *)(fp + 528) == 0);
	}
	IS((unsigned long)fp + sw->extended_size <=
		(unsigned long)uc->uc_mcontext.gregs[REG_RSP] - 128);
}

struct kernel_sigaction {
	void (*handler)(void);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};

__attribute__((naked, used)) static void my_restorer(void)
{
	asm("mov $15, %eax\n syscall\n");
}

static long action(int sig, void (*h)(void), unsigned long flags)
{
	struct kernel_sigaction a = { h, flags, my_restorer, 0 };

	return syscall(SYS_rt_sigaction, sig, &a, NULL, 8);
}

// round_trip(out, pid, tid): raises SIGUSR1 with known registers, the direction flag and a red
// zone; what is there afterwards goes to out.
asm(".globl round_trip\n"
    "round_trip:\n"
    "push %rbp\n push %rbx\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "mov %rdi, %rbp\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov $10, %edx\n mov $234, %eax\n"
    "mov $0x1111, %r12\n mov $0x2222, %r13\n mov $0x3333, %r14\n mov $0x4444, %r15\n mov $0x5555, %rbx\n"
    "mov $0x6666, %r8\n mov $0x7777, %r9\n mov $0x8888, %r10\n"
    "movq $0x9999, -8(%rsp)\n movq $0xaaaa, -64(%rsp)\n movq $0xbbbb, -128(%rsp)\n"
    "std\n syscall\n"
    "mov %rax, 0(%rbp)\n mov %r12, 8(%rbp)\n mov %r13, 16(%rbp)\n mov %r14, 24(%rbp)\n mov %r15, 32(%rbp)\n mov %rbx, 40(%rbp)\n"
    "mov %r8, 48(%rbp)\n mov %r9, 56(%rbp)\n mov %r10, 64(%rbp)\n"
    "mov -8(%rsp), %rax\n mov %rax, 72(%rbp)\n mov -64(%rsp), %rax\n mov %rax, 80(%rbp)\n mov -128(%rsp), %rax\n mov %rax, 88(%rbp)\n"
    "pushfq\n popq 96(%rbp)\n cld\n"
    "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbx\n pop %rbp\n ret\n");
void round_trip(unsigned long *out, long pid, long tid);

int main(void)
{
	unsigned long out[13];

	t_start();
	SHOW(sizeof(struct sw));
	T(action(SIGUSR1, entry, SA_SIGINFO | SA_RESTORER_FLAG));
	round_trip(out, getpid(), gettid());
	for (unsigned i = 0; i < 12; i++)
		SHOWX(out[i]);
	SHOWX(out[12] & 0x400); // the direction flag came back
	IS((unsigned long)at_entry[6] == (unsigned long)my_restorer);
	IS(seen != NULL);
	IN_CHILD("no way back", {
		action(SIGUSR2, entry, SA_SIGINFO);
		raise(SIGUSR2);
		_exit(0);
	});
	return 0;
}
