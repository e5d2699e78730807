// SPDX-License-Identifier: MPL-2.0
/* What the self-tests share: objects, teams of tasks, waiting. */
#include <frame/ring.h>
#include <frame/time.h>
#include <kernel/knobs.h>
#include <kernel/mapping.h>
#include <kernel/super.h>
#include <uapi/errno.h>

#include "test.h"

struct atomic probes_released;

static void probe_release(struct probe *p)
{
	obj_put(&p->link);
	atomic_add(&probes_released, 1);
}
OBJ_TYPE(probe, probe_release);
OBJ_TYPE(decoy, NULL_RELEASE);

struct team_member {
	struct obj obj;
	void (*fn)(unsigned i);
	unsigned i;
	bool counted; /* one of those that test_wait waits for */
};
OBJ_TYPE_DECL(team_member);
OBJ_TYPE(team_member, NULL_RELEASE);

static struct atomic team_running;

/* A task that exits inside its function is not counted off: see start_to_exit in wait.c. */
static void team_run(struct obj *owner)
{
	struct team_member *m = obj_cast(team_member, owner);

	m->fn(m->i);
	if (m->counted)
		atomic_sub(&team_running, 1);
}
static const struct task_ops team_ops = { .run = team_run };

/* The task's reference keeps the member; @counted tasks are waited for by test_wait. */
static struct task *make_task(void (*fn)(unsigned i), unsigned i, bool counted)
{
	struct team_member *m = obj_new(team_member);
	struct task *t;

	if (!m)
		return NULL;
	m->fn = fn;
	m->i = i;
	m->counted = counted;
	t = task_new(&team_ops, &m->obj, LIT("test"));
	obj_put(&m);
	return t;
}

struct task *test_task(void (*fn)(unsigned i), unsigned i)
{
	return make_task(fn, i, false);
}

bool test_start(void (*fn)(unsigned i), unsigned i)
{
	struct task *t = make_task(fn, i, true);

	if (!t)
		return false;
	atomic_add(&team_running, 1);
	task_start(t);
	task_put(&t);
	return true;
}

static struct atomic steps;

void test_step(void)
{
	atomic_add(&steps, 1);
}

/*
 * The time begins anew with each step that a task of the test reports (test_step), so a slow
 * machine is no failure, and a task that hangs is.
 */
static bool wait_for(struct atomic *a, u64 want, u64 seconds)
{
	u64 seen = atomic_load(&steps), deadline = time_mono_ns() + seconds * NSEC_PER_SEC;

	while (atomic_load(a) != want) {
		if (atomic_load(&steps) != seen) {
			seen = atomic_load(&steps);
			deadline = time_mono_ns() + seconds * NSEC_PER_SEC;
		}
		if (time_mono_ns() > deadline)
			return false;
		test_sleep_ms(1);
	}
	return true;
}

bool test_until(struct atomic *a, u64 want)
{
	return wait_for(a, want, 10);
}

bool test_wait(void)
{
	return wait_for(&team_running, 0, 30);
}

bool test_team(void (*fn)(unsigned i), unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		if (!test_start(fn, i))
			return false;
	}
	return test_wait();
}

void test_sleep_ms(u64 ms)
{
	(void)task_sleep_until(time_mono_ns() + ms * NSEC_PER_MSEC, WAIT_UNINTERRUPTIBLE);
}

/* SplitMix64: the same numbers in each run, from the seed. */
u64 test_random(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15ul;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ul;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebul;
	return z ^ (z >> 31);
}

/*
 * How often the flusher looks, how old dirty pages get, and for how long the end of a file system
 * waits for a step forward.
 */
static void set_pace(u64 look_cs, u64 expire_cs, u64 patience_ns)
{
	/* The knobs have room for each of these. */
	ignore_error(knob_set(KNOB_DIRTY_WRITEBACK, look_cs));
	ignore_error(knob_set(KNOB_DIRTY_EXPIRE, expire_cs));
	inode_cache_set_patience(patience_ns);
	writeback_knobs_changed();
}
void test_hurry(bool expire)
{
	set_pace(10, expire ? 10 : 3000, NSEC_PER_SEC / 2);
}
/* The kernel's own defaults. */
void test_unhurry(void)
{
	set_pace(500, 3000, 0);
}

/* Waits for the device for ten seconds at most, looking every millisecond. */
int test_take(struct ring *r, u64 *cookie, u32 *len)
{
	u64 deadline = time_mono_ns() + 10 * NSEC_PER_SEC;
	int err;

	while ((err = ring_take(r, cookie, len)) == -EAGAIN && time_mono_ns() < deadline)
		test_sleep_ms(1);
	return err;
}
