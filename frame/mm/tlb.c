// SPDX-License-Identifier: MPL-2.0
/*
 * TLB shootdown and ASIDs: which CPU runs on which page tables, and which translations its TLB may
 * hold.
 *
 * Activation (vmspace_activate, interrupts off). The CPU adds itself to vm->cpus and then to
 * vm->active, each a full barrier, and only then fetches and clears its bit in vm->stale. It loads
 * the root, with a flush if the bit was set. Only after that it leaves the old space: it drops the
 * entries of a shared ASID and clears its bit in the old space's active mask.
 *
 * Flush (tlb_flush). The caller has cleared or narrowed page table entries under the leaf lock, and
 * has kept the pages' counts. After a barrier the function flushes this CPU, sets the bits of all
 * other CPUs of vm->cpus in vm->stale, and then reads vm->active and flushes these CPUs by
 * interrupt, and waits for them. So another CPU either gets the interrupt or sees its stale bit
 * before it can use the root. The caller drops the counts after that.
 *
 * Retirement (tlb_retire, task context). When the last use of a space is gone, every CPU that still
 * has its root active switches to the kernel's root. Then all CPUs of vm->cpus drop the ASID's
 * translations, and only then the ASID and the tables are freed.
 *
 * ASIDs. Each address space has an ASID of its own while there are any, else ASID 0, as also on
 * cores without ASIDs. ASID 0 is flushed at every activation, and again when the CPU leaves the
 * space, because the kernel's own root has ASID 0 as well and no user memory may be reachable under
 * it. So a TLB holds under ASID 0 only translations of the space that is active on its CPU, and for
 * such a space tlb_retire has no other translations to drop than those of the CPUs that run on it.
 *
 * Locking: asid_lock guards the bitmap only. The masks are atomic.
 * Trust: activation publishes the CPU in `active` before it reads `stale`. A flush has cleared the
 *        entries, and marks `stale` before it reads `active`. An ASID is reused only after every
 *        TLB has dropped it; each CPU drops ASID 0 before it stops counting as active.
 *        tests/models/test_tlb.c tests this against TLBs that cache whatever they may;
 *        tests/proofs/spin/tlb_flush.pml and asid_reuse.pml model the protocols between CPUs.
 */
#include "tlb.h"

#define MAX_ASIDS 65536

static struct spinlock asid_lock; /* guards the bitmap and the hint */
static u64 asid_used[MAX_ASIDS / 64];
static u32 asid_hint;

u64 asid_alloc(void)
{
	u32 n = 1u << arch_asid_bits();
	u32 words = div_round_up(n, 64u), i;
	u64 flags, asid = 0;

	if (n < 2)
		return 0;
	flags = spin_lock_irqsave(&asid_lock);
	/* ASID 0 is shared by the spaces without an ASID of their own and the kernel's root. */
	asid_used[0] |= 1;
	for (i = 0; i < words && !asid; i++) {
		u32 w = (asid_hint + i) % words;
		u64 free = ~asid_used[w];
		if (n < 64)
			free &= (1ul << n) - 1;
		if (free) {
			asid = (u64)w * 64 + bit_lowest(free);
			asid_used[w] |= free & -free;
			asid_hint = w;
		}
	}
	spin_unlock_irqrestore(&asid_lock, flags);
	return asid;
}

void asid_free(u64 asid)
{
	u64 flags;

	if (!asid)
		return;
	flags = spin_lock_irqsave(&asid_lock);
	asid_used[asid / 64] &= ~(1ul << (asid % 64));
	spin_unlock_irqrestore(&asid_lock, flags);
}

static u64 cpu_bit(void)
{
	return 1ul << _arch_cpu_id();
}

void vmspace_activate(struct vmspace *vm)
{
	struct cpu *c = arch_this_cpu();
	struct vmspace *old = c->vmspace;
	u64 bit = cpu_bit();
	bool flush;

	if (old == vm)
		return;
	c->ready = NOT_READY;
	if (vm) {
		_or64_full(&vm->cpus, bit);
		_or64_full(&vm->active, bit);
		flush = _and64_full(&vm->stale, ~bit) & bit;
		arch_user_root_activate(vm->root, vm->asid, flush || !vm->asid);
	} else {
		arch_kernel_root_activate();
	}
	c->vmspace = vm;
	if (!old)
		return;
	/*
	 * Drops the old entries while this CPU still counts as active, so that pages and tables of
	 * the old space are not reused before.
	 */
	if (unlikely(!old->asid))
		arch_shared_asid_left();
	_and64_full(&old->active, ~bit);
}

void tlb_flush(struct vmspace *vm, u64 start, u64 end)
{
	u64 bit, active, others;
	u64 flags;

	memory_barrier(); /* orders the cleared entries before the reads of the masks */
	flags = _arch_irq_save();
	bit = cpu_bit();
	others = load_acquire(vm->cpus) & ~bit;
	if (load_once(vm->cpus) & bit)
		arch_tlb_flush_local(vm->asid, start, end);
	if (others) {
		_or64_full(&vm->stale, others);
		active = load_acquire(vm->active) & ~bit;
		if (active)
			arch_tlb_flush_remote(active, vm->asid, start, end);
	}
	_arch_irq_restore(flags);
}

/* Runs on a CPU whose root is being retired. Context: interrupt. */
static void tlb_leave_root(void *arg)
{
	if (arch_this_cpu()->vmspace == arg)
		vmspace_activate(NULL);
}

void tlb_retire(struct vmspace *vm)
{
	u64 flags = _arch_irq_save();
	u64 bit = cpu_bit();
	u64 others;

	tlb_leave_root(vm);
	_arch_irq_restore(flags);
	others = load_acquire(vm->active) & ~bit;
	if (others)
		ipi_call(others, tlb_leave_root, vm);
	/* No CPU uses the space now. The TLBs drop its translations before the ASID is reused. */
	if (vm->asid) {
		others = vm->cpus & ~cpu_bit();
		if (vm->cpus & cpu_bit())
			arch_tlb_flush_local(vm->asid, 0, ~0ul);
		if (others)
			arch_tlb_flush_remote(others, vm->asid, 0, ~0ul);
	}
	asid_free(vm->asid);
}
