// SPDX-License-Identifier: MPL-2.0
/*
 * Pages (frame/page.h): copies stay inside, handles do not bring a page back, counts hold what is
 * mapped.
 *
 * Stale pages are used by each operation in turn. That a page is given to one at a time is seen by
 * what its user wrote into it; that none is lost, by the statistics before and after.
 */
#include <frame/page.h>
#include <frame/vmspace.h>

#include "test.h"

#define VA 0x40000000ul

static struct page *page, *other;
static u8 block[256];
static size_t at, amount;

static void read_there(void)
{
	page_read(page, at, span_first(span_of(block), amount));
}
static void write_there(void)
{
	page_write(page, at, cspan_first(cspan_of(block), amount));
}
static void zero_there(void)
{
	page_zero(page, at, amount);
}
static void to_user_there(void)
{
	(void)page_to_user(page, at, UADDR(VA), amount);
}
static void from_user_there(void)
{
	(void)page_from_user(page, at, UADDR(VA), amount);
}

static void sum_there(void)
{
	(void)page_sum(page, at, amount);
}

/*
 * How many of the operations trap with this range.
 *
 * Reading and writing go through a block of the test, so lengths beyond that are for the others
 * alone.
 */
static u32 traps(size_t off, size_t len)
{
	at = off;
	amount = len;
	return ktest_traps(zero_there) + ktest_traps(to_user_there) + ktest_traps(from_user_there) +
		(len <= sizeof(block) ? ktest_traps(read_there) + ktest_traps(write_there) : 2);
}

/*
 * All five operations, at each way to leave the page: behind it, across its end, and with sums that
 * wrap. Empty ranges up to the end are good.
 */
KTEST(page_range_is_checked)
{
	page = page_alloc(PAGE_ZEROED);
	KTEST_EXPECT(traps(0, 256) == 0 && traps(4096, 0) == 0 && traps(4095, 1) == 0);
	KTEST_EXPECT(traps(3840, 256) == 0);
	KTEST_EXPECT(traps(3841, 256) == 5 && traps(4096, 1) == 5 && traps(4097, 0) == 5);
	KTEST_EXPECT(traps(~0ul, 1) == 5 && traps(~0ul, 2) == 5 && traps(1ul << 63, 0) == 5);
	KTEST_EXPECT(traps(0, 4097) == 5 && traps(8, ~0ul) == 5 && traps(8, ~7ul) == 5);
	page_put(&page);
}

/* Words are added, and their carries; a range outside, or of half a word, traps. */
KTEST(page_sum_adds_whole_words)
{
	static const u64 words[] = { 1, ~0ul, 5, 0, 7, 1ul << 63, 1ul << 63, 2, 40 };
	u32 i;

	page = page_alloc(PAGE_ZEROED);
	for (i = 0; i < ARRAY_LEN(words); i++)
		page_write(page, 4096 - sizeof(words) + i * 8, value_cspan(array_at(words, i)));
	KTEST_EXPECT(page_sum(page, 0, 4096) == 56);
	KTEST_EXPECT(page_sum(page, 4096 - sizeof(words), 16) == 1);
	KTEST_EXPECT(page_sum(page, 4088, 8) == 40 && page_sum(page, 4096, 0) == 0);
	at = 4088, amount = 16;
	KTEST_EXPECT(ktest_traps(sum_there));
	at = 4104, amount = 0;
	KTEST_EXPECT(ktest_traps(sum_there));
	at = 8, amount = ~7ul;
	KTEST_EXPECT(ktest_traps(sum_there));
	at = 4, amount = 8;
	KTEST_EXPECT(ktest_traps(sum_there));
	at = 8, amount = 4;
	KTEST_EXPECT(ktest_traps(sum_there));
	page_put(&page);
}

/* Writing, copying, reading and zeroing touch the bytes of the range and no others. */
KTEST(page_contents_round_trip)
{
	struct page *p = page_alloc(PAGE_ZEROED);
	struct page *q = page_alloc(PAGE_ZEROED);
	u8 in[16], out[16];
	u32 i;

	for (i = 0; i < 16; i++)
		in[i] = (u8)(i + 1);
	page_write(p, 4080, cspan_of(in));
	page_copy(q, p);
	page_read(q, 4080, span_of(out));
	KTEST_EXPECT(cspan_equal(cspan_of(in), cspan_of(out)));
	page_zero(q, 4081, 14);
	page_read(q, 4080, span_of(out));
	KTEST_EXPECT(out[0] == 1 && !out[1] && !out[14] && out[15] == 16);
	page_put(&p);
	page_put(&q);
	KTEST_EXPECT(!p && !q);
}

