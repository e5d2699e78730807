// SPDX-License-Identifier: MPL-2.0
/*
 * Pools that give pages back (obj_trim in frame/obj.h): what is live stays, what is stale is
 * harmless, and the addresses stay those of their type.
 *
 * Where the memory of a slot has been given back, a read finds zeroes: so whether a slot is trimmed
 * is seen by its type, which is none then (is_trimmed).
 */
#include <frame/page.h>
#include <frame/span.h>

#include "test.h"

/* Some slots to a page, and pages with slots across their borders. */
struct leaf {
	struct obj obj;
	u64 value;
	struct leaf *link;
	u8 bytes[600];
};
OBJ_TYPE_DECL(leaf);
OBJ_TYPE(leaf, NULL_RELEASE);

/* Larger than a page. */
struct slice {
	struct obj obj;
	u64 words[1000];
};
OBJ_TYPE_DECL(slice);
OBJ_TYPE(slice, NULL_RELEASE);

/* No object of it is ever made, so it has no pool. */
struct never {
	struct obj obj;
	u64 value;
};
OBJ_TYPE_DECL(never);
OBJ_TYPE(never, NULL_RELEASE);

#define NR_LEAVES 600u
static struct leaf *leaves[NR_LEAVES], *was[NR_LEAVES];
static struct leaf *stale;

/* Other tasks may hold pages of their pools at the moment; those of the tests' pools go. */
static u64 trim_all(void)
{
	u64 freed = 0, n;

	do {
		n = obj_trim(128);
		freed += n;
	} while (n);
	return freed;
}

/* Fills `leaves` and remembers where they are in `was`. False: no memory. */
static bool make_leaves(void)
{
	u32 i;

	for (i = 0; i < NR_LEAVES; i++) {
		leaves[i] = obj_new(leaf);
		was[i] = leaves[i];
		if (!leaves[i])
			return false;
		leaves[i]->value = i + 1;
		span_fill(span_of(leaves[i]->bytes), 0xa5);
	}
	return true;
}

/* Puts all but every @keep-th. */
static void put_leaves(u32 keep)
{
	u32 i;

	for (i = 0; i < NR_LEAVES; i++) {
		if (!keep || i % keep)
			obj_put(array_at(leaves, i));
	}
}

/* A cast to the slot's own type fails only where there is no memory of its own behind it. */
static bool is_trimmed(struct leaf *l)
{
	return !obj_cast(leaf, &l->obj);
}

static u32 count_trimmed(void)
{
	u32 i, n = 0;

	for (i = 0; i < NR_LEAVES; i++)
		n += is_trimmed(was[i]);
	return n;
}

/* A stale pointer to a slot whose page is gone. */
static struct leaf *make_trimmed(void)
{
	u32 i;

	if (!make_leaves())
		return NULL;
	put_leaves(0);
	(void)trim_all();
	for (i = 0; i < NR_LEAVES; i++) {
		if (is_trimmed(was[i]))
			return was[i];
	}
	return NULL;
}

/*
 * All but a few, which other CPUs may hold ready: the slots of most leaves have no memory of their
 * own any more.
 */
KTEST(trim_gives_pages_back)
{
	struct page_stats before, after;
	u64 freed;

	(void)trim_all();
	KTEST_EXPECT(make_leaves());
	page_get_stats(&before);
	put_leaves(0);
	freed = trim_all();
	page_get_stats(&after);
	/* 600 leaves of more than 600 bytes are 90 pages or more. */
	KTEST_EXPECT(freed >= 80);
	KTEST_EXPECT(after.kernel + 60 < before.kernel);
	KTEST_EXPECT(count_trimmed() > NR_LEAVES - 60);
	KTEST_EXPECT(ktest_audit());
}

/* Or other tasks' pools have become idle meanwhile, once. */
KTEST(trim_again_finds_nothing)
{
	KTEST_EXPECT(make_trimmed());
	KTEST_EXPECT(!obj_trim(~0ul) || !obj_trim(~0ul));
	KTEST_EXPECT(obj_idle_pages() < 64);
}

