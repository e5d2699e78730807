// SPDX-License-Identifier: MPL-2.0
// Every register but rax, rcx and r11 keeps its value over a system call and over being preempted;
// rcx and r11 hold rip and rflags; flags stay.
#include "../lib/t.h"

// rbx rcx rdx rsi rdi rbp r8 .. r15, then rflags; slots that are not compared are not written.
unsigned long in[15], out[15], after, nr;

enum { RBX, RCX, RDX, RSI, RDI, RBP, R8, R9, R10, R11, R12, R13, R14, R15, FLAGS };

long run(void);

// Loads the registers and flags from in[], calls nr, stores them in out[].
asm(".text\n .globl run\n run:\n push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
    "push in+112(%rip)\n popf\n"
    "mov in(%rip), %rbx\n mov in+8(%rip), %rcx\n mov in+16(%rip), %rdx\n mov in+24(%rip), %rsi\n mov in+32(%rip), %rdi\n mov in+40(%rip), %rbp\n"
    "mov in+48(%rip), %r8\n mov in+56(%rip), %r9\n mov in+64(%rip), %r10\n mov in+72(%rip), %r11\n mov in+80(%rip), %r12\n mov in+88(%rip), %r13\n"
    "mov in+96(%rip), %r14\n mov in+104(%rip), %r15\n mov nr(%rip), %rax\n syscall\n 1:\n"
    "mov %rbx, out(%rip)\n mov %rcx, out+8(%rip)\n mov %rdx, out+16(%rip)\n mov %rsi, out+24(%rip)\n mov %rdi, out+32(%rip)\n mov %rbp, out+40(%rip)\n"
    "mov %r8, out+48(%rip)\n mov %r9, out+56(%rip)\n mov %r10, out+64(%rip)\n mov %r11, out+72(%rip)\n mov %r12, out+80(%rip)\n mov %r13, out+88(%rip)\n"
    "mov %r14, out+96(%rip)\n mov %r15, out+104(%rip)\n pushf\n pop out+112(%rip)\n cld\n"
    "lea 1b(%rip), %rcx\n mov %rcx, after(%rip)\n"
    "push $0x202\n popf\n pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n");

// How many differ that must not.
static int differ(void)
{
	int n = out[RCX] != after;

	n += out[R11] != out[FLAGS] || out[FLAGS] != in[FLAGS];
	for (int i = 0; i < FLAGS; i++)
		n += i != RCX && i != R11 && in[i] != out[i];
	return n;
}

static void fill(unsigned long seed)
{
	for (int i = 0; i < FLAGS; i++)
		in[i] = 0x0123456789abcdeful * ((unsigned long)i + seed);
}

static long with(long number, unsigned long flags)
{
	nr = (unsigned long)number;
	in[FLAGS] = flags;
	return run();
}

int main(void)
{
	t_start();
	fill(1);
	IS(with(39, 0x202) == getpid());
	SHOW(differ());
	// Carry, parity, zero, sign, direction and overflow.
	IS(with(39, 0x202 | 0xcd5) == getpid());
	SHOW(differ());
	// The alignment check; the nested task, which means nothing here and must not make iret
	// follow it.
	IS(with(39, 0x202 | 1 << 18) == getpid());
	SHOW(differ());
	IS(with(39, 0x202 | 1 << 14) == getpid());
	SHOW(with(24, 0x202));
	SHOW(differ());
	SHOW(with(600, 0x202));
	SHOW(differ());
	in[RDI] = 99;
	SHOW(with(3, 0x202));
	SHOW(differ());
	pid_t pid[3];
	for (int k = 0; k < 3; k++) {
		pid[k] = t_fork();
		if (pid[k] == 0) {
			int bad = 0;

			fill((unsigned long)k + 5);
			for (int i = 0; i < 2000; i++) {
				with(24, 0x202 | 0x400);
				bad += differ();
			}
			_exit(bad != 0);
		}
	}
	for (int k = 0; k < 3; k++)
		t_reap("switching", pid[k]);
	return 0;
}