/* A page that was full and had a tag comes back empty and without one. */
KTEST(page_alloc_zeroes_when_asked)
{
	u8 out[64];
	u32 round, i;

	for (round = 0; round < 20; round++) {
		struct page *p = page_alloc(0);
		span_fill(span_of(block), 0xab);
		for (i = 0; i < 16; i++)
			page_write(p, i * 256ul, cspan_of(block));
		KTEST_EXPECT(page_tag(p) == 0);
		page_tag_or(p, ~0u);
		page_put(&p);
		p = page_alloc(PAGE_ZEROED);
		for (i = 0; i < 64; i++) {
			page_read(p, i * 64ul, span_of(out));
			KTEST_EXPECT(!span_byte(cspan_of(out), i) && !out[63]);
		}
		KTEST_EXPECT(page_tag(p) == 0);
		page_put(&p);
	}
}

/* Both operations return what was there before. */
KTEST(page_tag_is_the_services_word)
{
	struct page *p = page_alloc(0);

	KTEST_EXPECT(page_tag_or(p, 5) == 0 && page_tag(p) == 5);
	KTEST_EXPECT(page_tag_and(p, 4) == 5 && page_tag(p) == 4);
	page_put(&p);
}

static void put_page(void)
{
	struct page *copy = page;

	page_put(&copy);
}
static void get_page(void)
{
	(void)page_get(page);
}
static void copy_from_page(void)
{
	page_copy(other, page);
}
static void copy_to_page(void)
{
	page_copy(page, other);
}
/*
 * Each operation through a handle that was kept over the last put; only the weak look-up answers.
 */
KTEST(page_released_traps)
{
	struct page *p = page_alloc(PAGE_ZEROED);

	other = page_alloc(PAGE_ZEROED);
	page = p;
	page_put(&p);
	KTEST_EXPECT(ktest_traps(put_page) && ktest_traps(get_page));
	KTEST_EXPECT(!page_tryget(page));
	KTEST_EXPECT(traps(0, 8) == 5);
	KTEST_EXPECT(ktest_traps(copy_from_page) && ktest_traps(copy_to_page));
	page_put(&other);
}

/* As for objects. */
KTEST(page_put_of_null_does_nothing)
{
	struct page *p = NULL;

	page_put(&p);
	KTEST_EXPECT(!p);
}

/* ---- mapped pages stay, whatever services put ---- */

static struct vmspace *vm;
static void map_page(void)
{
	(void)!vmspace_map(vm, VA, page, VM_READ);
}

/*
 * A program still reaches the page through its mapping. So it goes to nobody else until it is
 * unmapped, however often services put it.
 */
KTEST(page_put_too_often_while_mapped)
{
	struct page *p = page_alloc(PAGE_ZEROED), *fresh[64];
	u8 out[4];
	u32 i;

	vm = vmspace_new();
	page = p;
	span_fill(span_of(block), 0x77);
	page_write(p, 0, cspan_of(block));
	KTEST_EXPECT(vmspace_map(vm, VA, p, VM_READ | VM_WRITE) == 0);
	KTEST_EXPECT(page_map_count(p) == 1 && page_refs(p) == 1);
	page_put(&p);
	KTEST_EXPECT(ktest_traps(put_page) && ktest_traps(get_page));
	/* It is nobody else's, and keeps what it held. */
	for (i = 0; i < ARRAY_LEN(fresh); i++) {
		fresh[i] = page_alloc(PAGE_ZEROED);
		KTEST_EXPECT(fresh[i] && fresh[i] != page);
	}
	page_read(page, 0, span_of(out));
	KTEST_EXPECT(out[0] == 0x77 && out[3] == 0x77);
	for (i = 0; i < ARRAY_LEN(fresh); i++)
		page_put(array_at(fresh, i));
	/* A weak look-up may take it again, as long as it is mapped. */
	KTEST_EXPECT(page_tryget(page) && page_refs(page) == 1);
	p = page;
	page_put(&p);
	vmspace_unmap(vm, VA, VA + PAGE_SIZE);
	KTEST_EXPECT(!page_tryget(page));
	vmspace_put(&vm);
}

/* The map count could otherwise bring a free page back. */
KTEST(page_map_of_released_traps)
{
	struct page *p = page_alloc(0);

	vm = vmspace_new();
	page = p;
	page_put(&p);
	KTEST_EXPECT(ktest_traps(map_page));
	/* The table's lock went with the attempt, and so does the space: another one from here. */
	vm = NULL;
}

