// SPDX-License-Identifier: MPL-2.0
/* The file system of slowfs.h; the disk below it is in slowdisk.c. */
#include <kernel/dentry.h>
#include <kernel/locks.h>
#include <kernel/stat.h>
#include <kernel/super.h>
#include <uapi/fs.h>

#include "slowfs.h"

struct slowfs *slow;
struct mount *slow_mount;

static void slowfs_release(struct slowfs *fs)
{
	u32 i;

	for (i = 0; i < SLOW_BLOCKS; i++)
		page_put(array_at(fs->data, i));
}
OBJ_TYPE(slowfs, slowfs_release);

static struct slowfs *fs_of(const struct inode *ino)
{
	return obj_cast(slowfs, ino->sb->private);
}

/* The node of a file: its number in the super is 2 and on. */
#define NODE(fs, inode) array_at((fs)->node, (inode)->ino - 2)

/* ---- operations of mappings ---- */

/* Whether a read or page_mkwrite is refused. */
static bool is_refused(struct slowfs *fs)
{
	bool refuse;

	spin_lock(&fs->lock);
	refuse = fs->refuse_reads;
	fs->refuse_reads -= refuse;
	spin_unlock(&fs->lock);
	return refuse;
}

/* A hole is zeroed at once; blocks of a page may come back in any order. */
static int slow_read(struct mapping *m, struct page_io *io)
{
	struct slowfs *fs = fs_of(m->host);
	struct slow_node *const n = NODE(fs, m->host);
	u32 size = fs->block_size, i, off;
	bool all = true;

	spin_lock(&fs->lock);
	fs->nr_reads++;
	fs->largest = max(fs->largest, io->nr_pages);
	spin_unlock(&fs->lock);
	if (is_refused(fs))
		return -EAGAIN;
	for (i = 0; i < io->nr_pages; i++) {
		for (off = 0; off < PAGE_SIZE; off += size) {
			u64 index = ((io->index + i) * PAGE_SIZE + off) / size;
			u32 block = index < SLOW_PAGES ? load_once(*array_at(n->block, index)) : 0;
			if (!block)
				page_zero(io->page[i], off, size);
			else
				all &= slow_start_move(fs, io, i, off, block);
		}
	}
	page_io_done(io, all ? 0 : -ENOMEM);
	return 0;
}

/* Whether a block in a page has bytes that are not zero. */
static bool has_bytes(struct slowfs *fs, struct page *p, u32 off)
{
	u8 some[64];
	u32 at, i;

	for (at = 0; at < fs->block_size; at += sizeof(some)) {
		page_read(p, off + at, span_of(some));
		for (i = 0; i < sizeof(some); i++) {
			if (some[i])
				return true;
		}
	}
	return false;
}

/*
 * Writes the blocks of a page that lie in the file. Bytes in a hole: nobody has asked for a block.
 */
static bool write_page(struct slowfs *fs, struct inode *ino, struct page_io *io, u32 i)
{
	struct slow_node *const n = NODE(fs, ino);
	u64 pos = (io->index + i) * PAGE_SIZE;
	u32 off, block;
	bool all = true;

	for (off = 0; off < PAGE_SIZE && pos + off < load_once(ino->size); off += fs->block_size) {
		spin_lock(&fs->lock);
		block = slow_place(fs, n, (pos + off) / fs->block_size);
		spin_unlock(&fs->lock);
		if (block)
			all &= slow_start_move(fs, io, i, off, block);
		else if (has_bytes(fs, io->page[i], off))
			fs->wrong = true;
	}
	return all;
}

/*
 * May refuse, as a file system without memory does. With a map it first reads a block that says
 * where the pages go, as a file system with indirect blocks does.
 */
static int slow_write(struct mapping *m, struct page_io *io)
{
	struct slowfs *fs = fs_of(m->host);
	struct page *map = NULL;
	bool refuse;
	int err = 0;
	u32 i;

	spin_lock(&fs->lock);
	fs->nr_writes++;
	refuse = fs->refuse_writes;
	fs->refuse_writes -= refuse;
	spin_unlock(&fs->lock);
	if (refuse)
		return fs->refuse_error ? fs->refuse_error : -ENOMEM;
	if (fs->map)
		err = mapping_get_meta(fs->map, 0, &map);
	page_put(&map);
	if (err)
		return err;
	for (i = 0; i < io->nr_pages; i++) {
		if (!write_page(fs, m->host, io, i))
			err = -EIO;
	}
	page_io_done(io, err);
	return 0;
}

