// SPDX-License-Identifier: MPL-2.0
/*
 * User contexts: the CPU as a user program sees it. A task that runs user code calls user_run in a
 * loop:
 *
 *	for (;;) {
 *		switch (user_run(vm, &ev)) {
 *		case USER_SYSCALL: ...
 *
 * The registers live in the task. The setters cannot produce a privileged state: only general
 * registers, the program counter, the thread pointer and FP state exist here; status bits belong to
 * the frame. The backend defines user_regs, all registers in the layout of signal frames and ptrace
 * (<frame_arch/user.h>).
 *
 * Context: task. Registers of another task may be read or written only while it does not run user
 *          code (a race gives odd values, no worse).
 * Source: frame/task/user.c, frame/mm/usercopy.c (user_zero, user_copy_in_str, user_load32,
 *         user_cas32), frame/task/task.c (task_user).
 */
#ifndef FRAME_USER_H
#define FRAME_USER_H

#include <frame/page.h>
#include <frame/task.h>
#include <frame/types.h>
#include <frame/vmspace.h>

enum user_event_kind {
	USER_INTERRUPT, /* task_interrupt flags are set: handle them */
	/* Number and arguments: user_syscall_*. The pc already points past the instruction. */
	USER_SYSCALL,
	USER_FAULT,     /* page fault: addr, access */
	USER_EXCEPTION, /* anything else: exception, addr */
};

enum user_exception {
	USER_EXC_ILLEGAL = 1, /* illegal instruction: SIGILL ILL_ILLOPC */
	USER_EXC_BREAKPOINT,  /* SIGTRAP TRAP_BRKPT */
	USER_EXC_MISALIGNED,  /* SIGBUS BUS_ADRALN */
	USER_EXC_BUS,         /* access fault of the physical address: SIGBUS/SIGSEGV */
	USER_EXC_DIVIDE,      /* SIGFPE FPE_INTDIV (x86_64) */
	USER_EXC_FP,          /* SIGFPE, detail in code (x86_64) */
	USER_EXC_PROTECTION,  /* general protection: SIGSEGV SI_KERNEL (x86_64) */
	USER_EXC_SINGLE_STEP,
};

struct user_event {
	u64 addr;   /* USER_FAULT, USER_EXCEPTION: the address involved */
	u32 access; /* USER_FAULT: VM_READ, VM_WRITE or VM_EXEC */
	u32 exception;
	u32 code;
};

/*
 * <frame_arch/user.h> defines the register file of a user context, private to the frame, and struct
 * user_regs, struct user_fpregs.
 */
#include <frame_arch/user.h>

/*
 * Runs the calling task's user context in @vm until it traps or has interrupt flags set.
 * Reschedules on the way when that is due. Traps when @vm is NULL, between waitq_prepare and its
 * commit, and outside task context.
 */
static always_inline enum user_event_kind user_run(struct vmspace *vm, struct user_event *ev);
/*
 * Makes @vm the current address space of the calling task, for user copies outside user_run (exec);
 * NULL: none. Context: task (traps in others).
 */
void user_set_vmspace(struct vmspace *vm);

/*
 * Why user_run is inline: the loop that calls it then saves the registers that user code clobbers
 * once, and not for each event. Interrupts are off from the test of cpu.ready to the return from
 * user mode.
 */
/* frame/task/user.c asserts it. */
#define _TASK_USER_OFFSET                                                   \
	((40 + _Alignof(struct user_ctx) - 1) / _Alignof(struct user_ctx) * \
		_Alignof(struct user_ctx))
/* Before user code runs: prepares this CPU; false: task_interrupt flags are set. Interrupts off. */
bool _user_prepare(struct vmspace *vm);
/*
 * After any trap that is not a system call. USER_INTERRUPT: it was an interrupt of the CPU, now
 * handled.
 */
