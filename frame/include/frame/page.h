// SPDX-License-Identifier: MPL-2.0
/*
 * Physical pages of 4 KiB, as services see them: untyped memory behind a handle.
 *
 * User programs and devices may write these pages at any time, so services never hold a pointer
 * into one: they copy in and out. A page has two counts: the services' references
 * (page_get/page_put) and the frame's own (mappings in address spaces, loans to devices, copies in
 * progress). It is free when both are zero, so whatever services put, a mapped page stays
 * allocated.
 *
 * Offsets and lengths that leave the page trap. Context: any, unless said otherwise.
 * Trust: every copy holds a frame count while it runs, so a stale handle copies from a live untyped
 * page or not at all.
 */
#ifndef FRAME_PAGE_H
#define FRAME_PAGE_H

#include <frame/span.h>
#include <frame/types.h>

struct page;

/*
 * A user virtual address: opaque so that it cannot be mixed with sizes and kernel data. May be any
 * 64-bit value.
 */
struct uaddr {
	u64 va;
};
static always_inline struct uaddr UADDR(u64 va) {
	return (struct uaddr){ va };
} static always_inline struct uaddr uaddr_add(struct uaddr a, u64 n)
{
	return (struct uaddr){ a.va + n };
}

enum page_flags {
	/* Contents zero; otherwise they are whatever they were: the caller overwrites all of it. */
	PAGE_ZEROED = 1,
	/* For user memory: fails while free memory is below the kernel's reserve. */
	PAGE_USER = 2,
};

/* One page with one service reference, or NULL. Per-CPU cache first: no lock in the common case. */
struct page *page_alloc(u32 flags);
/* Traps on a page without service references (use page_tryget for a weak pointer). Returns p. */
struct page *page_get(struct page *p);
/*
 * A reference unless the page has none of a service now: then false. It may be another page's life:
 * check what you looked for again.
 */
bool page_tryget(struct page *p);
/* Drops the reference in the variable and clears it; NULL is allowed. */
void page_put(struct page **pp);
/*
 * Service references / frame references (mappings) now. Hints unless a lock of the caller excludes
 * changes.
 */
u32 page_refs(const struct page *p);
u32 page_map_count(const struct page *p);

/*
 * Bytes out of the page, into it, zeroes into it, a whole page. Return nothing: they cannot fail
 * but by a trap (range; page not live).
 */
void page_read(struct page *p, size_t off, struct span dst);
void page_write(struct page *p, size_t off, struct cspan src);
void page_zero(struct page *p, size_t off, size_t len);
void page_copy(struct page *dst, struct page *src);
/*
 * Copies between a page and user memory of the current address space; return the bytes copied,
 * short when an address faults.
 */
size_t page_to_user(struct page *p, size_t off, struct uaddr dst, size_t len);
size_t page_from_user(struct page *p, size_t off, struct uaddr src, size_t len);

/*
 * A word of the service's own per page (e.g. dirty bits); zero after page_alloc. Atomic, acquires;
 * or and and return the OLD value and are full barriers.
 */
u32 page_tag(const struct page *p);
u32 page_tag_or(struct page *p, u32 bits);
u32 page_tag_and(struct page *p, u32 bits);

struct page_stats {
	u64 total; /* pages the kernel manages */
	u64 free;
	u64 kernel; /* pools, stacks, page tables */
	u64 user;   /* allocated through page_alloc */
	u64 tables; /* page tables, part of kernel */
};
/* The numbers now; they do not belong to one moment. */
void page_get_stats(struct page_stats *out);

#endif