/* Nothing of the run may look as if it were being written: a transaction would wait for it. */
static int slow_prepare(struct mapping *m, u64 first, u64 last)
{
	struct slowfs *fs = fs_of(m->host);
	struct page *p = pagecache_find(&m->host->pages, first);

	(void)last;
	if (load_once(fs->nr_killed))
		fs->wrong = true;
	spin_lock(&fs->lock);
	fs->nr_prepares++;
	if (p && (page_tag(p) & PAGE_WRITING))
		fs->early = true;
	if (atomic_load(array_at(m->writing, m->epoch)))
		fs->early = true;
	spin_unlock(&fs->lock);
	page_put(&p);
	return fs->refuse_prepares ? -EAGAIN : 0;
}
/* The other end of slow_prepare: called once for each write that was prepared. */
static void slow_finish(struct mapping *m)
{
	struct slowfs *fs = fs_of(m->host);

	spin_lock(&fs->lock);
	fs->nr_finishes++;
	spin_unlock(&fs->lock);
}

/* Space for the whole write, before any byte is copied. */
static int slow_write_begin(struct inode *ino, u64 pos, u64 len)
{
	struct slowfs *fs = fs_of(ino);

	return slow_reserve_all(fs, NODE(fs, ino), pos / fs->block_size,
		div_round_up(pos + len, fs->block_size), SLOW_W);
}

/* What this write has reserved and not used, and no store has been promised, is given back. */
static void slow_write_end(struct inode *ino, u64 pos, u64 len, u64 copied)
{
	struct slowfs *fs = fs_of(ino);
	struct slow_node *const n = NODE(fs, ino);
	u64 end = div_round_up(pos + len, fs->block_size), i;
	u64 used = copied ? div_round_up(pos + copied, fs->block_size) : pos / fs->block_size;

	spin_lock(&fs->lock);
	for (i = pos / fs->block_size; i < end; i++) {
		u8 *const r = array_at(n->reserved, i);
		if (i >= used && (*r & SLOW_NEW)) {
			*r &= SLOW_P;
			fs->nr_free += !*r;
		}
		*r &= (u8)~SLOW_NEW;
	}
	spin_unlock(&fs->lock);
}

/* Only for the blocks of the page that lie in the file. */
static int slow_mkwrite(struct inode *ino, u64 index, struct page *p)
{
	struct slowfs *fs = fs_of(ino);
	u64 pos = index * PAGE_SIZE, end = min(load_once(ino->size), pos + PAGE_SIZE);

	(void)p;
	spin_lock(&fs->lock);
	fs->nr_mkwrites++;
	spin_unlock(&fs->lock);
	if (is_refused(fs))
		return -EAGAIN;
	return slow_reserve_all(fs, NODE(fs, ino), pos / fs->block_size,
		div_round_up(end, fs->block_size), SLOW_P);
}

static const struct mapping_ops slow_mops = { .read = slow_read,
	.write = slow_write,
	.write_prepare = slow_prepare,
	.write_finish = slow_finish,
	.write_begin = slow_write_begin,
	.write_end = slow_write_end,
	.page_mkwrite = slow_mkwrite };

/* ---- files ---- */

/* The size is stored already; @old is the one before. */
static int slow_truncate(struct inode *ino, u64 old)
{
	struct slowfs *fs = fs_of(ino);

	if (ino->size > SLOW_PAGES * fs->block_size)
		return -EFBIG;
	if (ino->size >= old)
		return 0;
	return slow_give_back(fs, NODE(fs, ino), div_round_up(ino->size, fs->block_size),
		SLOW_PAGES);
}

/* Only blocks that lie in the hole as a whole. */
static int slow_punch(struct inode *ino, u64 off, u64 len)
{
	struct slowfs *fs = fs_of(ino);

	return slow_give_back(fs, NODE(fs, ino), div_round_up(off, fs->block_size),
		(off + len) / fs->block_size);
}

/* Cuts free blocks in steps, if the test has set a size of a step. */
static const struct inode_ops file_iops = { .truncate = slow_truncate, .punch = slow_punch };
static const struct file_ops file_fops = { .read = generic_file_read,
	.write = generic_file_write,
	.lseek = generic_file_lseek,
	.mmap = generic_file_mmap,
	.fsync = generic_file_fsync,
	.splice = SPLICE_READ | SPLICE_WRITE | SPLICE_CACHED };

/* An inode without contents. */
static const struct inode_ops plain_iops = { 0 };
static const struct file_ops plain_fops = { .lseek = generic_file_lseek,
	.fsync = generic_file_fsync };

/* ---- the directory ---- */

/* Enters an operation that must not run at the end of the file system. */
static void go_in(struct slowfs *fs)
{
	atomic_add(&fs->nr_inside, 1);
	if (load_once(fs->nr_killed))
		fs->wrong = true;
}

