// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the C part of the trap vector, and events of user mode.
 *
 * Trust: user mode is entered with SPP clear, SPIE set, SUM clear; only these bits and FS are ever
 *        written to sstatus. docs/entry-state.md lists the whole state, of each way in and out.
 */
#include "asm.h"
#include "backend.h"

static_assert(offsetof(struct cpu, current) == CPU_CURRENT, "asm.h");
static_assert(offsetof(struct cpu, kernel_sp) == CPU_KERNEL_SP, "asm.h");
static_assert(offsetof(struct cpu, arch) == CPU_SCRATCH0 &&
		offsetof(struct cpu, arch.emergency_stack) == CPU_OVERFLOW,
	"asm.h");
static_assert(offsetof(struct cpu, id) == _CPU_ID_OFFSET, "cpu.h");
static_assert(offsetof(struct user_ctx, _x) == 0, "trap.S");
static_assert(VM_USER_MAX == 1ul << USER_SHIFT, "usercopy.S");

static const char *trap_cause_name(u64 cause)
{
	switch (cause) {
	case EXC_FETCH_MISALIGNED:
		return "misaligned fetch";
	case EXC_FETCH_ACCESS:
		return "fetch access fault";
	case EXC_ILLEGAL:
		return "illegal instruction";
	case EXC_BREAKPOINT:
		return "a check failed (bounds, shift, division, range)";
	case EXC_LOAD_MISALIGNED:
	case EXC_STORE_MISALIGNED:
		return "misaligned access";
	case EXC_LOAD_ACCESS:
		return "load access fault";
	case EXC_STORE_ACCESS:
		return "store access fault";
	case EXC_FETCH_PAGE:
		return "jump to an unmapped address";
	case EXC_LOAD_PAGE:
		return "read of an unmapped address";
	case EXC_STORE_PAGE:
		return "write to an unmapped or read-only address";
	default:
		return "unknown trap";
	}
}

/* Erratum CIP-453: bits 63 to 39 of the address of a fetch fault are missing. */
static u64 trap_fault_address(u64 cause, u64 addr)
{
	if (unlikely(riscv_errata & ERRATUM_CIP_453) &&
		(cause == EXC_FETCH_PAGE || cause == EXC_FETCH_ACCESS))
		return (u64)((s64)(addr << 25) >> 25);
	return addr;
}

static_assert(STACK_SIZE == STACK_BYTES, "asm.h");

void riscv_kernel_trap(u64 cause, u64 addr, u64 *frame)
{
	u64 top = arch_this_cpu()->arch.emergency_stack, sp = (u64)frame;
	u64 landing;

	/*
	 * The vector found the stack full. It may have been on the emergency stack already, whose
	 * top is now overwritten, so there is no way back.
	 */
	if (unlikely(sp == top - KTRAP_SIZE))
		trap_in_kernel("kernel stack overflow", frame[KTRAP_SEPC / 8],
			cause & CAUSE_INTERRUPT ? 0 : addr, frame[KTRAP_S0 / 8]);
	if (cause & CAUSE_INTERRUPT) {
		if (unlikely(stack_is_low(sp, top)))
			riscv_irq_on(cause & ~CAUSE_INTERRUPT, top);
		else
			riscv_irq(cause & ~CAUSE_INTERRUPT);
		return;
	}
	addr = trap_fault_address(cause, addr);
	if ((cause == EXC_LOAD_PAGE || cause == EXC_STORE_PAGE || cause == EXC_LOAD_ACCESS ||
		    cause == EXC_STORE_ACCESS || cause == EXC_LOAD_MISALIGNED ||
		    cause == EXC_STORE_MISALIGNED) &&
		addr < VM_USER_MAX) {
		landing = user_fixup(frame[KTRAP_SEPC / 8]);
		if (landing) {
			frame[KTRAP_SEPC / 8] = landing;
			return;
		}
	}
	if ((cause == EXC_LOAD_PAGE && kernel_map_refresh(addr)) ||
		(cause == EXC_STORE_PAGE && pool_write_fault(addr)))
		return;
	trap_in_kernel(trap_cause_name(cause), frame[KTRAP_SEPC / 8], addr, frame[KTRAP_S0 / 8]);
}

