// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the register file of a user context.
 *
 * trap.S relies on the layout: register xN is at offset 8 * N, and the program counter in the place
 * of x0 (static_asserts in trap.c).
 */
#ifndef FRAME_ARCH_USER_H
#define FRAME_ARCH_USER_H

#include <frame/types.h>

struct FRAME_HANDLE user_ctx {
	u64 _x[32];   /* [0]: pc */
	u64 _orig_a0; /* first argument of the running system call */
	u64 _fp[32];  /* from here on the layout of struct user_fpregs */
	u32 _fcsr;
	u32 _zero;
	u32 _fp_cpu; /* number + 1 of the CPU that last loaded its registers from here */
	u32 _pad;
};

/* The layout of ptrace and signal frames: Linux's struct user_regs_struct. */
struct user_regs {
	u64 pc, ra, sp, gp, tp, t0, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5, a6, a7;
	u64 s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
};
struct user_fpregs {
	u64 f[32];
	u32 fcsr;
	u32 pad;
};

/*
 * The accessors that <frame/user.h> describes. Context: task.
 *
 * Trust: they access the saved general registers only, and a user program could produce every value
 *        of those itself.
 */
static always_inline u64 user_pc(const struct user_ctx *u)
{
	return u->_x[0];
}
static always_inline void user_set_pc(struct user_ctx *u, u64 v)
{
	u->_x[0] = v;
}
static always_inline u64 user_sp(const struct user_ctx *u)
{
	return u->_x[2];
}
static always_inline void user_set_sp(struct user_ctx *u, u64 v)
{
	u->_x[2] = v;
}
static always_inline u64 user_ret(const struct user_ctx *u)
{
	return u->_x[10];
}
static always_inline void user_set_ret(struct user_ctx *u, u64 v)
{
	u->_x[10] = v;
}
static always_inline void user_set_tls(struct user_ctx *u, u64 v)
{
	u->_x[4] = v;
}
static always_inline void user_set_arg(struct user_ctx *u, unsigned i, u64 v)
{
	u->_x[10 + _index_check(i, 8)] = v;
}
static always_inline void user_set_link(struct user_ctx *u, u64 v)
{
	u->_x[1] = v;
}
static always_inline u64 user_syscall_nr(const struct user_ctx *u)
{
	return u->_x[17];
}
static always_inline u64 user_syscall_arg(const struct user_ctx *u, unsigned i)
{
	return i == 0 ? u->_orig_a0 : u->_x[10 + _index_check(i, 6)];
}
/* ecall has no compressed form: it is 4 bytes long. */
static always_inline void user_syscall_restart(struct user_ctx *u)
{
	u->_x[10] = u->_orig_a0;
	u->_x[0] -= 4;
}

void _riscv_user_enter(void); /* trap.S; not a C function */
/*
 * Runs the context until a trap and returns the trap's cause. Interrupts off. All registers but sp,
 * tp and s0 are clobbered (trap.S).
 *
 * TRUST: sstatus gets FS as fpu.c decided for this context, and SPIE, so that interrupts are on in
 * user mode. Of the other bits, those from 31 on keep their values (UXL, because 0 is no valid
 * value of it and a hart may take 0 for 32 bits; reserved bits, as the specification requires). All
 * bits below are 0: SPP, SUM, MXR, VS, UBE among them.
 */
static always_inline u64 _arch_user_enter(struct user_ctx *u)
{
	register u64 a0 __asm__("a0") = (u64)u;
	register u64 a1 __asm__("a1");

	__asm__ volatile("csrr %0, sstatus" : "=r"(a1) : : "memory");
	a1 = (a1 & 0xffffffff80006000ul) | 0x20;
	__asm__ volatile("call _riscv_user_enter"
		: "+r"(a0), "+r"(a1)
		:
		: "memory", "ra", "t0", "t1", "t2", "t3", "t4", "t5", "t6", "a2", "a3", "a4", "a5",
		"a6", "a7", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11");
	return a0;
}
/*
 * Whether the trap was a system call (cause 8: ecall from user mode). If so, moves the pc past it
 * and keeps the first argument.
 */
static always_inline bool _arch_user_syscall(struct user_ctx *u, u64 cause)
{
	if (unlikely(cause != 8))
		return false;
	u->_orig_a0 = u->_x[10];
	u->_x[0] += 4;
	return true;
}

#endif
