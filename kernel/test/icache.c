// SPDX-License-Identifier: MPL-2.0
/*
 * The inode cache (kernel/fs/icache.c) with slowfs as its file system.
 *
 * Reads and writes of inodes are counted by slowfs. A file is known by its number: its node on the
 * disk is 2 and on.
 */
#include <kernel/super.h>
#include <uapi/fs.h>

#include "slowfs.h"

static bool put_bytes(struct file *f, u64 pos)
{
	return f && file_write_kernel(f, pos, STR("some bytes")) == 10;
}

/*
 * After the last close the inode stays, with its pages: the next open reads neither of them from
 * the disk.
 */
KTEST(icache_keeps_inodes_and_pages)
{
	struct inode *ino;
	struct file *f;

	KTEST_EXPECT(slow_begin());
	f = slow_open(2, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0) && !f->ops->fsync(f, false));
	ino = f->inode;
	KTEST_EXPECT(slow->nr_inode_writes == 1 && slow->node[2].size == 10);
	obj_put(&f);
	f = slow_open(2, O_RDONLY);
	KTEST_EXPECT(f && f->inode == ino && f->host->pages.nr_pages == 1);
	KTEST_EXPECT(slow->nr_inode_reads == 1 && slow->nr_reads == 0 && slow->nr_evicted == 0);
	obj_put(&f);
	slow_end();
}

static struct inode *got[8];
static void look_up(unsigned i)
{
	struct inode *ino;

	/* Whole when it is found. */
	if (!inode_get_at(slow_mount->sb, 3, &ino) && ino->mapping && ino->fops)
		*array_at(got, i) = ino;
}

/*
 * Eight look-ups of one inode at a time, while reading takes long: all get the one object, and none
 * sees it before it is whole.
 */
KTEST(icache_reads_an_inode_once)
{
	u32 i;

	KTEST_EXPECT(slow_begin());
	slow->slow_inodes = true;
	KTEST_EXPECT(test_team(look_up, ARRAY_LEN(got)));
	for (i = 0; i < ARRAY_LEN(got); i++) {
		KTEST_EXPECT(got[i] && got[i] == got[0] && got[i]->ino == 3);
	}
	for (i = 0; i < ARRAY_LEN(got); i++)
		obj_put(array_at(got, i));
	KTEST_EXPECT(slow->nr_inode_reads == 1);
	slow_end();
}

/* As a file system with a journal makes an inode: it writes the fields itself. */
KTEST(icache_makes_an_inode_and_believes_who_wrote_it)
{
	struct inode *ino = NULL, *same = NULL;
	u32 writes;

	KTEST_EXPECT(slow_begin());
	KTEST_EXPECT(!inode_create_at(slow_mount->sb, 3, S_IFREG | 0600, &ino) && ino->ino == 3);
	KTEST_EXPECT(inode_create_at(slow_mount->sb, 3, S_IFREG | 0600, &same) == -EIO && !same);
	KTEST_EXPECT(!inode_get_at(slow_mount->sb, 3, &same) && same == ino);
	KTEST_EXPECT(slow->nr_inode_reads == 0);
	obj_put(&same);
	inode_mark_dirty(ino);
	inode_mark_clean(ino);
	writes = slow->nr_inode_writes;
	KTEST_EXPECT(!super_sync(slow_mount->sb) && slow->nr_inode_writes == writes);
	inode_mark_dirty(ino);
	KTEST_EXPECT(!super_sync(slow_mount->sb) && slow->nr_inode_writes == writes + 1);
	obj_put(&ino);
	slow_end();
}

/* By a sync, once for each change and not again; and by the flusher, in its time. */
KTEST(icache_writes_dirty_inodes)
{
	struct file *f, *g;

	KTEST_EXPECT(slow_begin());
	test_hurry(false);
	f = slow_open(0, O_RDWR);
	g = slow_open(1, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0) && put_bytes(g, 90) && slow->nr_inode_writes == 0);
	KTEST_EXPECT(!super_sync(slow_mount->sb) && slow->nr_inode_writes == 2);
	KTEST_EXPECT(slow->node[0].size == 10 && slow->node[1].size == 100);
	KTEST_EXPECT(!super_sync(slow_mount->sb) && slow->nr_inode_writes == 2);
	/* In time, by itself. */
	test_hurry(true);
	KTEST_EXPECT(put_bytes(f, 10) && slow_reaches(&slow->nr_inode_writes, 3));
	KTEST_EXPECT(slow->node[0].size == 20);
	test_unhurry();
	obj_put(&f);
	obj_put(&g);
	slow_end();
}

