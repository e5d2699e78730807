// SPDX-License-Identifier: MPL-2.0
/*
 * The block layer (kernel/block/) against a disk in memory that can be slow, lazy, or broken, and
 * that watches what it is asked: no request leaves the disk, and no two that overlap are there at
 * once.
 */
#include <frame/fmt.h>
#include <kernel/block.h>
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <kernel/list.h>
#include <kernel/mapping.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/vfs.h>
#include <uapi/fs.h>

#include "../block/bdev.h"
#include "test.h"

#define DISK_PAGES 256u
#define MAX_HELD   64u
#define MAJOR      240u /* local and experimental use */

struct test_disk {
	struct obj obj;
	u64 sectors;
	struct page *page[DISK_PAGES]; /* references */
	struct spinlock lock;          /* guards what follows */
	LIST_HEAD(block_request) held; /* references; not done yet */
	u32 nr_held;
	bool hold;               /* requests wait for release_all */
	u64 bad_first, bad_last; /* sectors that give an error */
	bool bad_flush;
	/* What it has seen. */
	bool wrong; /* a request that must not be */
	u32 nr_reads, nr_writes, nr_flushes, largest;
	u32 writes_at_flush, held_at_flush;
};
static void test_disk_release(struct test_disk *d)
{
	u32 i;

	for (i = 0; i < DISK_PAGES; i++)
		page_put(array_at(d->page, i));
}
OBJ_TYPE_DECL(test_disk);
OBJ_TYPE(test_disk, test_disk_release);

static u32 next_disk;
static struct test_disk *disk; /* the present test's; they stay, as disks do */
static u64 disk_dev;

static int carry_out(struct test_disk *d, struct block_request *rq)
{
	u8 raw[SECTOR_SIZE];
	size_t off;
	u32 i;

	if (rq->op == BLOCK_FLUSH)
		return d->bad_flush ? -EIO : 0;
	for (i = 0; i < rq->nr_sectors; i++) {
		u64 sector = rq->sector + i;
		struct page *mine = *array_at(d->page, sector / SECTORS_PER_PAGE),
			    *its = block_sector_page(rq, i, &off);
		size_t at = sector % SECTORS_PER_PAGE * SECTOR_SIZE;
		if (sector >= d->bad_first && sector <= d->bad_last)
			return -EIO;
		page_read(rq->op == BLOCK_READ ? mine : its, rq->op == BLOCK_READ ? at : off,
			span_of(raw));
		page_write(rq->op == BLOCK_READ ? its : mine, rq->op == BLOCK_READ ? off : at,
			cspan_of(raw));
	}
	return 0;
}

/* lock held */
static void watch(struct test_disk *d, struct block_request *rq)
{
	struct block_request *o;

	if (rq->op == BLOCK_FLUSH) {
		d->nr_flushes++;
		d->writes_at_flush = d->nr_writes;
		d->held_at_flush = d->nr_held;
		return;
	}
	d->nr_reads += rq->op == BLOCK_READ;
	d->nr_writes += rq->op == BLOCK_WRITE;
	d->largest = max(d->largest, rq->nr_sectors);
	if (!rq->nr_sectors || rq->nr_sectors > REQUEST_PAGES * SECTORS_PER_PAGE ||
		rq->sector + rq->nr_sectors > d->sectors)
		d->wrong = true;
	list_for_each(o, &d->held, link) {
		if (o->sector < rq->sector + rq->nr_sectors &&
			rq->sector < o->sector + o->nr_sectors)
			d->wrong = true;
	}
}

static void test_submit(struct obj *owner, struct block_request *rq)
{
	struct test_disk *d = obj_cast(test_disk, owner);
	bool hold;

	spin_lock(&d->lock);
	watch(d, rq);
	hold = d->hold;
	if (hold) {
		obj_get(rq);
		list_push_front(&d->held, rq, link); /* so they are done in the opposite order */
		d->nr_held++;
	}
	spin_unlock(&d->lock);
	if (!hold)
		block_done(rq, carry_out(d, rq));
}
static const struct block_ops test_ops = { .submit = test_submit };

