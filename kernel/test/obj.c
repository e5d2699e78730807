// SPDX-License-Identifier: MPL-2.0
/*
 * Objects (frame/obj.h): a stale pointer points to an object of its type or traps, whatever
 * services count.
 *
 * Functions that must trap work on static variables. A pointer is stale when its object was put,
 * and copies of the pointer are left.
 */
#include <frame/span.h>

#include "test.h"

static struct probe *stale;
static struct obj *any;

/* A pointer whose object has been released. */
static struct probe *make_stale(void)
{
	struct probe *p = obj_new(probe);
	struct probe *copy = p;

	obj_put(&p);
	return copy;
}

/* All fields, those of arrays too. */
KTEST(obj_starts_zeroed_with_one_reference)
{
	struct probe *p = obj_new(probe);
	u32 i;

	KTEST_EXPECT(p && obj_refs(p) == 1);
	KTEST_EXPECT(p && !p->value && !p->link && !atomic_load(&p->count));
	for (i = 0; p && i < ARRAY_LEN(p->bytes); i++)
		KTEST_EXPECT(!p->bytes[i]);
	obj_put(&p);
	KTEST_EXPECT(!p);
}

/* The slot is the same, so what was in it would be seen. */
KTEST(obj_reused_slot_is_zeroed)
{
	struct probe *p = obj_new(probe);
	struct probe *was = p;

	p->value = ~0ul;
	span_fill(span_of(p->bytes), 0xff);
	obj_put(&p);
	p = obj_new(probe);
	KTEST_EXPECT(p == was);
	KTEST_EXPECT(!p->value && !p->bytes[0] && !p->bytes[39]);
	obj_put(&p);
}

/* So that release functions need not ask. */
KTEST(obj_put_of_null_does_nothing)
{
	struct probe *p = NULL;
	struct obj *o = NULL;

	obj_put(&p);
	obj_put_any(&o);
	KTEST_EXPECT(!p && !o);
}

static void put_stale(void)
{
	obj_put(&stale);
}
/* Through a copy of the pointer; the put itself clears the one that it is given. */
KTEST(obj_double_put_traps)
{
	stale = make_stale();
	KTEST_EXPECT(ktest_traps(put_stale));
}

static void put_any_stale(void)
{
	obj_put_any(&any);
}
/* The same without the type. */
KTEST(obj_double_put_any_traps)
{
	any = &make_stale()->obj;
	KTEST_EXPECT(ktest_traps(put_any_stale));
}

static void get_stale(void)
{
	(void)obj_get(stale);
}
/* A reference cannot be made from a pointer without one. */
KTEST(obj_get_of_released_traps)
{
	stale = make_stale();
	KTEST_EXPECT(ktest_traps(get_stale));
}

/* Else the slot would look alive after the second attempt. */
KTEST(obj_count_is_unchanged_by_a_trap)
{
	stale = make_stale();
	KTEST_EXPECT(ktest_traps(get_stale));
	KTEST_EXPECT(!obj_tryget(stale));
	any = &stale->obj;
	KTEST_EXPECT(ktest_traps(put_any_stale));
	KTEST_EXPECT(!obj_tryget(stale));
}

/* For weak pointers: false is an answer, not a trap. */
KTEST(obj_tryget_tells_live_from_released)
{
	struct probe *p = obj_new(probe);
	struct probe *copy = p;

	KTEST_EXPECT(obj_tryget(p) && obj_refs(p) == 2);
	obj_put(&copy);
	copy = p;
	obj_put(&p);
	KTEST_EXPECT(!obj_tryget(copy));
}

/* The last reference stays with the caller, who can take a lock before it drops it. */
KTEST(obj_put_unless_last_leaves_the_last)
{
	struct probe *p = obj_new(probe);
	struct probe *copy = obj_get(p);

	KTEST_EXPECT(obj_put_unless_last(&copy) && !copy && obj_refs(p) == 1);
	copy = p;
	KTEST_EXPECT(!obj_put_unless_last(&copy) && copy == p && obj_refs(p) == 1);
	obj_put(&p);
	KTEST_EXPECT(!obj_tryget(copy));
}

