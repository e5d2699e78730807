// SPDX-License-Identifier: MPL-2.0
/* x86_64: the C part of the trap entries, and events of user mode. */
#include "backend.h"

static_assert(offsetof(struct cpu, current) == CPU_CURRENT, "asm.h");
static_assert(offsetof(struct cpu, kernel_sp) == CPU_KERNEL_SP, "asm.h");
static_assert(offsetof(struct cpu, arch.self) == CPU_SELF && CPU_SELF == 16, "asm.h, private.h");
static_assert(offsetof(struct cpu, arch.user_sp) == CPU_USER_SP, "asm.h");
static_assert(offsetof(struct cpu, arch.user_ctx) == CPU_USER_CTX, "asm.h");
static_assert(offsetof(struct cpu, arch.error) == CPU_ERROR, "asm.h");
static_assert(offsetof(struct cpu, id) == _CPU_ID_OFFSET, "cpu.h");
static_assert(offsetof(struct user_ctx, _r8) == U_R8 && offsetof(struct user_ctx, _r15) == U_R15 &&
		offsetof(struct user_ctx, _rdi) == U_RDI,
	"asm.h");
static_assert(offsetof(struct user_ctx, _rbx) == U_RBX &&
		offsetof(struct user_ctx, _rax) == U_RAX &&
		offsetof(struct user_ctx, _rcx) == U_RCX,
	"asm.h");
static_assert(offsetof(struct user_ctx, _rsp) == U_RSP &&
		offsetof(struct user_ctx, _rip) == U_RIP &&
		offsetof(struct user_ctx, _rflags) == U_RFLAGS,
	"asm.h");
static_assert(VM_USER_MAX == USER_LIMIT && _X86_CAUSE_SYSCALL == CAUSE_SYSCALL &&
		ARCH_IMAGE_BASE == IMAGE_BASE,
	"asm.h");

/* The frame that the CPU pushed. */
struct x86_ktrap {
	u64 rip, cs, rflags, rsp, ss;
};

#define OPCODE_HLT 0xf4

static const char *trap_name(u64 vector, u64 error)
{
	switch (vector) {
	case EXC_DIVIDE:
		return "division error";
	case EXC_ILLEGAL:
		return "a check failed (bounds, shift, division, range)";
	case EXC_DOUBLE:
		return "kernel stack overflow (double fault)";
	case EXC_PROTECTION:
		return "general protection fault";
	case EXC_PAGE:
		return error & PF_FETCH    ? "jump to an unmapped address"
			: error & PF_WRITE ? "write to an unmapped or read-only address"
					   : "read of an unmapped address";
	case EXC_MACHINE:
		return "machine check";
	default:
		return "unexpected exception";
	}
}

void x86_kernel_trap(u64 vector, u64 error, struct x86_ktrap *f, u64 fp)
{
	u64 addr = vector == EXC_PAGE ? read_cr(2) : 0;
	u64 landing, top;

	if (vector >= VECTOR_LINES) {
		/*
		 * An NMI between sti and hlt has ended the interrupt shadow of sti. The interrupt
		 * that hlt should wait for is this one, and may not come again. TRUST: reads the
		 * interrupted text.
		 */
		if (*(const u8 *)f->rip == OPCODE_HLT)
			f->rip++;
		/*
		 * The other uses of the emergency stack's top (double fault, machine check) never
		 * return to what it held. The CPU itself does not send interrupts there (IST),
		 * because a service's handler may turn interrupts on.
		 */
		top = x86_emergency_stack();
		if (unlikely(stack_is_low((u64)f, top)))
			x86_interrupt_on(vector, top);
		else
			x86_interrupt(vector);
		return;
	}
	if ((vector == EXC_PAGE && addr < VM_USER_MAX) || vector == EXC_PROTECTION) {
		landing = user_fixup(f->rip);
		if (landing) {
			f->rip = landing;
			return;
		}
	}
	if (vector == EXC_PAGE && (error & (PF_PRESENT | PF_WRITE)) == (PF_PRESENT | PF_WRITE) &&
		pool_write_fault(addr))
		return;
	trap_in_kernel(trap_name(vector, error), f->rip, addr, fp);
}

void x86_fatal(u64 vector, u64 rip, u64 fp)
{
	/* A machine check may come in a program, whose frame pointer leads anywhere. */
	if ((s64)rip >= 0)
		fp = 0;
	trap_in_kernel(trap_name(vector, 0), rip, vector == EXC_DOUBLE ? read_cr(2) : 0, fp);
}

/*
 * In the kernel, a debug exception is one that user mode left pending at the border: it is ignored.
 * @f: rip, cs, rflags of the interrupted code.
 */
void x86_kernel_debug(u64 *f)
{
	f[2] &= ~0x100ul;
	__asm__ volatile("mov %0, %%db6" : : "r"(0xffff0ff0ul)); /* TRUST: status bits only */
}

