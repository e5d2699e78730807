// SPDX-License-Identifier: MPL-2.0
/*
 * Counts of the frame near their ends, on the host: pages (frame/mm/page.c, page.h) and frame
 * objects (frame/handle.h).
 */
#include "../../frame/mm/page.c"

#include "../../frame/handle.h"
#include "host.h"

struct cpu cpus[MAX_CPUS];
unsigned nr_cpus = 1;
static u64 catcher[5];
static bool is_caught;
static u32 ends; /* of frame objects */

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

unsigned bootmem_ram(const struct mem_range **out)
{
	(void)out;
	return 0;
}

unsigned bootmem_free(const struct mem_range **out)
{
	(void)out;
	return 0;
}

paddr_t bootmem_alloc(size_t size, size_t align)
{
	(void)size;
	(void)align;
	return 0;
}

u64 vmspace_table_pages(void)
{
	return 0;
}

size_t _user_copy_in(void *dst, u64 src, size_t n)
{
	(void)dst;
	(void)src;
	return n;
}

size_t _user_copy_out(u64 dst, const void *src, size_t n)
{
	(void)dst;
	(void)src;
	return n;
}

void _kernel_panic(const char *message)
{
	(void)message;
	is_caught = true;
	__builtin_longjmp((void **)catcher, 1);
}

void _obj_last_put(struct obj *o)
{
	(void)o;
	ends++;
}

void _obj_bad_count(struct obj *o, u32 change)
{
	__atomic_fetch_sub(&o->_refs, change, __ATOMIC_RELAXED);
	_kernel_panic("object");
}

bool _obj_no_ref(struct obj *o, u32 refs)
{
	if (refs == 0x7fffffff)
		_obj_bad_count(o, 0);
	return false;
}

/* ---- tests ---- */

static noinline bool panics(void (*what)(void))
{
	is_caught = false;
	if (!__builtin_setjmp((void **)catcher))
		what();
	return is_caught;
}

static struct page page;
static bool was;
static void get(void)
{
	(void)page_get(&page);
}
static void tryget(void)
{
	was = page_tryget(&page);
}
static void hold(void)
{
	was = page_hold(&page);
}
static void hold_more(void)
{
	was = page_hold_more(&page);
}
static void hold_for_entry(void)
{
	was = page_hold_for_entry(&page) == 0;
}
static void read_none(void)
{
	page_read(&page, 0, SPAN_NONE);
}
static void put(void)
{
	struct page *p = &page;

	page_put(&p);
}
static void release(void)
{
	page_release(&page);
}

/*
 * Of each way to count up: with @refs there, it makes @made of it (0: nothing, and the kernel
 * stops).
 */
static void check(void (*what)(void), u64 refs, u64 made)
{
	page.refs = refs;
	UNIT_CHECK(panics(what) == !made && page.refs == (made ? made : refs));
}

/* With @refs there, nothing is counted, and the caller is told. */
static void check_refused(void (*what)(void), u64 refs)
{
	page.refs = refs;
	was = true;
	UNIT_CHECK(!panics(what) && !was && page.refs == refs);
}

#define S(n) ((u64)(n))
#define F(n) ((u64)(n) << 32)
static void pages(void)
{
	static const u64 full[] = { S(0x80000000), F(0x80000000) | S(1),
		S(0x80000000) | F(0x80000000), S(0x80000003) | F(5), F(0xffffffff) | S(1),
		S(0xffffffff) | F(1) };
	u32 i;

	check(get, S(0x7fffffff), S(0x80000000));
	check(tryget, S(0x7fffffff) | F(7), S(0x80000000) | F(7));
	check(hold, F(0x7fffffff) | S(1), F(0x80000000) | S(1));
	check(hold_more, F(0x3fffffff), F(0x40000000));
	check(hold_for_entry, F(0x3fffffff), F(0x40000000));
	check(hold, F(0x40000000), F(0x40000001));
	check_refused(hold_more, F(0x40000000));
	check_refused(hold_for_entry, F(0x40000000));
	check(hold_for_entry, 0, 0);
	for (i = 0; i < ARRAY_LEN(full); i++) {
		check(get, full[i], 0);
		check_refused(hold_more, full[i]);
		check_refused(hold_for_entry, full[i]);
		check(read_none, full[i], 0);
		check_refused(tryget, full[i]);
		check_refused(hold, full[i]);
	}
	check(get, F(3), 0);
	check(put, F(3), 0);
	check(release, S(3), 0);
	check(put, 0, 0);
	check(put, S(2), S(1));
	check(release, F(2) | S(9), F(1) | S(9));
	check_refused(tryget, 0);
	check_refused(hold, 0);
}

static struct handle handle;
static void handle_up(void)
{
	handle_get(&handle);
}
static void handle_down(void)
{
	handle_put(&handle);
}

/* Services' count wraps: no use of the object is dropped too early. */
static void handles(void)
{
	handle = (struct handle){ .obj._refs = 1, .services = ~0u };
	UNIT_CHECK(!panics(handle_up) && handle.services == 0 && handle.obj._refs == 1);
	UNIT_CHECK(panics(handle_down) && handle.obj._refs == 1 && !ends);
	UNIT_CHECK(!panics(handle_up) && handle.services == 1 && handle.obj._refs == 2);
	UNIT_CHECK(!panics(handle_down) && handle.services == 0 && handle.obj._refs == 1 && !ends);
	handle = (struct handle){ .obj._refs = 0x7fffffff, .services = 5 };
	UNIT_CHECK(panics(handle_up) && handle.services == 5 && handle.obj._refs == 0x7fffffff);
	handle = (struct handle){ .obj._refs = 1, .services = 1 };
	UNIT_CHECK(!panics(handle_down) && ends == 1 && panics(handle_up) && panics(handle_down));
}

static void rounding(void)
{
	u32 x = 0xfffff001;
	u16 y = 0xfff1;

	UNIT_CHECK(round_up(x, PAGE_SIZE) == 1ul << 32 &&
		round_up(0xffe00001u, 2ul << 20) == 1ul << 32 && round_up(y, 16u) == 0x10000);
	UNIT_CHECK(round_up(5ul, 4u) == 8 && round_up(~0ul - 4095, 4096u) == ~0ul - 4095 &&
		round_down(x, PAGE_SIZE) == 0xfffff000);
}

int main(void)
{
	pages();
	handles();
	rounding();
	return 0;
}