static void put_unless_last_stale(void)
{
	struct probe *copy = stale;

	(void)obj_put_unless_last(&copy);
}
/* And leaves the object released. */
KTEST(obj_put_unless_last_of_a_stale_object_traps)
{
	stale = make_stale();
	KTEST_EXPECT(ktest_traps(put_unless_last_stale));
	KTEST_EXPECT(!obj_tryget(stale));
}

static void get_null(void)
{
	struct probe *none = NULL;

	(void)obj_get(none);
}
/* Unlike the put. */
KTEST(obj_get_of_null_traps)
{
	KTEST_EXPECT(ktest_traps(get_null));
}

/*
 * The type is in the slot, not in the pointer: another type's cast is NULL, also of what was
 * released.
 */
KTEST(obj_cast_knows_the_type)
{
	struct probe *p = obj_new(probe);
	struct obj *o = &p->obj;

	KTEST_EXPECT(obj_cast(probe, o) == p);
	KTEST_EXPECT(!obj_cast(decoy, o));
	KTEST_EXPECT(!obj_cast(probe, NULL));
	obj_put(&p);
	/* A released slot keeps its type. */
	KTEST_EXPECT(!obj_cast(decoy, o));
	KTEST_EXPECT(obj_cast(probe, o) != NULL);
}

/*
 * A type nobody has made an object of: no cast may succeed, not even by the index that it does not
 * have yet.
 */
struct never_made {
	struct obj obj;
};
OBJ_TYPE_DECL(never_made);
OBJ_TYPE(never_made, NULL_RELEASE);

/* See never_made. */
KTEST(obj_cast_to_a_type_without_objects_fails)
{
	struct probe *p = obj_new(probe);

	KTEST_EXPECT(!obj_cast(never_made, &p->obj));
	obj_put(&p);
}

static struct probe *crowded;
static void get_crowded(void)
{
	(void)obj_get(crowded);
}
static void tryget_crowded(void)
{
	(void)obj_tryget(crowded);
}
/*
 * At the highest count get and tryget trap and leave it there, so it never comes round to 0 while
 * somebody holds the object.
 */
KTEST(obj_count_overflow_traps)
{
	crowded = obj_new(probe);
	ktest_set_refs(&crowded->obj, 0x7ffffffe);
	KTEST_EXPECT(!ktest_traps(get_crowded));
	KTEST_EXPECT(ktest_traps(get_crowded));
	KTEST_EXPECT(ktest_traps(tryget_crowded));
	KTEST_EXPECT(obj_refs(crowded) == 0x7fffffff);
	ktest_set_refs(&crowded->obj, 1);
	obj_put(&crowded);
}

/* Not with an earlier one. */
KTEST(obj_release_runs_once_with_the_last_put)
{
	struct probe *a = obj_new(probe);
	struct probe *b = obj_get(a);
	u64 before = atomic_load(&probes_released);

	obj_put(&a);
	KTEST_EXPECT(atomic_load(&probes_released) == before);
	obj_put(&b);
	KTEST_EXPECT(atomic_load(&probes_released) == before + 1);
}

/* Each release puts the next object. The stack has room for chains of this length. */
KTEST(obj_release_drops_a_chain)
{
	u64 before = atomic_load(&probes_released);
	struct probe *head = NULL;
	u32 i;

	for (i = 0; i < 50; i++) {
		struct probe *p = obj_new(probe);
		p->link = head;
		head = p;
	}
	obj_put(&head);
	KTEST_EXPECT(atomic_load(&probes_released) == before + 50);
}

/* ---- a release function that does what it must not ---- */

struct rebel {
	struct obj obj;
	u32 how;
};
OBJ_TYPE_DECL(rebel);
static bool rebel_tryget_worked;