static void go_out(struct slowfs *fs)
{
	if (load_once(fs->nr_killed))
		fs->wrong = true;
	atomic_sub(&fs->nr_inside, 1);
}

/* May take long on request, so that a second look-up comes in the middle. */
static int slow_read_inode(struct inode *ino)
{
	struct slowfs *fs = fs_of(ino);
	struct slow_node *const n = NODE(fs, ino);
	int err;

	spin_lock(&fs->lock);
	fs->nr_inode_reads++;
	spin_unlock(&fs->lock);
	if (fs->slow_inodes)
		test_sleep_ms(20);
	ino->mode = S_IFREG | 0600;
	ino->size = n->size;
	inode_set_nlink(ino, n->nlink);
	ino->ops = &file_iops;
	ino->fops = &file_fops;
	if (fs->directories) {
		ino->mode = S_IFDIR | 0700;
		ino->ops = &plain_iops;
		ino->fops = &plain_fops;
		return 0;
	}
	err = inode_set_mapping(ino, &slow_mops);
	if (!err)
		ino->mapping->block_size = fs->block_size;
	return err;
}

/* Counted while it lasts, so that a sync that does not wait for it is noticed (sync_early). */
static int slow_write_inode(struct inode *ino)
{
	struct slowfs *fs = fs_of(ino);
	struct slow_node *const n = NODE(fs, ino);
	u64 deadline = time_mono_ns() + 20 * NSEC_PER_SEC;
	int err;

	go_in(fs);
	atomic_add(&fs->nr_inode_writers, 1);
	while (load_once(fs->hold_inode_writes) && time_mono_ns() < deadline)
		test_sleep_ms(1);
	spin_lock(&fs->lock);
	fs->nr_inode_writes++;
	err = fs->refuse_inode_writes ? -ENOMEM : fs->inode_error;
	fs->refuse_inode_writes -= fs->refuse_inode_writes != 0;
	spin_unlock(&fs->lock);
	if (!err) {
		n->size = load_once(ino->size);
		n->nlink = ino->nlink;
	}
	atomic_sub(&fs->nr_inode_writers, 1);
	go_out(fs);
	return err;
}

/* A file without names becomes an empty file with one. */
static void slow_evict(struct inode *ino)
{
	struct slowfs *fs = fs_of(ino);
	struct slow_node *const n = NODE(fs, ino);
	u64 deadline = time_mono_ns() + 20 * NSEC_PER_SEC;

	go_in(fs);
	while (load_once(fs->hold_evicts) && time_mono_ns() < deadline)
		test_sleep_ms(1);
	spin_lock(&fs->lock);
	fs->nr_evicted++;
	spin_unlock(&fs->lock);
	if (!ino->nlink) {
		fs->step = 0;
		(void)slow_give_back(fs, n, 0, SLOW_PAGES);
		n->size = 0;
		n->nlink = 1;
	}
	go_out(fs);
}

/* Files have names of one digit. */
static int slow_lookup(struct inode *dir, struct dentry *d)
{
	u8 name[NAME_LEN];
	size_t len = dentry_name(d, span_of(name));
	struct inode *ino;
	int err;

	if (len != 1 || name[0] < '0' || name[0] >= '0' + SLOW_FILES)
		return 0;
	err = inode_get_at(dir->sb, 2 + name[0] - '0', &ino);
	if (err)
		return err;
	dentry_instantiate(d, ino);
	obj_put(&ino);
	return 0;
}
static const struct inode_ops dir_iops = { .lookup = slow_lookup };
static const struct file_ops dir_fops = { .lseek = generic_file_lseek };

/* ---- mounting ---- */

/* May make an inode dirty in the middle of the sync, as if a program had. */
static int slow_sync_fs(struct super *sb)
{
	struct slowfs *fs = obj_cast(slowfs, sb->private);
	u64 touch = fs->touch_at_sync;
	struct inode *ino = NULL;

	if (fs->nr_killed)
		fs->wrong = true;
	if (atomic_load(&fs->nr_inode_writers))
		fs->sync_early = true;
	store_once(fs->nr_syncs, fs->nr_syncs + 1);
	fs->touch_at_sync = 0;
	if (touch && !inode_get_at(sb, touch, &ino)) {
		inode_touch(ino, ATTR_MTIME);
		inode_put_name(&ino);
	}
	return fs->sync_error;
}

