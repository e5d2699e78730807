// SPDX-License-Identifier: MPL-2.0
/*
 * The kmap range: kernel stacks behind guards, and windows on device registers.
 *
 * A stack has 32 KiB of addresses: a 16 KiB guard that is never mapped, then 16 KiB of stack; bit
 * 14 of a good stack address is set, which the trap vector tests. Freed stacks are kept for the
 * next task; beyond STACKS_KEPT their pages go back and the addresses wait for reuse as a stack.
 * The pages go back without the lock, for other CPUs flush their TLBs meanwhile; the place in
 * `bare` is reserved before, so that the addresses always find one.
 *
 * Locking: kmap_lock guards the lists and the addresses not yet used. Nests outside the page zone
 * lock.
 * Trust:   a stack's pages are flushed from all TLBs before they are given back.
 */
#include <frame/log.h>

#include "page.h"

#define STACK_UNIT  32768ul
#define STACK_PAGES (STACK_BYTES / PAGE_SIZE)
#define STACKS_KEPT 64
#define STACK_AREA  (ARCH_KMAP_SIZE / 2)

static struct spinlock kmap_lock;
static u64 next_stack = ARCH_KMAP_BASE; /* addresses never used */
static u64 next_device = ARCH_KMAP_BASE + STACK_AREA;

/* A free stack's first word, at its top, links it. */
struct free_stack {
	struct free_stack *next;
};
static struct free_stack *kept; /* mapped */
static u32 nr_kept;             /* no more than STACK_AREA has units: 2^19 */
static u64 bare[1024];          /* unmapped units for reuse */
static u32 nr_bare;             /* with nr_leaving no more than the array has places */
/* Units whose pages are being given back: places that are reserved. */
static u32 nr_leaving;

static void unmap_pages(u64 bottom, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		kernel_unmap(bottom + i * PAGE_SIZE);
}

/* Maps fresh pages at @bottom. */
static bool map_stack(u64 bottom)
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
		kernel_map_settle();
		return f + 1;
	}
	if (nr_bare) {
		unit = bare[--nr_bare];
	} else if (next_stack + STACK_UNIT <= ARCH_KMAP_BASE + STACK_AREA) {
		unit = next_stack;
		next_stack += STACK_UNIT;
	}
	/* The page table of the unit is made under the lock: it is shared with its neighbours. */
	if (unit && !map_stack(unit + STACK_BYTES)) {
		if (unit + STACK_UNIT == next_stack)
			next_stack = unit;
		else
			bare[nr_bare++] = unit; /* where it was, as the lock has been held since */
		unit = 0;
	}
	spin_unlock_irqrestore(&kmap_lock, flags);
	kernel_map_settle();
	return unit ? (void *)(unit + STACK_UNIT) : NULL; /* TRUST: just mapped */
}

/* Gives the pages of a stack back; the kernel's page table tells which they are. */
static void release_pages(u64 bottom)
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
	release_pages(unit + STACK_BYTES);
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
	next_device += len + PAGE_SIZE;
	for (off = 0; off < len; off += PAGE_SIZE) {
		if (kernel_map(va + off, start + off, true)) {
			spin_unlock_irqrestore(&kmap_lock, flags);
			return NULL;
		}
	}
	spin_unlock_irqrestore(&kmap_lock, flags);
	arch_kernel_flush(va, va + len); /* other CPUs may have cached that nothing was there */
	/* TRUST: a device range that frame/dev or the backend vouches for. */
	return (void *)(va + (pa - start));
}
