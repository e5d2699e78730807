// SPDX-License-Identifier: MPL-2.0
/*
 * The stacks of frame/mm/kmap.c, several of which are given back at the same time: no unit of
 * addresses is lost, none is given out twice, and no page is given back while a TLB may have it.
 * Where one CPU flushes the TLBs of all, outside of the lock, other CPUs do what the test says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "../../frame/mm/page.h"

#undef ARCH_KMAP_BASE
#define ARCH_KMAP_BASE 0x300000000000ul /* where the host has addresses */
#include "../../frame/mm/kmap.c"

#define STACKS   (ARRAY_LEN(bare) + STACKS_KEPT + 100)
#define PAGES    (STACKS * STACK_UNIT / PAGE_SIZE)
#define NR_FRAME 0x100000u

unsigned sim_cpu;
bool sim_irqs_on;
void *sim_task_running;
static paddr_t mapped[PAGES];
static u8 in_use[NR_FRAME], in_tlb[NR_FRAME];
static u64 nr_frames, frames_left = ~0ul;
static void (*meanwhile)(void);

#define CHECK(cond) ((cond) ? (void)0 : (printf("%s:%d: %s\n", __FILE__, __LINE__, #cond), exit(1)))

void sim_irqs_enable(void)
{
	sim_irqs_on = true;
}
void sim_spins(void)
{
	CHECK(!"somebody waits");
}
void _spin_wait(struct spinlock *l)
{
	(void)l;
	sim_spins();
}

paddr_t page_alloc_frame(void)
{
	if (!frames_left)
		return 0;
	frames_left--;
	CHECK(nr_frames + 1 < NR_FRAME);
	in_use[++nr_frames] = true;
	return nr_frames * PAGE_SIZE;
}
void page_free_frame(paddr_t pa)
{
	CHECK(in_use[pa / PAGE_SIZE] && !in_tlb[pa / PAGE_SIZE]);
	in_use[pa / PAGE_SIZE] = false;
}

static paddr_t *entry(u64 va)
{
	CHECK(va >= ARCH_KMAP_BASE && (va - ARCH_KMAP_BASE) / PAGE_SIZE < PAGES);
	return &mapped[(va - ARCH_KMAP_BASE) / PAGE_SIZE];
}
/* Registers: the pages that are mapped, from the first address of that half on. */
#define DEVICES (ARCH_KMAP_BASE + STACK_AREA)
static u8 device_pages[64];
static bool device_in_tlb[64];
static u32 device_pages_left = 64;
static u8 *device_entry(u64 va)
{
	CHECK(va >= DEVICES && (va - DEVICES) / PAGE_SIZE < ARRAY_LEN(device_pages));
	return &device_pages[(va - DEVICES) / PAGE_SIZE];
}
int kernel_map(u64 va, paddr_t pa, bool device)
{
	if (device) {
		if (!device_pages_left)
			return -12;
		device_pages_left--;
		CHECK(!*device_entry(va) && !device_in_tlb[(va - DEVICES) / PAGE_SIZE]);
		*device_entry(va) = 1;
		device_in_tlb[(va - DEVICES) / PAGE_SIZE] = true;
		return 0;
	}
	CHECK(!*entry(va));
	*entry(va) = pa;
	in_tlb[pa / PAGE_SIZE] = true;
	return 0;
}
void kernel_unmap(u64 va)
{
	if (va >= DEVICES) {
		*device_entry(va) = 0;
		return;
	}
	*entry(va) = 0;
}
paddr_t kernel_lookup(u64 va)
{
	return *entry(va);
}
void kernel_map_sync(void)
{
}

void arch_kernel_flush(u64 start, u64 end)
{
	u64 i;

	for (i = start >= DEVICES ? (start - DEVICES) / PAGE_SIZE : ARRAY_LEN(device_pages);
		i < ARRAY_LEN(device_pages) && DEVICES + i * PAGE_SIZE < end; i++)
		device_in_tlb[i] = device_pages[i];
	memset(in_tlb, 0, sizeof(in_tlb));
	for (i = 0; i < PAGES; i++)
		in_tlb[mapped[i] / PAGE_SIZE] = mapped[i] != 0;
	if (meanwhile)
		meanwhile();
}