/* The mapping was the last user of the page, and the space's tables go too. */
KTEST(page_goes_with_its_space)
{
	struct page *p = page_alloc(0);
	struct page_stats before, after;

	vm = vmspace_new();
	page_get_stats(&before);
	KTEST_EXPECT(vmspace_map(vm, VA, p, VM_READ) == 0);
	page = p;
	page_put(&p);
	vmspace_put(&vm);
	KTEST_EXPECT(!page_tryget(page));
	page_get_stats(&after);
	KTEST_EXPECT(after.user == before.user - 1);
	KTEST_EXPECT(after.tables < before.tables);
}

/* ---- the allocator ---- */

/* Pages by the hundred. The objects that hold them are the kernel's memory and not the user's. */
struct hoard {
	struct obj obj;
	struct hoard *next;
	u32 nr;
	struct page *page[400];
};
OBJ_TYPE_DECL(hoard);
static void hoard_release(struct hoard *h)
{
	u32 i;

	for (i = 0; i < h->nr; i++)
		page_put(array_at(h->page, i));
}
OBJ_TYPE(hoard, hoard_release);

/*
 * Takes all user pages there are; returns how many.
 *
 * It ends when either user pages or memory for another hoard cannot be had.
 */
static u64 take_all(struct hoard **all)
{
	u64 n = 0;

	for (;;) {
		struct hoard *h = obj_new(hoard);
		if (!h)
			return n;
		h->next = *all;
		*all = h;
		while (h->nr < ARRAY_LEN(h->page)) {
			struct page *p = page_alloc(PAGE_USER);
			if (!p)
				return n;
			h->page[h->nr++] = p;
			n++;
		}
	}
}
static void give_all(struct hoard *all)
{
	while (all) {
		struct hoard *h = all;
		all = h->next;
		h->next = NULL;
		obj_put(&h);
	}
}

/* A task that does nothing, but needs a stack and an object. */
static void idle_around(unsigned n)
{
	(void)n;
}
/*
 * User memory is out when some is left for objects and stacks: the kernel can still do what ends
 * programs.
 */
KTEST(page_exhaustion_leaves_the_kernel_a_reserve)
{
	struct hoard *all = NULL;
	struct page_stats before, now;
	struct probe *p;
	u64 n;

	page_get_stats(&before);
	n = take_all(&all);
	KTEST_EXPECT(n > before.total / 2 && !page_alloc(PAGE_USER));
	/* The kernel itself goes on. */
	p = obj_new(probe);
	KTEST_EXPECT(p != NULL);
	obj_put(&p);
	KTEST_EXPECT(test_team(idle_around, 4));
	page_get_stats(&now);
	KTEST_EXPECT(now.free > 0 && now.user >= n);
	give_all(all);
	page_get_stats(&now);
	KTEST_EXPECT(now.user == before.user);
}

/* A service may change the reserve; then user memory is out earlier, and the kernel goes on. */
KTEST(page_reserve_of_any_size)
{
	u64 was = page_reserve(), n;
	struct hoard *all = NULL;
	struct page_stats s;
	struct page *p;

	page_get_stats(&s);
	page_set_reserve(~0ul);
	n = take_all(&all); /* what this CPU has in its cache */
	p = page_alloc(0);
	KTEST_EXPECT(n < 256 && !page_alloc(PAGE_USER) && p != NULL);
	page_put(&p);
	give_all(all);
	all = NULL;
	page_set_reserve(was);
	n = take_all(&all);
	KTEST_EXPECT(n > s.free / 2 && page_reserve() == was);
	give_all(all);
}

/* A program chooses how many page tables it has, so they are user memory. */
KTEST(page_tables_leave_the_kernel_its_reserve)
{
	struct hoard *all = NULL;
	struct page *p = page_alloc(0), *got = NULL;
	struct page_stats before, now;
	struct vmspace *v;
	u64 va = VA;
	int err = 0;
	u32 i;

	page_get_stats(&before);
	(void)take_all(&all);
	v = vmspace_new();
	for (; p && v && !err; va += 2ul << 20)
		err = vmspace_map(v, va, p, VM_READ);
	page_get_stats(&now);
	KTEST_EXPECT(err == -ENOMEM && now.free > min(before.total / 64, 2048ul));
	/* Nor does user memory get what the kernel took from the reserve and gave back. */
	for (i = 0; i < 300 && !got; i++) {
		struct vmspace *root = vmspace_new();
		KTEST_EXPECT(root != NULL);
		vmspace_put(&root);
		got = page_alloc(PAGE_USER);
	}
	KTEST_EXPECT(!got);
	page_put(&got);
	give_all(all);
	KTEST_EXPECT(v && !vmspace_map(v, va, p, VM_READ));
	vmspace_put(&v);
	page_put(&p);
	page_get_stats(&now);
	KTEST_EXPECT(now.user == before.user - 1 && now.tables == before.tables);
}

