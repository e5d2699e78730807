// SPDX-License-Identifier: MPL-2.0
/*
 * User contexts: the CPU as a user program sees it. A task that runs user code calls user_run in a
 * loop:
 *
 *	for (;;) {
 *		switch (user_run(vm, &ev)) {
 *		case USER_SYSCALL: ...
 *
 * The registers live in the task; setters cannot produce a privileged state (only general
 * registers, the program counter, the thread pointer and FP state exist here; status bits are the
 * frame's). user_regs (all registers in the layout that signal frames and ptrace use) comes from
 * the backend: <frame_arch/user.h>.
 * Context: task. Registers of another task may be read or written only while it does not run user
 * code (a race gives odd values, no more).
 */
#ifndef FRAME_USER_H
#define FRAME_USER_H

#include <frame/page.h>
#include <frame/task.h>
#include <frame/types.h>
#include <frame/vmspace.h>

enum user_event_kind {
	USER_INTERRUPT, /* task_interrupt flags are set; look at them */
	/* Number and arguments: user_syscall_*; the pc is already past the instruction. */
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
	u64 addr;   /* USER_FAULT, USER_EXCEPTION: the address concerned */
	u32 access; /* USER_FAULT: VM_READ, VM_WRITE or VM_EXEC */
	u32 exception;
	u32 code;
};

/*
 * The register file of a user context, private to the frame: <frame_arch/user.h> defines it and
 * struct user_regs, struct user_fpregs.
 */
#include <frame_arch/user.h>

/*
 * Runs the calling task's user context in @vm until it traps or is interrupted. Reschedules on the
 * way when due.
 */
static always_inline enum user_event_kind user_run(struct vmspace *vm, struct user_event *ev);
/*
 * Makes @vm the current address space of the calling task for user copies outside user_run (exec);
 * NULL: none.
 */
void user_set_vmspace(struct vmspace *vm);

/*
 * Inline, for the registers that user code leaves changed are then saved by the loop that calls it,
 * once, and not for each event. Interrupts are off from before the look at what the CPU is ready
 * for to the return from user mode.
 */
/* Checked in frame/task/user.c. */
#define _TASK_USER_OFFSET                                                   \
	((40 + _Alignof(struct user_ctx) - 1) / _Alignof(struct user_ctx) * \
		_Alignof(struct user_ctx))
/*
 * Before user code runs: false when it must not now. And after any other trap than a call.
 * Interrupts off.
 */
bool _user_prepare(struct vmspace *vm);
/* USER_INTERRUPT: an interrupt of the CPU was handled. */
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

/*
 * The context of a task (for one made by task_new: all zero). The handle is as good as the task's.
 */
struct user_ctx *task_user(struct task *t);
/* Copies all registers, FP state included (fork). @from must be the calling task's. */
void user_copy(struct user_ctx *to, struct user_ctx *from);
/* All zero but pc and sp; FP state initial (exec). */
void user_reset(struct user_ctx *u, u64 pc, u64 sp);

/*
 * Register accessors, inline in <frame_arch/user.h>:
 *	u64  user_pc(u), user_sp(u), user_ret(u)			ret: the first result register
 *	void user_set_pc(u, v), user_set_sp(u, v), user_set_ret(u, v)
 *	void user_set_tls(u, v)						thread pointer (tp, fs base)
 *	void user_set_arg(u, i, v)					i-th argument register of the C calling convention
 *	void user_set_link(u, v)					return address of the function about to run (ra; pushed by the caller on x86_64)
 *	u64  user_syscall_nr(u); u64 user_syscall_arg(u, i)		i < 6, traps otherwise. Arg 0 stays readable after user_set_ret until the next trap.
 *	void user_syscall_restart(u)					pc back onto the instruction, first argument restored: the call is made again
 */
/*
 * The whole register file (FP and vector state: below). set takes any value; what user mode may not
 * set is ignored.
 */
void user_get_regs(struct user_ctx *u, struct user_regs *out);
void user_set_regs(struct user_ctx *u, const struct user_regs *in);
/*
 * Both directly to and from memory of the current address space (signal frames). False: not all of
 * it is accessible now; the registers may be a mixture then, so set them by the calls above.
 */
bool must_check user_put_state(struct user_ctx *u, struct uaddr regs, struct uaddr fpregs);
bool must_check user_get_state(struct user_ctx *u, struct uaddr regs, struct uaddr fpregs);
/* FP and vector state. set takes any value, as above. */
void user_get_fpregs(struct user_ctx *u, struct user_fpregs *out);
void user_set_fpregs(struct user_ctx *u, const struct user_fpregs *in);

/* The backend's copies; they return what is left. */
size_t _user_copy_in(void *dst, u64 src, size_t n);
size_t _user_copy_out(u64 dst, const void *src, size_t n);
/*
 * Copies between kernel bytes and user memory of the current address space. They return how many
 * bytes were copied: less than asked when an address is not accessible now. Services have wrappers
 * that fault pages in and give -EFAULT (kernel/include/kernel/uaccess.h): use those.
 */
static always_inline size_t user_copy_in(struct span dst, struct uaddr src)
{
	return dst._n - _user_copy_in(dst._p, src.va, dst._n);
}
static always_inline size_t user_copy_out(struct uaddr dst, struct cspan src)
{
	return src._n - _user_copy_out(dst.va, src._p, src._n);
}
/* Zeroes user memory; returns how many bytes, short as above. */
size_t user_zero(struct uaddr dst, size_t len);
/*
 * Copies up to and including a NUL, at most the span. Returns the bytes copied; *@found tells
 * whether the last is the NUL.
 */
size_t user_copy_in_str(struct span dst, struct uaddr src, bool *found);
/* Atomic operations on an aligned 32-bit user word; false when it faults now or is misaligned. */
bool must_check user_load32(struct uaddr a, u32 *out);
bool must_check user_cas32(struct uaddr a, u32 from, u32 to, u32 *seen);

#endif