static u32 held(void)
{
	u32 n;

	spin_lock(&disk->lock);
	n = disk->nr_held;
	spin_unlock(&disk->lock);
	return n;
}

/* Those that wait are done, last come first. */
static void release_held(void)
{
	struct block_request *rq;

	for (;;) {
		spin_lock(&disk->lock);
		rq = list_first(&disk->held);
		if (rq) {
			list_remove(&disk->held, rq, link);
			disk->nr_held--;
		}
		spin_unlock(&disk->lock);
		if (!rq)
			return;
		block_done(rq, carry_out(disk, rq));
		obj_put(&rq);
	}
}

static void set_hold(bool on)
{
	spin_lock(&disk->lock);
	disk->hold = on;
	spin_unlock(&disk->lock);
}

static void bad_sectors(u64 first, u64 last)
{
	disk->bad_first = first;
	disk->bad_last = last;
}
#define NO_BAD_SECTORS() bad_sectors(1, 0)

/* A disk that the block layer does not know yet. */
static bool make_disk(u64 sectors)
{
	u32 i;

	disk = obj_new(test_disk);
	if (!disk)
		return false;
	disk->sectors = sectors;
	NO_BAD_SECTORS();
	for (i = 0; i < DISK_PAGES; i++) {
		disk->page[i] = page_alloc(PAGE_ZEROED);
		if (!disk->page[i])
			return false;
	}
	return true;
}

static bool add_read_only; /* the next one */

static bool add_disk(void)
{
	static const struct lit names[] = { LIT("ta"), LIT("tb"), LIT("tc"), LIT("td"), LIT("te"),
		LIT("tf"), LIT("tg"), LIT("th"), LIT("ti"), LIT("tj"), LIT("tk"), LIT("tl"),
		LIT("tm"), LIT("tn"), LIT("to"), LIT("tp"), LIT("tq"), LIT("tr") };
	struct disk_params p = { .name = names[next_disk],
		.major = MAJOR,
		.first_minor = next_disk * 16,
		.minors = 4,
		.sectors = disk->sectors,
		.read_only = add_read_only };

	next_disk++;
	disk_dev = MKDEV(p.major, p.first_minor);
	if (disk_add(&p, &test_ops, &disk->obj))
		return false;
	block_settle();
	disk->nr_reads = 0;
	disk->largest = 0;
	return true;
}

/* Opens the device of that number by a node of its own. */
static struct file *open_dev(u64 dev, u32 flags)
{
	static u32 serial;
	struct path at = { 0 };
	struct file *f = NULL;
	u8 name[32];
	FMT(text, span_of(name));

	fmt_printf(&text, "/block-test-%u", serial++);
	if (vfs_mknod_kernel(fmt_text(&text), S_IFBLK | 0600, dev) ||
		path_lookup_kernel(fmt_text(&text), 0, &at))
		return NULL;
	if (file_open_path(&at, flags, NULL, &f))
		f = NULL;
	path_put(&at);
	return f;
}

static struct file *open_disk(void)
{
	return open_dev(disk_dev, O_RDWR);
}

/* Some bytes that tell where they belong. */
static void pattern(struct span out, u64 seed)
{
	u64 state = seed, v, i;

	for (i = 0; i + sizeof(v) <= span_len(out); i += sizeof(v)) {
		v = test_random(&state);
		(void)span_write(out, i, &v);
	}
}

static bool write_pattern(struct file *f, u64 pos, size_t n, u64 seed)
{
	struct buf *b = buf_alloc(n);
	bool good;

	if (!b)
		return false;
	pattern(buf_span(b), seed);
	good = file_write_kernel(f, pos, buf_cspan(b)) == (ssize_t)n;
	buf_put(&b);
	return good;
}

