// SPDX-License-Identifier: MPL-2.0
/*
 * Physical pages of 4 KiB, as services see them: untyped memory behind a handle.
 *
 * User programs and devices may write these pages at any time, so services never hold a pointer
 * into one: they copy in and out. A page has two counts: the services' references
 * (page_get/page_put) and the frame's own (mappings in address spaces, loans to devices, copies in
 * progress). A page is free when both are zero. So a mapped page stays allocated whatever services
 * put.
 *
 * Offsets and lengths are bytes; a range that leaves the page traps.
 *
 * Context: any, unless said otherwise.
 * Trust: every copy holds a frame count while it runs, so a copy through a stale handle uses a live
 *        untyped page or traps.
 * Source: frame/mm/page.c.
 */
#ifndef FRAME_PAGE_H
#define FRAME_PAGE_H

#include <frame/span.h>
#include <frame/types.h>

struct page;

/*
 * A user virtual address: opaque, so that it cannot be mixed with sizes and kernel data. Any 64-bit
 * value is allowed.
 */
struct uaddr {
	u64 va;
};
static always_inline struct uaddr uaddr_add(struct uaddr a, u64 n)
{
	return (struct uaddr){ a.va + n };
}
/* clang-format would take UADDR for a macro. */
/* clang-format off */
static always_inline struct uaddr UADDR(u64 va)
{
	return (struct uaddr){ va };
}
/* clang-format on */

enum page_flags {
	/*
	 * The contents are zero. Without this flag they are arbitrary, and the caller overwrites
	 * all of them.
	 */
	PAGE_ZEROED = 1,
	/* For user memory: the allocation fails while free memory is below the kernel's reserve. */
	PAGE_USER = 2,
};

/*
 * Returns a page with one service reference, or NULL when memory is out. The per-CPU cache is tried
 * first: no lock in the common case.
 */
struct page *page_alloc(u32 flags);
/*
 * Takes a reference and returns @p. Traps on a page without service references (for a weak pointer
 * use page_tryget).
 */
struct page *page_get(struct page *p);
/*
 * Takes a reference if the page has a service reference now; otherwise returns false. The page may
 * have been freed and allocated again since the caller stored the pointer, so check its identity
 * afterwards.
 */
bool page_tryget(struct page *p);
/*
 * Drops the reference in the variable and clears the variable; NULL is allowed. Traps on a page
 * without service references.
 */
void page_put(struct page **pp);
/*
 * Number of service references / of frame references (mappings, and loans to devices) now. Hints,
 * unless a lock of the caller excludes changes.
 */
u32 page_refs(const struct page *p);
u32 page_map_count(const struct page *p);

/*
 * Copy bytes out of the page, into it, zero bytes of it, copy a whole page. They return nothing:
 * they succeed or trap (a range that leaves the page; a page that is not live).
 */
void page_read(struct page *p, size_t off, struct span dst);
void page_write(struct page *p, size_t off, struct cspan src);
void page_zero(struct page *p, size_t off, size_t len);
void page_copy(struct page *dst, struct page *src);
/*
 * The sum of the words of a range, which begins and ends at multiples of 8, as the CPU reads them:
 * each carry is added again (RFC 1071, 2). Traps as the functions above.
 */
u64 page_sum(struct page *p, size_t off, size_t len);
/*
 * Copy between a page and user memory of the current address space. Return the number of bytes
 * copied; fewer than @len when a user address faults.
 */
size_t page_to_user(struct page *p, size_t off, struct uaddr dst, size_t len);
size_t page_from_user(struct page *p, size_t off, struct uaddr src, size_t len);

/*
 * A word for the service's own use in each page (e.g. dirty bits); zero after page_alloc. All are
 * atomic. page_tag acquires; page_tag_or and page_tag_and return the OLD value and are full
 * barriers.
 */
u32 page_tag(const struct page *p);
u32 page_tag_or(struct page *p, u32 bits);
u32 page_tag_and(struct page *p, u32 bits);

struct page_stats {
	u64 total; /* pages that the kernel manages */
	u64 free;
	u64 kernel;  /* pools, stacks, page tables */
	u64 user;    /* allocated through page_alloc */
	u64 tables;  /* page tables, part of kernel */
	u64 to_user; /* free ones that PAGE_USER and page tables would get on this CPU */
};
/* Reads the numbers one by one: they are not one snapshot. */
void page_get_stats(struct page_stats *out);
/*
 * The pages that PAGE_USER and page tables leave to the kernel. Any number is safe: one that is too
 * small lets allocations of the kernel fail, one that is too large those of users.
 */
u64 page_reserve(void);
void page_set_reserve(u64 pages);

#endif
