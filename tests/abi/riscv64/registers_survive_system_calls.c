// SPDX-License-Identifier: MPL-2.0
// Every integer register but a0 keeps its value over a system call and over being preempted.
#include "../lib/t.h"

static unsigned long in[32], out[32];

/*
 * long run(nr, arg, in, out): loads every register but sp, gp, tp and s0 from in[], calls @nr,
 * stores them in out[]. x10 (a0) and x17 (a7) carry the call; the slots of registers that are left
 * out are not compared.
 */
long run(long nr, long arg, unsigned long *in, unsigned long *out);

asm(".text\n .globl run\n run:\n addi sp, sp, -128\n sd ra, 0(sp)\n"
    "sd s0, 8(sp)\n sd a3, 16(sp)\n sd x9, 24(sp)\n sd x18, 32(sp)\n sd x19, 40(sp)\n"
    "sd x20, 48(sp)\n sd x21, 56(sp)\n sd x22, 64(sp)\n sd x23, 72(sp)\n sd x24, 80(sp)\n"
    "sd x25, 88(sp)\n sd x26, 96(sp)\n sd x27, 104(sp)\n mv s0, a2\n mv a7, a0\n"
    "mv a0, a1\n ld x1, 8(s0)\n ld x5, 40(s0)\n ld x6, 48(s0)\n ld x7, 56(s0)\n"
    "ld x9, 72(s0)\n ld x11, 88(s0)\n ld x12, 96(s0)\n ld x13, 104(s0)\n ld x14, 112(s0)\n"
    "ld x15, 120(s0)\n ld x16, 128(s0)\n ld x18, 144(s0)\n ld x19, 152(s0)\n ld x20, 160(s0)\n"
    "ld x21, 168(s0)\n ld x22, 176(s0)\n ld x23, 184(s0)\n ld x24, 192(s0)\n ld x25, 200(s0)\n"
    "ld x26, 208(s0)\n ld x27, 216(s0)\n ld x28, 224(s0)\n ld x29, 232(s0)\n ld x30, 240(s0)\n"
    "ld x31, 248(s0)\n ecall\n ld s0, 16(sp)\n sd x1, 8(s0)\n sd x5, 40(s0)\n"
    "sd x6, 48(s0)\n sd x7, 56(s0)\n sd x9, 72(s0)\n sd x11, 88(s0)\n sd x12, 96(s0)\n"
    "sd x13, 104(s0)\n sd x14, 112(s0)\n sd x15, 120(s0)\n sd x16, 128(s0)\n sd x18, 144(s0)\n"
    "sd x19, 152(s0)\n sd x20, 160(s0)\n sd x21, 168(s0)\n sd x22, 176(s0)\n sd x23, 184(s0)\n"
    "sd x24, 192(s0)\n sd x25, 200(s0)\n sd x26, 208(s0)\n sd x27, 216(s0)\n sd x28, 224(s0)\n"
    "sd x29, 232(s0)\n sd x30, 240(s0)\n sd x31, 248(s0)\n ld x9, 24(sp)\n ld x18, 32(sp)\n"
    "ld x19, 40(sp)\n ld x20, 48(sp)\n ld x21, 56(sp)\n ld x22, 64(sp)\n ld x23, 72(sp)\n"
    "ld x24, 80(sp)\n ld x25, 88(sp)\n ld x26, 96(sp)\n ld x27, 104(sp)\n ld ra, 0(sp)\n"
    "ld s0, 8(sp)\n addi sp, sp, 128\n ret\n");

static int differ(void)
{
	int n = 0;

	for (int i = 0; i < 32; i++)
		if (i != 0 && (i < 2 || i > 4) && i != 8 && i != 10 && i != 17)
			n += in[i] != out[i];
	return n;
}

int main(void)
{
	t_start();
	for (int i = 0; i < 32; i++)
		in[i] = 0x0123456789abcdeful * (unsigned long)(i + 1);
	IS(run(SYS_getpid, 0, in, out) == getpid());
	SHOW(differ());
	SHOW(run(SYS_close, 99, in, out));
	SHOW(differ());
	SHOW(run(SYS_sched_yield, 0, in, out));
	SHOW(differ());
	SHOW(run(600, 0, in, out));
	SHOW(differ());
	SHOW(run(SYS_getppid, 0, in, out) > 0);
	SHOW(differ());
	pid_t pid[3];
	for (int k = 0; k < 3; k++) {
		pid[k] = t_fork();
		if (pid[k] == 0) {
			int bad = 0;

			for (int i = 0; i < 32; i++)
				in[i] ^= (unsigned long)k << 32;
			for (int i = 0; i < 2000; i++) {
				run(SYS_sched_yield, 0, in, out);
				bad += differ();
			}
			_exit(bad != 0);
		}
	}
	for (int k = 0; k < 3; k++)
		t_reap("switching", pid[k]);
	return 0;
}