static bool reads_pattern(struct file *f, u64 pos, size_t n, u64 seed)
{
	struct buf *b = buf_alloc(n), *want = buf_alloc(n);
	bool good;

	if (!b || !want)
		return false;
	pattern(buf_span(want), seed);
	good = file_read_kernel(f, pos, buf_span(b)) == (ssize_t)n &&
		cspan_equal(buf_cspan(b), buf_cspan(want));
	buf_put(&b);
	buf_put(&want);
	return good;
}

static ssize_t read_one(struct file *f, u64 pos)
{
	u8 raw[SECTOR_SIZE];

	return file_read_kernel(f, pos, span_of(raw));
}

static int do_fsync(struct file *f)
{
	return f->ops->fsync(f, false);
}

/* ---- data ---- */

KTEST(block_data_survive_the_cache)
{
	struct mapping_stats stats;
	struct file *f, *g;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	f = open_disk();
	KTEST_EXPECT(f && write_pattern(f, 0, 65536, 1) && write_pattern(f, 100000, 5000, 2));
	KTEST_EXPECT(write_pattern(f, 700 * 512 + 8, 16, 3));
	/* Another special file of that number shows the same, before anything is written. */
	g = open_disk();
	KTEST_EXPECT(g && reads_pattern(g, 0, 65536, 1) && disk->nr_writes == 0);
	obj_put(&f);
	KTEST_EXPECT(disk->nr_writes == 0);
	obj_put(&g);
	mapping_get_stats(&stats);
	KTEST_EXPECT(disk->nr_writes > 0 && stats.pages == 0 && stats.dirty == 0);
	f = open_disk();
	KTEST_EXPECT(f && reads_pattern(f, 0, 65536, 1) && reads_pattern(f, 100000, 5000, 2));
	KTEST_EXPECT(reads_pattern(f, 700 * 512 + 8, 16, 3));
	obj_put(&f);
	KTEST_EXPECT(!disk->wrong);
}

/* A file on the disk whose pages are there in two pieces each, in the other order. */
#define FRONT 3u
static struct bdev *below;

static int move_pieces(struct mapping *m, struct page_io *io)
{
	u32 i, err = 0, first;

	(void)m;
	for (i = 0; i < io->nr_pages; i++) {
		u64 sector = (io->index + i) * SECTORS_PER_PAGE;
		first = i * (u32)SECTORS_PER_PAGE;
		page_io_hold(io);
		page_io_hold(io);
		err |= (u32)block_submit_io(below, io, first, FRONT,
			sector + SECTORS_PER_PAGE - FRONT);
		err |= (u32)block_submit_io(below, io, first + FRONT, (u32)SECTORS_PER_PAGE - FRONT,
			sector);
	}
	page_io_done(io, err ? -EIO : 0);
	return 0;
}
static const struct mapping_ops pieces = { .read = move_pieces, .write = move_pieces };

/* Sector @i of the page is filled with its number. */
static bool sectors_are(struct page *p, u32 first)
{
	u8 raw[1];
	u32 i;

	for (i = 0; i < SECTORS_PER_PAGE; i++) {
		page_read(p, (i + 1) * SECTOR_SIZE - 1, span_of(raw));
		if (raw[0] != (first + i) % SECTORS_PER_PAGE)
			return false;
	}
	return true;
}

KTEST(block_moves_parts_of_pages)
{
	u8 raw[SECTOR_SIZE];
	struct inode *ino;
	struct page *p;
	struct file *f;
	u32 i, k;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	f = open_disk();
	KTEST_EXPECT(f);
	below = bdev_of(f->host);
	ino = inode_new(f->host->sb, S_IFREG | 0600);
	KTEST_EXPECT(ino && !inode_set_mapping(ino, &pieces));
	ino->size = 4 * PAGE_SIZE;
	for (i = 0; i < 4; i++) {
		p = page_alloc(PAGE_ZEROED);
		KTEST_EXPECT(p);
		for (k = 0; k < SECTORS_PER_PAGE; k++) {
			span_fill(span_of(raw), (u8)k);
			page_write(p, k * SECTOR_SIZE, cspan_of(raw));
		}
		KTEST_EXPECT(!mapping_put_whole(ino->mapping, i, p, 0));
		page_put(&p);
	}
	KTEST_EXPECT(!mapping_sync(ino->mapping, 0, ~0ul) && disk->nr_writes == 8);
	for (i = 0; i < 4; i++)
		KTEST_EXPECT(sectors_are(*array_at(disk->page, i), FRONT));
	mapping_invalidate(ino->mapping);
	KTEST_EXPECT(!ino->pages.nr_pages);
	for (i = 0; i < 4; i++) {
		KTEST_EXPECT(!mapping_get_page(ino->mapping, i, true, &p) && sectors_are(p, 0));
		page_put(&p);
	}
	obj_put(&ino);
	obj_put(&f);
	KTEST_EXPECT(!disk->wrong);
}