/* Every seventh leaf stays, so most pages have one: each keeps its bytes and its count. */
KTEST(trim_leaves_live_neighbours)
{
	u32 i, k, wrong = 0;

	KTEST_EXPECT(make_leaves());
	put_leaves(7);
	(void)trim_all();
	for (i = 0; i < NR_LEAVES; i += 7) {
		struct leaf *l = leaves[i];
		wrong += !l || obj_refs(l) != 1 || l->value != i + 1 || is_trimmed(l);
		for (k = 0; l && k < ARRAY_LEN(l->bytes); k++)
			wrong += l->bytes[k] != 0xa5;
	}
	KTEST_EXPECT(!wrong);
	for (i = 0; i < NR_LEAVES; i += 7)
		obj_put(array_at(leaves, i));
	KTEST_EXPECT(ktest_audit());
}

/*
 * What stands there is all zeroes, without a reference and of no type: a look-up fails in the usual
 * way.
 */
KTEST(trim_stale_pointer_shows_a_free_slot)
{
	struct leaf *l = make_trimmed();
	u32 i, wrong = 0;

	KTEST_EXPECT(l);
	if (!l)
		return;
	KTEST_EXPECT(!obj_tryget(l) && !l->value && !l->link && !obj_refs(l));
	for (i = 0; i < ARRAY_LEN(l->bytes); i++)
		wrong += l->bytes[i];
	KTEST_EXPECT(!wrong);
	KTEST_EXPECT(!obj_cast(leaf, &l->obj) && !obj_cast(probe, &l->obj));
	KTEST_EXPECT(!obj_cast(never, &l->obj));
}

/* A write through a stale pointer is a change of a free slot, as it is before a trim. */
KTEST(trim_stale_write_is_harmless)
{
	struct leaf *l = make_trimmed();
	u32 i, strange = 0;

	KTEST_EXPECT(l);
	if (!l)
		return;
	l->value = 5;
	l->link = l;
	KTEST_EXPECT(l->value == 5 && l->link == l && !obj_tryget(l) && is_trimmed(l));
	/* No other slot shows it: they all have the page of zeroes. */
	for (i = 0; i < NR_LEAVES; i++)
		strange += was[i] != l && is_trimmed(was[i]) && was[i]->value;
	KTEST_EXPECT(!strange);
	KTEST_EXPECT(ktest_audit());
	/* The page is found again, by the next trim or by the pool. */
	if (trim_all()) {
		KTEST_EXPECT(!l->value);
		l->value = 6;
	}
	KTEST_EXPECT(make_leaves());
	for (i = 0; i < NR_LEAVES; i++)
		strange += leaves[i]->link || obj_refs(leaves[i]) != 1 || is_trimmed(leaves[i]);
	KTEST_EXPECT(!strange);
	put_leaves(0);
	KTEST_EXPECT(ktest_audit());
}

static void get_stale(void)
{
	(void)obj_get(stale);
}
static void put_stale(void)
{
	struct leaf *copy = stale;

	obj_put(&copy);
}
static void put_unless_last_stale(void)
{
	struct leaf *copy = stale;

	(void)obj_put_unless_last(&copy);
}
/* As before the trim, and nothing of it stays. */
KTEST(trim_stale_get_and_put_trap)
{
	stale = make_trimmed();
	KTEST_EXPECT(stale);
	if (!stale)
		return;
	KTEST_EXPECT(ktest_traps(put_unless_last_stale));
	KTEST_EXPECT(ktest_traps(get_stale));
	KTEST_EXPECT(ktest_traps(put_stale));
	KTEST_EXPECT(!obj_tryget(stale));
	KTEST_EXPECT(ktest_audit());
}

/*
 * The pool grows into them again, so that addresses of a type do not run out; the new objects are
 * zeroed.
 */
KTEST(trim_reuses_the_addresses)
{
	u32 i, k, found = 0, strange = 0;

	KTEST_EXPECT(make_trimmed());
	for (i = 0; i < NR_LEAVES; i++) {
		struct leaf *l = obj_new(leaf);
		leaves[i] = l;
		if (!l)
			continue;
		for (k = 0; k < ARRAY_LEN(l->bytes); k++)
			strange += l->bytes[k];
		strange += l->value || l->link || obj_refs(l) != 1 || is_trimmed(l);
		for (k = 0; k < NR_LEAVES; k++)
			found += was[k] == l;
	}
	KTEST_EXPECT(!strange);
	KTEST_EXPECT(found > NR_LEAVES - 60);
	put_leaves(0);
	KTEST_EXPECT(ktest_audit());
}

