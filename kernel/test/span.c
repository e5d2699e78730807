// SPDX-License-Identifier: MPL-2.0
/* Spans and array_at (frame/span.h, frame/types.h): nothing outside the length is touched. */
#include <frame/span.h>

#include "test.h"

static u8 bytes[64];
static size_t at, amount;

/* The index and length come from variables, so that no compiler knows better. */
static void byte_at(void)
{
	amount = span_byte(cspan_of(bytes), at);
}
static void set_byte_at(void)
{
	span_set_byte(span_of(bytes), at, 1);
}
static void sub_at(void)
{
	(void)span_len(span_sub(span_of(bytes), at, amount));
}
static void csub_at(void)
{
	(void)cspan_len(cspan_sub(cspan_of(bytes), at, amount));
}

/* At the end, far behind it, and where a narrower index would wrap. */
KTEST(span_byte_outside_traps)
{
	at = 63;
	KTEST_EXPECT(!ktest_traps(byte_at) && !ktest_traps(set_byte_at));
	at = 64;
	KTEST_EXPECT(ktest_traps(byte_at) && ktest_traps(set_byte_at));
	at = ~0ul;
	KTEST_EXPECT(ktest_traps(byte_at) && ktest_traps(set_byte_at));
	at = 1ul << 32;
	KTEST_EXPECT(ktest_traps(byte_at) && ktest_traps(set_byte_at));
}

static bool sub_traps(size_t off, size_t len)
{
	at = off;
	amount = len;
	if (ktest_traps(sub_at) != ktest_traps(csub_at))
		KTEST_EXPECT(false);
	return ktest_traps(sub_at);
}
/* Also where offset and length wrap together. Empty parts are allowed up to the end. */
KTEST(span_sub_outside_traps)
{
	KTEST_EXPECT(!sub_traps(0, 64) && !sub_traps(64, 0) && !sub_traps(63, 1));
	KTEST_EXPECT(sub_traps(0, 65) && sub_traps(64, 1) && sub_traps(65, 0));
	KTEST_EXPECT(sub_traps(1, ~0ul) && sub_traps(~0ul, 1) && sub_traps(~0ul, ~0ul));
	KTEST_EXPECT(sub_traps(32, 33) && sub_traps(1ul << 63, 1ul << 63));
}

/* Unlike span_sub: they take what there is. */
KTEST(span_from_and_first_clamp)
{
	struct span s = span_of(bytes);

	KTEST_EXPECT(span_len(span_from(s, 60)) == 4);
	KTEST_EXPECT(span_len(span_from(s, 65)) == 0 && span_len(span_from(s, ~0ul)) == 0);
	KTEST_EXPECT(span_len(span_first(s, 3)) == 3 && span_len(span_first(s, ~0ul)) == 64);
	KTEST_EXPECT(cspan_len(cspan_from(cspan_of(bytes), ~0ul)) == 0);
	KTEST_EXPECT(cspan_len(cspan_first(cspan_of(bytes), 65)) == 64);
}

/* The shorter of the two decides. Source and target may overlap. */
KTEST(span_copy_stays_inside)
{
	u8 small[8] = { 0 }, big[16];
	u32 i;

	span_fill(span_of(big), 7);
	KTEST_EXPECT(span_copy(span_of(small), cspan_of(big)) == 8);
	KTEST_EXPECT(span_copy(span_of(big), cspan_of(small)) == 8);
	for (i = 0; i < 16; i++)
		big[i] = (u8)i;
	struct cspan first = span_const(span_sub(span_of(big), 0, 14));

	KTEST_EXPECT(span_copy(span_sub(span_of(big), 2, 14), first) == 14);
	for (i = 2; i < 16; i++)
		KTEST_EXPECT(big[i] == i - 2);
	KTEST_EXPECT(span_copy(SPAN_NONE, cspan_of(big)) == 0);
	KTEST_EXPECT(span_copy(span_of(big), CSPAN_NONE) == 0);
}

/* False, and neither side has changed. */
KTEST(span_read_and_write_refuse_what_does_not_fit)
{
	u64 v = 0x1122334455667788ul, w = 0;

	KTEST_EXPECT(span_write(span_of(bytes), 56, &v) && span_read(cspan_of(bytes), 56, &w));
	KTEST_EXPECT(w == v);
	w = 5;
	KTEST_EXPECT(!span_read(cspan_of(bytes), 57, &w) && !span_read(cspan_of(bytes), 64, &w));
	KTEST_EXPECT(!span_read(cspan_of(bytes), ~0ul, &w));
	KTEST_EXPECT(!span_read(cspan_of(bytes), ~7ul, &w));
	KTEST_EXPECT(w == 5);
	KTEST_EXPECT(!span_write(span_of(bytes), 57, &v) && !span_write(span_of(bytes), ~3ul, &v));
	KTEST_EXPECT(!span_read(CSPAN_NONE, 0, &w));
}