KTEST(block_reads_a_disk_in_large_requests)
{
	struct file *f;
	u64 at;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	f = open_disk();
	for (at = 0; at < DISK_PAGES * PAGE_SIZE; at += SECTOR_SIZE)
		KTEST_EXPECT(read_one(f, at) == SECTOR_SIZE);
	KTEST_EXPECT(disk->largest == REQUEST_PAGES * SECTORS_PER_PAGE && disk->nr_reads < 16);
	/* Elsewhere, and nowhere near: just what is asked for. */
	obj_put(&f);
	f = open_disk();
	disk->nr_reads = disk->largest = 0;
	KTEST_EXPECT(read_one(f, 100 * PAGE_SIZE) == SECTOR_SIZE);
	KTEST_EXPECT(read_one(f, 30 * PAGE_SIZE) == SECTOR_SIZE);
	KTEST_EXPECT(read_one(f, 200 * PAGE_SIZE) == SECTOR_SIZE);
	KTEST_EXPECT(disk->nr_reads == 3 && disk->largest == SECTORS_PER_PAGE);
	obj_put(&f);
}

KTEST(block_short_disk_ends_where_it_ends)
{
	u64 sectors = 21 * SECTORS_PER_PAGE + 3, size = sectors * SECTOR_SIZE;
	u8 raw[SECTOR_SIZE] = { 0 };
	struct file *f;

	KTEST_EXPECT(make_disk(sectors) && add_disk());
	f = open_disk();
	KTEST_EXPECT(f && f->ops->lseek(f, 0, SEEK_END) == (s64)size);
	KTEST_EXPECT(f->ops->lseek(f, 1, SEEK_END) == -EINVAL);
	KTEST_EXPECT(file_write_kernel(f, size - SECTOR_SIZE, cspan_of(raw)) == SECTOR_SIZE);
	KTEST_EXPECT(file_write_kernel(f, size, cspan_of(raw)) == -ENOSPC);
	KTEST_EXPECT(file_read_kernel(f, size - 100, span_of(raw)) == 100);
	KTEST_EXPECT(file_read_kernel(f, size, span_of(raw)) == 0);
	/* The last piece in one go, which need not be read first. */
	KTEST_EXPECT(write_pattern(f, 21 * PAGE_SIZE, 3 * SECTOR_SIZE, 5) && !do_fsync(f));
	obj_put(&f);
	f = open_disk();
	KTEST_EXPECT(reads_pattern(f, 21 * PAGE_SIZE, 3 * SECTOR_SIZE, 5) && !disk->wrong);
	obj_put(&f);
}

static struct file *shared_file;
static struct atomic writers_done;
static void write_many(unsigned i)
{
	u32 k;

	for (k = 0; k < 16; k++)
		(void)write_pattern(shared_file, (k * 4 + i) * PAGE_SIZE, PAGE_SIZE, k * 4 + i);
	(void)do_fsync(shared_file);
	atomic_add(&writers_done, 1);
}
/* Does what waits, until nothing is to wait any more. */
static void complete_some(unsigned i)
{
	u32 k;

	(void)i;
	for (k = 0; k < 20000 && load_once(disk->hold); k++) {
		release_held();
		test_sleep_ms(1);
	}
	release_held();
}
/* The place of piece @k behind what the writers write. */
static u64 past_writers(u64 k)
{
	return (128 + k) * PAGE_SIZE + 512;
}

