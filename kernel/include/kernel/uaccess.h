// SPDX-License-Identifier: MPL-2.0
/*
 * Access to the memory of the calling thread's user program: faults pages in as needed, gives
 * -EFAULT when that cannot be.
 *
 * May sleep and takes mm.lock: nothing at or above LOCK_MM may be held. 0 or -EFAULT unless said
 * otherwise.
 */
#ifndef KERNEL_UACCESS_H
#define KERNEL_UACCESS_H

#include <frame/errno.h>
#include <frame/page.h>
#include <frame/span.h>
#include <frame/user.h>
#include <frame/vmspace.h>

int must_check copy_in_rest(struct span dst, struct uaddr src, size_t done);
int must_check copy_out_rest(struct uaddr dst, struct cspan src, size_t done);

static inline int must_check copy_in(struct span dst, struct uaddr src)
{
	size_t n = user_copy_in(dst, src);
	return likely(n == span_len(dst)) ? 0 : copy_in_rest(dst, src, n);
}
static inline int must_check copy_out(struct uaddr dst, struct cspan src)
{
	size_t n = user_copy_out(dst, src);
	return likely(n == cspan_len(src)) ? 0 : copy_out_rest(dst, src, n);
}

/* Whether the range can be a program's; what is not mapped in it shows later. */
static inline bool user_range_ok(struct uaddr a, u64 len)
{
	return a.va < VM_USER_MAX && len <= VM_USER_MAX - a.va;
}

/* A pointer-free value. */
#define user_get(ptr, uaddr) (copy_in(value_span(ptr), (uaddr)))
#define user_put(uaddr, ptr) (copy_out((uaddr), value_cspan(ptr)))

/*
 * A NUL-terminated string; returns its length without the NUL, -EFAULT, or -ENAMETOOLONG when it
 * does not fit the span.
 */
ssize_t copy_in_str(struct span dst, struct uaddr src);
/* As many bytes as possible (read, write): how many, or -EFAULT if none. */
ssize_t copy_in_some(struct span dst, struct uaddr src);
ssize_t copy_out_some(struct uaddr dst, struct cspan src);
ssize_t clear_user_some(struct uaddr dst, size_t len);
ssize_t page_copy_out_rest(struct page *p, size_t off, struct uaddr dst, size_t len, size_t done);
ssize_t page_copy_in_rest(struct page *p, size_t off, struct uaddr src, size_t len, size_t done);
static inline ssize_t page_copy_out(struct page *p, size_t off, struct uaddr dst, size_t len)
{
	size_t n = page_to_user(p, off, dst, len);
	return likely(n == len) ? (ssize_t)n : page_copy_out_rest(p, off, dst, len, n);
}
static inline ssize_t page_copy_in(struct page *p, size_t off, struct uaddr src, size_t len)
{
	size_t n = page_from_user(p, off, src, len);
	return likely(n == len) ? (ssize_t)n : page_copy_in_rest(p, off, src, len, n);
}
/* Atomic access to an aligned word (futex). -EFAULT, -EINVAL when misaligned. */
int must_check user_word_load(struct uaddr a, u32 *out);
int must_check user_word_cas(struct uaddr a, u32 from, u32 to, u32 *seen);
/*
 * Copies from / to another address space (ptrace, /proc/pid/mem, process_vm_readv); returns the
 * bytes done, or -EFAULT if none.
 */
struct mm;
ssize_t mm_read(struct mm *mm, struct uaddr src, struct span dst);
ssize_t mm_write(struct mm *mm, struct uaddr dst, struct cspan src);

/* How a page is brought in: kernel/vm registers that at the start, before any user program. */
struct TABLE uaccess_ops {
	/* Makes @va of @mm accessible (VM_READ, VM_WRITE); false: it is not. May sleep. */
	bool (*fault_in)(struct mm *mm, u64 va, u32 access);
};
void uaccess_register(const struct uaccess_ops *ops);

#endif
