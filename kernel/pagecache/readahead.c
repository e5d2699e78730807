// SPDX-License-Identifier: MPL-2.0
/*
 * Read-ahead: pages are read before the reader of an open file asks for them. And posix_fadvise(2).
 *
 * How read-ahead works. Each open file has a window [start, end): the pages that were last read for
 * it, and a marker page inside or at the end of it. There are three cases.
 *
 * 1. A read misses: its page is not in the cache. All pages of the request are read. If the request
 *    begins in the window or directly behind it, the reader is sequential, and the new window is
 *    twice as large as the last one, up to readahead_pages of the mapping. A read of the first page
 *    of the file gets a small window ahead, since sequential readers begin there. The marker is the
 *    first page past the requested range.
 * 2. A read finds a page that has not been used yet (PAGE_IDLE) and that page is the marker: the
 *    reader has caught up with the window. The next window is started behind the old one, and the
 *    marker is its first page. The disk reads it while the reader consumes the pages that it has.
 * 3. A read finds any other page: nothing is done. Pages in use cost one test of their tag.
 *
 * The reads are started and not waited for; then the reader waits for its own page
 * (mapping_get_page). If memory for the window is out, or the device has enough to do, less is read
 * ahead. The window is not locked:
 * two reads on one open file may spoil each other's window, which costs speed only.
 */
#include <kernel/file.h>

#include "cache.h"

#define RA_FIRST 4ul            /* pages read at the first read from the start of the file */
#define RA_MOST  (8 * IO_PAGES) /* pages that one read starts at most */

/*
 * Starts reads for a reader that is at page @index and has @nr pages still to read. @there: the
 * page is in the cache and has not been used yet. See "How read-ahead works" above.
 */
static void read_ahead(struct file *f, u64 index, u64 nr, bool there)
{
	struct mapping *m = f->host->mapping;
	struct readahead *const ra = &f->ra;
	u64 window = load_once(m->readahead_pages), last = ra->end - ra->start, wanted = nr;
	bool goes_on = ra->end && index >= ra->start && index <= ra->end;

	if (there && (!goes_on || index != ra->mark))
		return;
	if (ra->advice == POSIX_FADV_SEQUENTIAL)
		window *= 2;
	if (ra->advice == POSIX_FADV_RANDOM || !window)
		nr = there ? 0 : nr;
	else if (goes_on)
		nr = max(nr, min(2 * last, window));
	else if (!index)
		nr = max(nr, min(max(2 * nr, RA_FIRST), window));
	ra->start = there ? ra->end : index;
	ra->end = ra->start + nr;
	ra->mark = there ? ra->start : index + wanted;
	/* The reader that needs a page which has failed reads it again, and reports. */
	ignore_error(mapping_read(m, ra->start, nr, there ? 0 : wanted));
}

/* The slow path of file_get_page: the page is missing, being read, or has not been used yet. */
static int read_page(struct file *f, u64 pos, u64 left, bool there, struct page **out)
{
	u64 index = pos >> PAGE_SHIFT, nr = ((pos + left - 1) >> PAGE_SHIFT) - index + 1;

	read_ahead(f, index, min(nr, (u64)RA_MOST), there);
	return mapping_get_page(f->host->mapping, index, true, out);
}

int file_get_page(struct file *f, u64 pos, u64 left, struct page **out)
{
	struct inode *ino = f->host;
	bool there;

	*out = pagecache_find(&ino->pages, pos >> PAGE_SHIFT);
	if (*out && likely(!(page_tag(*out) & PAGE_NOT_PLAIN)))
		return 0;
	if (!ino->mapping)
		return 0;
	there = *out;
	page_put(out);
	return read_page(f, pos, left, there, out);
}

/* POSIX_FADV_NORMAL, RANDOM and SEQUENTIAL last; WILLNEED and DONTNEED act once. */
void file_advise(struct file *f, u64 off, u64 len, u32 advice)
{
	struct mapping *m = f->host->mapping;
	u64 first = off >> PAGE_SHIFT, pages, end;

	if (!m)
		return;
	pages = mapping_nr_pages(m);
	end = len && off + len > off ? div_round_up(off + len, PAGE_SIZE) : pages;
	if (advice <= POSIX_FADV_SEQUENTIAL)
		f->ra.advice = advice;
	/* As on Linux a call begins no more than one window: who advises a large file calls again. */
	if (advice == POSIX_FADV_WILLNEED && first < min(end, pages))
		/* Advice: a reader reports the errors. */
		ignore_error(mapping_read(m, first,
			min(min(end, pages) - first, max(m->readahead_pages, (u64)IO_PAGES)), 0));
	if (advice == POSIX_FADV_DONTNEED) {
		/* Advice: a page that cannot be written stays dirty, and is kept. */
		ignore_error(mapping_write(m, first, end, ~0ul, false));
		/* Whole pages only, and the last one of the file. */
		first = div_round_up(off, PAGE_SIZE);
		if (len && off + len > off && off + len < load_once(m->host->size))
			end = (off + len) >> PAGE_SHIFT;
		if (first < end)
			mapping_invalidate_range(m, first, end - 1);
	}
}
