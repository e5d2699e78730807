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

#define MAX_RAM_RANGES 128

/*
 * Boot-time memory: frame/boot fills it from the devicetree before page_init. Of more than
 * MAX_RAM_RANGES ranges the last are not used. The largest range comes first. bootmem_reserve
 * splits ranges; if there are too many parts, the smaller one of a split is not used. bootmem_alloc takes zeroed, page-aligned memory from the top of a free range that
 * the early map covers. frame/mm/bootmem.c
 */
void bootmem_add(paddr_t start, paddr_t end);
void bootmem_reserve(paddr_t start, paddr_t end);
paddr_t bootmem_alloc(size_t size, size_t align); /* panics when memory is out */
unsigned bootmem_ram(const struct mem_range **out);
unsigned bootmem_free(const struct mem_range **out);

/*
 * The kernel's own address space (frame/mm/kernelmap.c).
 *
 * kernel_map_init builds it, with tables from bootmem_alloc, and switches to it. kernel_map and
 * kernel_unmap handle single pages of the pool and kmap ranges, writable and never executable;
 * kernel_map returns 0 or -ENOMEM. The caller serialises the calls for each 2 MiB. kernel_unmap
 * does not flush. kernel_lookup returns the physical address of a page mapped by kernel_map, 0:
 * none.
 */
void kernel_map_init(const struct mem_range *ram, unsigned n);
paddr_t kernel_root(void);
/* Fills the kernel half of a new user root (a zeroed page). */
void kernel_half_copy(u64 *root);
int must_check kernel_map(u64 va, paddr_t pa, bool device);
void kernel_unmap(u64 va);
paddr_t kernel_lookup(u64 va);
/*
 * Maps @pa read-only at @va, where kernel_map has mapped a page, and returns that page. The caller
 * flushes the TLBs before it uses the page for anything else.
 */
paddr_t kernel_map_swap_ro(u64 va, paddr_t pa);
/*
 * Handles a page fault on a kernel address. True: kernel_map has mapped the page, and this CPU may
 * have cached that it was absent; the CPU has now dropped that, and the access is tried again.
 * False: a real fault. Interrupts off.
 */
bool kernel_map_refresh(u64 va);
/*
 * The same for a write: the address may also be that of a released object whose page went back;
 * then it has a page again (frame/mm/trim.c). Includes kernel_map_refresh.
 */
bool pool_write_fault(u64 va);
/* After this call no CPU faults on a page that kernel_map mapped before it. */
void kernel_map_sync(void);

/*
 * After kernel_map_init: builds the page array and gives all free memory to the page allocator
 * (frame/mm/page.c).
 */
void page_init(void);
/* Gives a reserved range (the initrd) to the page allocator. */
void page_add_range(paddr_t start, paddr_t end);

/*
 * Pages of the frame's own: stacks, slabs, tables. They are zeroed and typed: no struct page handle
 * reaches them.
 */
paddr_t page_alloc_frame(void); /* 0 when memory is out */
/* The same, but leaves the reserve to the kernel, as page_alloc(PAGE_USER) does. */
paddr_t page_alloc_table(void);
void page_free_frame(paddr_t pa);

/*
 * Frame counts of an untyped page (mappings, copies). page_hold returns false when the page is not
 * live.
 */
bool page_hold(struct page *p);
/*
 * Takes the count of a future mapping. Acquires: the page's zeroes come before the entry. Returns 0,
 * or -EOVERFLOW: the page is mapped too often. Panics when the page is not live.
 */
int must_check page_hold_for_entry(struct page *p);
void page_release(struct page *p);
/* Drops one frame count of each page. */
void page_release_many(struct page **pages, unsigned n);
paddr_t page_paddr(const struct page *p);

/* The kmap range: kernel stacks with guards, mappings of device registers. */
/*
 * Returns the top of a new 16 KiB stack with unmapped pages below it, or NULL when memory is out.
 * Includes kernel_map_sync.
 */
void *kmap_alloc_stack(void);
void kmap_free_stack(void *top);
/* Maps device registers, in whole pages, never unmapped; NULL when memory is out. */
void *kmap_device(paddr_t pa, size_t size);
/* Whether the address lies in the guard page of a kernel stack (for the panic message). */
bool kmap_is_stack_guard(u64 va);

/* Called after page_init; from then on the boot CPU may allocate objects. */
void pool_init(void);
/* Called before CPU @c allocates an object. False: no memory. */
struct cpu;
bool pool_init_cpu(struct cpu *c);
struct obj_type;
/*
 * Returns a slot with one reference that keeps the contents of its former life: for pools of plain
 * bytes, and for tasks.
 */
struct obj *obj_alloc_dirty(struct obj_type *type);
/*
 * A use by the frame itself, for an operation or for as long as a task runs on the space.
 * vmspace_enter traps on a stale handle.
 */
void vmspace_enter(struct vmspace *vm);
void vmspace_leave(struct vmspace *vm);
/* Number of pages that hold user page tables. */
u64 vmspace_table_pages(void);
/*
 * Makes @vm the address space of this CPU until the next call; NULL: the kernel's own. Interrupts
 * off. frame/mm/vmspace.c
 */
void vmspace_activate(struct vmspace *vm);
/* A broken invariant of the frame: panics. */
void frame_bug(const char *what) __attribute__((noreturn, cold));

#endif
