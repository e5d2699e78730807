// SPDX-License-Identifier: MPL-2.0
/*
 * Rings: bytes in pages, addressed by position. A ring holds the bytes in flight of a stream, or
 * the contents of a large datagram.
 *
 * Positions only grow. A page whose positions have all been read is used again for the next ones,
 * so a stream with little in flight stays in one or two pages, which stay in the CPU's cache.
 */
#include <kernel/mm.h>
#include <kernel/thread.h>
#include <kernel/uio.h>
#include <kernel/user_limit.h>

#include "unix.h"

#define PAGES_KEPT 4u

/*
 * One user's sockets may hold a quarter of the memory: bytes in flight belong to no process that
 * could be killed for them.
 */
static u64 pages_limit(void)
{
	static u64 limit;
	struct page_stats st;

	if (!load_once(limit)) {
		page_get_stats(&st);
		store_once(limit, st.total / 4);
	}
	return load_once(limit);
}

/*
 * A new page, charged to the ring's user. NULL if the limit is reached or the wait for memory
 * failed.
 */
static struct page *ring_new_page(struct unix_ring *r)
{
	struct page *p;

	if (!user_charge(USER_SOCKET_PAGES, r->uid, 1, pages_limit()))
		return NULL;
	p = page_alloc_wait(0);
	if (!p)
		user_uncharge(USER_SOCKET_PAGES, r->uid, 1);
	return p;
}

static void drop_first(struct unix_ring *r)
{
	page_put(array_at(r->page, r->first % RING_PAGES));
	r->first++;
	user_uncharge(USER_SOCKET_PAGES, r->uid, 1);
}

static void unix_ring_release(struct unix_ring *r)
{
	while (r->first != r->next)
		drop_first(r);
}
OBJ_TYPE(unix_ring, unix_ring_release);

struct unix_ring *unix_ring_new(void)
{
	struct unix_ring *r = obj_new(unix_ring);

	if (r)
		r->uid = thread_current()->cred->uid;
	return r;
}

/* Adds the next page of the window: the oldest one if all of it has been read, else a new one. */
static bool add_page(struct unix_ring *r, u64 tail)
{
	struct page *p;

	if (r->first != r->next && (r->first + 1) * PAGE_SIZE <= tail) {
		p = r->page[r->first % RING_PAGES];
		r->page[r->first % RING_PAGES] = NULL;
		r->first++;
	} else {
		p = r->next - r->first < RING_PAGES ? ring_new_page(r) : NULL;
	}
	if (!p)
		return false;
	r->page[r->next % RING_PAGES] = p;
	r->next++;
	return true;
}

/*
 * A ring without pages begins at the page of @pos, so its first page number is arbitrary. Pages
 * added before a failure stay for the next write.
 */
int unix_ring_grow(struct unix_ring *r, u64 tail, u64 pos, u64 end)
{
	if (r->first == r->next)
		r->first = r->next = pos / PAGE_SIZE;
	while (r->next * PAGE_SIZE < end) {
		if (!add_page(r, tail))
			return -ENOMEM;
	}
	return 0;
}

/* The page of position @pos, borrowed. */
static inline struct page *ring_page(const struct unix_ring *r, u64 pos)
{
	return r->page[pos / PAGE_SIZE % RING_PAGES];
}

/* Whether @n bytes at @pos, at least one, lie in one page: most messages are small. */
static inline bool ring_in_one_page(u64 pos, size_t n)
{
	return n && n <= PAGE_SIZE - (pos & PAGE_MASK);
}

/* Copies page by page; a fault ends the copy with the bytes done so far. */
static noinline size_t ring_write_pages(struct unix_ring *r, u64 pos, struct uio *u, size_t n)
{
	size_t done = 0, k, part;

	for (; done < n; done += k) {
		u64 at = pos + done;
		part = min(n - done, PAGE_SIZE - (at & PAGE_MASK));
		k = uio_take_page(u, ring_page(r, at), at & PAGE_MASK, part);
		if (k < part)
			return done + k;
	}
	return done;
}

size_t unix_ring_write(struct unix_ring *r, u64 pos, struct uio *u, size_t n)
{
	if (likely(ring_in_one_page(pos, n)))
		return uio_take_page(u, ring_page(r, pos), pos & PAGE_MASK, n);
	return ring_write_pages(r, pos, u, n);
}

static noinline size_t ring_read_pages(struct unix_ring *r, u64 pos, struct uio *u, size_t n)
{
	size_t done = 0, k, part;

	for (; done < n; done += k) {
		u64 at = pos + done;
		part = min(n - done, PAGE_SIZE - (at & PAGE_MASK));
		k = uio_put_page(u, ring_page(r, at), at & PAGE_MASK, part);
		if (k < part)
			return done + k;
	}
	return done;
}

size_t unix_ring_read(struct unix_ring *r, u64 pos, struct uio *u, size_t n)
{
	if (likely(ring_in_one_page(pos, n)))
		return uio_put_page(u, ring_page(r, pos), pos & PAGE_MASK, n);
	return ring_read_pages(r, pos, u, n);
}

bool unix_ring_peek(const struct unix_ring *r, u64 pos, struct span to)
{
	size_t part;

	for (; span_len(to); to = span_from(to, part), pos += part) {
		part = min(span_len(to), PAGE_SIZE - (pos & PAGE_MASK));
		if (pos / PAGE_SIZE < r->first || pos / PAGE_SIZE >= r->next)
			return false;
		page_read(ring_page(r, pos), pos & PAGE_MASK, span_first(to, part));
	}
	return true;
}

void unix_ring_trim(struct unix_ring *r, u64 tail)
{
	while (r->next - r->first > PAGES_KEPT && (r->first + 1) * PAGE_SIZE <= tail)
		drop_first(r);
}