/* Notes what was dirty or being written when it was called: nothing may have been. */
static int slow_remount(struct super *sb, u32 flags, struct cspan data)
{
	struct slowfs *fs = obj_cast(slowfs, sb->private);

	(void)data;
	fs->nr_remounts++;
	fs->remount_flags = flags;
	fs->remount_early = atomic_load(&fs->nr_inode_writers) || load_once(sb->nr_dirty_inodes);
	fs->writes_at_remount = fs->nr_writes;
	return fs->remount_error;
}

/* No operation may be in progress, and none may come afterwards (go_in). */
static int slow_kill(struct super *sb)
{
	struct slowfs *fs = obj_cast(slowfs, sb->private);

	if (atomic_load(&fs->nr_inside))
		fs->wrong = true;
	fs->killer_killed = task_interrupt_flags(task_current()) & TASK_INT_KILL;
	store_once(fs->nr_killed, fs->nr_killed + 1);
	return 0;
}

static const struct super_ops slow_super_ops = { .sync_fs = slow_sync_fs,
	.kill = slow_kill,
	.remount = slow_remount,
	.read_inode = slow_read_inode,
	.write_inode = slow_write_inode,
	.evict = slow_evict };

/* The file system that slow_begin has made. */
static int slowfs_mount(const struct fs_type *type, struct cspan source, u32 flags,
	struct cspan data, struct super **out)
{
	struct super *sb = super_new(type, &slow_super_ops);
	struct inode *ino = sb ? inode_new(sb, S_IFDIR | 0755) : NULL;

	(void)source;
	(void)flags;
	(void)data;
	if (ino) {
		sb->private = obj_get_any(&slow->obj);
		ino->ino = 1;
		ino->ops = &dir_iops;
		ino->fops = &dir_fops;
		sb->root = dentry_new_root(sb, ino);
	}
	obj_put(&ino);
	if (!sb || !sb->root) {
		obj_put(&sb);
		return -ENOMEM;
	}
	*out = sb;
	return 0;
}
static const struct fs_type slowfs_type = {
	.name = LIT("slowfs"), .nodev = true, .mount = slowfs_mount
};

/*
 * All blocks are spoiled, so that one which is read before it was written is seen. Block 0 is no
 * file's.
 */
static bool begin(u32 block_size)
{
	u32 i;

	slow = obj_new(slowfs);
	if (!slow)
		return false;
	slow->block_size = block_size;
	for (i = 0; i < SLOW_BLOCKS; i++) {
		slow->data[i] = page_alloc(PAGE_ZEROED);
		if (!slow->data[i])
			return false;
		slow_spoil(slow, i);
	}
	slow->nr_free = SLOW_BLOCKS - 1;
	for (i = 0; i < SLOW_FILES; i++)
		slow->node[i].nlink = 1;
	return !mount_new(&slowfs_type, STR("slow"), STR(""), 0, &slow_mount);
}

/* A block is a page; with slow_begin_small it is a quarter of one. */
bool slow_begin(void)
{
	return begin(PAGE_SIZE);
}

bool slow_begin_small(void)
{
	return begin(SLOW_SMALL);
}

/*
 * Waits for the end of the file system. A test that wants to look at it afterwards holds a
 * reference on the slowfs.
 */
void slow_end(void)
{
	mount_put_wait(&slow_mount);
	obj_put(&slow);
}

/* Each open has a dentry of its own, which is in no cache: only the inode is shared. */
struct file *slow_open(u32 n, u32 flags)
{
	u8 name[1] = { (u8)('0' + n) };
	struct path p = { .mnt = slow_mount,
		.dentry = dentry_new(slow_mount->root, cspan_of(name)) };
	struct inode *root = slow_mount->root->inode;
	struct file *f = NULL;

	if (p.dentry && !root->ops->lookup(root, p.dentry) && p.dentry->inode &&
		file_open_path(&p, flags, NULL, &f))
		f = NULL;
	obj_put(&p.dentry);
	return f;
}

/* For counts that a task of the kernel raises in its own time. */
bool slow_reaches(const u32 *const n, u32 want)
{
	u64 deadline = time_mono_ns() + 30 * NSEC_PER_SEC;

	while (load_once(*n) < want && time_mono_ns() < deadline)
		test_sleep_ms(10);
	return load_once(*n) >= want;
}

/* Pages that are just being used cannot go: it tries for a while. */
bool slow_forget(struct file *f)
{
	u64 deadline = time_mono_ns() + NSEC_PER_SEC;

	mapping_invalidate(slow_mapping(f));
	while (load_once(f->host->pages.nr_pages) && time_mono_ns() < deadline) {
		test_sleep_ms(1);
		mapping_invalidate(slow_mapping(f));
	}
	return !load_once(f->host->pages.nr_pages);
}
