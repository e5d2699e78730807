// SPDX-License-Identifier: MPL-2.0
/*
 * process_vm_readv(2) and process_vm_writev(2): copies between the caller's memory and another
 * process's.
 *
 * The copy goes through a buffer, one page of the other process at a time: no page of either side
 * is held or locked during the copy to the other. The permission is checked once, and the other
 * address space is used (mm_use) until the end, so it cannot be torn down. A fault on either side
 * ends the copy with the bytes done so far.
 */
#include <kernel/mm.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/uio.h>

/* A walk over the ranges of the other process. */
struct remote_ranges {
	struct buf *iov; /* array of struct iovec, a reference */
	u32 next, count;
	u64 base, len;
};

/*
 * Copies the array of ranges in and checks it. Returns 0, -EINVAL, -EFAULT or -ENOMEM; the caller
 * drops r->iov in each case.
 */
static s64 remote_get(struct remote_ranges *r, struct uaddr iov, u64 count)
{
	struct iovec v;
	u32 i;

	*r = (struct remote_ranges){ 0 };
	if (count > IOV_MAX)
		return -EINVAL;
	if (!count)
		return 0;
	r->iov = buf_alloc_dirty(count * sizeof(v));
	if (!r->iov)
		return -ENOMEM;
	r->count = (u32)count;
	if (copy_in(buf_span(r->iov), iov))
		return -EFAULT;
	for (i = 0; i < r->count; i++) {
		if (!span_read(buf_cspan(r->iov), i * sizeof(v), &v) || (s64)v.len < 0)
			return -EINVAL;
	}
	return 0;
}

/* Takes the next piece of at most @max bytes, within one page. Returns its length, 0 at the end. */
static size_t remote_piece(struct remote_ranges *r, size_t max, u64 *va)
{
	struct iovec v;
	size_t n;

	while (!r->len && r->next < r->count &&
		span_read(buf_cspan(r->iov), r->next * sizeof(v), &v)) {
		r->next++;
		r->base = v.base;
		r->len = v.len;
	}
	n = min(min(max, r->len), PAGE_SIZE - (r->base & PAGE_MASK));
	*va = r->base;
	r->base += n;
	r->len -= n;
	return n;
}

/*
 * Copies piece by piece, until one side ends or faults. Returns the bytes copied, or -EFAULT if
 * there are none.
 */
static s64 transfer(struct mm *mm, struct uio *local, struct remote_ranges *remote,
	struct buf *page, bool write)
{
	s64 done = 0;
	size_t n;
	u64 va;

	while (local->left && (n = remote_piece(remote, local->left, &va)) != 0) {
		ssize_t k, m;
		if (write) {
			k = (ssize_t)uio_take(local, span_first(buf_span(page), n));
			m = k ? mm_write(mm, UADDR(va), cspan_first(buf_cspan(page), (size_t)k))
			      : -EFAULT;
		} else {
			k = mm_read(mm, UADDR(va), span_first(buf_span(page), n));
			m = k > 0 ? (ssize_t)uio_put(local, cspan_first(buf_cspan(page), (size_t)k))
				  : -EFAULT;
		}
		done += max(m, (ssize_t)0);
		if (m < (ssize_t)n)
			return done ? done : -EFAULT;
		if (loop_should_end())
			break;
	}
	return done;
}

/*
 * The address space of process @pid, as a user (mm_end_use ends that). Returns 0, -ESRCH or -EPERM.
 */
static s64 process_vm_mm(s32 pid, struct mm **mm)
{
	struct thread *t = pid > 0 ? thread_find(pid) : NULL;
	s64 err;

	if (!t)
		return -ESRCH;
	err = thread_mm_access(t, true, mm);
	obj_put(&t);
	return err;
}

/*
 * The order of the errors is Linux's: flags, the caller's ranges, those of the other process, then
 * that process. Nothing to copy is 0 without a look at the process.
 */
static s64 process_vm(s32 pid, struct uaddr local, u64 nr_local, struct uaddr remote, u64 nr_remote,
	u64 flags, bool write)
{
	struct remote_ranges r = { 0 };
	struct mm *mm = NULL;
	struct buf *page = NULL;
	struct uio u;
	s64 ret;

	if (flags)
		return -EINVAL;
	ret = uio_iovec(&u, local, nr_local);
	if (ret)
		return ret;
	if (u.left)
		ret = remote_get(&r, remote, nr_remote);
	if (!ret && u.left && nr_remote)
		ret = process_vm_mm(pid, &mm);
	if (!ret && mm) {
		page = buf_alloc_dirty(PAGE_SIZE);
		ret = page ? transfer(mm, &u, &r, page, write) : -ENOMEM;
	}
	buf_put(&page);
	mm_end_use(&mm);
	buf_put(&r.iov);
	uio_done(&u);
	return ret;
}

s64 sys_process_vm_readv(struct thread *t, s32 pid, struct uaddr local, u64 nr_local,
	struct uaddr remote, u64 nr_remote, u64 flags)
{
	(void)t;
	return process_vm(pid, local, nr_local, remote, nr_remote, flags, false);
}

s64 sys_process_vm_writev(struct thread *t, s32 pid, struct uaddr local, u64 nr_local,
	struct uaddr remote, u64 nr_remote, u64 flags)
{
	(void)t;
	return process_vm(pid, local, nr_local, remote, nr_remote, flags, true);
}
