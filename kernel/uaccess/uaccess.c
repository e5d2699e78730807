// SPDX-License-Identifier: MPL-2.0
/*
 * Access to user memory that faults pages in (kernel/uaccess.h): the slow paths behind the frame's
 * copies.
 *
 * The frame's copy stops at an address that is not accessible. Each round here has that page
 * faulted in and copies on from there. A round may copy nothing and the loop still continues:
 * another thread may have unmapped the page again or made it read-only (fork). The copy ends short
 * when a fault cannot be resolved.
 *
 * Context: task, nothing at or above LOCK_MM held (kernel/locks.h): a page fault takes mm.lock.
 */
#include <kernel/mm.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

static const struct uaccess_ops *ops;

void uaccess_register(const struct uaccess_ops *o)
{
	ops = o;
}

/* Makes @a accessible for the calling thread. Returns whether it is. */
static bool uaccess_fault_in(struct uaddr a, u32 access)
{
	struct thread *t = thread_current();

	if (!t || !t->vmspace || a.va >= VM_USER_MAX)
		return false;
	return ops->fault_in(t->mm, a.va, access);
}

/* Continues a copy in after @done bytes. Returns the number of bytes copied in all. */
static size_t more_in(struct span dst, struct uaddr src, size_t done)
{
	while (done < span_len(dst)) {
		size_t n;
		if (!uaccess_fault_in(uaddr_add(src, done), VM_READ))
			break;
		n = user_copy_in(span_from(dst, done), uaddr_add(src, done));
		done += n;
	}
	return done;
}

/* Continues a copy out after @done bytes. Returns the number of bytes copied in all. */
static size_t more_out(struct uaddr dst, struct cspan src, size_t done)
{
	while (done < cspan_len(src)) {
		size_t n;
		if (!uaccess_fault_in(uaddr_add(dst, done), VM_WRITE))
			break;
		n = user_copy_out(uaddr_add(dst, done), cspan_from(src, done));
		done += n;
	}
	return done;
}

int copy_in_rest(struct span dst, struct uaddr src, size_t done)
{
	return more_in(dst, src, done) == span_len(dst) ? 0 : -EFAULT;
}

int copy_out_rest(struct uaddr dst, struct cspan src, size_t done)
{
	return more_out(dst, src, done) == cspan_len(src) ? 0 : -EFAULT;
}

ssize_t copy_in_some(struct span dst, struct uaddr src)
{
	size_t n = more_in(dst, src, user_copy_in(dst, src));

	return n || !span_len(dst) ? (ssize_t)n : -EFAULT;
}

ssize_t copy_out_some(struct uaddr dst, struct cspan src)
{
	size_t n = more_out(dst, src, user_copy_out(dst, src));

	return n || !cspan_len(src) ? (ssize_t)n : -EFAULT;
}

ssize_t clear_user_some(struct uaddr dst, size_t len)
{
	size_t n, done = user_zero(dst, len);

	while (done < len && uaccess_fault_in(uaddr_add(dst, done), VM_WRITE)) {
		n = user_zero(uaddr_add(dst, done), len - done);
		done += n;
	}
	return done || !len ? (ssize_t)done : -EFAULT;
}

/*
 * The frame's copy stops after the NUL, at the end of the span or at an inaccessible address; only
 * the last case continues.
 */
int user_check_zero(struct uaddr from, u64 len)
{
	u8 chunk[64];
	u64 i, n;

	while (len) {
		n = min(len, sizeof(chunk));
		if (copy_in(span_first(span_of(chunk), n), from))
			return -EFAULT;
		for (i = 0; i < n; i++) {
			if (chunk[i])
				return -E2BIG;
		}
		from = uaddr_add(from, n);
		len -= n;
	}
	return 0;
}

ssize_t copy_in_str(struct span dst, struct uaddr src)
{
	bool found = false;
	size_t n = user_copy_in_str(dst, src, &found);

	while (!found && n < span_len(dst)) {
		size_t more;
		if (!uaccess_fault_in(uaddr_add(src, n), VM_READ))
			return -EFAULT;
		more = user_copy_in_str(span_from(dst, n), uaddr_add(src, n), &found);
		n += more;
	}
	return found ? (ssize_t)n - 1 : -ENAMETOOLONG;
}

ssize_t page_copy_out_rest(struct page *p, size_t off, struct uaddr dst, size_t len, size_t done)
{
	while (done < len && uaccess_fault_in(uaddr_add(dst, done), VM_WRITE)) {
		size_t n = page_to_user(p, off + done, uaddr_add(dst, done), len - done);
		done += n;
	}
	return done || !len ? (ssize_t)done : -EFAULT;
}

