// SPDX-License-Identifier: MPL-2.0
/*
 * frame/mm/vmspace.c with CPUs that remember where an entry was not there, of the leaf tables and
 * of those above, as RISC-V allows: a flush of a page makes a CPU forget that of the page's leaf
 * entry only. A CPU that faults for such a memory must get on when the service maps the page again,
 * as kernel/vm/fault.c does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <frame_arch/pte.h>

#include "../../frame/mm/vmspace.c"

#define CPUS   3u
#define PAGES  600u
#define FRAMES 4096u

unsigned sim_cpu, nr_cpus = CPUS;
bool sim_irqs_on;
void *sim_task_running;
struct cpu cpus[MAX_CPUS];
struct page_range page_ranges[1];
static struct page pages[FRAMES];
static u8 *memory;
static u32 nr_frames;

/* For each page and level: the CPU remembers that the entry there was not present. */
static bool absent[CPUS][PAGES][ARCH_PT_LEVELS];
static unsigned faults;

#define CHECK(cond) ((cond) ? (void)0 : (printf("%s:%d: %s\n", __FILE__, __LINE__, #cond), exit(1)))

static u64 seed;
static unsigned random_below(unsigned n)
{
	seed = seed * 6364136223846793005ul + 1442695040888963407ul;
	return (unsigned)(seed >> 33) % n;
}

/* Pages far apart and neighbours: tables of all levels come with them. */
static u64 address_of(unsigned i)
{
	static const u64 apart[] = { PAGE_SIZE, 1ul << ARCH_PT_SHIFT(1), 1ul << ARCH_PT_SHIFT(2) };

	return VM_USER_MIN + apart[i % 3] * (1 + i / 3 % 100) + (i / 300 << PAGE_SHIFT << 7);
}

/* ---- what the rest of the frame would give ---- */

void sim_irqs_enable(void)
{
	sim_irqs_on = true;
}
void sim_spins(void)
{
	CHECK(!"somebody waits");
}
struct cpu *sim_this_cpu(void)
{
	return &cpus[sim_cpu];
}
void _kernel_panic(const char *message)
{
	printf("panic: %s\n", message);
	exit(1);
}
void task_cond_resched(void)
{
}
void no_task_here(void)
{
	_kernel_panic("what only a task may do");
}
void page_bad_count(void)
{
	_kernel_panic("a bad count");
}
struct page *page_from_paddr_slow(paddr_t pa)
{
	(void)pa;
	return NULL;
}
paddr_t page_alloc_frame(void)
{
	CHECK(nr_frames < FRAMES);
	return (paddr_t)memory + nr_frames++ * PAGE_SIZE;
}
paddr_t page_alloc_table(void)
{
	return page_alloc_frame();
}
void page_free_frame(paddr_t pa)
{
	(void)pa;
}
bool page_hold(struct page *p)
{
	p->refs += REF_FRAME;
	return true;
}
int page_hold_for_entry(struct page *p)
{
	p->refs += REF_FRAME;
	return 0;
}
void page_release(struct page *p)
{
	p->refs -= REF_FRAME;
}
void kernel_half_copy(u64 *to)
{
	(void)to;
}
u64 asid_alloc(void)
{
	return 1;
}
void tlb_retire(struct vmspace *vm)
{
	(void)vm;
}
void tlb_flush(struct vmspace *vm, u64 start, u64 end)
{
	(void)vm, (void)start, (void)end;
	CHECK(!"nothing is unmapped");
}
static struct vmspace space;
struct obj *_obj_alloc(struct obj_type *type)
{
	(void)type;
	space.handle.obj._refs = 1;
	return &space.handle.obj;
}
void _obj_last_put(struct obj *o)
{
	(void)o;
}
void _obj_bad_count(struct obj *o, u32 change)
{
	(void)o, (void)change;
	_kernel_panic("a bad count");
}

bool _obj_no_ref(struct obj *o, u32 refs)
{
	if (refs == 0x7fffffff)
		_obj_bad_count(o, 0);
	return false;
}

void arch_tlb_flush_local(u64 asid, u64 start, u64 end)
{
	unsigned i;

	CHECK(asid == 1 && end - start == PAGE_SIZE);
	for (i = 0; i < PAGES; i++) {
		if (address_of(i) == start)
			absent[sim_cpu][i][0] = false;
	}
}
void sim_tlb_flush_absent(u64 asid)
{
	CHECK(asid == 1);
	memset(absent[sim_cpu], 0, sizeof(absent[0]));
}

/* ---- the CPUs ---- */

/* The level at which the walk of the tables ends without an entry; -1: it does not. */
static int missing_level(u64 va)
{
	pte_t *table = arch_phys_to_virt(space.root);
	int level;

	for (level = ARCH_PT_LEVELS - 1; level >= 0; level--) {
		pte_t e = table[pt_index(va, (unsigned)level)];
		if (!pte_present(e))
			break;
		table = arch_phys_to_virt(pte_paddr(e));
	}
	return level;
}

/* Any CPU looks anywhere, by speculation. */
static void time_passes(void)
{
	unsigned i, k;
	int level;

	for (k = 0; k < 50; k++) {
		i = random_below(PAGES);
		level = missing_level(address_of(i));
		if (level >= 0)
			absent[random_below(CPUS)][i][level] = true;
	}
}

static bool would_fault(unsigned cpu, unsigned i)
{
	unsigned level;

	for (level = 0; level < ARCH_PT_LEVELS; level++) {
		if (absent[cpu][i][level])
			return true;
	}
	return missing_level(address_of(i)) >= 0;
}

/*
 * A program's access: each fault ends in vmspace_map. One fault is for the page, one for the memory
 * of tables that were not there.
 */
static void touch(unsigned cpu, unsigned i)
{
	unsigned tries;
	int err;

	sim_cpu = cpu;
	for (tries = 0; would_fault(cpu, i); tries++) {
		CHECK(tries < 3);
		faults++;
		err = vmspace_map(&space, address_of(i), &pages[FRAMES - 1], VM_READ);
		CHECK(err == 0 || err == -EEXIST);
		time_passes();
	}
}

static void every_cpu_gets_on(void)
{
	unsigned i, k;

	for (i = 0; i < PAGES; i++) {
		time_passes();
		for (k = 0; k < CPUS; k++)
			touch(random_below(CPUS), i);
		touch(random_below(CPUS), random_below(i + 1));
	}
	CHECK(faults > PAGES);
}

int main(int argc, char **argv)
{
	u32 i;

	(void)argv;
	if (argc < 2) {
		printf("every_cpu_gets_on\n");
		return 0;
	}
	memory = aligned_alloc(PAGE_SIZE, FRAMES * PAGE_SIZE);
	memset(memory, 0, FRAMES * PAGE_SIZE);
	for (i = 0; i < FRAMES; i++)
		pages[i].pfn = (u32)(((u64)memory >> PAGE_SHIFT) + i);
	page_ranges[0] = (struct page_range){ (u64)memory >> PAGE_SHIFT, FRAMES, pages };
	CHECK(vmspace_new() == &space);
	every_cpu_gets_on();
	return 0;
}
