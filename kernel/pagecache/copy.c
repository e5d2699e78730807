// SPDX-License-Identifier: MPL-2.0
/*
 * Bytes of a write enter pages of a mapping, and parts of pages are zeroed.
 *
 * A page that is written as a whole, or that lies behind the end of the file, is not read first. Of
 * another page the rest is needed, so it is read. No lock is held for a page: two writes of the same
 * bytes may mix, unless the file system holds inode.lock, as generic_file_write does.
 *
 * A write behind the end stores the new size after the bytes and before the page is dirty: so a
 * page that is taken for writing lies in the file, with all that it has of it. The order is kept by
 * the lock of the cache, under which pages become dirty and are taken.
 */
#include <kernel/mm.h>
#include <kernel/uio.h>

#include "cache.h"

void mapping_grow(struct mapping *m, u64 end)
{
	u64 old = load_once(m->host->size);

	if (end <= old)
		return;
	store_once(m->host->size, end);
	mapping_grown(m, old);
}

/*
 * Copies the bytes [off, off + n) of page @from into the page of the cache, which is read from the
 * disk first if necessary.
 */
static int merge(struct mapping *m, u64 index, struct page *from, size_t off, size_t n)
{
	u8 some[256];
	struct page *p = NULL;
	size_t at, k;
	int err = mapping_get_page(m, index, true, &p);

	for (at = 0; !err && at < n; at += k) {
		k = min(n - at, sizeof(some));
		page_read(from, off + at, span_first(span_of(some), k));
		page_write(p, off + at, cspan_first(cspan_of(some), k));
	}
	if (!err) {
		mapping_grow(m, (index << PAGE_SHIFT) + off + n);
		mapping_dirty(m, index, p);
	}
	page_put(&p);
	return err;
}

/*
 * Writes to a page that is not in the cache, without reading it: what is not written is zero. If
 * user memory faults in the middle, a page behind the end of the file (@fresh) is as good as
 * whole; otherwise the bytes so far are merged into the page, which then must be read after all.
 */
static ssize_t write_whole(struct mapping *m, struct uio *u, u64 pos, size_t want, bool fresh)
{
	struct page *p = page_alloc_wait(want < PAGE_SIZE || fresh ? PAGE_ZEROED : 0);
	u64 index = pos >> PAGE_SHIFT;
	size_t n, off = pos & PAGE_MASK;
	int err = 0;

	if (!p)
		return -ENOMEM;
	n = uio_take_page(u, p, off, want);
	if (n == want || (n && fresh))
		err = mapping_put_whole(m, index, p, pos + n);
	else if (n)
		err = merge(m, index, p, off, n);
	page_put(&p);
	return err ? err : (ssize_t)n;
}

/*
 * A page that is being loaded or has failed counts as missing: a whole page replaces its contents,
 * a part of one waits for them.
 */
ssize_t mapping_write_bytes(struct mapping *m, struct uio *u, u64 pos, size_t want)
{
	u64 index = pos >> PAGE_SHIFT, size = load_once(m->host->size);
	struct page *p = pagecache_find(PAGES_OF(m), index);
	bool fresh = index >= mapping_nr_pages(m);
	bool whole = !(pos & PAGE_MASK) && (want == PAGE_SIZE || pos + want >= size);
	size_t n;
	int err = 0;

	if (!p || (page_tag(p) & (PAGE_LOADING | PAGE_FAILED))) {
		page_put(&p);
		if (whole || fresh)
			return write_whole(m, u, pos, want, fresh);
		err = mapping_get_page(m, index, true, &p);
	}
	if (err)
		return err;
	if (page_tag(p) & PAGE_IDLE)
		(void)page_tag_and(p, ~(u32)PAGE_IDLE);
	n = uio_take_page(u, p, pos & PAGE_MASK, want);
	if (n) {
		mapping_grow(m, pos + n);
		mapping_dirty(m, index, p);
	}
	page_put(&p);
	return (ssize_t)n;
}

bool page_has_data(struct page *p, size_t off, size_t end)
{
	u8 some[256];
	size_t i, n;

	for (; off < end; off += n) {
		n = min(end - off, sizeof(some));
		page_read(p, off, span_first(span_of(some), n));
		for (i = 0; i < n; i++) {
			if (some[i])
				return true;
		}
	}
	return false;
}

/* A page of a hole is zero and stays clean, so that zeroing needs no space. */
int mapping_zero(struct mapping *m, u64 from, u64 to)
{
	u64 index = from >> PAGE_SHIFT;
	size_t off = from & PAGE_MASK, end = off + (size_t)(to - from);
	struct page *p = NULL;
	int err;

	if (from >= to || index >= mapping_nr_pages(m))
		return 0;
	err = mapping_get_page(m, index, true, &p);
	if (!err && page_has_data(p, off, end)) {
		page_zero(p, off, end - off);
		mapping_dirty(m, index, p);
	}
	page_put(&p);
	return err;
}
