// SPDX-License-Identifier: MPL-2.0
/*
 * frame/mm/pool.c, group.c and trim.c on the host: slots of all sizes lie apart from each other and from those of other
 * types, and a type of a size that cannot be has none.
 *
 *	pool			types that can be
 *	pool trim		the same, while slots are freed and pages go back, at random
 *	pool SIZE		one of that size: status 3 after the panic, 0 if there is an object
 *	pool put		a put too many: status 3 after the panic
 *	pool last		two last puts: the same
 *	pool out		pages go back when there is no memory at all
 */
#include "../../frame/mm/pool.c"

#include "../../frame/mm/audit.c"
#include "../../frame/mm/group.c"
#include "../../frame/mm/trim.c"

#include "host.h"

void *memset(void *s, int c, size_t n);
void *memcpy(void *to, const void *from, size_t n);
void *mmap(void *at, size_t size, int prot, int flags, int fd, long off);
unsigned long strtoul(const char *text, char **end, int base);

#define NR_TYPES 40
#define NR_PAGES (ARCH_POOL_SIZE / PAGE_SIZE)

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;
static struct obj_type kind[NR_TYPES];
/* By 16 bytes of the arena: type + 1 of the slot there. */
static u8 owner[NR_PAGES * (PAGE_SIZE / 16)];
static bool is_broken; /* the log calls a service: not from here on */

/* What the page tables have: 0 nothing, else a page's number; is_ro: read-only. */
static u32 mapped[NR_PAGES];
static bool is_ro[NR_PAGES];
/* The pages of the machine: what a page is for, and where it may still be in a TLB. */
enum use { IS_FREE, IS_USED };
#define NR_FRAMES   (NR_PAGES + 64)
#define MEMORY      0x10000000ul /* where they are, and at which address; page 0 is never given */
#define PAGE_AT(i)  (MEMORY + (u64)(i) * PAGE_SIZE)
#define PAGE_OF(pa) (((pa) - MEMORY) / PAGE_SIZE)
static struct page page_array[NR_FRAMES];
static u8 use[NR_FRAMES];
static bool in_tlb[NR_FRAMES];
struct page_range page_ranges[MAX_RAM_RANGES];
unsigned nr_page_ranges;
struct page_zone zone;
struct cpu_pages cpu_cache[MAX_CPUS];

/* ---- what the rest of the frame would give ---- */

void _spin_wait(struct spinlock *l)
{
	(void)l;
	UNIT_CHECK(false);
}

struct cpu *unit_this_cpu(void)
{
	return &cpus[0];
}

paddr_t page_alloc_frame(void)
{
	u32 i;

	for (i = 1; i < ARRAY_LEN(page_array) && use[i] != IS_FREE; i++)
		;
	if (i == ARRAY_LEN(page_array))
		return 0;
	use[i] = IS_USED;
	memset((void *)PAGE_AT(i), 0, PAGE_SIZE);
	return PAGE_AT(i);
}

void page_free_frame(paddr_t pa)
{
	u64 i = PAGE_OF(pa);

	UNIT_CHECK(i && i < ARRAY_LEN(page_array) && use[i] == IS_USED && !in_tlb[i]);
	use[i] = IS_FREE;
}

static u64 index_of(u64 va)
{
	u64 i = (va - ARCH_POOL_BASE) / PAGE_SIZE;

	UNIT_CHECK(va >= ARCH_POOL_BASE && i < NR_PAGES && va % PAGE_SIZE == 0);
	return i;
}

/* A page appears where none was, or in place of the page of zeroes, with what it has by then. */
int kernel_map(u64 va, paddr_t pa, bool device)
{
	u64 i = index_of(va);

	UNIT_CHECK((!mapped[i] || is_ro[i]) && !device && pa);
	mapped[i] = (u32)PAGE_OF(pa);
	is_ro[i] = false;
	memcpy((void *)va, (void *)pa, PAGE_SIZE);
	return 0;
}

paddr_t kernel_lookup(u64 va)
{
	u32 n = mapped[index_of(round_down(va, PAGE_SIZE))];

	return n ? PAGE_AT(n) : 0;
}

paddr_t kernel_map_swap_ro(u64 va, paddr_t pa)
{
	u64 i = index_of(va);
	u32 old = mapped[i];

	UNIT_CHECK(old && pa == pool_zero_page);
	if (!is_ro[i])
		in_tlb[old] = true;
	mapped[i] = (u32)PAGE_OF(pa);
	is_ro[i] = true;
	memset((void *)va, 0, PAGE_SIZE);
	return PAGE_AT(old);
}

