// SPDX-License-Identifier: MPL-2.0
/*
 * Page faults: what a mapping shows at an address is brought in.
 *
 * Under mm.lock for reading, so faults of several threads run together; the page table decides who
 * was first (-EEXIST means: somebody else did it).
 */
#include <frame/log.h>
#include <kernel/inode.h>
#include <kernel/pagecache.h>
#include <kernel/thread.h>

#include "vm.h"

#define AROUND 16 /* pages mapped with one fault on a file, if they are in memory */

static enum fault_result result_of(int err)
{
	switch (err) {
	case 0:
	case -EEXIST:
	case -ENOENT:
		return FAULT_DONE;
	case -ENOMEM:
		return FAULT_OOM;
	case -EAGAIN:
		return FAULT_READ;
	default:
		return FAULT_BUS;
	}
}

/* Maps a page that we hold a reference on, and gives the reference up. */
static enum fault_result map_and_put(struct vma *v, u64 va, struct page *p, u32 prot)
{
	int err = vmspace_map(v->mm->vmspace, va, p, prot);

	page_put(&p);
	return result_of(err);
}

/*
 * A write to a page that is mapped without the right: take it over if nobody else has it, else
 * copy.
 */
static enum fault_result copy_on_write(struct vma *v, u64 va, const struct vm_entry *e)
{
	struct vmspace *vm = v->mm->vmspace;
	struct page *old = e->page;
	u32 prot = vm_prot_of(v->prot);
	struct page *p;
	int err;

	if (!page_tryget(old))
		return FAULT_DONE; /* gone meanwhile: fault again */
	if (page_map_count(old) == 1 && page_refs(old) == 1) {
		err = vmspace_replace(vm, va, old, old, prot);
		page_put(&old);
		return result_of(err);
	}
	p = page_alloc(old == zero_page() ? PAGE_USER | PAGE_ZEROED : PAGE_USER);
	if (!p) {
		page_put(&old);
		return FAULT_OOM;
	}
	if (old != zero_page())
		page_copy(p, old);
	store_once(v->has_anon, true);
	err = vmspace_replace(vm, va, old, p, prot);
	page_put(&p);
	page_put(&old);
	return result_of(err);
}

static enum fault_result anonymous(struct vma *v, u64 va, u32 access)
{
	u32 prot = vm_prot_of(v->prot);
	struct page *p;

	if (access != VM_WRITE)
		return map_and_put(v, va, page_get(zero_page()), prot & ~(u32)VM_WRITE);
	p = page_alloc(PAGE_USER | PAGE_ZEROED);
	if (!p)
		return FAULT_OOM;
	return map_and_put(v, va, p, prot);
}

static u64 index_of(const struct vma *v, u64 va)
{
	return (v->offset + (va - v->start)) >> PAGE_SHIFT;
}

/* What one fault on a file maps: the page that is wanted, and its neighbours. */
struct file_pages {
	u64 start, n;              /* the address of the first, and how many places there are */
	struct page *page[AROUND]; /* references or NULL */
};

/* The neighbours of a file page that are in memory too: they are likely to be wanted. */
static void find_around(struct vma *v, u64 va, struct inode *ino, struct file_pages *a)
{
	u64 end = min(round_down(va, AROUND * PAGE_SIZE) + AROUND * PAGE_SIZE, v->end), at;
	u64 nr_pages = div_round_up(load_once(ino->size), PAGE_SIZE);
	struct page *p;

	a->start = max(round_down(va, AROUND * PAGE_SIZE), v->start);
	a->n = 0;
	for (at = a->start; at < end; at += PAGE_SIZE) {
		u64 index = index_of(v, at);
		p = index < nr_pages && at != va ? pagecache_find(&ino->pages, index) : NULL;
		if (p && (page_tag(p) & (PAGE_LOADING | PAGE_FAILED)))
			page_put(&p);
		*array_at(a->page, a->n++) = p;
	}
}

static void map_around(struct vma *v, struct file_pages *a, u32 prot)
{
	struct vm_cursor c = { 0 };
	u64 i;

	if (vm_cursor_open(&c, v->mm->vmspace, a->start, a->start + a->n * PAGE_SIZE))
		return;
	for (i = 0; i < a->n; i++) {
		vm_cursor_seek(&c, a->start + i * PAGE_SIZE);
		if (*array_at(a->page, i))
			(void)!vm_cursor_map(&c, *array_at(a->page, i), prot);
	}
	vm_cursor_close(&c);
}

static void put_around(struct file_pages *a)
{
	u64 i;

	for (i = 0; i < a->n; i++)
		page_put(array_at(a->page, i));
}

/* A private mapping's write to a page that is not there yet: straight into a copy. */
static enum fault_result private_write(struct vma *v, u64 va, struct page *from)
{
	struct page *p = page_alloc(from ? PAGE_USER : PAGE_USER | PAGE_ZEROED);

	if (!p) {
		page_put(&from);
		return FAULT_OOM;
	}
	if (from)
		page_copy(p, from);
	page_put(&from);
	store_once(v->has_anon, true);
	return map_and_put(v, va, p, vm_prot_of(v->prot));
}