/* Prefixes, empty spans, and a text without an end. */
KTEST(span_comparisons)
{
	KTEST_EXPECT(cspan_equal(STR("abc"), STR("abc")) && !cspan_equal(STR("abc"), STR("abd")));
	KTEST_EXPECT(!cspan_equal(STR("abc"), STR("ab")) && cspan_equal(CSPAN_NONE, STR("")));
	KTEST_EXPECT(cspan_starts(STR("abc"), STR("ab")) && !cspan_starts(STR("ab"), STR("abc")));
	KTEST_EXPECT(cspan_starts(STR("x"), CSPAN_NONE));
	KTEST_EXPECT(cspan_find(STR("abc"), 'c') == 2 && cspan_find(STR("abc"), 'x') == 3);
	span_fill(span_of(bytes), 'x');
	KTEST_EXPECT(cspan_strlen(cspan_of(bytes)) == 64 && cspan_strlen(CSPAN_NONE) == 0);
	KTEST_EXPECT(cspan_len(lit_span((struct lit){ 0 })) == 0);
}

/* ---- arrays ---- */

/* An array in an array: the check is of the inner one's length, although the whole has room. */
struct row {
	u32 cell[8];
};
static struct row rows[4];
static u64 index;

static void element_at(void)
{
	array_at(rows, index)->cell[0] = 1;
}
static void element_by_subscript(void)
{
	rows[index].cell[0] = 1;
}
static void inner_by_subscript(void)
{
	rows[0].cell[index] = 1;
}
static bool all_trap(u64 i)
{
	index = i;
	return ktest_traps(element_at) && ktest_traps(element_by_subscript);
}
/*
 * By array_at and by a subscript; in an array of structs, an index that would be inside the whole
 * but outside its row traps as well.
 */
KTEST(array_index_outside_traps)
{
	index = 3;
	KTEST_EXPECT(!ktest_traps(element_at) && !ktest_traps(element_by_subscript));
	KTEST_EXPECT(all_trap(4) && all_trap(~0ul) && all_trap(1ul << 32) && all_trap(1ul << 63));
	index = 8;
	KTEST_EXPECT(ktest_traps(inner_by_subscript));
	index = 31;
	KTEST_EXPECT(ktest_traps(inner_by_subscript));
}

static s64 signed_index;
static void negative_index(void)
{
	rows[signed_index].cell[0] = 1;
}
static void negative_element(void)
{
	array_at(rows, signed_index)->cell[0] = 1;
}
/* A negative index is a very large one. */
KTEST(array_negative_index_traps)
{
	signed_index = -1;
	KTEST_EXPECT(ktest_traps(negative_index) && ktest_traps(negative_element));
}

/*
 * ---- memcpy moves aligned words whole: a pointer in a copied struct is never half old and half
 * new ----
 */

struct words {
	u64 w[32];
};
static struct words torn_shared;
static struct atomic torn_stop, torn_found;

/* Task 0 copies a struct of ones and one of zeroes over the shared one. */
static void copy_or_watch(unsigned n)
{
	struct words zeros = { 0 }, ones;
	u32 i, round;

	for (i = 0; i < 32; i++)
		ones.w[i] = ~0ul;
	if (n == 0) {
		for (round = 0; round < 30000; round++) {
			span_copy(value_span(&torn_shared), value_cspan(&ones));
			torn_shared = zeros;
		}
		atomic_store(&torn_stop, 1);
		return;
	}
	while (!atomic_load(&torn_stop)) {
		for (i = 0; i < 32; i++) {
			u64 v = load_once(*array_at(torn_shared.w, i));
			if (v && v != ~0ul)
				atomic_add(&torn_found, 1);
		}
		task_cond_resched();
	}
}
/* One task writes all ones and all zeroes in turn, others look at each word. */
KTEST(span_copy_tears_no_word)
{
	atomic_store(&torn_stop, 0);
	KTEST_EXPECT(test_team(copy_or_watch, 3));
	KTEST_EXPECT(atomic_load(&torn_found) == 0);
}