enum user_event_kind _user_trapped(u64 cause, struct user_event *ev);
static always_inline enum user_event_kind user_run(struct vmspace *vm, struct user_event *ev)
{
	u8 *t = _arch_current();
	struct user_ctx *u = (struct user_ctx *)(t + _TASK_USER_OFFSET);
	enum user_event_kind kind;
	u64 cause;

	do {
		(void)_arch_irq_save();
		if (unlikely(_arch_ready() != vm || _arch_irq_depth()) && !_user_prepare(vm))
			return USER_INTERRUPT;
		cause = _arch_user_enter(u);
		if (likely(_arch_user_syscall(u, cause))) {
			_arch_irq_restore(~0ul);
			return USER_SYSCALL;
		}
		kind = _user_trapped(cause, ev);
	} while (kind == USER_INTERRUPT);
	return kind;
}

/* The user context of a task (all zero for a new one), valid as long as the task handle is. */
struct user_ctx *task_user(struct task *t);
/* Copies all registers, FP state included (fork). @from must be the calling task's context. */
void user_copy(struct user_ctx *to, struct user_ctx *from);
/* Sets all registers to zero but pc and sp; the FP state becomes initial (exec). */
void user_reset(struct user_ctx *u, u64 pc, u64 sp);

/*
 * Register accessors, inline in <frame_arch/user.h>:
 *	u64 user_pc(u), user_sp(u)
 *	u64 user_ret(u)			the first result register
 *	void user_set_pc(u, v), user_set_sp(u, v), user_set_ret(u, v)
 *	void user_set_tls(u, v)		the thread pointer (tp, fs base)
 *	void user_set_arg(u, i, v)	the i-th argument register of the C calling convention
 *	void user_set_link(u, v)	the return address of the function about to run (ra;
 *					on x86_64 the caller pushes it)
 *	u64 user_syscall_nr(u)
 *	u64 user_syscall_arg(u, i)	i < 6, traps otherwise; argument 0 stays readable after
 *					user_set_ret until the next trap
 *	void user_syscall_restart(u)	moves pc back to the instruction and restores the first
 *					argument: the call is made again
 */
/*
 * The whole register file (without FP and vector state, see below). user_set_regs takes any value;
 * bits that user mode may not set are ignored.
 */
void user_get_regs(struct user_ctx *u, struct user_regs *out);
void user_set_regs(struct user_ctx *u, const struct user_regs *in);
/*
 * Copy both register sets directly to / from memory of the current address space (signal frames).
 * False: part of that memory is not accessible now. After a failed user_get_state the registers may
 * be a mixture: set them with user_set_regs and user_set_fpregs.
 */
bool must_check user_put_state(struct user_ctx *u, struct uaddr regs, struct uaddr fpregs);
bool must_check user_get_state(struct user_ctx *u, struct uaddr regs, struct uaddr fpregs);
/* FP and vector state. user_set_fpregs takes any value, as above. */
void user_get_fpregs(struct user_ctx *u, struct user_fpregs *out);
void user_set_fpregs(struct user_ctx *u, const struct user_fpregs *in);

/* The backend's copies; they return the number of bytes NOT copied. */
size_t _user_copy_in(void *dst, u64 src, size_t n);
size_t _user_copy_out(u64 dst, const void *src, size_t n);
/*
 * Copies between kernel bytes and user memory of the current address space. They return the number
 * of bytes copied: fewer than requested when a user address is not accessible now. Services use the
 * wrappers in kernel/include/kernel/uaccess.h instead, which fault pages in and return -EFAULT.
 */
static always_inline size_t user_copy_in(struct span dst, struct uaddr src)
{
	return dst._n - _user_copy_in(dst._p, src.va, dst._n);
}
static always_inline size_t user_copy_out(struct uaddr dst, struct cspan src)
{
	return src._n - _user_copy_out(dst.va, src._p, src._n);
}
/* Zeroes user memory; returns the number of bytes, short as above. */
size_t user_zero(struct uaddr dst, size_t len);
/*
 * Copies up to and including a NUL, at most the span. Returns the number of bytes copied; *@found
 * becomes whether the last of them is the NUL.
 */
size_t user_copy_in_str(struct span dst, struct uaddr src, bool *found);
/*
 * Atomic operations on an aligned 32-bit user word; false: the word is not accessible now, or is
 * misaligned. user_cas32: the word becomes @to if it is @from; *@seen becomes its value before.
 */
bool must_check user_load32(struct uaddr a, u32 *out);
bool must_check user_cas32(struct uaddr a, u32 from, u32 to, u32 *seen);

#endif
