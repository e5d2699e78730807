// SPDX-License-Identifier: MPL-2.0
/*
 * The kernel's own devicetree code on the host: what it makes of a tree, as text.
 *
 *	discover						the table of cores with faults
 *	discover TREE-ADDRESS BOOT-HART < tree			memory, harts, contexts, devices with drivers, windows and interrupts
 *	discover TREE-ADDRESS BOOT-HART FIRST COUNT < tree	the same for COUNT mutations of the tree, from number FIRST on: each may end in one panic, in nothing worse
 *
 * Status: 0, 3 after a panic, anything else is a fault.
 */
#include "../../frame/boot/boot_private.h"

/* The lists of devices and of chips are its own. */
#include "../../frame/dev/device.c"
#include "../../frame/dev/irqchip.c"
#include "../../frame/irqchip/plic.c"

const struct irq_chip_driver *const _irqchips_start[] = { &irq_chip_driver_plic };
__asm__(".globl _irqchips_end\n.set _irqchips_end, _irqchips_start + 8");

#include <frame/cpu.h>
#include <frame/fmt.h>

#include "../../frame/lib/lib.h"
#include "host.h"

#define IMAGE_START 0x40200000ul
#define IMAGE_END   0x40a00000ul
#define FDT_MOST    (4u << 20)
#define PAGES_BASE  (1ul << 40) /* where page_alloc_frame's pages pretend to be */
#define PAGES_MAX   8192u

int fork(void);
int waitpid(int pid, int *status, int options);
unsigned alarm(unsigned seconds);
void _exit(int status) __attribute__((noreturn));
int fflush(void *stream);
u64 strtoul(const char *s, char **end, int base);

static u8 *tree;
static paddr_t tree_at;
static u64 tree_size; /* of the memory that holds it */
static u8 *pages[PAGES_MAX];
static u32 nr_pages;
static bool silent;

/* ---- what the rest of the frame would give ---- */

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;

struct cpu *host_cpu(void)
{
	return &cpus[0];
}

u64 host_cycles(void)
{
	static u64 now;

	return now += 1000;
}

u64 cpu_hw_id(unsigned i)
{
	return cpus[_index_check(i, nr_cpus)].hw_id;
}

void *host_phys_to_virt(u64 pa)
{
	if (pa >= PAGES_BASE)
		return pages[_index_check((pa - PAGES_BASE) / PAGE_SIZE, nr_pages)] +
			pa % PAGE_SIZE;
	UNIT_CHECK(pa >= tree_at && pa < tree_at + tree_size);
	return tree + (pa - tree_at);
}

paddr_t page_alloc_frame(void)
{
	if (nr_pages == PAGES_MAX)
		return 0;
	pages[nr_pages] = calloc(1, PAGE_SIZE);
	return PAGES_BASE + nr_pages++ * PAGE_SIZE;
}

static paddr_t mapped_last;

void *kmap_device(paddr_t pa, size_t size)
{
	mapped_last = pa;
	return pa + size < pa || (pa + size) >> ARCH_PADDR_BITS || size > 128ul << 20
		? NULL
		: calloc(1, size);
}

void arch_image_extent(paddr_t *start, paddr_t *end)
{
	*start = IMAGE_START;
	*end = IMAGE_END;
}

/* The core and the firmware of a board. */
struct sbi_ret sbi_call(u64 ext, u64 fn, u64 arg0, u64 arg1, u64 arg2, u64 arg3, u64 arg4)
{
	static const u64 base[] = { [SBI_SPEC_VERSION] = 3,
		[SBI_FIRMWARE] = 1,
		[SBI_FIRMWARE_VERSION] = 0x10000,
		[SBI_VENDOR] = 0x489,
		[SBI_ARCHITECTURE] = 0x8000000000000007,
		[SBI_IMPLEMENTATION] = 0x4210427 };

	UNIT_CHECK(ext == SBI_BASE && !arg1 && !arg2 && !arg3 && !arg4);
	if (fn == SBI_PROBE)
		return (struct sbi_ret){ 0, arg0 == SBI_RFENCE || arg0 == SBI_IPI };
	UNIT_CHECK(!arg0);
	return (struct sbi_ret){ 0, base[_index_check(fn, ARRAY_LEN(base))] };
}