/* Takes or drops references of the object that is being released. */
static void rebel_release(struct rebel *r)
{
	struct rebel *copy = r;

	if (r->how == 1)
		(void)obj_get(r);
	if (r->how == 2)
		obj_put(&copy);
	if (r->how == 3)
		rebel_tryget_worked = obj_tryget(r);
}
OBJ_TYPE(rebel, rebel_release);

static u32 rebel_how;
static void release_rebel(void)
{
	struct rebel *r = obj_new(rebel);

	r->how = rebel_how;
	obj_put(&r);
}
/* An object that is being released cannot be brought back. */
KTEST(obj_get_in_release_traps)
{
	rebel_how = 1;
	KTEST_EXPECT(ktest_traps(release_rebel));
}
/* Else the release would run again, within itself. */
KTEST(obj_put_in_release_traps)
{
	rebel_how = 2;
	KTEST_EXPECT(ktest_traps(release_rebel));
}
/* A weak look-up that comes during the release finds nothing. */
KTEST(obj_tryget_in_release_fails)
{
	rebel_how = 3;
	release_rebel();
	KTEST_EXPECT(!rebel_tryget_worked);
}

/* ---- pools ---- */

/* Of the type, and of all types together. */
KTEST(obj_live_count_follows)
{
	struct probe *one = obj_new(probe);
	u64 before = ktest_live_like(&one->obj);
	struct probe *p[20];
	u32 i;

	for (i = 0; i < ARRAY_LEN(p); i++)
		p[i] = obj_new(probe);
	KTEST_EXPECT(ktest_live_like(&one->obj) == before + 20);
	KTEST_EXPECT(obj_live_count() >= before + 20);
	for (i = 0; i < ARRAY_LEN(p); i++)
		obj_put(array_at(p, i));
	KTEST_EXPECT(ktest_live_like(&one->obj) == before);
	obj_put(&one);
}

/*
 * Addresses of one type are never those of another: what was a probe is no decoy, however many are
 * made.
 */
KTEST(obj_addresses_keep_their_type)
{
	static struct probe *probes[300];
	static struct decoy *decoys[600];
	u32 i;

	for (i = 0; i < ARRAY_LEN(probes); i++)
		probes[i] = obj_new(probe);
	any = &probes[150]->obj;
	for (i = 0; i < ARRAY_LEN(probes); i++)
		obj_put(array_at(probes, i));
	for (i = 0; i < ARRAY_LEN(decoys); i++) {
		decoys[i] = obj_new(decoy);
		KTEST_EXPECT(decoys[i] && &decoys[i]->obj != any);
	}
	KTEST_EXPECT(!obj_cast(decoy, any));
	for (i = 0; i < ARRAY_LEN(decoys); i++)
		obj_put(array_at(decoys, i));
}

static struct probe *shared;
/* In a loop on each CPU, so that the counts of the CPUs meet. */
static void get_and_put(unsigned n)
{
	u32 i;

	(void)n;
	for (i = 0; i < 20000; i++) {
		struct probe *p = obj_get(shared);
		obj_put(&p);
	}
}
/* No get and no put is lost. */
KTEST(obj_counts_of_many_cpus_add_up)
{
	shared = obj_new(probe);
	KTEST_EXPECT(test_team(get_and_put, 4));
	KTEST_EXPECT(obj_refs(shared) == 1);
	obj_put(&shared);
}

static struct atomic mixed_up;
/* Sixteen objects at a time, each with a number that no other task uses. */
static void make_and_drop(unsigned n)
{
	struct probe *p[16];
	u32 round, i;

	for (round = 0; round < 200; round++) {
		for (i = 0; i < ARRAY_LEN(p); i++) {
			p[i] = obj_new(probe);
			if (p[i])
				p[i]->value = n << 16 | i;
		}
		for (i = 0; i < ARRAY_LEN(p); i++) {
			if (!p[i] || p[i]->value != (n << 16 | i))
				atomic_add(&mixed_up, 1);
			obj_put(array_at(p, i));
		}
	}
}
/*
 * Tasks on all CPUs fill objects and find their own values afterwards; the count of live ones is as
 * before.
 */