void arch_kernel_flush(u64 start, u64 end)
{
	UNIT_CHECK(start >= POOL_UNITS && start < end && end <= ARCH_POOL_BASE + ARCH_POOL_SIZE);
	memset(in_tlb, 0, sizeof(in_tlb));
}

bool kernel_map_refresh(u64 va)
{
	(void)va;
	return false;
}

void ipi_call(u64 cpu_mask, void (*fn)(void *), void *arg)
{
	(void)cpu_mask, (void)fn, (void)arg;
	UNIT_CHECK(false);
}

void no_task_here(void)
{
	exit(4);
}

struct page *page_from_paddr_slow(paddr_t pa)
{
	(void)pa;
	UNIT_CHECK(false);
	return NULL;
}

void panic_about(const char *message, const char *what)
{
	printf("panic: %s: %s\n", message, what);
	exit(3);
}

void _kernel_panic(const char *message)
{
	printf("panic: %s\n", message);
	exit(3);
}

void _log_printf(u32 level, const char *format, ...)
{
	(void)level;
	(void)format;
	UNIT_CHECK(!is_broken);
}

void log_text(u32 level, struct cspan text)
{
	(void)level;
	(void)text;
	UNIT_CHECK(!is_broken);
}

/* ---- tests ---- */

/* A new object of the type, whose bytes nobody else has. False: memory is out. */
static bool take_one(u32 i)
{
	struct obj *o = _obj_alloc(&kind[i]);
	u64 at = (u64)o - ARCH_POOL_BASE, k;

	if (!o)
		return false;
	UNIT_CHECK(at % 16 == 0 && at + kind[i]._size <= ARCH_POOL_SIZE && o->_refs == 1 &&
		o->_type == kind[i]._index);
	for (k = at / 16; k < div_round_up(at + kind[i]._size, 16ul); k++) {
		UNIT_CHECK(mapped[k * 16 / PAGE_SIZE] && !is_ro[k * 16 / PAGE_SIZE] && !owner[k]);
		owner[k] = (u8)(i + 1);
	}
	return true;
}

static void apart(void)
{
	static const u32 some[] = { 16, 17, 32, 4080, 4096, 4097, OBJ_MAX, OBJ_MAX - 1,
		OBJ_MAX - 15, OBJ_MAX / 2 + 16, (2u << 20) / 3, 700000 };
	u64 unit, k;
	u32 i, n;

	for (i = 0; i < NR_TYPES; i++)
		kind[i] = (struct obj_type){ ._name = { "kind" },
			._size = i < ARRAY_LEN(some)
				? some[i]
				: 16 + unit_random(unit_random(4) ? 5000 : OBJ_MAX - 15) };
	for (n = 0; n < 1500; n++) {
		i = unit_random(NR_TYPES);
		if (!take_one(i))
			break;
	}
	UNIT_CHECK(n > 20);
	/* Memory ran out at the latest with the arena; a unit has one type. */
	for (unit = 0; unit < ARCH_POOL_SIZE; unit += UNIT_SIZE) {
		u8 first = 0;
		for (k = unit / 16; k < (unit + UNIT_SIZE) / 16; k++) {
			UNIT_CHECK(!owner[k] || !first || owner[k] == first);
			first = owner[k] ? owner[k] : first;
		}
	}
}

/*
 * What a stale obj_get does while others look: the count goes up, and down again. Nobody takes the
 * slot for an object meanwhile.
 */
static u32 nr_looks;
static void look_at_dead(struct obj *o)
{
	u32 i;

	nr_looks++;
	for (i = 0; i < MAX_CPUS; i++)
		(void)_add32_relaxed(&o->_refs, 1);
	UNIT_CHECK(!_obj_tryget(o) && _obj_refs(o) == 0);
	for (i = 0; i < 2 * MAX_CPUS; i++)
		(void)_add32_relaxed(&o->_refs, -1u);
	UNIT_CHECK(!_obj_tryget(o) && _obj_refs(o) == 0);
	for (i = 0; i < MAX_CPUS; i++)
		(void)_add32_relaxed(&o->_refs, 1);
}