void x86_interrupt(u64 vector)
{
	struct cpu *c = arch_this_cpu();

	c->irq_depth++;
	switch (vector) {
	case VECTOR_TIMER:
		apic_end_of_interrupt();
		timer_interrupt();
		break;
	case VECTOR_IPI:
		apic_end_of_interrupt();
		ipi_handle();
		break;
	case VECTOR_SPURIOUS:
		break;
	default:
		x86_device_interrupt(vector);
		apic_end_of_interrupt();
		break;
	}
	/*
	 * TRUST: no other trap may occur on the way out of the trap, and a service's handler may
	 * have turned interrupts on.
	 */
	arch_irq_disable();
	c->irq_depth--;
}

/* Handles the interrupt that ended user mode: arch_user_trap stored its vector. */
void arch_irq_dispatch(void)
{
	x86_interrupt(arch_this_cpu()->arch.error);
}

static enum user_event_kind trap_page_fault(struct user_event *ev, u64 addr, u64 error)
{
	ev->addr = addr;
	ev->access = error & PF_FETCH ? VM_EXEC : error & PF_WRITE ? VM_WRITE : VM_READ;
	return USER_FAULT;
}

/* si_code of SIGFPE for the exceptions that are flagged and not masked. */
static u32 trap_fp_code(u32 flags)
{
	enum { FPE_FLTDIV = 3, FPE_FLTOVF, FPE_FLTUND, FPE_FLTRES, FPE_FLTINV };

	if (flags & 1)
		return FPE_FLTINV;
	if (flags & 4)
		return FPE_FLTDIV;
	if (flags & 8)
		return FPE_FLTOVF;
	if (flags & 0x12)
		return FPE_FLTUND;
	return flags & 0x20 ? FPE_FLTRES : 0;
}

/* The registers still hold the state of user mode. */
static u32 trap_x87_code(void)
{
	u16 control, status;

	__asm__ volatile("fnstcw %0" : "=m"(control));
	__asm__ volatile("fnstsw %0" : "=m"(status));
	return trap_fp_code((u32)(status & ~control));
}

static u32 trap_simd_code(void)
{
	u32 mxcsr;

	__asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
	return trap_fp_code(mxcsr & ~(mxcsr >> 7));
}

static void trap_exception(u64 vector, struct user_event *ev)
{
	switch (vector) {
	case EXC_DIVIDE:
		ev->exception = USER_EXC_DIVIDE;
		break;
	case EXC_DEBUG:
		ev->exception = USER_EXC_SINGLE_STEP;
		/* TRUST: status bits only. */
		__asm__ volatile("mov %0, %%db6" : : "r"(0xffff0ff0ul));
		break;
	case EXC_BREAKPOINT:
		ev->exception = USER_EXC_BREAKPOINT;
		break;
	case EXC_ILLEGAL:
		ev->exception = USER_EXC_ILLEGAL;
		break;
	case EXC_STACK:
		ev->exception = USER_EXC_BUS;
		break;
	case EXC_FP:
		ev->exception = USER_EXC_FP;
		ev->code = trap_x87_code();
		break;
	case EXC_SIMD:
		ev->exception = USER_EXC_FP;
		ev->code = trap_simd_code();
		break;
	case EXC_ALIGNMENT:
		ev->exception = USER_EXC_MISALIGNED;
		break;
	default:
		ev->exception = USER_EXC_PROTECTION;
		break;
	}
}

static bool trap_is_canonical(u64 va)
{
	return (u64)((s64)(va << 16) >> 16) == va;
}

enum user_event_kind arch_user_trap(u64 cause, struct user_event *ev)
{
	struct cpu *c = arch_this_cpu();
	/* TRUST: the context that was passed to _x86_user_enter. */
	struct user_ctx *u = (struct user_ctx *)c->arch.user_ctx;

	if (cause == CAUSE_BAD_PC) {
		/* The error code that the fetch would have given. */
		c->arch.error = trap_is_canonical(u->_rip) ? 0x14 : 0;
		cause = trap_is_canonical(u->_rip) ? EXC_PAGE : EXC_PROTECTION;
		u->_trap_addr = u->_rip;
	} else if (cause >= VECTOR_LINES) {
		c->arch.error = cause;
		return USER_INTERRUPT;
	} else if (cause == EXC_PAGE) {
		u->_trap_addr = read_cr(2);
	}
	u->_trap_nr = cause;
	u->_trap_error = c->arch.error;
	if (cause == EXC_PAGE)
		return trap_page_fault(ev, u->_trap_addr, c->arch.error);
	ev->code = (u32)cause;
	ev->addr = u->_rip;
	trap_exception(cause, ev);
	return USER_EXCEPTION;
}

unsigned arch_backtrace(u64 fp, u64 lo, u64 hi, u64 *out, unsigned max)
{
	unsigned n = 0;

	if (!fp)
		fp = (u64)__builtin_frame_address(0);
	/*
	 * The frame pointer points to the caller's frame pointer; the return address lies above it.
	 */
	while (n < max && fp >= lo && fp + 16 <= hi && (fp & 7) == 0) {
		/* TRUST: inside the stack [lo, hi) that the caller passes. */
		const u64 *f = (const u64 *)fp;
		if (f[1] == 0)
			break;
		out[n++] = f[1];
		if (f[0] <= fp)
			break;
		fp = f[0];
	}
	return n;
}
