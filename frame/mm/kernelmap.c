// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel's own address space: the linear map of all RAM, the image at its link address, and the
 * pool and kmap ranges, where single pages come and go.
 *
 * The upper half of the root is complete after kernel_map_init, and so are the tables above the
 * last but one level in the pool and kmap ranges: user roots share them for ever.
 *
 * Other CPUs may have cached that nothing was where a page is mapped now, if the architecture lets
 * them. They are not told of each page: whoever runs into such a memory faults, forgets all it
 * knows of the kernel's half, and tries again (kernel_map_is_news). This needs a stack that can be
 * used, and a task's registers are saved and loaded where no fault may come; so before a task gets
 * its stack, all CPUs forget (kernel_map_settle).
 *
 * Locking: none; who maps in one 2 MiB range does so under one lock (kmap_lock, pool.lock).
 * Trust:   no page is writable and executable; text and read-only data are read-only in the linear
 * map as well. What is mapped later is never executable.
 */
#include "walk.h"

extern u8 _image_start[], _text_end[], _rodata_end[], _image_end[];

#define BOOT_STACK_SIZE 16384ul

static pte_t *root;
/* Calls of kernel_map: counted behind the entry, before the address is told to anybody. */
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

/* The table that @e points to, made if it is empty. Boot time only. */
static pte_t *down(pte_t *e)
{
	if (!pte_present(*e))
		*e = pte_kernel_table(bootmem_alloc(PAGE_SIZE, PAGE_SIZE)); /* TRUST: zeroed */
	return arch_phys_to_virt(pte_paddr(*e));
}

/* The entry for @va at @level, with the tables above it. */
static pte_t *entry_create(u64 va, unsigned level)
{
	pte_t *table = root;
	unsigned l;

	for (l = ARCH_PT_LEVELS - 1; l > level; l--)
		table = down(&table[pt_index(va, l)]);
	return &table[pt_index(va, level)];
}

/*
 * Maps [va, va + size) to pa with the largest pages that fit. @prot: VM_READ, VM_WRITE, VM_EXEC.
 * Boot time only.
 */
static void boot_map(u64 va, paddr_t pa, u64 size, u32 prot)
{
	while (size) {
		unsigned level = arch_largest_page_level();
		u64 page = 1ul << ARCH_PT_SHIFT(level);

		while (((va | pa) & (page - 1)) || size < page)
			page = 1ul << ARCH_PT_SHIFT(--level);
		/* TRUST: RAM or image, as asked below. */
		*entry_create(va, level) = pte_kernel(pa, prot, false, level);
		va += page;
		pa += page;
		size -= page;
	}
}

/* Linear map of [start, end), read-only where it is the image's text or read-only data. */
static void map_linear(paddr_t start, paddr_t end, paddr_t ro_start, paddr_t ro_end)
{
	paddr_t cut;

	for (; start < end; start = cut) {
		bool ro = start >= ro_start && start < ro_end;
		cut = ro ? min(end, ro_end) : start < ro_start ? min(end, ro_start) : end;
		boot_map(ARCH_LINEAR_BASE + start, start, cut - start,
			ro ? VM_READ : VM_READ | VM_WRITE);
	}
}

/* Part of the image, at its link address. */
static void map_image(const u8 *start, const u8 *end, u32 prot)
{
	boot_map((u64)start, arch_virt_to_phys(start), (u64)(end - start), prot);
}

/* The tables above the last but one level. */
static void prepare_range(u64 start, u64 size)
{
	u64 va;

	for (va = start; va < start + size; va += 1ul << ARCH_PT_SHIFT(2))
		(void)entry_create(va, 1);
}

void kernel_map_init(const struct mem_range *ram, unsigned n)
{
	/* What is below it stays unmapped: its guard. */
	const u8 *stack = (const u8 *)boot_stack() - BOOT_STACK_SIZE;
	unsigned i;

	root = arch_phys_to_virt(bootmem_alloc(PAGE_SIZE, PAGE_SIZE));
	for (i = 0; i < n; i++)
		map_linear(ram[i].start, ram[i].end, arch_virt_to_phys(_image_start),
			arch_virt_to_phys(_rodata_end));
	map_image(_image_start, _text_end, VM_READ | VM_EXEC);
	map_image(_text_end, _rodata_end, VM_READ);
	map_image(_rodata_end, stack - BOOT_STACK_SIZE, VM_READ | VM_WRITE);
	map_image(stack, _image_end, VM_READ | VM_WRITE);
	prepare_range(ARCH_POOL_BASE, ARCH_POOL_SIZE);
	prepare_range(ARCH_KMAP_BASE, ARCH_KMAP_SIZE);
	/* TRUST: maps the running code and stack at the same addresses. */
	arch_kernel_root_activate();
	arch_kernel_flush_local();
}

/* The entry above the leaf table for @va in the pool or kmap range. */
static pte_t *middle_entry(u64 va)
{
	pte_t *table = root;
	unsigned l;

	for (l = ARCH_PT_LEVELS - 1; l > 1; l--)
		table = arch_phys_to_virt(pte_paddr(table[pt_index(va, l)]));
	return &table[pt_index(va, 1)];
}

int kernel_map(u64 va, paddr_t pa, bool device)
{
	pte_t *e = middle_entry(va);
	pte_t *leaf;

	if (!pte_present(*e)) {
		paddr_t table = page_alloc_frame();
		if (!table)
			return -ENOMEM;
		/*
		 * TRUST: zeroed, which comes first also for the walker of another CPU; never given
		 * back.
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

static pte_t *leaf_entry(u64 va)
{
	pte_t e = load_acquire(*middle_entry(va));

	return pte_present(e) ? (pte_t *)arch_phys_to_virt(pte_paddr(e)) + pt_index(va, 0) : NULL;
}

void kernel_unmap(u64 va)
{
	pte_t *e = leaf_entry(va);

	if (e)
		store_once(*e, 0);
}

paddr_t kernel_lookup(u64 va)
{
	pte_t *leaf = leaf_entry(va);
	pte_t e = leaf ? load_once(*leaf) : 0;

	return pte_present(e) ? pte_paddr(e) : 0;
}

/*
 * A fault that is explained by an old "nothing is here" has a mapping made since this CPU last
 * forgot all it knew. Whoever used the address has it from the CPU that mapped it, so that one's
 * count comes before our access; the barrier keeps the look at the count behind the access. Each
 * true needs a mapping that was not there at the last, so a fault that stays is told as a fault at
 * the second time. Interrupts are off: the CPU's own word needs no atomics.
 */
bool kernel_map_is_news(u64 va)
{
	static u64 seen[MAX_CPUS]; /* nr_maps when the CPU last forgot */
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
 * Whoever reads a count in nr_maps sees all entries made before it, so a flush that comes after it
 * covers them; who then reads that count in `settled` comes after the flush. Two at a time may
 * leave the lower count there: then the next flushes once more than it had to.
 */
void kernel_map_settle(void)
{
	static u64 settled;
	u64 now = load_acquire(nr_maps);

	if (likely(load_acquire(settled) == now))
		return;
	arch_kernel_flush_absent();
	store_release(settled, now);
}
