// SPDX-License-Identifier: MPL-2.0
/*
 * Watches do not keep what they watch (kernel/fs/notify.c), with slowfs.
 *
 * The instance of inotify is made without a file; its queue is read directly.
 */
#include <kernel/super.h>
#include <kernel/user_limit.h>
#include <uapi/fs.h>

#include "../fs/inotify.h"
#include "slowfs.h"

static struct inotify *in;

static bool begin(void)
{
	if (!slow_begin() || !user_charge(USER_INOTIFY_INSTANCES, 0, 1, ~0ul))
		return false;
	in = obj_new(inotify);
	if (in)
		in->max_events = 16;
	return in;
}

/* The release gives the charge back. */
static void end(void)
{
	notify_remove_all(in);
	obj_put(&in);
}

/* Opens file @n and watches it. */
static struct file *open_watched(u32 n)
{
	struct file *f = slow_open(n, O_RDWR);

	if (f && notify_add_mark(in, &f->path, IN_DELETE_SELF | IN_UNMOUNT) <= 0)
		obj_put(&f);
	return f;
}

/* Takes the next event of the instance: its mask; 0: there is none. */
static u32 event(void)
{
	struct inotify_event_rec *e;
	u32 mask;

	spin_lock(&in->lock);
	e = list_first(&in->events);
	if (e) {
		list_remove(&in->events, e, link);
		in->nr_events--;
	}
	spin_unlock(&in->lock);
	if (!e)
		return 0;
	user_uncharge(USER_INOTIFY_EVENTS, in->uid, 1);
	mask = e->mask;
	obj_put(&e);
	return mask;
}

/*
 * With the last close of a deleted file the watcher is told, the watch goes, and the file's blocks
 * are free.
 */
KTEST(watch_keeps_no_deleted_file)
{
	struct file *f, *g;

	KTEST_EXPECT(begin());
	f = open_watched(0);
	g = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && g && file_write_kernel(f, 0, STR("some bytes")) == 10);
	KTEST_EXPECT(!f->ops->fsync(f, false) && slow->nr_free == SLOW_BLOCKS - 2);
	inode_set_nlink(f->inode, 0);
	obj_put(&f);
	KTEST_EXPECT(event() == 0 && file_write_kernel(g, 0, STR("x")) == 1);
	obj_put(&g);
	/* At once, and not when the file is evicted. */
	KTEST_EXPECT(event() == IN_DELETE_SELF && event() == IN_IGNORED && event() == 0);
	KTEST_EXPECT(!in->marks);
	KTEST_EXPECT(slow_reaches(&slow->nr_evicted, 1) && slow->nr_free == SLOW_BLOCKS - 1);
	end();
	slow_end();
}

/* An unmount ends the watches, tells each watcher, and writes what is dirty. */
KTEST(watch_keeps_no_file_system)
{
	struct slowfs *fs;
	struct file *f;

	KTEST_EXPECT(begin());
	f = open_watched(0);
	KTEST_EXPECT(f != NULL);
	obj_put(&f);
	f = open_watched(1);
	KTEST_EXPECT(f && file_write_kernel(f, 0, STR("some bytes")) == 10);
	obj_put(&f);
	KTEST_EXPECT(event() == 0 && slow->nr_evicted == 0);
	fs = obj_get(slow);
	slow_end();
	KTEST_EXPECT(fs->nr_killed == 1 && fs->nr_evicted == 2 && !fs->wrong);
	KTEST_EXPECT(fs->node[1].size == 10);
	KTEST_EXPECT(event() == IN_UNMOUNT && event() == IN_IGNORED);
	KTEST_EXPECT(event() == IN_UNMOUNT && event() == IN_IGNORED && event() == 0);
	KTEST_EXPECT(!in->marks);
	end();
	obj_put(&fs);
}

/* Watches that come and go, deletions, and the end of the file system, all at once. */
static struct atomic bad_opens;
/* Half the tasks delete what they watch, half remove any watch. */
static void watch_and_delete(unsigned i)
{
	u64 state = i;
	u32 k;

	for (k = 0; k < 400; k++) {
		struct file *f = open_watched((u32)(test_random(&state) % SLOW_FILES));
		if (!f) {
			atomic_add(&bad_opens, 1);
			continue;
		}
		if (i % 2) {
			rwlock_write_lock(&f->inode->lock);
			inode_set_nlink(f->inode, 0);
			rwlock_write_unlock(&f->inode->lock);
		} else {
			ignore_error(notify_remove_mark(in, (s32)(test_random(&state) % 1000)));
		}
		obj_put(&f);
		test_step();
		task_cond_resched();
	}
}

/* Every inode that was read is evicted in the end, and no watch is left. */
KTEST(watches_meet_deletions)
{
	struct slowfs *fs;

	KTEST_EXPECT(begin());
	atomic_store(&bad_opens, 0);
	KTEST_EXPECT(test_team(watch_and_delete, 6));
	KTEST_EXPECT(!atomic_load(&bad_opens));
	fs = obj_get(slow);
	slow_end();
	KTEST_EXPECT(fs->nr_killed == 1 && fs->nr_inode_reads == fs->nr_evicted && !fs->wrong);
	KTEST_EXPECT(!in->marks);
	end();
	obj_put(&fs);
}