KTEST(block_requests_done_in_any_order)
{
	u32 k, i;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	shared_file = open_disk();
	set_hold(true);
	KTEST_EXPECT(test_start(complete_some, 0));
	for (i = 0; i < 4; i++)
		KTEST_EXPECT(test_start(write_many, i));
	for (k = 0; k < 32; k++)
		KTEST_EXPECT(write_pattern(shared_file, past_writers(k), 1024, 900 + k));
	KTEST_EXPECT(!do_fsync(shared_file));
	while (atomic_load(&writers_done) < 4)
		test_sleep_ms(1);
	set_hold(false);
	KTEST_EXPECT(test_wait() && !held());
	obj_put(&shared_file);
	shared_file = open_disk();
	for (k = 0; k < 64; k++)
		KTEST_EXPECT(reads_pattern(shared_file, k * PAGE_SIZE, PAGE_SIZE, k));
	for (k = 0; k < 32; k++)
		KTEST_EXPECT(reads_pattern(shared_file, past_writers(k), 1024, 900 + k));
	obj_put(&shared_file);
	KTEST_EXPECT(!disk->wrong);
}

/* ---- syncs ---- */

KTEST(block_flush_comes_after_the_writes)
{
	struct file *f;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	f = open_disk();
	KTEST_EXPECT(!do_fsync(f) && disk->nr_flushes == 0); /* nothing to make safe */
	KTEST_EXPECT(write_pattern(f, 0, 65536, 7));
	set_hold(true);
	KTEST_EXPECT(test_start(complete_some, 0) && !do_fsync(f));
	set_hold(false);
	KTEST_EXPECT(test_wait() && disk->nr_flushes == 1);
	KTEST_EXPECT(disk->writes_at_flush == disk->nr_writes && disk->held_at_flush == 0);
	KTEST_EXPECT(!do_fsync(f) && disk->nr_flushes == 1);
	KTEST_EXPECT(write_pattern(f, 0, 512, 8) && !do_fsync(f) && disk->nr_flushes == 2);
	obj_put(&f);
}

/* A page that is written again while it is on its way goes once more, after that. */
static void fsync_shared(unsigned i)
{
	(void)i;
	(void)do_fsync(shared_file);
}
KTEST(block_sync_waits_for_a_page_on_its_way)
{
	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	shared_file = open_disk();
	KTEST_EXPECT(write_pattern(shared_file, 0, PAGE_SIZE, 1));
	set_hold(true);
	KTEST_EXPECT(test_start(fsync_shared, 0));
	while (!held())
		test_sleep_ms(1);
	KTEST_EXPECT(write_pattern(shared_file, 0, PAGE_SIZE, 2));
	KTEST_EXPECT(test_start(complete_some, 0) && !do_fsync(shared_file));
	set_hold(false);
	KTEST_EXPECT(test_wait() && disk->nr_writes == 2 && !disk->wrong);
	obj_put(&shared_file);
	shared_file = open_disk();
	KTEST_EXPECT(reads_pattern(shared_file, 0, PAGE_SIZE, 2));
	obj_put(&shared_file);
}

KTEST(block_dirty_pages_are_written_in_time)
{
	u64 deadline = time_mono_ns() + 30 * NSEC_PER_SEC;
	struct file *f;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	f = open_disk();
	KTEST_EXPECT(write_pattern(f, 0, 512, 7) && disk->nr_writes == 0);
	while (!load_once(disk->nr_writes) && time_mono_ns() < deadline)
		test_sleep_ms(50);
	KTEST_EXPECT(load_once(disk->nr_writes) == 1);
	obj_put(&f);
}

/* ---- errors ---- */