static void print_span(const char *what, struct cspan s)
{
	if (!silent)
		printf("%s%.*s\n", what, (int)s._n, (const char *)s._p);
}

void log_text(u32 level, struct cspan text)
{
	(void)level;
	print_span("log: ", text);
}

void _log_printf(u32 level, const char *format, ...)
{
	u8 line[512];
	FMT(f, span_of(line));
	__builtin_va_list ap;

	__builtin_va_start(ap, format);
	fmt_va(&f, format, ap);
	__builtin_va_end(ap);
	log_text(level, fmt_text(&f));
}

void _kernel_panic(const char *message)
{
	if (!silent)
		printf("panic: %s\n", message);
	fflush(NULL);
	_exit(3);
}

struct irq_line *irq_line_get(struct irq_chip *c, u32 nr)
{
	static u8 one;

	(void)c;
	(void)nr;
	return (struct irq_line *)&one;
}

int irq_line_share(struct irq_line *l, struct irq_line *sharer)
{
	(void)l;
	(void)sharer;
	return 0;
}

/* Nobody else is here to wait for. */
void _spin_wait(struct spinlock *l)
{
	(void)l;
	UNIT_CHECK(!"a lock is free");
}

void irq_line_deliver(struct irq_line *l)
{
	(void)l;
}

/* Every driver takes what it is offered (the tables are made from the drivers' own, see run). */
int board_probe(struct device *d, u32 quirk)
{
	unsigned i;

	(void)quirk;
	for (i = 0; i < MAX_WINDOWS + 1; i++) {
		(void)device_iomem(d, i);
		(void)device_irq(d, i);
	}
	return 0;
}

/* ---- what comes out ---- */

static void print_path(struct dt_node *n)
{
	if (n->parent) {
		print_path(n->parent);
		printf("/%s", n->name);
	}
}

static void print_memory(void)
{
	const struct mem_range *r;
	unsigned n = bootmem_ram(&r), i;

	for (i = 0; i < n; i++)
		printf("memory %#lx-%#lx\n", r[i].start, r[i].end);
	n = bootmem_free(&r);
	for (i = 0; i < n; i++) {
		if (r[i].start < r[i].end)
			printf("free %#lx-%#lx\n", r[i].start, r[i].end);
	}
	printf("initrd %#lx-%#lx%s\n", boot_facts.initrd_start, boot_facts.initrd_end,
		boot_facts.initrd_stays ? " stays" : "");
	print_span("bootargs ",
		(struct cspan){ (const u8 *)boot_facts.cmdline, boot_facts.cmdline_len });
}

/*
 * What the node refers to by @prop, as long as the references make sense: the path of each target,
 * and the cells behind it.
 */
static void print_references(struct dt_node *n, struct lit prop, struct lit cells, const char *word)
{
	u32 phandle, nr, v, at, i;

	for (at = 0; dt_u32(n, prop, at, &phandle); at += 1 + nr) {
		struct dt_node *target = dt_by_phandle(phandle);
		if (!dt_u32(target, cells, 0, &nr) || nr > 2 ||
			(nr && !dt_u32(n, prop, at + nr, &v)))
			return;
		printf(" %s ", word);
		print_path(target);
		for (i = 0; i < nr && dt_u32(n, prop, at + 1 + i, &v); i++)
			printf(":%u", v);
	}
}

/* A board of these tests has no virtio devices, and nobody opens the rings of its Ethernet. */
bool virtio_init(struct device *d)
{
	(void)d;
	return true;
}
void nic_init(struct device *d)
{
	(void)d;
}
bool nic_stop(volatile u8 *regs, const struct nic_chip *chip)
{
	(void)regs;
	(void)chip;
	return true;
}