static struct slice *slices[40];
static u32 slices_wrong(void)
{
	u32 i, k, wrong = 0;

	for (i = 0; i < ARRAY_LEN(slices); i++) {
		struct slice *s = slices[i];
		for (k = 0; s && k < ARRAY_LEN(s->words); k++)
			wrong += s->words[k] != i;
	}
	return wrong;
}
/* A slice that stayed has its numbers, a new one zeroes. */
static void make_slices(void)
{
	u32 i, k;

	for (i = 0; i < ARRAY_LEN(slices); i++) {
		if (!slices[i])
			slices[i] = obj_new(slice);
		for (k = 0; slices[i] && k < ARRAY_LEN(slices[i]->words); k++) {
			KTEST_EXPECT(!slices[i]->words[k] || slices[i]->words[k] == i);
			slices[i]->words[k] = i;
		}
	}
}
/*
 * Slots larger than a page, of which some stay: a page goes only if no live slot reaches into it.
 */
KTEST(trim_of_slots_across_pages)
{
	u32 i, round;

	for (round = 0; round < 3; round++) {
		make_slices();
		KTEST_EXPECT(!slices_wrong());
		for (i = 0; i < ARRAY_LEN(slices); i++) {
			if (i % 8)
				obj_put(array_at(slices, i));
		}
		(void)trim_all();
		KTEST_EXPECT(!slices_wrong());
	}
	for (i = 0; i < ARRAY_LEN(slices); i++)
		obj_put(array_at(slices, i));
	KTEST_EXPECT(trim_all() >= 8);
	KTEST_EXPECT(ktest_audit());
}

/*
 * Pools grow and shrink on three CPUs while a fourth trims; all of them look at and write to
 * objects of the others through pointers without a reference.
 */
static struct leaf *seen[16];
static struct atomic storm_wrong, storm_over, storm_trimmed, storm_got;
#define STORM_MAGIC 0x6c656166ul

/*
 * A reference is asked for as weak pointers do. Without one the slot is written to, as a stale
 * pointer may: the makers then see a link, but no other value.
 */
static void storm_look(u32 k)
{
	struct leaf *l = load_acquire(*array_at(seen, k % ARRAY_LEN(seen)));

	if (!l)
		return;
	if (obj_tryget(l)) {
		atomic_add_relaxed(&storm_got, 1);
		if (is_trimmed(l) || (l->value && l->value != STORM_MAGIC))
			atomic_add(&storm_wrong, 1);
		obj_put(&l);
	} else {
		/* Perhaps a free slot's, perhaps an object's that its maker has not looked at yet. */
		atomic_add_relaxed(&storm_trimmed, is_trimmed(l));
		l->link = l;
	}
}

/* A new leaf is checked before it is filled in, and again before it is put. */
static void storm_grow(unsigned n)
{
	struct leaf *mine[96];
	u32 round, i;

	for (round = 0; round < 60; round++) {
		for (i = 0; i < ARRAY_LEN(mine); i++) {
			mine[i] = obj_new(leaf);
			if (!mine[i])
				continue;
			if (mine[i]->value || obj_refs(mine[i]) < 1 || is_trimmed(mine[i]))
				atomic_add(&storm_wrong, 1);
			mine[i]->value = STORM_MAGIC;
			store_release(*array_at(seen, (i + n) % ARRAY_LEN(seen)), mine[i]);
			storm_look(i * 7 + round);
		}
		for (i = 0; i < ARRAY_LEN(mine); i++) {
			if (mine[i] && mine[i]->value != STORM_MAGIC)
				atomic_add(&storm_wrong, 1);
			obj_put(array_at(mine, i));
			storm_look(i);
		}
		test_step();
		task_yield();
	}
	atomic_add(&storm_over, 1);
}

/* Task 0 trims as long as the others grow and shrink. */
static void storm(unsigned n)
{
	u32 k = 0;

	if (n) {
		storm_grow(n);
		return;
	}
	while (atomic_load(&storm_over) < 3) {
		(void)obj_trim(32);
		storm_look(k++);
		task_yield();
	}
}
/* See storm_look: whoever gets a reference has a leaf, as it was made. */
KTEST(trim_against_allocation)
{
	u32 i;

	atomic_store(&storm_over, 0);
	KTEST_EXPECT(test_team(storm, 4));
	KTEST_EXPECT(!atomic_load(&storm_wrong));
	for (i = 0; i < ARRAY_LEN(seen); i++)
		seen[i] = NULL;
	KTEST_EXPECT(ktest_audit());
}
