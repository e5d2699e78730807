// SPDX-License-Identifier: MPL-2.0
/*
 * The room for I/O in progress: who waits for it, and that readers do not take it from writers
 * (kernel/pagecache/write.c), with slowfs.
 */
#include <uapi/fs.h>

#include "../pagecache/cache.h"
#include "slowfs.h"

#define READS 40u /* more than the room has place for */

static struct file *shared;
static struct atomic finished;

static void write_shared(unsigned i)
{
	ignore_error(mapping_write(slow_mapping(shared), i, i, 1, false));
	atomic_add(&finished, 1);
}

/* Reads that somebody waits for are never refused; a writer begins all the same. */
KTEST(mapping_readers_leave_room_for_writers)
{
	struct mapping *m;
	u64 i;

	KTEST_EXPECT(slow_begin());
	shared = slow_open(0, O_RDWR);
	atomic_store(&finished, 0);
	KTEST_EXPECT(shared && slow_fill(shared, 0, 2 * READS, 1));
	KTEST_EXPECT(!shared->ops->fsync(shared, false));
	m = slow_mapping(shared);
	KTEST_EXPECT(slow_forget(shared));
	slow_hold(true);
	for (i = 0; i < READS; i++)
		KTEST_EXPECT(!mapping_read(m, 2 * i, 1, 1));
	KTEST_EXPECT(atomic_load(&m->io_room->in_flight) == READS && io_is_full(m));
	/* Only now is a page dirty, or a flusher could begin its write. */
	KTEST_EXPECT(slow_fill(shared, 2 * READS, 1, 2));
	KTEST_EXPECT(test_start(write_shared, 2 * READS) && test_until(&finished, 1));
	KTEST_EXPECT(slow_held() == READS + 1 && atomic_load(&m->io_room->writes) == 1);
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && !atomic_load(&m->io_room->writes));
	KTEST_EXPECT(!atomic_load(&m->io_room->in_flight) && !slow->wrong);
	obj_put(&shared);
	slow_end();
}

static void fill_shared(unsigned i)
{
	(void)slow_fill(shared, i, 1, 1);
	atomic_add(&finished, 1);
}

/* A writer that is throttled waits for a disk that does not answer: it can be killed. */
KTEST(mapping_throttled_writer_is_killable)
{
	struct task *t = test_task(fill_shared, 0);
	struct mapping *m;

	KTEST_EXPECT(t && slow_begin());
	shared = slow_open(0, O_RDWR);
	m = slow_mapping(shared);
	m->io_room->max = 1;
	slow_hold(true);
	/* The room is full, and what is dirty besides is too much. */
	KTEST_EXPECT(slow_fill(shared, 9, 1, 1) && mapping_write(m, 9, 9, 1, false) == 1);
	writeback_set_limit(1);
	atomic_store(&finished, 0);
	task_start(t);
	KTEST_EXPECT(test_until(&m->nr_dirty, 1));
	task_interrupt(t, TASK_INT_KILL);
	KTEST_EXPECT(test_until(&finished, 1) && slow_held());
	task_put(&t);
	slow_hold(false);
	slow_release();
	writeback_set_limit(0);
	obj_put(&shared);
	slow_end();
}

#define STEPS 64u

static struct mapping *hung; /* on a disk that hardly gets on */
static bool some_was_left;
static void pass_throttle(unsigned i)
{
	(void)i;
	mapping_throttle(slow_mapping(shared));
	store_once(some_was_left, (s64)atomic_load(&hung->nr_dirty) > 0);
	atomic_add(&finished, 1);
}

/*
 * Another disk has too many dirty pages, and a write of it ends now and then. A writer whose own
 * pages are clean, and whose disk is idle, does not wait for all of them.
 */
KTEST(mapping_throttle_waits_for_no_other_disk)
{
	struct file *f;
	u32 i;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	shared = slow_open(1, O_RDWR);
	KTEST_EXPECT(f && shared && !mapping_set_own_room(slow_mapping(shared)));
	hung = slow_mapping(f);
	hung->io_room->max = 1;
	for (i = 0; i < STEPS; i++)
		KTEST_EXPECT(slow_fill(f, 2 * i, 1, 1)); /* not side by side: a write each */
	atomic_store(&finished, 0);
	slow_hold(true);
	writeback_set_limit(1);
	KTEST_EXPECT(test_start(pass_throttle, 0));
	for (i = 0; i < STEPS && !atomic_load(&finished); i++) {
		test_sleep_ms(50);
		slow_release();
	}
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_wait() && atomic_load(&finished) == 1 && load_once(some_was_left));
	writeback_set_limit(0);
	obj_put(&shared);
	obj_put(&f);
	slow_end();
}
