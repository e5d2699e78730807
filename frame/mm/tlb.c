// SPDX-License-Identifier: MPL-2.0
/*
 * Which CPU runs on which page tables, and what it may remember of them.
 *
 * Each address space has an ASID of its own while there are any, else ASID 0, which is flushed at
 * every activation (also on cores that have none), and again when the CPU leaves the space: the
 * kernel's own root has ASID 0 as well, and under it no user memory may be found. So what a TLB
 * holds under ASID 0 is always of the space that is active on its CPU, and tlb_retire finds nothing
 * else of such a space than those who run on it.
 *
 * Trust: activation publishes the CPU in `active` before it looks at `stale`; a flush clears the
 *        entries, marks `stale`, then reads `active`. So a CPU either gets the interrupt or sees
 *        the mark before it can use the root. An ASID is given out again only after every TLB
 *        dropped it; ASID 0 is dropped by each CPU before it stops counting as active.
 *        tests/models/test_tlb.c tries this against TLBs that remember whatever they may;
 *        tests/proofs/spin/tlb_flush.pml and asid_reuse.pml are the protocols between CPUs.
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
	/* ASID 0 is shared by those who get none, and by the kernel's own root. */
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

static u64 this_bit(void)
{
	return 1ul << _arch_cpu_id();
}

void vmspace_activate(struct vmspace *vm)
{
	struct cpu *c = arch_this_cpu();
	struct vmspace *old = c->vmspace;
	u64 bit = this_bit();
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
	 * While this CPU counts as active, so that pages and tables of the old space stay what they
	 * are until they are forgotten.
	 */
	if (unlikely(!old->asid))
		arch_shared_asid_left();
	_and64_full(&old->active, ~bit);
}

void tlb_flush(struct vmspace *vm, u64 start, u64 end)
{
	u64 bit, active, others;
	u64 flags;

	memory_barrier(); /* the cleared entries before the look at the masks */
	flags = _arch_irq_save();
	bit = this_bit();
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

/* On a CPU whose root is about to go. Interrupt context. */
static void leave_root(void *arg)
{
	if (arch_this_cpu()->vmspace == arg)
		vmspace_activate(NULL);
}

void tlb_retire(struct vmspace *vm)
{
	u64 flags = _arch_irq_save();
	u64 bit = this_bit();
	u64 others;

	leave_root(vm);
	_arch_irq_restore(flags);
	others = load_acquire(vm->active) & ~bit;
	if (others)
		ipi_call(others, leave_root, vm);
	/*
	 * Nobody uses it now; what TLBs still remember under its ASID goes before the ASID is
	 * reused.
	 */
	if (vm->asid) {
		others = vm->cpus & ~this_bit();
		if (vm->cpus & this_bit())
			arch_tlb_flush_local(vm->asid, 0, ~0ul);
		if (others)
			arch_tlb_flush_remote(others, vm->asid, 0, ~0ul);
	}
	asid_free(vm->asid);
}
