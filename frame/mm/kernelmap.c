// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel's own address space: the linear map of all RAM, the image at its link address, and the
 * pool and kmap ranges, where single pages come and go.
 *
 * The upper half of the root is complete after kernel_map_init. So are the tables above the last
 * but one level in the pool and kmap ranges. User roots share these tables for ever.
 *
 * How a new mapping reaches other CPUs. An architecture may let other CPUs cache that an address
 * was not mapped. kernel_map does not notify them of each page. A CPU with such an entry in its
 * cache faults, drops all that it has cached about the kernel half, and tries again
 * (kernel_map_refresh). This handling needs a usable stack, and a task's registers are saved and
 * loaded where no fault may occur. So before a task gets its stack, all CPUs drop such entries
 * (kernel_map_sync).
 *
 * A page of a pool may be replaced: by the page of zeroes (kernel_map_swap_ro), and that again by a
 * page (kernel_map). trim.c and group.c say when all TLBs are flushed; a CPU that writes through
 * what it has cached of the page of zeroes faults and comes to kernel_map_refresh as well.
 *
 * Locking: none. All callers that map in one 2 MiB range hold the same lock (kmap_lock, pool.lock,
 *          units_lock for the array of groups). kernel_map_swap_ro is one atomic access.
 * Trust: no page is writable and executable; text and read-only data are read-only in the linear
 *        map as well. Pages mapped after boot are never executable.
 */
#include "walk.h"

extern u8 _image_start[], _text_end[], _rodata_end[], _image_end[];

#define BOOT_STACK_SIZE 16384ul

static pte_t *root;
/*
 * Number of kernel_map calls: incremented after the entry is written, and before the address is
 * passed to other code.
 */
static u64 nr_maps;

paddr_t kernel_root(void)
{
	return arch_virt_to_phys(root);
}

void kernel_half_copy(u64 *to)
{
	unsigned i;

	for (i = 256; i < 512; i++)
		to[i] = root[i];
}

/* Returns the table that @e points to; creates it if @e is empty. Boot time only. */
static pte_t *kernel_table_get(pte_t *e)
{
	if (!pte_present(*e))
		*e = pte_kernel_table(bootmem_alloc(PAGE_SIZE, PAGE_SIZE)); /* TRUST: zeroed */
	return arch_phys_to_virt(pte_paddr(*e));
}

/* The entry for @va at @level; creates the tables above it. */
static pte_t *kernel_entry_create(u64 va, unsigned level)
{
	pte_t *table = root;
	unsigned l;

	for (l = ARCH_PT_LEVELS - 1; l > level; l--)
		table = kernel_table_get(&table[pt_index(va, l)]);
	return &table[pt_index(va, level)];
}

/*
 * Maps [va, va + size) to pa with the largest pages that fit. @prot: VM_READ, VM_WRITE, VM_EXEC.
 * Boot time only.
 */
static void kernel_map_boot(u64 va, paddr_t pa, u64 size, u32 prot)
{
	while (size) {
		unsigned level = arch_largest_page_level();
		u64 page = 1ul << ARCH_PT_SHIFT(level);

		while (((va | pa) & (page - 1)) || size < page)
			page = 1ul << ARCH_PT_SHIFT(--level);
		/* TRUST: the callers pass RAM or the image only. */
		*kernel_entry_create(va, level) = pte_kernel(pa, prot, false, level);
		va += page;
		pa += page;
		size -= page;
	}
}

/* Maps [start, end) in the linear map, read-only where it is the image's text or read-only data. */
static void kernel_map_linear(paddr_t start, paddr_t end, paddr_t ro_start, paddr_t ro_end)
{
	paddr_t cut;

	for (; start < end; start = cut) {
		bool ro = start >= ro_start && start < ro_end;
		cut = ro ? min(end, ro_end) : start < ro_start ? min(end, ro_start) : end;
		kernel_map_boot(ARCH_LINEAR_BASE + start, start, cut - start,
			ro ? VM_READ : VM_READ | VM_WRITE);
	}
}

/* Maps part of the image at its link address. */
static void kernel_map_image(const u8 *start, const u8 *end, u32 prot)
{
	kernel_map_boot((u64)start, arch_virt_to_phys(start), (u64)(end - start), prot);
}

/* Creates the tables above the last but one level. */
static void kernel_map_prepare(u64 start, u64 size)
{
	u64 va;

	for (va = start; va < start + size; va += 1ul << ARCH_PT_SHIFT(2))
		(void)kernel_entry_create(va, 1);
}