/* Whether writes through a mapping must be told of: a device is behind the cache. */
static bool is_watched(const struct inode *ino)
{
	return ino->mops && ino->mops->dirty;
}

/*
 * A shared page gets the right to write: from now on it may change at any time, so this comes after
 * the right is there.
 */
static enum fault_result now_dirty(struct vma *v, u64 va, struct page *p, enum fault_result r)
{
	struct inode *ino = vma_inode(v);

	if (r == FAULT_DONE)
		ino->mops->dirty(ino, index_of(v, va), p);
	return r;
}

static enum fault_result map_watched(struct vma *v, u64 va, struct page *p, u32 access)
{
	u32 prot = vm_prot_of(v->prot);
	enum fault_result r;

	if (access != VM_WRITE)
		return map_and_put(v, va, p, prot & ~(u32)VM_WRITE);
	r = now_dirty(v, va, p, map_and_put(v, va, page_get(p), prot));
	page_put(&p);
	return r;
}

/* A shared page that is mapped gets the rights that it has not yet. */
static enum fault_result widen(struct vma *v, u64 va, const struct vm_entry *e, u32 access)
{
	struct page *p = e->page;
	u32 prot = vm_prot_of(v->prot);
	enum fault_result r;

	if (p == zero_page())
		return FAULT_BUS; /* no shared mapping shows it; nobody may ever write to it */
	if (!vma_inode(v) || v->ops || !is_watched(vma_inode(v)))
		return result_of(vmspace_replace(v->mm->vmspace, va, p, p, prot));
	if (!page_tryget(p))
		return FAULT_DONE; /* gone meanwhile: fault again */
	if (access != VM_WRITE)
		prot &= ~(u32)VM_WRITE;
	r = result_of(vmspace_replace(v->mm->vmspace, va, p, p, prot));
	if (access == VM_WRITE)
		r = now_dirty(v, va, p, r);
	page_put(&p);
	return r;
}

/*
 * A fault maps pages of a file between mapping_begin and mapping_end, and does not sleep there.
 * @cuts is nr_cuts as it was before the pages were looked up. Cutting changes nr_cuts after it has
 * taken pages out of the cache, and then waits for the faults that go by the old number
 * (vm_cut_file_range). Each of the two has a full barrier between its own mark and its look at the
 * other's: so either the fault sees the new number, maps nothing and is repeated, or cutting waits
 * for it and finds what it has mapped.
 */
static bool mapping_begin(struct pagecache *pc, u64 cuts)
{
	struct atomic *const mappers = array_at(pc->mappers, cuts & 1);

	(void)atomic_add(mappers, 1);
	if (likely(load_once(pc->nr_cuts) == cuts))
		return true;
	(void)atomic_sub(mappers, 1);
	return false;
}

static void mapping_end(struct pagecache *pc, u64 cuts)
{
	(void)atomic_sub(array_at(pc->mappers, cuts & 1), 1);
}

/* Maps @p (consumed) at @va, and its neighbours. @cuts: see mapping_begin. */
static enum fault_result map_file_pages(struct vma *v, u64 va, struct page *p, u64 cuts)
{
	struct inode *ino = vma_inode(v);
	u32 prot = vm_prot_of(v->prot) & ~(u32)(v->flags & VMA_SHARED ? 0 : VM_WRITE);
	struct file_pages a;
	enum fault_result r;

	find_around(v, va, ino, &a);
	if (mapping_begin(&ino->pages, cuts)) {
		r = map_and_put(v, va, p, prot);
		if (r == FAULT_DONE)
			map_around(v, &a, prot);
		mapping_end(&ino->pages, cuts);
	} else {
		r = FAULT_DONE;
		page_put(&p);
	}
	put_around(&a);
	return r;
}

/* The same where writes are watched: a device's pages, which are never cut. */
static enum fault_result map_watched_pages(struct vma *v, u64 va, struct page *p, u32 access)
{
	u32 prot = vm_prot_of(v->prot) & ~(u32)VM_WRITE;
	struct file_pages a;
	enum fault_result r;

	find_around(v, va, vma_inode(v), &a);
	r = v->flags & VMA_SHARED ? map_watched(v, va, p, access) : map_and_put(v, va, p, prot);
	if (r == FAULT_DONE)
		map_around(v, &a, prot);
	put_around(&a);
	return r;
}

static enum fault_result file_page(struct vma *v, u64 va, u32 access)
{
	struct inode *ino = vma_inode(v);
	bool shared = v->flags & VMA_SHARED;
	u64 index = index_of(v, va), cuts = load_acquire(ino->pages.nr_cuts);
	struct page *p = NULL;
	enum fault_result r;
	int err;

	if (index >= div_round_up(load_once(ino->size), PAGE_SIZE))
		return FAULT_BUS;
	err = pagecache_get_nowait(ino, index, shared, &p);
	if (err)
		return result_of(err);
	if (!shared && access == VM_WRITE)
		r = private_write(v, va, p);
	else if (is_watched(ino))
		r = map_watched_pages(v, va, p ? p : page_get(zero_page()), access);
	else
		r = map_file_pages(v, va, p ? p : page_get(zero_page()), cuts);
	/* Truncated between the check and the mapping: the page must not stay visible. */
	if (index >= div_round_up(load_once(ino->size), PAGE_SIZE)) {
		vmspace_unmap(v->mm->vmspace, va, va + PAGE_SIZE);
		return FAULT_BUS;
	}
	return r;
}

