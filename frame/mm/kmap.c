// SPDX-License-Identifier: MPL-2.0
/*
 * The kmap range: kernel stacks with guards, and mappings of device registers.
 *
 * A stack occupies 32 KiB of addresses: a 16 KiB guard that is never mapped, then 16 KiB of stack.
 * So bit 14 of a valid stack address is set; the trap vector tests this bit, and an overflow runs
 * into the guard and faults (trap.S).
 *
 * How a stack is freed. Up to STACKS_KEPT freed stacks stay mapped for the next tasks. Beyond that,
 * kmap_free_stack reserves a place in `bare` under kmap_lock, drops the lock, because the remote
 * TLB flush waits for other CPUs, unmaps the pages, flushes all TLBs, gives the pages back, and
 * takes the lock again to store the addresses in the reserved place for reuse as a stack. If no
 * place is free, the stack stays mapped.
 *
 * Locking: kmap_lock guards the lists and the unused addresses. It is taken before the page zone
 *          lock.
 * Trust: a stack's pages are flushed from all TLBs before they are given back.
 */
#include <frame/log.h>

#include "page.h"

#define STACK_UNIT  32768ul
#define STACK_PAGES (STACK_BYTES / PAGE_SIZE)
#define STACKS_KEPT 64
#define STACK_AREA  (ARCH_KMAP_SIZE / 2)

static struct spinlock kmap_lock;
static u64 next_stack = ARCH_KMAP_BASE; /* first address never used */
static u64 next_device = ARCH_KMAP_BASE + STACK_AREA;

/* A free stack is linked through the word at its top. */
struct free_stack {
	struct free_stack *next;
};
static struct free_stack *kept; /* mapped */
static u32 nr_kept;             /* at most the 2^19 units of STACK_AREA */
static u64 bare[1024];          /* unmapped units, for reuse */
static u32 nr_bare;             /* nr_bare + nr_leaving is at most the size of the array */
/* Units whose pages are being given back; each has a reserved place. */
static u32 nr_leaving;

static void unmap_pages(u64 start, u64 n)
{
	u64 i;

	for (i = 0; i < n; i++)
		kernel_unmap(start + i * PAGE_SIZE);
}

/* Maps new pages at @bottom. On failure nothing is mapped and false is returned. */
static bool stack_map(u64 bottom)
{
	paddr_t pa[STACK_PAGES];
	u32 i, n;

	for (n = 0; n < STACK_PAGES; n++) {
		pa[n] = page_alloc_frame();
		if (!pa[n])
			goto out_free;
	}
	for (i = 0; i < STACK_PAGES; i++) {
		if (kernel_map(bottom + i * PAGE_SIZE, pa[i], false)) {
			unmap_pages(bottom, i);
			arch_kernel_flush(bottom, bottom + STACK_BYTES);
			goto out_free;
		}
	}
	return true;
out_free:
	while (n--)
		page_free_frame(pa[n]);
	return false;
}

void *kmap_alloc_stack(void)
{
	struct free_stack *f;
	u64 unit = 0;
	u64 flags = spin_lock_irqsave(&kmap_lock);

	f = kept;
	if (f) {
		kept = f->next;
		nr_kept--;
		spin_unlock_irqrestore(&kmap_lock, flags);
		kernel_map_sync();
		return f + 1;
	}
	if (nr_bare) {
		unit = bare[--nr_bare];
	} else if (next_stack + STACK_UNIT <= ARCH_KMAP_BASE + STACK_AREA) {
		unit = next_stack;
		next_stack += STACK_UNIT;
	}
	/* The unit's page table is created under the lock, because neighbouring units share it. */
	if (unit && !stack_map(unit + STACK_BYTES)) {
		if (unit + STACK_UNIT == next_stack)
			next_stack = unit;
		else
			bare[nr_bare++] = unit; /* its old place: the lock was not released */
		unit = 0;
	}
	spin_unlock_irqrestore(&kmap_lock, flags);
	kernel_map_sync();
	return unit ? (void *)(unit + STACK_UNIT) : NULL; /* TRUST: just mapped */
}

/* Gives the pages of a stack back; finds them in the kernel's page table. */
static void stack_release_pages(u64 bottom)
{
	paddr_t pa[STACK_PAGES];
	u32 i;

	for (i = 0; i < STACK_PAGES; i++)
		pa[i] = kernel_lookup(bottom + i * PAGE_SIZE);
	unmap_pages(bottom, STACK_PAGES);
	arch_kernel_flush(bottom, bottom + STACK_BYTES);
	for (i = 0; i < STACK_PAGES; i++)
		page_free_frame(pa[i]);
}

void kmap_free_stack(void *top)
{
	struct free_stack *f = (struct free_stack *)top - 1;
	u64 unit = (u64)top - STACK_UNIT;
	u64 flags = spin_lock_irqsave(&kmap_lock);

	if (nr_kept < STACKS_KEPT || nr_bare + nr_leaving == ARRAY_LEN(bare)) {
		f->next = kept;
		kept = f;
		nr_kept++;
		unit = 0;
	} else {
		nr_leaving++;
	}
	spin_unlock_irqrestore(&kmap_lock, flags);
	if (!unit)
		return;
	stack_release_pages(unit + STACK_BYTES);
	flags = spin_lock_irqsave(&kmap_lock);
	nr_leaving--;
	bare[nr_bare++] = unit;
	spin_unlock_irqrestore(&kmap_lock, flags);
}

bool kmap_is_stack_guard(u64 va)
{
	return va >= ARCH_KMAP_BASE && va < ARCH_KMAP_BASE + STACK_AREA &&
		(va & (STACK_UNIT - 1)) < STACK_BYTES;
}

void *kmap_device(paddr_t pa, size_t size)
{
	paddr_t start = round_down(pa, PAGE_SIZE);
	u64 len = round_up(pa + size, PAGE_SIZE) - start;
	u64 va, off;
	u64 flags = spin_lock_irqsave(&kmap_lock);

	va = next_device;
	if (pa + size < pa || (pa + size) >> ARCH_PADDR_BITS ||
		len > ARCH_KMAP_BASE + ARCH_KMAP_SIZE - va) {
		spin_unlock_irqrestore(&kmap_lock, flags);
		return NULL;
	}
	for (off = 0; off < len; off += PAGE_SIZE) {
		if (kernel_map(va + off, start + off, true)) {
			unmap_pages(va, off / PAGE_SIZE);
			arch_kernel_flush(va, va + len);
			spin_unlock_irqrestore(&kmap_lock, flags);
			return NULL;
		}
	}
	next_device += len + PAGE_SIZE;
	spin_unlock_irqrestore(&kmap_lock, flags);
	arch_kernel_flush(va, va + len); /* other CPUs may have cached absence */
	/* TRUST: a device range that frame/dev or the backend has checked. */
	return (void *)(va + (pa - start));
}