/* Maps one page once for each table, until a table cannot be had. */
static void space_until_none(void)
{
	struct vmspace *v = vmspace_new();
	struct page *p = page_alloc(0);
	u64 va;

	for (va = VA; v && p; va += 2ul << 20) {
		int err = vmspace_map(v, va, p, VM_READ);
		if (!err)
			continue;
		KTEST_EXPECT(err == -ENOMEM);
		break;
	}
	page_put(&p);
	vmspace_put(&v);
}
/* Page tables, stacks and objects without any memory left: errors, and everything comes back. */
KTEST(page_exhaustion_of_everything_gives_errors)
{
	struct hoard *all = NULL, *h;
	struct page_stats before, now;
	struct vmspace *v;
	u64 n = 0;

	page_get_stats(&before);
	(void)take_all(&all);
	while ((h = obj_new(hoard)) != NULL) {
		h->next = all;
		all = h;
		while (h->nr < ARRAY_LEN(h->page)) {
			h->page[h->nr] = page_alloc(0);
			if (!h->page[h->nr])
				break;
			h->nr++;
			n++;
		}
		if (h->nr < ARRAY_LEN(h->page))
			break;
	}
	KTEST_EXPECT(n > 0 && !page_alloc(PAGE_ZEROED));
	v = vmspace_new();
	KTEST_EXPECT(!v);
	vmspace_put(&v);
	/* One page short of what is needed, again and again: nothing half made stays behind. */
	h = all;
	while (h && h->nr > 200) {
		h->nr--;
		page_put(array_at(h->page, h->nr));
		space_until_none();
	}
	give_all(all);
	page_get_stats(&now);
	KTEST_EXPECT(now.user == before.user && now.tables == before.tables);
}

static struct atomic wrong_owner;
/* A stamp has the task, the round and the page in it, so that of any other page is wrong. */
static void stamp_pages(unsigned n)
{
	struct page *p[24];
	u32 round, i;
	u64 stamp, seen;

	for (round = 0; round < 200; round++) {
		for (i = 0; i < ARRAY_LEN(p); i++) {
			p[i] = page_alloc(round & 1 ? PAGE_ZEROED : 0);
			stamp = (u64)n << 40 | round << 8 | i;
			page_write(p[i], i * 8ul, value_cspan(&stamp));
		}
		task_yield();
		for (i = 0; i < ARRAY_LEN(p); i++) {
			page_read(p[i], i * 8ul, value_span(&seen));
			if (seen != ((u64)n << 40 | round << 8 | i))
				atomic_add(&wrong_owner, 1);
			page_put(array_at(p, i));
		}
	}
}
/* Tasks on all CPUs stamp their pages and find the stamps after others have run. */
KTEST(page_belongs_to_one_at_a_time)
{
	struct page_stats before, after;

	page_get_stats(&before);
	KTEST_EXPECT(test_team(stamp_pages, 8));
	KTEST_EXPECT(atomic_load(&wrong_owner) == 0);
	page_get_stats(&after);
	KTEST_EXPECT(after.user == before.user);
}

/* Puts and weak look-ups of one page from all CPUs: it is freed once. */
static struct page *weak_page;
static struct atomic weak_rounds;
/* Task 0 makes pages and puts them at once; the others try to get hold of them. */
static void race_for_page(unsigned n)
{
	u32 i;

	for (i = 0; i < 5000; i++) {
		struct page *p = load_acquire(weak_page);
		if (n == 0) {
			p = page_alloc(0);
			store_release(weak_page, p);
			page_put(&p);
			atomic_add(&weak_rounds, 1);
		} else if (p && page_tryget(p)) {
			page_zero(p, 0, 8);
			page_put(&p);
		}
		if ((i & 255) == 0)
			task_yield();
	}
}
/* The number of user pages shows that none was freed twice or not at all. */
KTEST(page_weak_handles_are_safe)
{
	struct page_stats before, after;

	page_get_stats(&before);
	KTEST_EXPECT(test_team(race_for_page, 4));
	page_get_stats(&after);
	KTEST_EXPECT(after.user == before.user);
}
