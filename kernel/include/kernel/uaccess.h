// SPDX-License-Identifier: MPL-2.0
/*
 * Access to the user memory of the calling thread. Page faults are handled as needed; -EFAULT if
 * the memory cannot be accessed.
 *
 * May sleep and takes mm.lock, so nothing at or above LOCK_MM may be held. Functions return 0 or
 * -EFAULT unless their comment says otherwise.
 */
#ifndef KERNEL_UACCESS_H
#define KERNEL_UACCESS_H

#include <frame/page.h>
#include <frame/span.h>
#include <frame/user.h>
#include <frame/vmspace.h>
#include <uapi/errno.h>

/*
 * The slow paths of copy_in and copy_out: bring in the page after the @done bytes that were copied,
 * and continue.
 */
int must_check copy_in_rest(struct span dst, struct uaddr src, size_t done);
int must_check copy_out_rest(struct uaddr dst, struct cspan src, size_t done);

/* Copies as many bytes as @dst is long from user memory. */
static inline int must_check copy_in(struct span dst, struct uaddr src)
{
	size_t n = user_copy_in(dst, src);
	return likely(n == span_len(dst)) ? 0 : copy_in_rest(dst, src, n);
}
/* Copies all bytes of @src to user memory. */
static inline int must_check copy_out(struct uaddr dst, struct cspan src)
{
	size_t n = user_copy_out(dst, src);
	return likely(n == cspan_len(src)) ? 0 : copy_out_rest(dst, src, n);
}

/* Whether the range lies in the user part of the address space. It may still be unmapped. */
static inline bool user_range_ok(struct uaddr a, u64 len)
{
	return a.va < VM_USER_MAX && len <= VM_USER_MAX - a.va;
}

/* Copy a value without pointers from or to user memory. */
#define user_get(ptr, uaddr) (copy_in(value_span(ptr), (uaddr)))
#define user_put(uaddr, ptr) (copy_out((uaddr), value_cspan(ptr)))

/*
 * Copies a NUL-terminated string. Returns its length without the NUL, -EFAULT, or -ENAMETOOLONG if
 * it does not fit.
 */
ssize_t must_check copy_in_str(struct span dst, struct uaddr src);
/* Copy as many bytes as possible (read, write): return the number, or -EFAULT if it is 0. */
ssize_t must_check copy_in_some(struct span dst, struct uaddr src);
ssize_t must_check copy_out_some(struct uaddr dst, struct cspan src);
/*
 * Whether the range holds nothing but zeroes: 0, -E2BIG, -EFAULT. For the part of a user's struct
 * that the kernel does not know.
 */
int must_check user_check_zero(struct uaddr from, u64 len);
ssize_t must_check clear_user_some(struct uaddr dst, size_t len);
ssize_t must_check page_copy_out_rest(struct page *p, size_t off, struct uaddr dst, size_t len,
	size_t done);
ssize_t must_check page_copy_in_rest(struct page *p, size_t off, struct uaddr src, size_t len,
	size_t done);
/*
 * Copy between a page and user memory, as many bytes as possible: return the number, or -EFAULT if
 * it is 0. The _rest functions are the slow paths.
 */
static inline ssize_t must_check page_copy_out(struct page *p, size_t off, struct uaddr dst,
	size_t len)
{
	size_t n = page_to_user(p, off, dst, len);
	return likely(n == len) ? (ssize_t)n : page_copy_out_rest(p, off, dst, len, n);
}
static inline ssize_t must_check page_copy_in(struct page *p, size_t off, struct uaddr src,
	size_t len)
{
	size_t n = page_from_user(p, off, src, len);
	return likely(n == len) ? (ssize_t)n : page_copy_in_rest(p, off, src, len, n);
}
/*
 * Atomic access to an aligned word of user memory (futex). cas stores @to if the word is @from;
 * *@seen is the value found. 0, -EFAULT, -EINVAL (misaligned).
 */
int must_check user_word_load(struct uaddr a, u32 *out);
int must_check user_word_cas(struct uaddr a, u32 from, u32 to, u32 *seen);
/*
 * Copy from or to another address space (ptrace, /proc/pid/mem, process_vm_readv), of which the
 * caller is a user (mm_tryjoin). Return the number of bytes, or -EFAULT if it is 0.
 */
struct mm;
ssize_t must_check mm_read(struct mm *mm, struct uaddr src, struct span dst);
ssize_t must_check mm_write(struct mm *mm, struct uaddr dst, struct cspan src);

/* How a page is faulted in: kernel/vm registers this at start-up, before the first user program. */
struct TABLE uaccess_ops {
	/* Makes @va of @mm accessible (VM_READ, VM_WRITE); false: it is not. May sleep. */
	bool (*fault_in)(struct mm *mm, u64 va, u32 access);
	/*
	 * Stores @src into page @p, in which it lies, as a program would that runs on @mm, which
	 * maps the page at @va with the right to write. False: the page is not to be written just
	 * now; it is to be faulted in. mm.lock held for reading.
	 */
	bool (*store)(struct mm *mm, u64 va, struct page *p, struct cspan src);
};
void uaccess_register(const struct uaccess_ops *ops);

#endif
