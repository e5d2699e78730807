// SPDX-License-Identifier: MPL-2.0
/*
 * frame/mm/tlb.c, as it is, on CPUs whose TLBs remember whatever the specification lets them: any
 * translation of the root that is active, at any moment, until it is flushed. Few ASIDs, so that
 * address spaces share one. At every step no CPU may find in its TLB, under the ASID it has,
 * anything but what the tables of the root say that it runs on; under the kernel's root, nothing of
 * user memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../frame/mm/tlb.h"

#define CPUS   3u
#define SPACES 5u
#define PAGES  4u /* of an address space */
#define STEPS  200000u

unsigned sim_asid_bits, nr_cpus = CPUS;
struct cpu cpus[MAX_CPUS];
bool sim_irqs_on;
void *sim_task_running;
unsigned sim_cpu;

static struct {
	struct vmspace vm;
	bool live;
	u64 page[PAGES]; /* what is mapped: a number that no other mapping ever had; 0: nothing */
} spaces[SPACES];
static u64 next_number = 1;

/* What a CPU remembers: at most one entry for each ASID and page, or none. */
static u64 tlb[CPUS][16][PAGES];
static struct {
	u64 root, asid;
} active[CPUS];

#define CHECK(cond) ((cond) ? (void)0 : (printf("%s:%d: %s\n", __FILE__, __LINE__, #cond), exit(1)))

static u64 seed;
static u64 random_below(u64 n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (seed >> 33) % n;
}

/* Roots are numbers: of space i, i + 1; the kernel's is 0. */
static void remember(unsigned cpu)
{
	unsigned i = (unsigned)random_below(PAGES);

	if (active[cpu].root && spaces[active[cpu].root - 1].page[i])
		tlb[cpu][active[cpu].asid][i] = spaces[active[cpu].root - 1].page[i];
}

/* A switch is a moment for other CPUs, and for speculation on this one. */
static void time_passes(void)
{
	unsigned i;

	for (i = 0; i < 2 * CPUS; i++)
		remember((unsigned)random_below(CPUS));
}

static void look(void)
{
	unsigned c, i;

	for (c = 0; c < CPUS; c++) {
		for (i = 0; i < PAGES; i++) {
			u64 found = tlb[c][active[c].asid][i];
			if (found && !active[c].root)
				CHECK(!"user memory under the kernel's root");
			CHECK(!found || found == spaces[active[c].root - 1].page[i]);
		}
	}
}

/* ---- what the backend does ---- */

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

struct cpu *sim_this_cpu(void)
{
	return &cpus[sim_cpu];
}

void arch_tlb_flush_local(u64 asid, u64 start, u64 end)
{
	unsigned i;

	for (i = 0; i < PAGES; i++) {
		if (i * PAGE_SIZE >= start && i * PAGE_SIZE < end)
			tlb[sim_cpu][asid][i] = 0;
	}
}

void arch_tlb_flush_remote(u64 cpu_mask, u64 asid, u64 start, u64 end)
{
	unsigned self = sim_cpu;

	for (sim_cpu = 0; sim_cpu < CPUS; sim_cpu++) {
		if (cpu_mask >> sim_cpu & 1)
			arch_tlb_flush_local(asid, start, end);
	}
	sim_cpu = self;
}

static void switch_root(u64 root, u64 asid, bool flush)
{
	time_passes();
	active[sim_cpu].root = root;
	active[sim_cpu].asid = asid;
	time_passes();
	if (flush || !sim_asid_bits)
		arch_tlb_flush_local(asid, 0, ~0ul);
}
void arch_user_root_activate(paddr_t root, u64 asid, bool flush)
{
	switch_root(root, asid, flush);
}
void arch_kernel_root_activate(void)
{
	switch_root(0, 0, false);
}
void arch_shared_asid_left(void)
{
	if (sim_asid_bits)
		arch_tlb_flush_local(0, 0, ~0ul);
}

void ipi_call(u64 cpu_mask, void (*fn)(void *), void *arg)
{
	unsigned self = sim_cpu;

	for (sim_cpu = 0; sim_cpu < CPUS; sim_cpu++) {
		if (cpu_mask >> sim_cpu & 1)
			fn(arg);
	}
	sim_cpu = self;
}

/* ---- what the frame's callers do ---- */

static void birth(unsigned s)
{
	memset(&spaces[s], 0, sizeof(spaces[s]));
	spaces[s].vm.asid = asid_alloc();
	spaces[s].vm.root = s + 1;
	spaces[s].live = true;
}

/*
 * Its tables are free then, and filled with other things: nothing of it may be remembered where it
 * counts.
 */
static void death(unsigned s)
{
	tlb_retire(&spaces[s].vm);
	memset(spaces[s].page, 0, sizeof(spaces[s].page));
	spaces[s].live = false;
}

static void change(unsigned s, unsigned i, u64 to)
{
	spaces[s].page[i] = to;
	time_passes();
	tlb_flush(&spaces[s].vm, i * PAGE_SIZE, (i + 1) * PAGE_SIZE);
}

static void step(void)
{
	unsigned s = (unsigned)random_below(SPACES);

	sim_cpu = (unsigned)random_below(CPUS);
	switch (random_below(8)) {
	case 0:
		if (spaces[s].live)
			death(s);
		break;
	case 1:
		vmspace_activate(NULL);
		break;
	case 2:
	case 3:
		if (spaces[s].live)
			change(s, (unsigned)random_below(PAGES),
				random_below(2) ? next_number++ : 0);
		break;
	default:
		if (!spaces[s].live)
			birth(s);
		vmspace_activate(&spaces[s].vm);
		break;
	}
	time_passes();
	look();
}

int main(int argc, char **argv)
{
	unsigned i;

	if (argc < 2) {
		for (i = 0; i <= 4; i++)
			printf("asid_bits_%u\n", i);
		return 0;
	}
	sim_asid_bits = (unsigned)atoi(argv[1] + strlen("asid_bits_"));
	for (i = 0; i < CPUS; i++)
		cpus[i].id = i;
	for (i = 0; i < STEPS; i++)
		step();
	return 0;
}