void kernel_map_init(const struct mem_range *ram, unsigned n)
{
	/* The range below the boot stack stays unmapped, as its guard. */
	const u8 *stack = (const u8 *)boot_stack() - BOOT_STACK_SIZE;
	unsigned i;

	root = arch_phys_to_virt(bootmem_alloc(PAGE_SIZE, PAGE_SIZE));
	for (i = 0; i < n; i++)
		kernel_map_linear(ram[i].start, ram[i].end, arch_virt_to_phys(_image_start),
			arch_virt_to_phys(_rodata_end));
	kernel_map_image(_image_start, _text_end, VM_READ | VM_EXEC);
	kernel_map_image(_text_end, _rodata_end, VM_READ);
	kernel_map_image(_rodata_end, stack - BOOT_STACK_SIZE, VM_READ | VM_WRITE);
	kernel_map_image(stack, _image_end, VM_READ | VM_WRITE);
	kernel_map_prepare(ARCH_POOL_BASE, ARCH_POOL_SIZE);
	kernel_map_prepare(ARCH_KMAP_BASE, ARCH_KMAP_SIZE);
	/* TRUST: maps the running code and stack at the same addresses. */
	arch_kernel_root_activate();
	arch_kernel_flush_local();
}

/* The entry above the leaf table for @va in the pool or kmap range. */
static pte_t *kernel_middle_entry(u64 va)
{
	pte_t *table = root;
	unsigned l;

	for (l = ARCH_PT_LEVELS - 1; l > 1; l--)
		table = arch_phys_to_virt(pte_paddr(table[pt_index(va, l)]));
	return &table[pt_index(va, 1)];
}

int kernel_map(u64 va, paddr_t pa, bool device)
{
	pte_t *e = kernel_middle_entry(va);
	pte_t *leaf;

	if (!pte_present(*e)) {
		paddr_t table = page_alloc_frame();
		if (!table)
			return -ENOMEM;
		/*
		 * TRUST: the table is zeroed, and the release makes other CPUs and their page
		 * walkers see the zeroes before the entry; the table is never freed.
		 */
		store_release(*e, pte_kernel_table(table));
	}
	leaf = arch_phys_to_virt(pte_paddr(*e));
	/* TRUST: only frame/mm calls this, with frame-owned pages or device ranges. */
	store_release(leaf[pt_index(va, 0)], pte_kernel(pa, VM_READ | VM_WRITE, device, 0));
	arch_kernel_flush_page_local(va);
	_add64_full(&nr_maps, 1);
	return 0;
}

static pte_t *kernel_leaf_entry(u64 va)
{
	pte_t e = load_acquire(*kernel_middle_entry(va));

	return pte_present(e) ? (pte_t *)arch_phys_to_virt(pte_paddr(e)) + pt_index(va, 0) : NULL;
}

void kernel_unmap(u64 va)
{
	pte_t *e = kernel_leaf_entry(va);

	if (e)
		store_once(*e, 0);
}

paddr_t kernel_map_swap_ro(u64 va, paddr_t pa)
{
	/* TRUST: a frame-owned page; the old one is freed by the caller, after a flush. */
	pte_t old = _swap64_full(kernel_leaf_entry(va), pte_kernel(pa, VM_READ, false, 0));

	return pte_present(old) ? pte_paddr(old) : 0;
}

paddr_t kernel_lookup(u64 va)
{
	pte_t *leaf = kernel_leaf_entry(va);
	pte_t e = leaf ? load_acquire(*leaf) : 0;

	return pte_present(e) ? pte_paddr(e) : 0;
}

/*
 * Decides whether a fault on a kernel address is explained by a stale "not mapped" entry in this
 * CPU's TLB.
 *
 * If it is, the address was mapped after this CPU last dropped all its entries. The code that uses
 * the address has it from the CPU that mapped it, so that CPU's increment of nr_maps comes before
 * the access here. The barrier keeps the read of nr_maps after the access. Each true result
 * requires a mapping that did not exist at the last true result, so a real fault is reported at the
 * second try at the latest. Interrupts are off, and each CPU uses only its own element of `seen`,
 * so the array needs no atomics.
 */
bool kernel_map_refresh(u64 va)
{
	static u64 seen[MAX_CPUS]; /* nr_maps when the CPU last dropped its entries */
	u64 *mine = &seen[_arch_cpu_id()];
	u64 now;

	memory_barrier();
	now = load_acquire(nr_maps);
	if (*mine == now ||
		!((va >= ARCH_POOL_BASE && va < ARCH_POOL_BASE + ARCH_POOL_SIZE) ||
			(va >= ARCH_KMAP_BASE && va < ARCH_KMAP_BASE + ARCH_KMAP_SIZE)) ||
		!kernel_lookup(va))
		return false;
	*mine = now;
	arch_kernel_flush_local();
	return true;
}

/*
 * A CPU that reads a count in nr_maps sees all entries written before that count, so a flush that
 * follows covers them. A CPU that then reads the same count in `synced` comes after that flush. Two
 * concurrent calls may leave the lower count in `synced`: then the next call flushes once more than
 * necessary.
 */
void kernel_map_sync(void)
{
	static u64 synced;
	u64 now = load_acquire(nr_maps);

	if (likely(load_acquire(synced) == now))
		return;
	arch_kernel_flush_absent();
	store_release(synced, now);
}