static void irq_handle(u64 cause)
{
	switch (cause) {
	case IRQ_TIMER:
		timer_interrupt();
		break;
	case IRQ_SOFT:
		csr_clear(sip, 1ul << IRQ_SOFT); /* TRUST: acknowledges */
		ipi_handle();
		break;
	case IRQ_EXTERNAL:
		irq_chip_handle();
		break;
	default:
		break;
	}
	/*
	 * TRUST: no other trap may occur on the way out of the trap, and a service's handler may
	 * have turned interrupts on.
	 */
	arch_irq_disable();
}

/*
 * External interrupts have the highest priority: a device that interrupts again at once would keep
 * out the timer and the calls of other CPUs. So these are handled after each external one.
 */
void riscv_irq(u64 cause)
{
	struct cpu *c = arch_this_cpu();

	c->irq_depth++;
	irq_handle(cause);
	if (cause == IRQ_EXTERNAL) {
		u64 pending = csr_read(sip) & csr_read(sie);
		if (pending >> IRQ_SOFT & 1)
			irq_handle(IRQ_SOFT);
		if (pending >> IRQ_TIMER & 1)
			irq_handle(IRQ_TIMER);
	}
	c->irq_depth--;
}

void arch_irq_dispatch(void)
{
	u64 pending = csr_read(sip) & csr_read(sie);

	while (pending) {
		riscv_irq((u64)__builtin_ctzl(pending));
		pending &= pending - 1;
	}
}

static void trap_fault_event(struct user_event *ev, u64 cause)
{
	ev->addr = trap_fault_address(cause, csr_read(stval));
	ev->access = cause == EXC_FETCH_PAGE ? VM_EXEC
		: cause == EXC_STORE_PAGE    ? VM_WRITE
					     : VM_READ;
}

static void trap_exception_event(struct user_event *ev, u64 cause)
{
	ev->addr = trap_fault_address(cause, csr_read(stval));
	ev->code = (u32)cause;
	switch (cause) {
	case EXC_BREAKPOINT:
		ev->exception = USER_EXC_BREAKPOINT;
		break;
	case EXC_FETCH_MISALIGNED:
	case EXC_LOAD_MISALIGNED:
	case EXC_STORE_MISALIGNED:
		ev->exception = USER_EXC_MISALIGNED;
		break;
	case EXC_FETCH_ACCESS:
	case EXC_LOAD_ACCESS:
	case EXC_STORE_ACCESS:
		ev->exception = USER_EXC_BUS;
		break;
	default:
		ev->exception = USER_EXC_ILLEGAL;
		break;
	}
}

static_assert(SSTATUS_FS == 0x6000 && SSTATUS_SPIE == 0x20 && EXC_ECALL_U == 8,
	"<frame_arch/user.h>");

enum user_event_kind arch_user_trap(u64 cause, struct user_event *ev)
{
	if (cause & CAUSE_INTERRUPT)
		return USER_INTERRUPT;
	if (cause == EXC_LOAD_PAGE || cause == EXC_STORE_PAGE || cause == EXC_FETCH_PAGE) {
		trap_fault_event(ev, cause);
		return USER_FAULT;
	}
	trap_exception_event(ev, cause);
	return USER_EXCEPTION;
}

unsigned arch_backtrace(u64 fp, u64 lo, u64 hi, u64 *out, unsigned max)
{
	unsigned n = 0;

	if (!fp)
		fp = (u64)__builtin_frame_address(0);
	/* The frame pointer points above the saved ra and the caller's frame pointer. */
	while (n < max && fp >= lo + 16 && fp <= hi && (fp & 7) == 0) {
		/* TRUST: inside the stack [lo, hi) that the caller passes. */
		const u64 *f = (const u64 *)(fp - 16);
		if (f[1] == 0)
			break;
		out[n++] = f[1];
		if (f[0] <= fp)
			break;
		fp = f[0];
	}
	return n;
}
