// SPDX-License-Identifier: MPL-2.0
/*
 * Memory inside the frame: boot-time ranges and allocation, frame-owned pages, the page array.
 * Private to the frame.
 */
#ifndef FRAME_MEM_H
#define FRAME_MEM_H

#include <frame/boot.h>
#include <frame/page.h>
#include <frame/types.h>
#include <frame/vmspace.h>

typedef u64 paddr_t;

/* Physical range [start, end). */
struct mem_range {
	paddr_t start, end;
};

#define MAX_RAM_RANGES 16

/*
 * Boot-time memory (frame/mm/bootmem.c): filled from the devicetree by frame/boot, before
 * page_init. reserve splits ranges; alloc takes zeroed, page-aligned memory from the top of a free
 * range that the early map covers.
 */
void bootmem_add(paddr_t start, paddr_t end);
void bootmem_reserve(paddr_t start, paddr_t end);
paddr_t bootmem_alloc(size_t size, size_t align); /* panics when out */
unsigned bootmem_ram(const struct mem_range **out);
unsigned bootmem_free(const struct mem_range **out);

/*
 * The kernel's own address space (frame/mm/kernelmap.c). init builds it, with tables from
 * bootmem_alloc, and switches to it. kernel_map and kernel_unmap are for single pages of the pool
 * and kmap ranges, writable and never executable: 0 or -ENOMEM. The caller serialises per 2 MiB;
 * unmap does not flush. lookup: the physical address of a page mapped so, 0: none.
 */
void kernel_map_init(const struct mem_range *ram, unsigned n);
paddr_t kernel_root(void);
/* Fills the kernel half of a new user root (a zeroed page). */
void kernel_half_copy(u64 *root);
int kernel_map(u64 va, paddr_t pa, bool device);
void kernel_unmap(u64 va);
paddr_t kernel_lookup(u64 va);
/*
 * A page fault on a kernel address: whether this CPU may just not have known of the page that is
 * mapped there; then it does from now on, and the access is to be tried again. False: a fault.
 * Interrupts off.
 */
bool kernel_map_is_news(u64 va);
/* From here on no CPU faults on what kernel_map has mapped before. */
void kernel_map_settle(void);

/*
 * After kernel_map_init: makes the page array and gives all free memory to the page allocator
 * (frame/mm/page.c).
 */
void page_init(void);
/* Gives a reserved range (initrd) to the allocator. */
void page_add_range(paddr_t start, paddr_t end);

/*
 * Pages of the frame's own: stacks, slabs, tables. Zeroed. They are typed: never reachable through
 * struct page handles. NULL when out.
 */
paddr_t page_alloc_frame(void); /* 0 when out */
void page_free_frame(paddr_t pa);

/*
 * Frame counts of an untyped page (mappings, copies). hold fails (false) when the page is not live.
 */
bool page_hold(struct page *p);
void page_release(struct page *p);
/* Drops many at once. */
void page_release_many(struct page **pages, unsigned n);
paddr_t page_paddr(const struct page *p);

/* The kmap range: kernel stacks with guards, iomem windows. */
/*
 * Top of a new 16 KiB stack, or NULL; the pages below are unmapped; settles the kernel's mappings.
 */
void *kmap_alloc_stack(void);
void kmap_free_stack(void *top);
void *kmap_device(paddr_t pa, size_t size); /* page granularity, never unmapped; NULL when out */
/* Whether the address lies in the guard page of a kernel stack (for the panic message). */
bool kmap_is_stack_guard(u64 va);

/* After page_init: the boot CPU may allocate objects. */
void pool_init(void);
/* Before CPU @c allocates an object. False: no memory. */
struct cpu;
bool pool_init_cpu(struct cpu *c);
struct obj_type;
/*
 * A slot with one reference whose contents are those of its former life: for pools of plain bytes,
 * and for tasks.
 */
struct obj *obj_alloc_dirty(struct obj_type *type);
/*
 * A use of the frame's own, for an operation or as long as a task runs on it: enter traps on a
 * stale handle.
 */
void vmspace_enter(struct vmspace *vm);
void vmspace_leave(struct vmspace *vm);
/* Pages that hold user page tables. */
u64 vmspace_table_pages(void);
/*
 * Makes @vm (NULL: none, the kernel's own) the address space of this CPU; it stays until the next
 * call. Interrupts off. frame/mm/vmspace.c
 */
void vmspace_activate(struct vmspace *vm);
/* A broken invariant of the frame itself: panics. */
void frame_bug(const char *what) __attribute__((noreturn, cold));

#endif
