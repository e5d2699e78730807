// SPDX-License-Identifier: MPL-2.0
/*
 * Buffers (frame/buf.h): bytes of the size asked for, and bytes only.
 *
 * Whether an access is inside is tried by touching the first byte that is not.
 */
#include <frame/buf.h>

#include "test.h"

static struct buf *held;
static size_t where;

/* One byte through the buffer's own span. */
static void touch(void)
{
	span_set_byte(buf_span(held), where, 1);
}

/*
 * To the byte, not to that of its class: the first byte behind it traps, and the last one does not.
 */
KTEST(buf_has_the_size_asked_for)
{
	static const u32 sizes[] = { 0, 1, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097, 32769,
		65535, 65536 };
	u32 i;

	for (i = 0; i < ARRAY_LEN(sizes); i++) {
		held = buf_alloc(sizes[i]);
		KTEST_EXPECT(held && buf_size(held) == sizes[i]);
		KTEST_EXPECT(span_len(buf_span(held)) == sizes[i]);
		KTEST_EXPECT(cspan_len(buf_cspan(held)) == sizes[i]);
		where = sizes[i];
		KTEST_EXPECT(ktest_traps(touch));
		if (sizes[i]) {
			where = sizes[i] - 1;
			KTEST_EXPECT(!ktest_traps(touch));
		}
		buf_put(&held);
		KTEST_EXPECT(!held);
	}
}

/* Also sizes that overflow a computation of the class. */
KTEST(buf_too_large_is_refused)
{
	KTEST_EXPECT(!buf_alloc(BUF_MAX + 1) && !buf_alloc(~0ul) && !buf_alloc_dirty(1ul << 32));
}

/* Memory of the same class that was filled and given back. */
KTEST(buf_alloc_zeroes_what_was_used)
{
	struct buf *b = buf_alloc(1000);
	u32 i;

	span_fill(buf_span(b), 0xee);
	buf_put(&b);
	b = buf_alloc(600);
	for (i = 0; i < 600; i++)
		KTEST_EXPECT(!span_byte(buf_cspan(b), i));
	buf_put(&b);
}

static void put_held(void)
{
	buf_put(&held);
}
static void span_held(void)
{
	(void)buf_span(held);
}
static void cspan_held(void)
{
	(void)buf_cspan(held);
}
static void get_held(void)
{
	(void)buf_get(held);
}
/* Each operation, through a pointer that was kept over the last put. */
KTEST(buf_released_traps)
{
	struct buf *b = buf_alloc(100);

	held = b;
	buf_put(&b);
	KTEST_EXPECT(ktest_traps(span_held) && ktest_traps(cspan_held) && ktest_traps(get_held));
	KTEST_EXPECT(ktest_traps(put_held));
}

/* The buffer lives until the second put, and no longer. */
KTEST(buf_references_count)
{
	struct buf *b = buf_alloc(10);
	struct buf *c = buf_get(b);

	buf_put(&b);
	KTEST_EXPECT(span_len(buf_span(c)) == 10);
	held = c;
	buf_put(&c);
	KTEST_EXPECT(ktest_traps(span_held));
}

/*
 * A stale span: the memory is another buffer's now, at worst, and never more than the class holds.
 */
static void use_span_of_released(struct span s, struct buf *b)
{
	u32 i;

	buf_put(&b);
	b = buf_alloc(40);
	for (i = 0; i < span_len(s); i++)
		span_set_byte(s, i, 0x5a);
	KTEST_EXPECT(buf_size(b) == 40);
	buf_put(&b);
}
/* All that such a span can spoil is bytes of buffers: no object, no count and no size. */
KTEST(buf_stale_span_reaches_bytes_only)
{
	struct buf *b = buf_alloc(64);
	struct probe *p = obj_new(probe);
	u64 live = obj_live_count();

	use_span_of_released(buf_span(b), b);
	KTEST_EXPECT(obj_live_count() < live); /* a task of another test may end just now */
	KTEST_EXPECT(obj_cast(probe, &p->obj) == p && obj_refs(p) == 1);
	obj_put(&p);
	b = buf_alloc(64);
	KTEST_EXPECT(b && buf_size(b) == 64);
	buf_put(&b);
}

static struct atomic wrong_bytes;
/* Buffers of random sizes, each full of the task's number while others run. */
static void fill_and_check(unsigned n)
{
	u32 round, i;
	u64 r = n;

	for (round = 0; round < 300; round++) {
		size_t size = test_random(&r) % 3000 + 1;
		struct buf *b = buf_alloc_dirty(size);
		if (!b)
			continue;
		span_fill(buf_span(b), (u8)n);
		task_yield();
		for (i = 0; i < size; i += 7) {
			if (span_byte(buf_cspan(b), i) != n)
				atomic_add(&wrong_bytes, 1);
		}
		buf_put(&b);
	}
}
/*
 * Tasks on all CPUs allocate and free; each finds its own bytes in its own buffer, after others
 * have run.
 */
KTEST(buf_belongs_to_one_at_a_time)
{
	KTEST_EXPECT(test_team(fill_and_check, 8));
	KTEST_EXPECT(atomic_load(&wrong_bytes) == 0);
}
