// SPDX-License-Identifier: MPL-2.0
/*
 * Data of the user to and from packets (kernel/packet.h): little data in the head, other data in
 * pages, which are copied without a copy in between.
 *
 * What few bytes need stands apart from the loops over pages, which need more registers.
 */
#include <kernel/packet.h>
#include <kernel/uio.h>
#include <uapi/errno.h>

/* Data that follows the headers in the packet itself; more is worth a page. */
#define PACKET_LITTLE 96u

/* Appends a whole page of user data. The packet holds the page before the copy, which may sleep. */
static int add_user_page(struct packet *p, struct uio *u)
{
	struct packet_frag *const f = array_at(p->frag, min(p->nr_frags, PACKET_FRAGS - 1));

	if (p->nr_frags == PACKET_FRAGS)
		return -EMSGSIZE;
	f->page = page_alloc(PAGE_USER);
	if (!f->page)
		return -ENOBUFS;
	f->off = 0;
	f->len = PAGE_SIZE;
	p->nr_frags++;
	p->len += PAGE_SIZE;
	return uio_take_page(u, f->page, 0, PAGE_SIZE) < PAGE_SIZE ? -EFAULT : 0;
}

/* The copy may sleep, and the task go to another CPU: the range is its own by then. */
static noinline int add_user_pages(struct packet *p, struct uio *u, u32 len)
{
	for (; len >= PAGE_SIZE; len -= (u32)PAGE_SIZE) {
		int err = add_user_page(p, u);
		if (err)
			return err;
	}
	while (len) {
		struct page *page;
		u32 off, n;
		int err = packet_add_range(p, len, &page, &off, &n);
		if (err)
			return err;
		if (uio_take_page(u, page, off, n) < n)
			return -EFAULT;
		len -= n;
	}
	return 0;
}

int packet_add_user(struct packet *p, struct uio *u, u32 len)
{
	if (len > PACKET_LITTLE || len > packet_tailroom(p))
		return add_user_pages(p, u, len);
	if (uio_take(u, span_sub(span_of(p->data), p->tail, len)) < len)
		return -EFAULT;
	p->tail += (u16)len;
	p->len += len;
	return 0;
}

int packet_fill_user(struct packet *p, struct uio *u)
{
	u32 n = (u32)min(u->left, (size_t)packet_tailroom(p));

	if (uio_take(u, span_sub(span_of(p->data), p->tail, n)) < n)
		return -EFAULT;
	p->tail += (u16)n;
	p->len += n;
	return u->left ? packet_add_user(p, u, (u32)u->left) : 0;
}

/* @off: from the first fragment on. Pages are copied without a copy in between (uio_put_page). */
static noinline size_t frags_to_user(const struct packet *p, u32 off, struct uio *u, size_t len)
{
	size_t done = 0, n, k;
	u32 i;

	for (i = 0; i < p->nr_frags && done < len; i++) {
		const struct packet_frag *const f = array_at(p->frag, i);
		if (off < f->len) {
			n = min(len - done, (size_t)(f->len - off));
			k = uio_put_page(u, f->page, f->off + off, n);
			done += k;
			if (k < n)
				return done;
			off = f->len;
		}
		off -= f->len;
	}
	return done;
}

/* Returns fewer bytes if user memory faults. */
size_t packet_to_user(const struct packet *p, u32 off, struct uio *u, size_t len)
{
	u32 have = (u32)p->tail - p->head;
	size_t done = 0, n;

	if (off >= p->len)
		return 0;
	len = min(len, (size_t)(p->len - off));
	if (off < have) {
		n = min(len, (size_t)(have - off));
		done = uio_put(u, cspan_sub(cspan_of(p->data), p->head + off, n));
		if (done < n || n == len)
			return done;
		off = have;
	}
	return done + frags_to_user(p, off - have, u, len - done);
}