/* For each size of slots and each page of a group: the counts of the slots that start there. */
static void bury_all(void)
{
	struct obj_pool p = { .type = &kind[0] };
	u8 *bytes = (u8 *)MEMORY;
	u64 page, at;

	for (p.slot_size = 16; p.slot_size <= OBJ_MAX;
		p.slot_size += p.slot_size < 3 * PAGE_SIZE ? 16 : 16 + 16 * unit_random(500)) {
		pool_layout(&p);
		for (page = 0; page < p.group_bytes; page += PAGE_SIZE) {
			memset(bytes, 0, PAGE_SIZE);
			pool_bury(&p, POOL_UNITS + p.group_size + page, MEMORY);
			for (at = 0; at < PAGE_SIZE; at += 4)
				UNIT_CHECK(*(u32 *)(bytes + at) ==
					((page + at) % p.slot_size ? 0 : _OBJ_DEAD));
		}
	}
}

/* ---- trimming ---- */

static struct obj *held[4000];
static u32 nr_held;

static void put_one(u32 k)
{
	struct obj *o = held[k];
	u64 at = (u64)o - ARCH_POOL_BASE, i;

	for (i = at / 16; i < div_round_up(at + pool_types[o->_type]->_size, 16ul); i++)
		owner[i] = 0;
	held[k] = held[--nr_held];
	_obj_put(o);
}

/* No address of a live object has the page of zeroes, and no page is mapped twice. */
static void check_pages(void)
{
	static bool there[ARRAY_LEN(page_array)];
	u64 i, hash = 0;

	memset(there, 0, sizeof(there));
	for (i = 0; i < NR_PAGES; i++) {
		u32 k, n = mapped[i];
		for (k = 0; k < PAGE_SIZE / 16; k++)
			UNIT_CHECK(!owner[i * (PAGE_SIZE / 16) + k] || (n && !is_ro[i]));
		UNIT_CHECK(!n || use[n] == IS_USED);
		UNIT_CHECK(!n || is_ro[i] == (n == PAGE_OF(pool_zero_page)));
		UNIT_CHECK(!n || is_ro[i] || !there[n]);
		there[n] = true;
	}
	for (i = 0; i < nr_held; i++)
		UNIT_CHECK(held[i]->_refs == 1 && pool_types[held[i]->_type]);
	UNIT_CHECK(pool_audit(&hash));
}

/* Looks at all slots in the page at @va, none of which is live. */
static void look_at_page(u64 va)
{
	const struct obj_pool *p = pool_by_index(group_at(round_down(va, UNIT_SIZE))->type);
	u64 end = va + PAGE_SIZE, at;

	for (at = round_down(va, p->group_size); at < end; at += p->slot_size) {
		if (at >= va)
			look_at_dead((struct obj *)at);
	}
}

/* @grow: of four steps, how many make an object. */
static void take_and_put(u32 n, u32 grow)
{
	u32 i;

	for (; n; n--) {
		if (nr_held && (nr_held == ARRAY_LEN(held) || unit_random(4) >= grow)) {
			put_one(unit_random(nr_held));
			continue;
		}
		i = unit_random(NR_TYPES);
		held[nr_held] = _obj_alloc(&kind[i]);
		if (!held[nr_held])
			continue;
		_obj_put(held[nr_held]);
		if (take_one(i)) { /* the same slot: the last one that was freed */
			nr_held++;
			UNIT_CHECK(held[nr_held - 1]->_refs == 1);
		}
	}
}

/* A unit whose first group has no type yet, as seen by a CPU that faults: nothing of it is used. */
static void fault_before_the_type(void)
{
	u64 va = POOL_UNITS;
	struct group *first;
	u16 type;

	while (!is_ro[index_of(va)])
		va += PAGE_SIZE;
	first = group_at(round_down(va, UNIT_SIZE));
	type = first->type;
	for (first->type = 0; first->type <= OBJ_NO_POOL; first->type++)
		UNIT_CHECK(!pool_write_fault(va));
	first->type = type;
}

