// SPDX-License-Identifier: MPL-2.0
/*
 * frame/mm/kernelmap.c on CPUs that remember where nothing is mapped, as RISC-V allows: such a
 * memory stays until the CPU flushes it, whatever is mapped meanwhile. Who runs into one must get
 * on after a flush of its own; a task's stack must never give a fault; and a fault that stays must
 * be told, not tried for ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <frame_arch/pte.h>

#include "../../frame/mm/kernelmap.c"

#define CPUS  3u
#define PAGES 1024u
#define VA(i) (ARCH_POOL_BASE + (u64)(i) * PAGE_SIZE)

unsigned sim_cpu;
bool sim_irqs_on;
void *sim_task_running;
static bool nothing[CPUS][PAGES]; /* what they remember */
static bool broken;               /* this machine never forgets */
static unsigned flushes, faults, mapped;

#define CHECK(cond) ((cond) ? (void)0 : (printf("%s:%d: %s\n", __FILE__, __LINE__, #cond), exit(1)))

static u64 seed;
static unsigned random_below(unsigned n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(seed >> 33) % n;
}

void sim_irqs_enable(void)
{
	sim_irqs_on = true;
}
void sim_spins(void)
{
}
void sim_kernel_flush(bool all_cpus)
{
	flushes++;
	if (all_cpus)
		memset(nothing, 0, sizeof(nothing));
	else if (!broken)
		memset(nothing[sim_cpu], 0, sizeof(nothing[0]));
}
paddr_t page_alloc_frame(void)
{
	void *p = aligned_alloc(PAGE_SIZE, PAGE_SIZE);

	memset(p, 0, PAGE_SIZE);
	return (paddr_t)p;
}
paddr_t bootmem_alloc(size_t size, size_t align)
{
	(void)size, (void)align;
	return page_alloc_frame();
}

/* Any CPU looks anywhere, by speculation. */
static void time_passes(void)
{
	unsigned i, k;

	for (k = 0; k < 20; k++) {
		i = random_below(PAGES);
		if (!kernel_lookup(VA(i)))
			nothing[random_below(CPUS)][i] = true;
	}
}

/* The trap handler's part is in here. */
static bool reach(unsigned cpu, unsigned i)
{
	unsigned tries;

	sim_cpu = cpu;
	for (tries = 0; nothing[cpu][i] || !kernel_lookup(VA(i)); tries++) {
		faults++;
		CHECK(tries < 3);
		if (!kernel_map_refresh(VA(i)))
			return false;
	}
	return true;
}

static void map_page(unsigned cpu, unsigned i)
{
	sim_cpu = cpu;
	CHECK(kernel_map(VA(i), page_alloc_frame(), false) == 0);
	nothing[cpu][i] = false;
	mapped++;
}

static void start(void)
{
	root = (pte_t *)page_alloc_frame();
	kernel_map_prepare(ARCH_POOL_BASE, ARCH_POOL_SIZE);
	kernel_map_prepare(ARCH_KMAP_BASE, ARCH_KMAP_SIZE);
	time_passes();
}

static void new_pages_are_reached_by_all(void)
{
	unsigned i, k;

	for (i = 0; i < PAGES; i++) {
		time_passes();
		map_page(random_below(CPUS), i);
		for (k = 0; k < CPUS; k++)
			CHECK(reach(k, i));
		CHECK(reach(random_below(CPUS), random_below(i + 1)));
	}
	CHECK(faults > 100 && faults <= CPUS * mapped);
}

static void settled_pages_give_no_fault(void)
{
	unsigned i, k, before;

	for (i = 0; i < PAGES; i++) {
		time_passes();
		map_page(random_below(CPUS), i);
		kernel_map_sync();
		time_passes();
		for (k = 0; k < CPUS; k++)
			CHECK(reach(k, i));
	}
	CHECK(!faults);
	before = flushes;
	kernel_map_sync();
	CHECK(flushes == before);
}

static void other_faults_are_told(void)
{
	map_page(0, 5);
	sim_cpu = 1;
	CHECK(!kernel_map_refresh(VA(6)) && !kernel_map_refresh(0) && !kernel_map_refresh(~0ul) &&
		!kernel_map_refresh(ARCH_POOL_BASE - 8));
	CHECK(!kernel_map_refresh(ARCH_KMAP_BASE) &&
		!kernel_map_refresh(ARCH_KMAP_BASE + ARCH_KMAP_SIZE) &&
		!kernel_map_refresh((u64)root));
	CHECK(kernel_map_refresh(VA(5)));
	kernel_unmap(VA(5));
	CHECK(!kernel_map_refresh(VA(5)));
}

static void a_fault_that_stays_is_told(void)
{
	broken = true;
	nothing[1][5] = true;
	map_page(0, 5);
	CHECK(!reach(1, 5));
	CHECK(faults == 2);
	/* Also later, and with other mappings: each is one more attempt, no more. */
	faults = 0;
	CHECK(!reach(1, 5) && faults == 1);
	map_page(0, 6);
	faults = 0;
	CHECK(!reach(1, 5) && faults == 2);
}

static const struct {
	const char *name;
	void (*run)(void);
} all[] = {
	{ "new_pages_are_reached_by_all", new_pages_are_reached_by_all },
	{ "settled_pages_give_no_fault", settled_pages_give_no_fault },
	{ "other_faults_are_told", other_faults_are_told },
	{ "a_fault_that_stays_is_told", a_fault_that_stays_is_told },
};

int main(int argc, char **argv)
{
	unsigned i;

	for (i = 0; i < ARRAY_LEN(all); i++) {
		if (argc < 2)
			printf("%s\n", all[i].name);
		else if (!strcmp(argv[1], all[i].name))
			start(), all[i].run();
	}
	return 0;
}
