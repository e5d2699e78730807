// SPDX-License-Identifier: MPL-2.0
/*
 * riscv64: the start of other harts (SBI HSM), and interrupts and fences between harts (SBI IPI,
 * RFENCE). hart.c finds the harts.
 */
#include <frame/device.h>
#include <frame/log.h>
#include <frame/time.h>

#include "asm.h"
#include "backend.h"
#include "sbi.h"

static_assert(sizeof(struct arch_context) == 112, "switch.S");

bool arch_cpu_prepare(struct cpu *c, void *emergency_stack)
{
	c->arch.emergency_stack = (u64)emergency_stack;
	return true;
}

#define START_SECONDS 10u /* a busy host may suspend an emulated hart for long */

bool arch_smp_start(struct cpu *c)
{
	u64 root, start, deadline;
	struct sbi_ret r;

	root = riscv_prepare_secondary_map();
	if (!root)
		return false;
	start = arch_virt_to_phys((const void *)riscv_secondary_entry);
	riscv_secondary_block = (u64)c;
	store_release(riscv_secondary_hart, c->hw_id);
	r = sbi_call(SBI_HSM, 0, c->hw_id, start, (u64)c, 0, 0);
	if (r.error) {
		log_warn("hart %lu does not start: SBI error %ld", c->hw_id, r.error);
		page_free_frame(root);
		return false;
	}
	deadline = arch_cycles() + START_SECONDS * arch_timer_hz();
	while (!load_acquire(c->online)) {
		u32 awaited = CPU_AWAITED;
		/*
		 * A hart that comes up later sees CPU_GIVEN_UP and halts; the table and the block
		 * stay allocated for it.
		 */
		if (arch_cycles() > deadline && _cas32_full(&c->arrival, &awaited, CPU_GIVEN_UP)) {
			log_warn("hart %lu was started but did not come up within %u seconds",
				c->hw_id, START_SECONDS);
			return false;
		}
		_arch_relax();
	}
	page_free_frame(root);
	return true;
}

void riscv_secondary_start(struct cpu *c)
{
	u32 awaited = CPU_AWAITED;

	if (!_cas32_full(&c->arrival, &awaited, CPU_ARRIVED))
		arch_halt();
	/* TRUST: replaces the start-up table by the kernel's. */
	csr_write(satp, riscv_kernel_satp());
	__asm__ volatile("sfence.vma" : : : "memory");
	riscv_init_hart();
	cpu_start_secondary(c);
}

/*
 * Makes the SBI call for each window of 64 hart numbers in the mask; SBI takes a 64-bit mask from a
 * base. Returns the last error, 0: none.
 */
static s64 sbi_for_harts(u64 cpu_mask, u64 ext, u64 fid, u64 a2, u64 a3, u64 a4)
{
	s64 error = 0;

	while (cpu_mask) {
		u64 base = ~0ul, mask = 0, m;
		for (m = cpu_mask; m; m &= m - 1)
			base = min(base, cpus[__builtin_ctzl(m)].hw_id);
		for (m = cpu_mask; m; m &= m - 1) {
			unsigned i = (unsigned)__builtin_ctzl(m);
			u64 d = cpus[i].hw_id - base;
			if (d < 64) {
				mask |= 1ul << d;
				cpu_mask &= ~(1ul << i);
			}
		}
		error = sbi_call(ext, fid, mask, base, a2, a3, a4).error ?: error;
	}
	return error;
}

/*
 * A lost interrupt causes a delay or an endless wait, but breaks no guarantee, so the error is
 * ignored.
 */
void arch_ipi_send(u64 cpu_mask)
{
	(void)sbi_for_harts(cpu_mask, SBI_IPI, 0, 0, 0, 0);
}

/*
 * A page is reused because other harts have dropped its translations. If firmware failed to do
 * this, the kernel must stop.
 */
void riscv_fence_done(s64 sbi_error)
{
	if (unlikely(sbi_error))
		_kernel_panic(
			"firmware did not flush translations or instructions of other harts (error of SBI RFENCE)");
}

void arch_tlb_flush_remote(u64 cpu_mask, u64 asid, u64 start, u64 end)
{
	if (end == ~0ul) {
		start = 0;
		end = 0;
	}
	if (riscv_errata & ERRATUM_CIP_1200)
		riscv_fence_done(sbi_for_harts(cpu_mask, SBI_RFENCE, 1, 0, ~0ul, 0));
	else
		riscv_fence_done(sbi_for_harts(cpu_mask, SBI_RFENCE, 2, start, end - start, asid));
}

void arch_icache_sync_remote(u64 cpu_mask)
{
	riscv_fence_done(sbi_for_harts(cpu_mask, SBI_RFENCE, 0, 0, 0, 0));
}

void arch_context_init(struct arch_context *c, void *stack_top, void (*entry)(void *), void *arg)
{
	*c = (struct arch_context){
		.ra = (u64)riscv_task_entry, .sp = (u64)stack_top, .s = { 0, (u64)entry, (u64)arg }
	};
}