/*
 * As long as it is open it stays. With the last close the file system gets its blocks back, and
 * what was dirty is not written any more. Then the number serves a new file.
 */
KTEST(icache_frees_a_file_without_names)
{
	struct file *f, *g;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	g = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0) && put_bytes(f, PAGE_SIZE) && !f->ops->fsync(f, false));
	KTEST_EXPECT(put_bytes(f, 2 * PAGE_SIZE) && slow->nr_free == SLOW_BLOCKS - 4);
	inode_set_nlink(f->inode, 0);
	obj_put(&f);
	KTEST_EXPECT(put_bytes(g, 0) && slow->nr_evicted == 0);
	obj_put(&g);
	KTEST_EXPECT(slow_reaches(&slow->nr_evicted, 1));
	/* The number can be had at once: a look-up waits for the end of the eviction. */
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(f && f->inode->size == 0 && slow->nr_free == SLOW_BLOCKS - 1);
	KTEST_EXPECT(slow->nr_writes == 1 && !slow->wrong);
	obj_put(&f);
	slow_end();
}

/*
 * Only those that are neither open nor dirty; an inode that was given back is read again by the
 * next open.
 */
KTEST(icache_gives_unused_inodes_back)
{
	struct file *f, *g;

	KTEST_EXPECT(slow_begin());
	f = slow_open(0, O_RDWR);
	KTEST_EXPECT(put_bytes(f, 0) && !f->ops->fsync(f, false));
	g = slow_open(1, O_RDWR);
	KTEST_EXPECT(put_bytes(g, 0));
	obj_put(&f); /* unused and clean; the other one is neither */
	while (!slow->nr_evicted && inode_cache_shrink(1000))
		;
	KTEST_EXPECT(slow->nr_evicted == 1);
	KTEST_EXPECT(inode_cache_shrink(1000) == 0 && slow->nr_evicted == 1);
	f = slow_open(0, O_RDONLY);
	KTEST_EXPECT(f && f->inode->size == 10 && slow->nr_inode_reads == 3);
	obj_put(&f);
	obj_put(&g);
	slow_end();
}

/* Two tasks may remove one name. */
static void remove_name(struct inode *ino)
{
	rwlock_write_lock(&ino->lock);
	inode_set_nlink(ino, 0);
	rwlock_write_unlock(&ino->lock);
}

static struct atomic bad_looks;
/* Looks up all files while inodes go, until enough have gone. */
static void come_and_go(unsigned i)
{
	u64 state = i;
	u32 k;

	for (k = 0; k < 300 || (k < 100000 && load_once(slow->nr_evicted) < 20); k++) {
		u64 n = test_random(&state) % SLOW_FILES;
		struct inode *ino = NULL;
		if (i == 0) {
			(void)inode_cache_shrink(1000);
		} else if (i == 1) {
			ignore_error(super_sync(slow_mount->sb));
		} else if (inode_get_at(slow_mount->sb, 2 + n, &ino)) {
			atomic_add(&bad_looks, 1);
		} else {
			if (ino->ino != 2 + n || !ino->mapping || !ino->fops)
				atomic_add(&bad_looks, 1);
			if (i == 2)
				inode_touch(ino, ATTR_MTIME);
			if (i == 3 && k % 4 == 0)
				remove_name(ino);
			inode_put_name(&ino);
		}
		test_step();
		task_cond_resched();
	}
}

/*
 * Look-ups, shrinking, syncs, changes and removals of the same few files, on all CPUs: a look-up
 * never gets an inode that is not whole or is another one, and at the end each that was read has
 * been evicted.
 */
KTEST(icache_look_ups_meet_evictions)
{
	struct slowfs *fs;

	KTEST_EXPECT(slow_begin());
	atomic_store(&bad_looks, 0);
	KTEST_EXPECT(test_team(come_and_go, 8) && !atomic_load(&bad_looks));
	fs = obj_get(slow);
	slow_end();
	KTEST_EXPECT(fs->nr_inode_reads == fs->nr_evicted && fs->nr_evicted >= 20);
	KTEST_EXPECT(fs->nr_free == SLOW_BLOCKS - 1 && !fs->wrong);
	obj_put(&fs);
}