ssize_t page_copy_in_rest(struct page *p, size_t off, struct uaddr src, size_t len, size_t done)
{
	while (done < len && uaccess_fault_in(uaddr_add(src, done), VM_READ)) {
		size_t n = page_from_user(p, off + done, uaddr_add(src, done), len - done);
		done += n;
	}
	return done || !len ? (ssize_t)done : -EFAULT;
}

int user_word_load(struct uaddr a, u32 *out)
{
	if (a.va & 3)
		return -EINVAL;
	while (!user_load32(a, out)) {
		if (!uaccess_fault_in(a, VM_READ))
			return -EFAULT;
	}
	return 0;
}

/* The exchange itself is one atomic instruction of the frame; only a fault repeats it. */
int user_word_cas(struct uaddr a, u32 from, u32 to, u32 *seen)
{
	if (a.va & 3)
		return -EINVAL;
	while (!user_cas32(a, from, to, seen)) {
		if (!uaccess_fault_in(a, VM_WRITE))
			return -EFAULT;
	}
	return 0;
}

/* ---- other address spaces: page by page, through page handles ---- */

/*
 * Returns a reference to the page at @va if it is mapped with the right @access; else NULL.
 * mm.lock, held, keeps the vmspace: the last thread may be leaving it. The entry is looked up again
 * after the reference is taken, because the page may have been unmapped, freed and reused between
 * the first look and the reference.
 */
static struct page *present_page_locked(struct mm *mm, u64 va, u32 access)
{
	struct page *p = NULL;
	struct vm_entry e, again;

	if (mm->vmspace && vmspace_lookup(mm->vmspace, va, &e) && (e.prot & access) &&
		page_tryget(e.page)) {
		p = e.page;
		if (!vmspace_lookup(mm->vmspace, va, &again) || again.page != p)
			page_put(&p);
	}
	return p;
}

static struct page *present_page(struct mm *mm, u64 va, u32 access)
{
	struct page *p;

	rwlock_read_lock(&mm->lock);
	p = present_page_locked(mm, va, access);
	rwlock_read_unlock(&mm->lock);
	return p;
}

/* The same, faulted in if necessary; NULL if that is not possible. */
static struct page *page_at(struct mm *mm, u64 va, u32 access)
{
	struct page *p;

	while ((p = present_page(mm, va, access)) == NULL && ops->fault_in(mm, va, access))
		;
	return p;
}

/*
 * Reads without mm.lock, from the page that the reference keeps: a page that is unmapped meanwhile
 * still has the contents of the moment before.
 */
ssize_t mm_read(struct mm *mm, struct uaddr src, struct span dst)
{
	size_t done = 0;

	while (done < span_len(dst)) {
		u64 va = src.va + done;
		size_t n = min(span_len(dst) - done, PAGE_SIZE - (va & PAGE_MASK));
		struct page *p = page_at(mm, va, VM_READ);
		if (!p)
			break;
		page_read(p, va & PAGE_MASK, span_sub(dst, done, n));
		page_put(&p);
		done += n;
	}
	return done || !span_len(dst) ? (ssize_t)done : -EFAULT;
}

/*
 * Writes within one page if it is mapped for writing; returns whether it is. mm.lock is held during
 * the write: munmap, mprotect and fork hold it for writing. So no write comes after them (into a
 * memfd that was sealed, into the memory of the child). Write-back unmaps a page of a file without
 * the lock: ops->store keeps that apart.
 */
static bool write_present(struct mm *mm, u64 va, struct cspan src)
{
	struct page *p;
	bool done;

	rwlock_read_lock(&mm->lock);
	p = present_page_locked(mm, va, VM_WRITE);
	done = p && ops->store(mm, va, p, src);
	rwlock_read_unlock(&mm->lock);
	page_put(&p);
	return done;
}

ssize_t mm_write(struct mm *mm, struct uaddr dst, struct cspan src)
{
	size_t done = 0;

	while (done < cspan_len(src)) {
		u64 va = dst.va + done;
		size_t n = min(cspan_len(src) - done, PAGE_SIZE - (va & PAGE_MASK));
		if (write_present(mm, va, cspan_sub(src, done, n)))
			done += n;
		else if (!ops->fault_in(mm, va, VM_WRITE))
			break;
	}
	return done || !cspan_len(src) ? (ssize_t)done : -EFAULT;
}