static void print_device(struct device *d)
{
	struct dt_interrupt in;
	struct irq_chip *c;
	paddr_t base;
	u64 size;
	u32 irq;
	unsigned i;

	printf("device ");
	print_path(d->node);
	for (i = 0; dt_reg(d->node, i, &base, &size); i++)
		printf(" reg %#lx+%#lx", base, size);
	for (i = 0; dt_interrupt(d->node, i, &in) && irq_chip_translate(&in, &c, &irq) == 0; i++)
		printf(" irq %u", irq);
	print_references(d->node, LIT("clocks"), LIT("#clock-cells"), "clock");
	print_references(d->node, LIT("resets"), LIT("#reset-cells"), "reset");
	if (d->driver)
		printf(" driver %s", d->driver->_name._s);
	for (i = 0; i < MAX_WINDOWS; i++) {
		if (d->window[i].end)
			printf(" window %u+%#lx", i, d->window[i].end);
	}
	printf("%s\n", dt_is_coherent(d->node) ? "" : " noncoherent");
}

/*
 * By which lines of the caches are written back, were a device not coherent; a register if not by
 * instructions.
 */
static void print_cache(void)
{
	u32 line;

	mapped_last = 0;
	line = arch_cache_init();
	printf("cache line %u", line);
	if (mapped_last)
		printf(" by %#lx", mapped_last);
	printf("\n");
}

static void print_all(const u64 *harts, unsigned nr_harts)
{
	struct dt_node *out = dt_stdout();
	struct device *d;
	unsigned i;

	print_memory();
	printf("timebase %lu\n", arch_timer_hz());
	for (i = 0; i < nr_harts; i++) {
		u32 context = 0;
		struct irq_chip *c;
		for (c = chips; c && !context; c = c->next)
			context = plic_find_context(c->node, harts[i]);
		printf("hart %lu context %d\n", harts[i], (int)context - 1);
	}
	printf("extensions%s%s%s%s%s\n", riscv_all_have(LIT("zba")) ? " zba" : "",
		riscv_all_have(LIT("zbb")) ? " zbb" : "",
		riscv_all_have(LIT("sstc")) ? " sstc" : "",
		riscv_all_have(LIT("svpbmt")) ? " svpbmt" : "",
		riscv_all_have(LIT("zicbom")) ? " zicbom" : "");
	printf("errata %#x\n", riscv_errata);
	print_cache();
	printf("restart before firmware: %u\n", restart_before_firmware());
	printf("stdout ");
	if (out)
		print_path(out);
	printf("\n");
	for (d = all_devices; d; d = d->next)
		print_device(d);
}

/* frame_start, as far as the tree goes. */
static void discover(u64 boot_hart)
{
	u64 harts[MAX_CPUS];
	unsigned n;

	cpus[0].hw_id = boot_hart;
	riscv_identify();
	fdt_scan_early(tree_at);
	dt_unflatten();
	arch_timer_init();
	irq_chip_init();
	irq_chip_init_cpu();
	n = arch_smp_discover(harts, MAX_CPUS);
	device_init();
	device_probe_all();
	(void)cpu_node(0);
	(void)dt_stdout();
	if (silent)
		(void)arch_cache_init();
	else
		print_all(harts, n);
}

/* ---- faults of cores ---- */

/* The ends of the ranges that Linux has, and cores that exist. */
static void check_errata(void)
{
	static const struct {
		struct riscv_identity id;
		u32 errata;
	} rows[] = {
		{ { 0x489, 0x8000000000000007, 0x4210427 }, 0 }, /* JH7110 */
		{ { 0x489, 0x8000000000000007, 0x20181004 }, ERRATUM_CIP_453 | ERRATUM_CIP_1200 },
		{ { 0x489, 0x8000000000000007, 0x20181003 }, ERRATUM_CIP_1200 },
		{ { 0x489, 0x8000000000000007, 0x20191105 }, ERRATUM_CIP_453 | ERRATUM_CIP_1200 },
		{ { 0x489, 0x8000000000000007, 0x20191106 }, ERRATUM_CIP_1200 },
		{ { 0x489, 0x8000000000000007, 0x20200630 }, ERRATUM_CIP_1200 },
		{ { 0x489, 0x8000000000000007, 0x20200631 }, 0 },
		{ { 0x489, 0x8000000000000007, 0x01200626 }, 0 },
		{ { 0x489, 0x8000000000000007, 0x02200626 }, ERRATUM_CIP_1200 },
		{ { 0x489, 0x1, 0x20181004 }, ERRATUM_CIP_1200 }, /* U54 */
		{ { 0x489, 0x1, 0x01200626 }, 0 }, { { 0x489, 0x8000000000000002, 0x20181004 }, 0 },
		{ { 0x5b7, 0x8000000000000007, 0x20181004 }, 0 }, /* of another vendor */
		{ { 0, 0x70216, 0x70216 }, 0 },                   /* QEMU */
	};
	size_t i;

	for (i = 0; i < ARRAY_LEN(rows); i++) {
		u32 got = riscv_errata_of(&rows[i].id);
		if (got != rows[i].errata) {
			printf("row %lu: %#x, not %#x\n", i, got, rows[i].errata);
			exit(1);
		}
	}
}

