// SPDX-License-Identifier: MPL-2.0
/* The disk of tdisk.h. */
#include <frame/fmt.h>
#include <kernel/chrdev.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/vfs.h>
#include <uapi/fs.h>

#include "tdisk.h"

static void test_disk_release(struct test_disk *d)
{
	u32 i;

	for (i = 0; i < DISK_PAGES; i++)
		page_put(array_at(d->page, i));
}
OBJ_TYPE(test_disk, test_disk_release);

u32 tdisk_next;
struct test_disk *tdisk;
u64 tdisk_dev;

/* Sector by sector, through a buffer; a bad sector ends the request there, as on a real disk. */
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

/*
 * What a right client never does is noted as wrong: requests that are empty, too large or behind
 * the end, and two of the same sectors at a time. Lock held.
 */
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

/* The block layer may be called again from block_done, so the lock is not held there. */
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
const struct block_ops tdisk_ops = { .submit = test_submit };

u32 tdisk_held(void)
{
	u32 n;

	spin_lock(&tdisk->lock);
	n = tdisk->nr_held;
	spin_unlock(&tdisk->lock);
	return n;
}

/* Those that wait are done, last come first. */
void tdisk_release_held(void)
{
	struct block_request *rq;

	for (;;) {
		spin_lock(&tdisk->lock);
		rq = list_first(&tdisk->held);
		if (rq) {
			list_remove(&tdisk->held, rq, link);
			tdisk->nr_held--;
		}
		spin_unlock(&tdisk->lock);
		if (!rq)
			return;
		block_done(rq, carry_out(tdisk, rq));
		obj_put(&rq);
	}
}

/* What is held already stays held until it is released. */
void tdisk_set_hold(bool on)
{
	spin_lock(&tdisk->lock);
	tdisk->hold = on;
	spin_unlock(&tdisk->lock);
}

void tdisk_bad_sectors(u64 first, u64 last)
{
	tdisk->bad_first = first;
	tdisk->bad_last = last;
}

/* A disk that the block layer does not know yet. */
bool tdisk_make(u64 sectors)
{
	u32 i;

	tdisk = obj_new(test_disk);
	if (!tdisk)
		return false;
	tdisk->sectors = sectors;
	TDISK_NO_BAD_SECTORS();
	for (i = 0; i < DISK_PAGES; i++) {
		tdisk->page[i] = page_alloc(PAGE_ZEROED);
		if (!tdisk->page[i])
			return false;
	}
	return true;
}

bool tdisk_add_read_only;

/* Each disk has a name and numbers of its own: disks stay until the machine turns itself off. */
bool tdisk_add(void)
{
	static const struct lit names[] = { LIT("ta"), LIT("tb"), LIT("tc"), LIT("td"), LIT("te"),
		LIT("tf"), LIT("tg"), LIT("th"), LIT("ti"), LIT("tj"), LIT("tk"), LIT("tl"),
		LIT("tm"), LIT("tn"), LIT("to"), LIT("tp"), LIT("tq"), LIT("tr"), LIT("ts"),
		LIT("tt"), LIT("tu"), LIT("tv"), LIT("tw"), LIT("tx"), LIT("ty"), LIT("tz") };
	struct disk_params p = { .name = names[tdisk_next],
		.major = MAJOR,
		.first_minor = tdisk_next * 16,
		.minors = 4,
		.sectors = tdisk->sectors,
		.read_only = tdisk_add_read_only };

	tdisk_next++;
	tdisk_dev = MKDEV(p.major, p.first_minor);
	if (disk_add(&p, &tdisk_ops, &tdisk->obj))
		return false;
	block_settle();
	tdisk->nr_reads = 0;
	tdisk->largest = 0;
	return true;
}

/* Opens the device of that number by a node of its own. */
struct file *tdisk_open_dev(u64 dev, u32 flags)
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

struct file *tdisk_open(void)
{
	return tdisk_open_dev(tdisk_dev, O_RDWR);
}

/* Some bytes that tell where they belong. */
void tdisk_pattern(struct span out, u64 seed)
{
	u64 state = seed, v, i;

	for (i = 0; i + sizeof(v) <= span_len(out); i += sizeof(v)) {
		v = test_random(&state);
		(void)span_write(out, i, &v);
	}
}

/* In one write, so that it may become one large request. */
bool tdisk_put(struct file *f, u64 pos, size_t n, u64 seed)
{
	struct buf *b = buf_alloc(n);
	bool good;

	if (!b)
		return false;
	tdisk_pattern(buf_span(b), seed);
	good = file_write_kernel(f, pos, buf_cspan(b)) == (ssize_t)n;
	buf_put(&b);
	return good;
}

/* In one read, compared with the same pattern. */
bool tdisk_has(struct file *f, u64 pos, size_t n, u64 seed)
{
	struct buf *b = buf_alloc(n), *want = buf_alloc(n);
	bool good;

	if (!b || !want)
		return false;
	tdisk_pattern(buf_span(want), seed);
	good = file_read_kernel(f, pos, buf_span(b)) == (ssize_t)n &&
		cspan_equal(buf_cspan(b), buf_cspan(want));
	buf_put(&b);
	buf_put(&want);
	return good;
}

/* Only the result counts; what was read is not looked at. */
ssize_t tdisk_read_one(struct file *f, u64 pos)
{
	u8 raw[SECTOR_SIZE];

	return file_read_kernel(f, pos, span_of(raw));
}

int tdisk_fsync(struct file *f)
{
	return f->ops->fsync(f, false);
}

/* ---- partition tables ---- */

void tdisk_put_sector(u64 sector, struct cspan bytes, size_t off)
{
	page_write(tdisk->page[sector / SECTORS_PER_PAGE],
		sector % SECTORS_PER_PAGE * SECTOR_SIZE + off, bytes);
}

void tdisk_put_signature(u64 sector)
{
	const u8 s[2] = { 0x55, 0xaa };

	tdisk_put_sector(sector, cspan_of(s), 510);
}

/* An entry of a partition table, with the signature that makes the sector one. */
void tdisk_put_mbr(u64 sector, u32 slot, u8 type, u32 start, u32 sectors)
{
	u32 entry[4] = { 0, type, start, sectors };

	tdisk_put_sector(sector, value_cspan(&entry), 446 + slot * 16);
	tdisk_put_signature(sector);
}