KTEST(block_bad_sector_spoils_no_other)
{
	struct file *f;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	f = open_disk();
	bad_sectors(10 * SECTORS_PER_PAGE + 2, 10 * SECTORS_PER_PAGE + 2);
	KTEST_EXPECT(read_one(f, 9 * PAGE_SIZE) == SECTOR_SIZE);
	KTEST_EXPECT(read_one(f, 10 * PAGE_SIZE) == -EIO);
	KTEST_EXPECT(read_one(f, 11 * PAGE_SIZE) == SECTOR_SIZE);
	/* A piece of the page cannot be written, for the rest is not known; all of it can. */
	KTEST_EXPECT(file_write_kernel(f, 10 * PAGE_SIZE, STR("piece")) == -EIO);
	NO_BAD_SECTORS();
	KTEST_EXPECT(read_one(f, 10 * PAGE_SIZE) == SECTOR_SIZE);
	obj_put(&f);
	f = open_disk();
	bad_sectors(10 * SECTORS_PER_PAGE, 10 * SECTORS_PER_PAGE);
	KTEST_EXPECT(read_one(f, 10 * PAGE_SIZE) == -EIO);
	KTEST_EXPECT(write_pattern(f, 10 * PAGE_SIZE, PAGE_SIZE, 4));
	KTEST_EXPECT(reads_pattern(f, 10 * PAGE_SIZE, PAGE_SIZE, 4));
	NO_BAD_SECTORS();
	KTEST_EXPECT(!do_fsync(f));
	obj_put(&f);
}

KTEST(block_write_error_is_told_once_to_each)
{
	struct file *f, *g, *late;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	f = open_disk();
	g = open_disk();
	bad_sectors(0, 7);
	KTEST_EXPECT(write_pattern(f, 0, PAGE_SIZE, 1));
	KTEST_EXPECT(write_pattern(g, 100 * PAGE_SIZE, 512, 1));
	KTEST_EXPECT(do_fsync(f) == -EIO && do_fsync(f) == 0);
	late = open_disk();
	KTEST_EXPECT(do_fsync(late) == 0 && do_fsync(g) == -EIO && do_fsync(g) == 0);
	NO_BAD_SECTORS();
	KTEST_EXPECT(write_pattern(f, 0, 512, 2) && !do_fsync(f) && !do_fsync(late));
	disk->bad_flush = true;
	KTEST_EXPECT(write_pattern(f, 0, 512, 3) && do_fsync(f) == -EIO);
	disk->bad_flush = false;
	KTEST_EXPECT(do_fsync(f) == 0);
	obj_put(&f);
	obj_put(&g);
	obj_put(&late);
	/* Nobody was there to be told: the next is. */
	f = open_disk();
	bad_sectors(0, 7);
	KTEST_EXPECT(write_pattern(f, 0, PAGE_SIZE, 1));
	obj_put(&f);
	NO_BAD_SECTORS();
	f = open_disk();
	KTEST_EXPECT(do_fsync(f) == -EIO && do_fsync(f) == 0);
	obj_put(&f);
}

/* ---- memory ---- */

KTEST(block_cache_gives_pages_back)
{
	struct mapping_stats before, after;
	struct file *f;
	u64 at;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	f = open_disk();
	KTEST_EXPECT(write_pattern(f, 50 * PAGE_SIZE, 65536, 9));
	for (at = 0; at < DISK_PAGES * PAGE_SIZE; at += PAGE_SIZE)
		KTEST_EXPECT(read_one(f, at) == SECTOR_SIZE);
	mapping_get_stats(&before);
	KTEST_EXPECT(before.pages == DISK_PAGES && before.dirty == 16);
	at = pagecache_reclaim(100);
	KTEST_EXPECT(at >= 100 && at < 200);
	mapping_get_stats(&after);
	KTEST_EXPECT(after.pages == before.pages - at && after.dirty == 16);
	/* All of it, what is dirty too. */
	while (pagecache_reclaim(1000))
		;
	mapping_get_stats(&after);
	KTEST_EXPECT(after.pages == 0 && after.dirty == 0 && after.writing == 0);
	KTEST_EXPECT(reads_pattern(f, 50 * PAGE_SIZE, 65536, 9) && !disk->wrong);
	obj_put(&f);
}