/* ---- tests ---- */

static void *stacks[STACKS];
static u32 nr_given;

/* All stacks that there can be without a unit of addresses that nobody had before. */
static u32 take_all(void)
{
	u64 end = next_stack;
	u32 n = 0;

	while (kept || nr_bare) {
		CHECK(n < STACKS);
		stacks[n] = kmap_alloc_stack();
		CHECK(stacks[n]);
		n++;
	}
	CHECK(next_stack == end);
	return n;
}

static void take_new(u32 n)
{
	u32 i;

	for (i = 0; i < n; i++) {
		stacks[i] = kmap_alloc_stack();
		CHECK(stacks[i]);
	}
	CHECK(next_stack == ARCH_KMAP_BASE + n * STACK_UNIT);
	nr_given = n;
}

/* The rest is freed while the first of them is on its way. */
static void free_the_rest(void)
{
	if (nr_given)
		kmap_free_stack(stacks[--nr_given]);
}

static void stacks_freed_at_the_same_time_all_come_back(void)
{
	u32 n = STACKS;

	take_new(n);
	/* The list of bare units is full but for three places when ten CPUs free one each. */
	while (nr_given > n - (STACKS_KEPT + ARRAY_LEN(bare) - 3))
		kmap_free_stack(stacks[--nr_given]);
	meanwhile = free_the_rest;
	while (nr_given)
		kmap_free_stack(stacks[--nr_given]);
	meanwhile = NULL;
	CHECK(take_all() == n);
}

static void a_stack_without_memory_costs_no_addresses(void)
{
	u32 n = 8, i;

	take_new(n);
	for (i = 0; i < 2 * STACK_PAGES; i++) {
		frames_left = i % STACK_PAGES;
		CHECK(!kmap_alloc_stack() &&
			kernel_lookup(ARCH_KMAP_BASE + n * STACK_UNIT + STACK_BYTES) == 0);
	}
	frames_left = ~0ul;
	CHECK(kmap_alloc_stack() == (void *)(ARCH_KMAP_BASE + (n + 1) * STACK_UNIT));
}

/* A window that cannot be mapped costs no addresses, and leaves no page of it behind. */
static void a_window_without_memory_costs_no_addresses(void)
{
	u32 i;

	for (i = 0; i < 5; i++) {
		device_pages_left = i;
		CHECK(!kmap_device(0x10000000, 5 * PAGE_SIZE));
	}
	device_pages_left = 64;
	CHECK(kmap_device(0x10000004, 5 * PAGE_SIZE) == (void *)(DEVICES + 4));
	CHECK(kmap_device(0x10000000, 1) == (void *)(DEVICES + 7 * PAGE_SIZE));
}

static const struct {
	const char *name;
	void (*run)(void);
} all[] = {
	{ "stacks_freed_at_the_same_time_all_come_back",
		stacks_freed_at_the_same_time_all_come_back },
	{ "a_stack_without_memory_costs_no_addresses", a_stack_without_memory_costs_no_addresses },
	{ "a_window_without_memory_costs_no_addresses",
		a_window_without_memory_costs_no_addresses },
};

int main(int argc, char **argv)
{
	unsigned i;

	/* Tops of stacks hold the links of the list. */
	CHECK(mmap((void *)ARCH_KMAP_BASE, STACKS * STACK_UNIT, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1,
		      0) == (void *)ARCH_KMAP_BASE);
	for (i = 0; i < ARRAY_LEN(all); i++) {
		if (argc < 2)
			printf("%s\n", all[i].name);
		else if (!strcmp(argv[1], all[i].name))
			all[i].run();
	}
	return 0;
}
