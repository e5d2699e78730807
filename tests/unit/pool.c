// SPDX-License-Identifier: MPL-2.0
/*
 * frame/mm/pool.c on the host: slots of all sizes lie apart from each other and from those of other
 * types, and a type of a size that cannot be has none.
 *
 *	pool			types that can be
 *	pool SIZE		one of that size: status 3 after the panic, 0 if there is an object
 *	pool put		a put too many: status 3 after the panic
 */
#include "../../frame/mm/pool.c"

#include "host.h"

void *mmap(void *at, size_t size, int prot, int flags, int fd, long off);
unsigned long strtoul(const char *text, char **end, int base);

#define NR_TYPES 40
#define NR_PAGES (ARCH_POOL_SIZE / PAGE_SIZE)

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;
static struct obj_type kind[NR_TYPES];
/* By 16 bytes of the arena: type + 1 of the slot there. */
static u8 owner[NR_PAGES * (PAGE_SIZE / 16)];
static bool is_mapped[NR_PAGES];
static bool is_broken; /* the log calls a service: not from here on */

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
	return (paddr_t)calloc(1, PAGE_SIZE);
}

void page_free_frame(paddr_t pa)
{
	free((void *)pa);
}

int kernel_map(u64 va, paddr_t pa, bool device)
{
	u64 i = (va - ARCH_POOL_BASE) / PAGE_SIZE;

	UNIT_CHECK(va >= ARCH_POOL_BASE && i < NR_PAGES && va % PAGE_SIZE == 0 && !is_mapped[i] &&
		!device);
	is_mapped[i] = true;
	free((void *)pa);
	return 0;
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
		UNIT_CHECK(is_mapped[k * 16 / PAGE_SIZE] && !owner[k]);
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

int main(int argc, char **argv)
{
	/* fixed, not over another; private, anonymous. */
	UNIT_CHECK(mmap((void *)ARCH_POOL_BASE, ARCH_POOL_SIZE, 3, 0x100022, -1, 0) ==
		(void *)ARCH_POOL_BASE);
	pool_init();
	if (argc > 1 && cspan_equal(lit_span((struct lit){ argv[1] }), STR("put"))) {
		put_once_more();
	} else if (argc > 1) {
		kind[0]._size = (u32)strtoul(argv[1], NULL, 0);
		UNIT_CHECK(_obj_alloc(&kind[0]));
	} else {
		apart();
	}
	return 0;
}
