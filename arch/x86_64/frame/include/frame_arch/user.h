// SPDX-License-Identifier: MPL-2.0
/*
 * x86_64: the register file of a user context.
 *
 * The first eighteen words have the order of Linux's struct sigcontext, so that signal frames are
 * plain copies. trap.S relies on the layout (static_asserts in trap.c). The flags that user mode
 * may not set, and the range of the program counter, are checked when user mode is entered, so no
 * value in this struct does harm.
 */
#ifndef FRAME_ARCH_USER_H
#define FRAME_ARCH_USER_H

#include <frame/types.h>

/*
 * XSAVE's standard format: x87 and SSE (512 bytes as of FXSAVE), header (64), AVX (256). Without
 * XSAVE, only the first part is used.
 */
#define USER_FPREGS_SIZE   832
#define USER_FPREGS_LEGACY 512

struct FRAME_HANDLE user_ctx {
	u64 _r8, _r9, _r10, _r11, _r12, _r13, _r14, _r15, _rdi, _rsi, _rbp, _rbx, _rdx, _rax, _rcx,
		_rsp, _rip, _rflags;
	u64 _orig_rax; /* number of the running system call */
	/* The last exception's vector and error code; cr2 of the last page fault. */
	u64 _trap_nr, _trap_error, _trap_addr;
	u64 _fs_base, _gs_base;
	/* Number + 1 of the CPU that last loaded its registers from here. */
	u32 _fp_cpu;
	u32 _fp_used; /* 0: the state is the initial one, whatever _fp holds */
	u8 _fp[USER_FPREGS_SIZE] __attribute__((aligned(64)));
};

/* General registers in the layout of struct sigcontext. */
struct user_regs {
	u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip,
		rflags;
};
struct user_fpregs {
	u8 bytes[USER_FPREGS_SIZE];
};

static always_inline u64 user_pc(const struct user_ctx *u)
{
	return u->_rip;
}
static always_inline void user_set_pc(struct user_ctx *u, u64 v)
{
	u->_rip = v;
}
static always_inline u64 user_sp(const struct user_ctx *u)
{
	return u->_rsp;
}
static always_inline void user_set_sp(struct user_ctx *u, u64 v)
{
	u->_rsp = v;
}
static always_inline u64 user_ret(const struct user_ctx *u)
{
	return u->_rax;
}
static always_inline void user_set_ret(struct user_ctx *u, u64 v)
{
	u->_rax = v;
}
/*
 * Reloads the context's bases if this CPU's registers hold them. A base outside the user half
 * counts as 0. fpu.c
 */
void _x86_bases_changed(struct user_ctx *u);
static always_inline void user_set_tls(struct user_ctx *u, u64 v)
{
	u->_fs_base = v;
	_x86_bases_changed(u);
}
static always_inline u64 user_tls(const struct user_ctx *u)
{
	return u->_fs_base;
}
static always_inline void user_set_gs_base(struct user_ctx *u, u64 v)
{
	u->_gs_base = v;
	_x86_bases_changed(u);
}
static always_inline u64 user_gs_base(const struct user_ctx *u)
{
	return u->_gs_base;
}
static always_inline void user_set_arg(struct user_ctx *u, unsigned i, u64 v)
{
	switch (_index_check(i, 6)) {
	case 0:
		u->_rdi = v;
		break;
	case 1:
		u->_rsi = v;
		break;
	case 2:
		u->_rdx = v;
		break;
	case 3:
		u->_rcx = v;
		break;
	case 4:
		u->_r8 = v;
		break;
	default:
		u->_r9 = v;
		break;
	}
}
/* The return address is on the stack on this architecture: the caller pushes it. */
static always_inline void user_set_link(struct user_ctx *u, u64 v)
{
	(void)u;
	(void)v;
}
static always_inline u64 user_syscall_nr(const struct user_ctx *u)
{
	return (u32)u->_orig_rax; /* the upper half is ignored */
}
static always_inline u64 user_syscall_arg(const struct user_ctx *u, unsigned i)
{
	switch (_index_check(i, 6)) {
	case 0:
		return u->_rdi;
	case 1:
		return u->_rsi;
	case 2:
		return u->_rdx;
	case 3:
		return u->_r10;
	case 4:
		return u->_r8;
	default:
		return u->_r9;
	}
}
/* syscall is 2 bytes long. */
static always_inline void user_syscall_restart(struct user_ctx *u)
{
	u->_rax = u->_orig_rax;
	u->_rip -= 2;
}
/* The context's last exception or page fault, for signal frames: vector, error code, address. */
static always_inline u64 user_trap_nr(const struct user_ctx *u)
{
	return u->_trap_nr;
}
static always_inline u64 user_trap_error(const struct user_ctx *u)
{
	return u->_trap_error;
}
static always_inline u64 user_trap_addr(const struct user_ctx *u)
{
	return u->_trap_addr;
}
/*
 * The components of the extended state that user mode has (XCR0); 0: the CPU has FXSAVE only.
 * Constant after boot.
 */
u64 user_xfeatures(void);

void _x86_user_enter(void); /* trap.S; not a C function */
#define _X86_CAUSE_SYSCALL 256
/*
 * Runs the context until a trap and returns its cause: a vector, or the value above. Interrupts
 * off. All registers but rsp and rbp are clobbered (trap.S).
 */
static always_inline u64 _arch_user_enter(struct user_ctx *u)
{
	u64 cause;

	/*
	 * TRUST: trap.S loads only this context, in user mode, and returns here. There is no red
	 * zone that the call could overwrite.
	 */
	__asm__ volatile("call _x86_user_enter"
		: "=a"(cause), "+D"(u)
		:
		: "memory", "cc", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12",
		"r13", "r14", "r15");
	return cause;
}
/* Whether the trap was a system call. If so, keeps its number. */
static always_inline bool _arch_user_syscall(struct user_ctx *u, u64 cause)
{
	if (unlikely(cause != _X86_CAUSE_SYSCALL))
		return false;
	u->_orig_rax = u->_rax;
	return true;
}

#endif