/* ---- open ---- */

KTEST(block_exclusive_opens)
{
	struct file *f, *g;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE) && add_disk());
	f = open_dev(disk_dev, O_RDWR | O_EXCL);
	KTEST_EXPECT(f && !open_dev(disk_dev, O_RDWR | O_EXCL));
	g = open_dev(disk_dev, O_RDONLY);
	KTEST_EXPECT(g);
	obj_put(&f);
	f = open_dev(disk_dev, O_RDONLY | O_EXCL);
	KTEST_EXPECT(f);
	obj_put(&f);
	obj_put(&g);
	KTEST_EXPECT(!open_dev(MKDEV(MAJOR, 4095), O_RDONLY));
}

KTEST(block_read_only_disk)
{
	struct file *f;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE));
	add_read_only = true;
	KTEST_EXPECT(add_disk());
	add_read_only = false;
	KTEST_EXPECT(!open_dev(disk_dev, O_RDWR) && !open_dev(disk_dev, O_WRONLY));
	f = open_dev(disk_dev, O_RDONLY);
	KTEST_EXPECT(f && read_one(f, 0) == SECTOR_SIZE && !do_fsync(f));
	obj_put(&f);
	KTEST_EXPECT(disk->nr_writes == 0);
}

/* ---- partitions ---- */

static void put_sector(u64 sector, struct cspan bytes, size_t off)
{
	page_write(disk->page[sector / SECTORS_PER_PAGE],
		sector % SECTORS_PER_PAGE * SECTOR_SIZE + off, bytes);
}

static void put_signature(u64 sector)
{
	const u8 s[2] = { 0x55, 0xaa };

	put_sector(sector, cspan_of(s), 510);
}

static void put_mbr(u64 sector, u32 slot, u8 type, u32 start, u32 sectors)
{
	u32 entry[4] = { 0, type, start, sectors };

	put_sector(sector, value_cspan(&entry), 446 + slot * 16);
	put_signature(sector);
}

/* Whether the @n-th partition of the present disk is that one. */
static bool has_partition(u32 number, u64 start, u64 sectors)
{
	struct block_info b;
	u32 i;

	for (i = 0; block_nth(i, &b); i++) {
		if (b.partition == number && b.start == start && b.sectors == sectors &&
			b.disk_len == 2 && b.disk[1] == 'a' + next_disk - 1)
			return b.name_len == 3 && b.name[2] == '0' + number;
	}
	return false;
}

static u32 nr_partitions(void)
{
	struct block_info b;
	u32 i, n = 0;

	for (i = 0; block_nth(i, &b); i++)
		n += b.partition && b.disk[1] == 'a' + next_disk - 1;
	return n;
}

KTEST(block_mbr_partitions)
{
	struct file *f, *g;
	struct block_info b;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE));
	put_mbr(0, 0, 0x83, 64, 100);
	put_mbr(0, 1, 0x0f, 512, 1024);
	put_mbr(0, 2, 0x83, 1600, 10000); /* ends behind the disk */
	put_mbr(0, 3, 0x83, 100000, 1);   /* is behind it */
	put_mbr(512, 0, 0x83, 8, 100);
	put_mbr(512, 1, 0x05, 200, 300);
	put_mbr(712, 0, 0x83, 8, 50);
	put_mbr(712, 1, 0x05, 200, 300); /* leads to itself */
	KTEST_EXPECT(add_disk() && nr_partitions() == 5);
	KTEST_EXPECT(has_partition(1, 64, 100) && has_partition(2, 512, 2));
	KTEST_EXPECT(has_partition(3, 1600, 448) && has_partition(5, 520, 100));
	KTEST_EXPECT(has_partition(6, 720, 50));
	/* The first four numbers are the disk's, then there are others. */
	KTEST_EXPECT(block_info_of(disk_dev + 3, &b) && b.partition == 3);
	KTEST_EXPECT(!block_info_of(disk_dev + 5, &b));
	f = open_dev(disk_dev + 1, O_RDWR);
	KTEST_EXPECT(f && write_pattern(f, 0, 100 * SECTOR_SIZE, 1));
	KTEST_EXPECT(file_write_kernel(f, 100 * SECTOR_SIZE, STR("x")) == -ENOSPC);
	/* Exclusive use of a part keeps the whole from being had so. */
	g = open_dev(disk_dev + 1, O_RDONLY | O_EXCL);
	KTEST_EXPECT(g && !open_dev(disk_dev, O_RDONLY | O_EXCL));
	obj_put(&g);
	obj_put(&f);
	f = open_disk();
	KTEST_EXPECT(f && reads_pattern(f, 64 * SECTOR_SIZE, 100 * SECTOR_SIZE, 1) && !disk->wrong);
	obj_put(&f);
}

