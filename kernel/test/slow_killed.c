// SPDX-License-Identifier: MPL-2.0
/*
 * Write-back in a task that is being killed: what it writes is others' data, and is not lost
 * (kernel/pagecache/, kernel/fs/), with slowfs.
 *
 * The task is killed and goes on nevertheless: whatever waits in a killable way gives up at once.
 */
#include <kernel/error_seq.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "slowfs.h"

static bool put_bytes(struct file *f, u64 pos)
{
	return f && file_write_kernel(f, pos, STR("some bytes")) == 10;
}

static struct file *shared;
static struct atomic finished;

static void fsync_shared(unsigned i)
{
	(void)i;
	(void)shared->ops->fsync(shared, false);
	atomic_add(&finished, 1);
}

/*
 * A killed task writes a page of a file, and the client waits for a block that says where the page
 * goes.
 */
KTEST(killed_writer_waits_for_the_block_map)
{
	struct task *t = test_task(fsync_shared, 0);
	struct file *map;
	u32 held;

	KTEST_EXPECT(t && slow_begin());
	map = slow_open(1, O_RDWR);
	KTEST_EXPECT(map && slow_fill(map, 0, 1, 7) && !map->ops->fsync(map, false));
	KTEST_EXPECT(slow_forget(map));
	shared = slow_open(0, O_RDWR);
	KTEST_EXPECT(slow_fill(shared, 0, 1, 9));
	slow->map = slow_mapping(map);
	slow_hold(true);
	atomic_store(&finished, 0);
	task_interrupt(t, TASK_INT_KILL);
	task_start(t);
	/* It waits for the block; or it has given up, which it must not. */
	while (!(held = slow_held()) && !atomic_load(&finished))
		test_sleep_ms(1);
	while (!task_is_uninterruptible(t) && !atomic_load(&finished))
		test_sleep_ms(1);
	KTEST_EXPECT(held && !atomic_load(&finished));
	slow_hold(false);
	slow_release();
	KTEST_EXPECT(test_until(&finished, 1));
	KTEST_EXPECT(slow_block(0, 0) && !shared->ops->fsync(shared, false));
	KTEST_EXPECT(slow_forget(shared));
	KTEST_EXPECT(slow_byte(shared, 0) == 9 && !slow->wrong);
	slow->map = NULL;
	task_put(&t);
	obj_put(&shared);
	obj_put(&map);
	slow_end();
}

/* A client that says -EINTR all the same has written nothing: all is dirty and tried again. */
KTEST(killed_write_is_tried_again)
{
	struct file *f;
	u64 seen = 0;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0));
	slow->refuse_writes = 1;
	slow->refuse_error = -EINTR;
	KTEST_EXPECT(f->ops->fsync(f, false) == -EAGAIN && !slow_block(0, 0));
	KTEST_EXPECT(atomic_load(&slow_mapping(f)->nr_dirty) == 1);
	slow->inode_error = -EINTR;
	inode_touch(f->inode, ATTR_MTIME);
	KTEST_EXPECT(f->ops->fsync(f, false) == -EAGAIN && slow_block(0, 0));
	KTEST_EXPECT(f->inode->sb->nr_dirty_inodes == 1);
	slow->inode_error = 0;
	slow->sync_error = -EINTR;
	KTEST_EXPECT(super_sync(slow_mount->sb) == -EAGAIN && slow->node[0].size == 10);
	slow->sync_error = 0;
	KTEST_EXPECT(!f->ops->fsync(f, false) && !super_sync(slow_mount->sb));
	KTEST_EXPECT(!error_seq_check(&f->inode->sb->errors->value, &seen));
	obj_put(&f);
	slow_end();
}

static void unmount_killed(unsigned i)
{
	(void)i;
	task_interrupt(task_current(), TASK_INT_KILL);
	mount_put_wait(&slow_mount);
	atomic_add(&finished, 1);
}

/* The end of a file system runs in no task that is killed. */
KTEST(killed_unmount_ends_the_file_system)
{
	KTEST_EXPECT(slow_begin());
	atomic_store(&finished, 0);
	KTEST_EXPECT(test_start(unmount_killed, 0) && test_until(&finished, 1) && test_wait());
	KTEST_EXPECT(slow->nr_killed == 1 && !slow->killer_killed);
	obj_put(&slow);
}