static enum fault_result ops_page(struct vma *v, u64 va)
{
	struct page *p = NULL;
	u64 index = (v->offset + (va - v->start)) >> PAGE_SHIFT;
	int err = v->ops->fault(v, index + (v->flags & VMA_VDSO && v->prot & PROT_EXEC), &p);

	if (err || !p)
		return FAULT_BUS;
	return map_and_put(v, va, p, vm_prot_of(v->prot));
}

static enum fault_result fault_vma(struct vma *v, u64 addr, u32 access)
{
	u64 va = round_down(addr, PAGE_SIZE);
	struct vm_entry e;

	if (access == VM_WRITE              ? !(v->prot & PROT_WRITE)
			: access == VM_EXEC ? !(v->prot & PROT_EXEC)
					    : !(v->prot & (PROT_READ | PROT_WRITE)))
		return FAULT_SEGV_ACCERR;
	if (vmspace_lookup(v->mm->vmspace, va, &e)) {
		if (access == VM_WRITE && !(e.prot & VM_WRITE) && !(v->flags & VMA_SHARED))
			return copy_on_write(v, va, &e);
		if (!(e.prot & access) && (v->flags & VMA_SHARED))
			return widen(v, va, &e, access);
		if (!(e.prot & access))
			return result_of(vmspace_replace(v->mm->vmspace, va, e.page, e.page,
				vm_prot_of(v->prot) & ~(u32)VM_WRITE));
		/* Somebody else was faster, or this CPU remembered an older entry. */
		vmspace_forget(v->mm->vmspace, va);
		return FAULT_DONE;
	}
	if (v->ops)
		return ops_page(v, va);
	if (vma_inode(v))
		return file_page(v, va, access);
	return anonymous(v, va, access);
}

/* ---- stacks ---- */

/* Grows the stack above @addr down to it, within RLIMIT_STACK and away from what is below. */
static bool grow_stack(struct mm *mm, u64 addr)
{
	struct vma *v, *below;
	u64 start = round_down(addr, PAGE_SIZE);
	u64 limit;
	struct thread *t = thread_current();
	bool ok = false;

	rwlock_write_lock(&mm->lock);
	v = mm_find_next(mm, addr);
	if (!v || !(v->flags & VMA_GROWSDOWN)) {
		rwlock_write_unlock(&mm->lock);
		return false;
	}
	if (v->start <= addr) {
		rwlock_write_unlock(&mm->lock);
		return true;
	}
	limit = t ? rlimit_get(t, RLIMIT_STACK) : 8ul << 20;
	below = vma_tree_prev(v);
	if (v->end - start <= limit &&
		(!below || below->end + STACK_GUARD_PAGES * PAGE_SIZE <= start || !below->prot) &&
		(!below || below->end <= start) &&
		mm_may_grow(mm, (v->start - start) >> PAGE_SHIFT, false)) {
		vma_set_extent(mm, v, start, v->end);
		v->offset = 0;
		ok = true;
	}
	rwlock_write_unlock(&mm->lock);
	return ok;
}

/*
 * A reaped page must not look like one that was never there: the dying could still write what they
 * read.
 */
static enum fault_result unless_reaped(const struct mm *mm, enum fault_result r)
{
	memory_barrier(); /* after the page was mapped: see oom.c */
	return r == FAULT_DONE && unlikely(load_once(mm->oom) == OOM_REAPED) ? FAULT_BUS : r;
}

/*
 * The page that a fault wants comes from a device, which takes time: read without the lock. @ino is
 * a reference.
 */
static enum fault_result read_in(struct inode *ino, u64 index)
{
	struct page *p = NULL;
	enum fault_result r = result_of(pagecache_get(ino, index, false, &p));

	page_put(&p);
	obj_put(&ino);
	return r;
}

enum fault_result mm_fault(struct mm *mm, u64 addr, u32 access)
{
	struct inode *ino;
	enum fault_result r;
	u64 index;
	bool grown = false;
	struct vma *v;

	for (;;) {
		rwlock_read_lock(&mm->lock);
		v = mm->vmspace ? mm_find(mm, addr) : NULL;
		if (v) {
			r = unless_reaped(mm, fault_vma(v, addr, access));
			ino = r == FAULT_READ ? obj_get(vma_inode(v)) : NULL;
			index = index_of(v, addr);
			rwlock_read_unlock(&mm->lock);
			if (ino)
				r = read_in(ino, index);
			if (r == FAULT_OOM ? !oom_wait() : !ino || r != FAULT_DONE)
				return r;
			continue;
		}
		rwlock_read_unlock(&mm->lock);
		if (!mm->vmspace || grown || !grow_stack(mm, addr))
			return FAULT_SEGV_MAPERR;
		grown = true;
	}
}
