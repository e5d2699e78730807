// SPDX-License-Identifier: MPL-2.0
/*
 * A pointer is stored whole, whatever stands beside it: another CPU finds the old pointer or the
 * new one, never half of each, which would point anywhere.
 */
#include "test.h"

struct leaves {
	struct whole *a, *b;
	void (*fn)(unsigned i);
	u64 words[20];
};

/* Each pointer has half a word on both sides. */
struct whole {
	struct obj obj;
	u32 first, before;
	struct whole *p;
	u32 after, last;
	struct leaves leaves;
};
OBJ_TYPE_DECL(whole);
OBJ_TYPE(whole, NULL_RELEASE);

#define ROUNDS 1000000u
#define TASKS  2000u
static struct whole *shared, *pattern, *empty;
static struct atomic stopped, halves, copied;

static void watch(unsigned i)
{
	(void)i;
	while (!atomic_load(&stopped)) {
		struct whole *p = load_once(shared->p), *a = load_once(shared->leaves.a);

		if ((p && p != shared) || (a && a != pattern))
			atomic_add(&halves, 1);
		task_cond_resched();
	}
}

/* A compiler may store the three zeroes as two words. */
static void clear_in_turn(unsigned i)
{
	u32 round;

	for (round = i; round < ROUNDS; round++) {
		store_once(shared->p, shared);
		memory_barrier();
		shared->before = 0;
		shared->p = NULL;
		shared->after = 0;
		memory_barrier();
		if (round % 1024 == 0)
			test_step();
	}
	atomic_store(&stopped, 1);
}

/* What ends a task is rare for a compiler, so it may be made small: by a copy of half words. */
static void copy_and_exit(unsigned i)
{
	if (load_once(shared->last)) {
		shared->leaves = (i & 1 ? pattern : empty)->leaves;
		atomic_add(&copied, 1);
		task_exit();
	}
}

static void copy_in_turn(unsigned i)
{
	struct task *t;

	for (; i < TASKS && (t = test_task(copy_and_exit, i)) != NULL; i++) {
		task_start(t);
		task_put(&t);
		while (atomic_load(&copied) != i + 1)
			task_yield();
		test_step();
	}
	atomic_store(&stopped, 1);
}

static bool run_watched(void (*fn)(unsigned i))
{
	struct task *t = test_task(fn, 0);
	bool ok;

	atomic_store(&stopped, 0);
	ok = t && test_start(watch, 0) && test_start(watch, 1);

	if (ok)
		task_start(t);
	else
		atomic_store(&stopped, 1);
	task_put(&t);
	return test_until(&stopped, 1) && test_wait() && ok;
}

/* Others look at the pointers meanwhile. */
KTEST(pointers_are_stored_whole)
{
	shared = obj_new(whole);
	pattern = obj_new(whole);
	empty = obj_new(whole);
	KTEST_EXPECT(shared && pattern && empty);
	pattern->leaves.a = pattern;
	pattern->leaves.fn = watch;
	shared->last = 1;
	KTEST_EXPECT(run_watched(clear_in_turn));
	atomic_store(&copied, 0);
	KTEST_EXPECT(run_watched(copy_in_turn) && atomic_load(&copied) == TASKS);
	KTEST_EXPECT(atomic_load(&halves) == 0);
	obj_put(&shared);
	obj_put(&pattern);
	obj_put(&empty);
}