KTEST(obj_pool_gives_each_slot_to_one)
{
	struct probe *one = obj_new(probe);
	u64 before = ktest_live_like(&one->obj);

	KTEST_EXPECT(test_team(make_and_drop, 6));
	KTEST_EXPECT(atomic_load(&mixed_up) == 0);
	KTEST_EXPECT(ktest_live_like(&one->obj) == before);
	obj_put(&one);
}

/*
 * One publishes objects through a weak pointer and drops them; the others look there. They get live
 * probes or nothing.
 */
static struct probe *weak;
static struct atomic weak_done, weak_wrong, weak_seen;
#define WEAK_MAGIC 0x70726f6265ul

/* Each probe is there for others only between its publication and the put that follows at once. */
static void publish_weak(void)
{
	u32 i;

	for (i = 0; i < 20000; i++) {
		struct probe *p = obj_new(probe);
		if (!p)
			break;
		p->value = WEAK_MAGIC + i;
		store_release(weak, p);
		obj_put(&p);
	}
	atomic_store(&weak_done, 1);
}
/* Task 0 publishes, the others look as long as it does. */
static void look_at_weak(unsigned n)
{
	if (n == 0) {
		publish_weak();
		return;
	}
	while (!atomic_load(&weak_done)) {
		struct probe *p = load_acquire(weak);
		if (!p || !obj_tryget(p))
			continue;
		atomic_add_relaxed(&weak_seen, 1);
		/* Alive: either as published, or a successor that its maker is just filling in. */
		if (p->value && p->value - WEAK_MAGIC > 20000)
			atomic_add(&weak_wrong, 1);
		obj_put(&p);
		task_cond_resched();
	}
}
/*
 * The slot of what was found may have been released and made again meanwhile, so a look-up may get
 * a later probe, but never anything else.
 */
KTEST(obj_weak_pointers_are_safe)
{
	weak = NULL;
	atomic_store(&weak_done, 0);
	KTEST_EXPECT(test_team(look_at_weak, 3));
	KTEST_EXPECT(atomic_load(&weak_wrong) == 0);
	weak = NULL;
}

/*
 * An object of the most bytes that one can have: it lies in its unit, and nothing of another type
 * does.
 */
struct test_most {
	struct obj obj;
	u64 words[(OBJ_MAX - sizeof(struct obj)) / 8];
};
static_assert(sizeof(struct test_most) == OBJ_MAX, "not a byte less");
OBJ_TYPE_DECL(test_most);
OBJ_TYPE(test_most, NULL_RELEASE);
struct test_after {
	struct obj obj;
	u64 value;
};
OBJ_TYPE_DECL(test_after);
OBJ_TYPE(test_after, NULL_RELEASE);

#define MARK 0x5a5a5a5a5a5a5a5aul
/*
 * Filled to its last byte between two neighbours of its type and one of another, of which none
 * changes.
 */
KTEST(obj_of_the_most_bytes_lies_alone)
{
	struct test_most *a = obj_new(test_most), *b = obj_new(test_most), *c = obj_new(test_most);
	struct test_after *after = obj_new(test_after);
	u64 i, strange = 0;

	if (!a || !b || !c || !after)
		goto out; /* not enough memory */
	for (i = 0; i < ARRAY_LEN(b->words); i++) {
		strange += a->words[i] | b->words[i] | c->words[i];
		b->words[i] = MARK;
	}
	after->value = 1;
	obj_put(&after);
	after = obj_new(test_after);
	for (i = 0; i < ARRAY_LEN(b->words); i++)
		strange += a->words[i] | c->words[i] | (b->words[i] ^ MARK);
	KTEST_EXPECT(!strange && after && !after->value && obj_refs(a) == 1 && obj_refs(b) == 1);
	KTEST_EXPECT(obj_refs(c) == 1);
out:
	obj_put(&a);
	obj_put(&b);
	obj_put(&c);
	obj_put(&after);
}