static u32 crc32(u32 crc, struct cspan s)
{
	size_t i;
	u32 k;

	for (i = 0; i < cspan_len(s); i++) {
		crc ^= span_byte(s, i);
		for (k = 0; k < 8; k++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
	}
	return crc;
}

/* A table of four entries with its header at @here, one partition in the second. */
static void put_gpt(u64 here, u64 entries, u64 first, u64 last)
{
	u64 e[64] = { 0 };
	u32 h[23] = { 0x20494645, 0x54524150, 0x10000, 92 };

	e[16] = e[18] = 1;
	e[20] = first;
	e[21] = last;
	put_sector(entries, value_cspan(&e), 0);
	h[6] = (u32)here;
	h[18] = (u32)entries;
	h[20] = 4;
	h[21] = 128;
	h[22] = ~crc32(~0u, value_cspan(&e));
	h[4] = ~crc32(~0u, value_cspan(&h));
	put_sector(here, value_cspan(&h), 0);
}

KTEST(block_gpt_and_its_backup)
{
	u64 end = DISK_PAGES * SECTORS_PER_PAGE - 1;
	u32 i;

	for (i = 0; i < 3; i++) {
		KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE));
		put_mbr(0, 0, 0xee, 1, (u32)end);
		put_gpt(1, 2, 40, 139);
		put_gpt(end, end - 1, 40, 239);
		if (i > 0)
			put_sector(1, STR("x"), 80); /* in the header */
		if (i > 1)
			put_sector(end - 1, STR("x"), 300); /* in the backup's entries */
		KTEST_EXPECT(add_disk() && nr_partitions() == (i < 2));
		KTEST_EXPECT(i == 2 || has_partition(2, 40, i ? 200 : 100));
	}
}

KTEST(block_table_that_cannot_be_read)
{
	struct file *f;

	KTEST_EXPECT(make_disk(DISK_PAGES * SECTORS_PER_PAGE));
	bad_sectors(0, 0);
	KTEST_EXPECT(add_disk() && nr_partitions() == 0);
	f = open_disk();
	KTEST_EXPECT(f && read_one(f, 8 * PAGE_SIZE) == SECTOR_SIZE);
	obj_put(&f);
}

KTEST(block_disks_that_cannot_be)
{
	struct disk_params p = {
		.name = LIT("taken"), .major = MAJOR, .first_minor = 4000, .minors = 4, .sectors = 8
	};

	KTEST_EXPECT(make_disk(8) && !disk_add(&p, &test_ops, &disk->obj));
	p.first_minor = 4004;
	KTEST_EXPECT(disk_add(&p, &test_ops, &disk->obj) == -EINVAL);
	p.name = LIT("free");
	p.first_minor = 4000;
	KTEST_EXPECT(disk_add(&p, &test_ops, &disk->obj) == -EINVAL);
	p.first_minor = 4004;
	p.sectors = 0;
	KTEST_EXPECT(disk_add(&p, &test_ops, &disk->obj) == -EINVAL);
	p.sectors = 8;
	p.name = LIT("");
	KTEST_EXPECT(disk_add(&p, &test_ops, &disk->obj) == -EINVAL);
	block_settle();
}