static void trim_at_random(void)
{
	u32 round, i;
	u64 freed = 0, back = 0;

	for (i = 0; i < NR_TYPES; i++)
		kind[i] = (struct obj_type){ ._name = { "kind" },
			._size = 16 + unit_random(unit_random(4) ? 3000 : 20000),
			._stays = i == 7,
			._release = look_at_dead };
	for (round = 0; round < 400; round++) {
		take_and_put(unit_random(300), round % 16 < 8 ? 3 : 1);
		if (round % 3 == 0)
			freed += obj_trim(unit_random(200));
		/* A write of a stale pointer. */
		for (i = 0; i < 100; i++) {
			u64 va = POOL_UNITS +
				unit_random((u32)(pool_arena_end() - POOL_UNITS) / 16) * 16ul;
			bool was_ro = is_ro[index_of(round_down(va, PAGE_SIZE))];
			UNIT_CHECK(pool_write_fault(va) == was_ro);
			back += was_ro;
			if (was_ro)
				look_at_page(round_down(va, PAGE_SIZE));
		}
		if (round % 8 == 0)
			check_pages();
	}
	UNIT_CHECK(freed > 1000 && back > 100 && nr_looks > 1000);
	fault_before_the_type();
	while (nr_held)
		put_one(0);
	while (obj_trim(~0ul))
		;
	check_pages();
	UNIT_CHECK(!obj_live_count() && obj_idle_pages() == 0);
	for (i = 1, freed = 0; i < ARRAY_LEN(page_array); i++)
		freed += use[i] == IS_USED;
	/* What stays: a group that is open for each type, the pages of type 7, descriptions. */
	UNIT_CHECK(freed < 600);
}

static void put_once_more(void)
{
	struct obj *o;

	kind[0] = (struct obj_type){ ._name = { "kind" }, ._size = 64 };
	o = _obj_alloc(&kind[0]);
	UNIT_CHECK(o != NULL);
	_obj_put(o);
	is_broken = true;
	_obj_put(o);
}

/*
 * Memory is all out before the first page goes back, and a write by a stale pointer finds a page
 * all the same.
 */
static void trim_when_all_is_out(void)
{
	u32 n = 0;
	u64 va;

	kind[0] = (struct obj_type){ ._name = { "kind" }, ._size = 2000 };
	while (n < ARRAY_LEN(held) && (held[n] = _obj_alloc(&kind[0])) != NULL)
		n++;
	UNIT_CHECK(n == ARRAY_LEN(held));
	va = round_down((u64)held[n / 2], PAGE_SIZE);
	while (n)
		_obj_put(held[--n]);
	while (page_alloc_frame())
		;
	UNIT_CHECK(obj_trim(~0ul) > 0 && is_ro[index_of(va)]);
	while (page_alloc_frame())
		;
	UNIT_CHECK(pool_write_fault(va) && !is_ro[index_of(va)]);
}

/* Two CPUs that both take their put for the last one. */
static void put_last_twice(void)
{
	struct obj *o;

	kind[0] = (struct obj_type){ ._name = { "kind" }, ._size = 64 };
	o = _obj_alloc(&kind[0]);
	UNIT_CHECK(o != NULL);
	_obj_put(o);
	_obj_last_put(o);
}

int main(int argc, char **argv)
{
	u32 n;

	/* fixed, not over another; private, anonymous. */
	UNIT_CHECK(mmap((void *)ARCH_POOL_BASE, ARCH_POOL_SIZE, 3, 0x100022, -1, 0) ==
		(void *)ARCH_POOL_BASE);
	UNIT_CHECK(mmap((void *)MEMORY, NR_FRAMES * PAGE_SIZE, 3, 0x100022, -1, 0) ==
		(void *)MEMORY);
	page_ranges[0] = (struct page_range){ MEMORY / PAGE_SIZE, NR_FRAMES, page_array };
	for (n = 0; n < NR_FRAMES; n++)
		page_array[n].pfn = MEMORY / PAGE_SIZE + n;
	cpus[0].slots = calloc(1, PAGE_SIZE);
	UNIT_CHECK(trim_add_cpu());
	pool_init();
	if (argc > 1 && cspan_equal(lit_span((struct lit){ argv[1] }), STR("trim"))) {
		trim_at_random();
	} else if (argc > 1 && cspan_equal(lit_span((struct lit){ argv[1] }), STR("put"))) {
		put_once_more();
	} else if (argc > 1 && cspan_equal(lit_span((struct lit){ argv[1] }), STR("last"))) {
		put_last_twice();
	} else if (argc > 1 && cspan_equal(lit_span((struct lit){ argv[1] }), STR("out"))) {
		trim_when_all_is_out();
	} else if (argc > 1) {
		kind[0]._size = (u32)strtoul(argv[1], NULL, 0);
		UNIT_CHECK(_obj_alloc(&kind[0]));
	} else {
		bury_all();
		apart();
	}
	return 0;
}