/* ---- mutations ---- */

static void put32(u8 *p, u32 v)
{
	p[0] = (u8)(v >> 24), p[1] = (u8)(v >> 16), p[2] = (u8)(v >> 8), p[3] = (u8)v;
}

/*
 * One to eight changes, mostly of words where the format has words: tokens, lengths, offsets,
 * cells.
 */
static void mutate(u8 *p, u32 n, u64 seed)
{
	static const u32 special[] = { 0, 1, 2, 3, 4, 9, 0x7fffffff, 0x80000000, 0xffffffff,
		0xfffffffc, 0x10, 0x40000000, 0xd00dfeed };
	u32 i, changes;

	unit_seed = 88172645463325252ul ^ seed * 0x9e3779b97f4a7c15ul;
	for (i = 0; i < 8; i++)
		(void)unit_random(2);
	changes = 1 + unit_random(8);
	for (i = 0; i < changes; i++) {
		u32 at = unit_random(8) ? unit_random(n) : unit_random(64);
		switch (unit_random(5)) {
		case 0:
			p[at] ^= (u8)(1u << unit_random(8));
			break;
		case 1:
			p[at] = (u8)unit_random(256);
			break;
		case 2:
			put32(p + min(at & ~3u, n - 4), special[unit_random(ARRAY_LEN(special))]);
			break;
		case 3:
			put32(p + min(at & ~3u, n - 4), unit_random(n));
			break;
		default: /* words elsewhere */
			memmove(p + min(at & ~3u, n - 64), p + (unit_random(n - 64) & ~3u),
				4 + 4 * unit_random(15));
			break;
		}
	}
}

static void check_ending(int status, u64 number, u32 *panics)
{
	if (status == 3 << 8) {
		++*panics;
	} else if (status) {
		printf("mutation %lu ended with status %#x\n", number, (u32)status);
		exit(1);
	}
}

static void run_mutations(u64 boot_hart, u32 size, u64 first, u64 count)
{
	u32 panics = 0;
	u64 i;
	int status;

	silent = true;
	for (i = first; i < first + count; i++) {
		fflush(NULL);
		if (fork() == 0) {
			(void)alarm(20);
			mutate(tree, size, i);
			discover(boot_hart);
			_exit(0);
		}
		UNIT_CHECK(waitpid(-1, &status, 0) > 0);
		check_ending(status, i, &panics);
	}
	printf("%lu mutations, %u refused\n", count, panics);
}

int main(int argc, char **argv)
{
	u64 size = 0, total;
	ssize_t n;
	u8 *in;

	if (argc == 1) {
		check_errata();
		return 0;
	}
	UNIT_CHECK(argc == 3 || argc == 5);
	in = calloc(1, FDT_MOST);
	while ((n = read(0, in + size, FDT_MOST - size)) > 0)
		size += (u64)n;
	/*
	 * As much as its header says, and no more, so that a step beyond is seen; what is cut off
	 * reads as zeroes.
	 */
	total = size >= 8 ? (u32)in[4] << 24 | (u32)in[5] << 16 | (u32)in[6] << 8 | in[7] : 0;
	tree_size = max(size, min(total, (u64)FDT_MOST));
	tree_size = max(tree_size, 64ul);
	tree = calloc(1, tree_size);
	memcpy(tree, in, size);
	free(in);
	tree_at = strtoul(argv[1], NULL, 0);
	if (argc == 5)
		run_mutations(strtoul(argv[2], NULL, 0), (u32)size, strtoul(argv[3], NULL, 0),
			strtoul(argv[4], NULL, 0));
	else
		discover(strtoul(argv[2], NULL, 0));
	return 0;
}
