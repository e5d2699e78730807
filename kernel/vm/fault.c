// SPDX-License-Identifier: MPL-2.0
/*
 * Page faults: the page that a mapping shows at an address is brought in and mapped.
 *
 * How a fault works. mm_fault takes mm.lock for reading, so faults of several threads run at the
 * same time, and mapping calls wait. It finds the VMA and checks the rights. If the address is
 * mapped already, the access lacks a right: a private page is copied or taken over (copy_on_write),
 * a shared one gets the right (widen). Otherwise the page comes from the VMA's driver (ops_page),
 * from the page cache (file_page), or is anonymous. The page table decides which of two threads
 * that fault at the same address is first: the other one's vmspace_map returns -EEXIST, and its
 * access is repeated, which is right for it, too.
 *
 * What happens when a page must be read from a device. Reading takes time, and mapping calls must
 * not wait for it. So file_page does not sleep for it: it returns FAULT_READ, mm_fault drops
 * mm.lock, reads the page into the cache with references on the inode and the open file, and starts
 * again from the search for the VMA.
 *
 * What happens when memory is out. FAULT_OOM leaves mm.lock, too. oom_wait waits for memory, and
 * then the fault starts again; or it returns false, and the thread is about to end.
 *
 * How truncation, holes and write-back meet a fault. Truncation removes pages from the cache and
 * from all mappings without mm.lock; write-back takes dirty pages and removes their shared mappings.
 * A fault that has looked a page up before must not map it after, or not with the right to write. So
 * it maps only while ino->pages.nr_cuts is what it was before the look-up, and the other side, which
 * has changed nr_cuts, waits for faults that map by the old number (mapping_begin; vm_wait_faults in
 * vm/mm.c is the other side). The size is checked again after the entry is in the page table,
 * because a truncation that finds no pages in the cache does not change nr_cuts.
 *
 * How the writes of a shared mapping become known. Pages of a file with a disk behind it are mapped
 * read-only at first. The first write faults; the page is marked dirty for write-back, and the entry
 * gets the right. Write-back removes the mappings of the page before it writes it, so the next write
 * faults again. A file system may have to reserve space first, which takes time: then a page that is
 * clean is not mapped writable, but FAULT_MKWRITE is returned, and mm_fault has the page made dirty
 * without mm.lock (mapping_mkwrite), and starts again.
 *
 * Locking: mm.lock for reading; inside it the cursor's lock of a leaf table, and the locks of the
 *          page cache. The stack grows under mm.lock for writing.
 */
#include <frame/log.h>
#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <kernel/pagecache.h>
#include <kernel/thread.h>

#include "vm.h"

#define AROUND 16 /* pages that one fault on a file maps at most, if they are in the cache */

/* -EEXIST and -ENOENT mean that another thread changed the entry first: the access is repeated. */
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

/* Maps a page and drops the caller's reference on it. */
static enum fault_result map_and_put(struct vma *v, u64 va, struct page *p, u32 prot)
{
	int err = vmspace_map(v->mm->vmspace, va, p, prot);

	page_put(&p);
	return result_of(err);
}

/*
 * A write to a private page that is mapped without the right to write. If this mapping is the
 * page's only user, it takes the page over. Otherwise it gets a copy, and the page loses one user.
 *
 * "Only user" is one mapping and one reference: the one taken here. No other mapping can appear
 * meanwhile, since fork reads the entry under mm.lock held for writing, and a page of the page
 * cache has the cache's reference. A task that takes a reference only to read the page does no
 * harm. vmspace_replace changes the entry only if it still maps @old, so of two threads that copy
 * at the same time one keeps its copy.
 */
static enum fault_result copy_on_write(struct vma *v, u64 va, const struct vm_entry *e)
{
	struct vmspace *vm = v->mm->vmspace;
	struct page *old = e->page;
	u32 prot = vm_prot_of(v->prot);
	struct page *p;
	int err;

	if (!page_tryget(old))
		return FAULT_DONE; /* unmapped and freed meanwhile: fault again */
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

/* A read maps the page of zeroes, without the right to write: the first write replaces it. */
static enum fault_result anonymous(struct vma *v, u64 va, u32 access)
{
	u32 prot = vm_prot_of(v->prot);
	struct page *p;
	int err;

	if (access != VM_WRITE) {
		err = vmspace_map(v->mm->vmspace, va, zero_page(), prot & ~(u32)VM_WRITE);
		/* -EOVERFLOW: it is mapped too often already; a page of its own does as well. */
		if (likely(err != -EOVERFLOW))
			return result_of(err);
	}
	p = page_alloc(PAGE_USER | PAGE_ZEROED);
	if (!p)
		return FAULT_OOM;
	store_once(v->has_anon, true);
	return map_and_put(v, va, p, prot);
}

static u64 fault_index(const struct vma *v, u64 va)
{
	return (v->offset + (va - v->start)) >> PAGE_SHIFT;
}

/* The pages that one fault on a file maps: the page at the faulting address and its neighbours. */
struct file_pages {
	u64 start, n;              /* the address of the first page, and the number of places */
	struct page *page[AROUND]; /* references, or NULL */
};

/*
 * Finds the neighbours of a file page that are in the cache and loaded: they are mapped with it, to
 * save the faults that are likely to follow. Does not read pages in.
 */
static void find_around(struct vma *v, u64 va, struct inode *ino, struct file_pages *a)
{
	u64 end = min(round_down(va, AROUND * PAGE_SIZE) + AROUND * PAGE_SIZE, v->end), at;
	u64 nr_pages = div_round_up(load_once(ino->size), PAGE_SIZE);
	struct page *p;

	a->start = max(round_down(va, AROUND * PAGE_SIZE), v->start);
	a->n = 0;
	for (at = a->start; at < end; at += PAGE_SIZE) {
		u64 index = fault_index(v, at);
		p = index < nr_pages && at != va ? pagecache_find(&ino->pages, index) : NULL;
		if (p && (page_tag(p) & (PAGE_LOADING | PAGE_FAILED)))
			page_put(&p);
		*array_at(a->page, a->n++) = p;
	}
}

/*
 * Maps the neighbours in one pass over the leaf table. A place that is mapped already stays as it
 * is, and a failure is ignored: the neighbours are an optimization.
 */
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

/*
 * The write of a private mapping to a page that it does not map yet: it gets its copy at once.
 * @from is the page of the cache, consumed; NULL: a hole, copied as zeroes.
 */
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

/*
 * A fault maps pages of a file between mapping_begin and mapping_end, and does not sleep there.
 * @cuts is the value of nr_cuts before the pages were looked up and their tags were read. The cutter,
 * or write-back, changes nr_cuts after it has removed pages from the cache, or cleaned them, and then
 * waits until no fault maps by an older number. Each side has a full barrier between its own mark and
 * its look at the other side's mark. So either the fault sees the new number, maps nothing and is
 * repeated, or the other side waits for the fault and then finds the entries that it has made.
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

/*
 * Whether the file system must be asked before the page becomes dirty, or the program has to wait
 * because too many pages are. PAGE_DIRTY and PAGE_RESERVED can go only with a change of nr_cuts, so
 * they are still set if mapping_begin succeeds later.
 */
static bool needs_mkwrite(const struct inode *ino, struct page *p)
{
	struct mapping *m = ino->mapping;

	return !mapping_may_store(m, page_tag(p)) && (m->ops->page_mkwrite || writeback_is_over());
}

/*
 * A shared page of a tracked file that is mapped gets the right to write. If write-back takes the
 * page between the mark and the replacement, it waits for mapping_end before it looks for the entry.
 * A page that has been cut is not marked, and its entry is about to go.
 */
static enum fault_result widen_tracked(struct vma *v, u64 va, struct page *p, u32 prot)
{
	struct inode *ino = vma_inode(v);
	u64 cuts = load_acquire(ino->pages.nr_cuts);
	enum fault_result r;

	if (needs_mkwrite(ino, p))
		return FAULT_MKWRITE;
	if (!mapping_begin(&ino->pages, cuts))
		return FAULT_DONE;
	mapping_dirty(ino->mapping, fault_index(v, va), p);
	r = result_of(vmspace_replace(v->mm->vmspace, va, p, p, prot));
	mapping_end(&ino->pages, cuts);
	return r;
}

/*
 * A store by the kernel, not through the page table, to a page of a shared mapping. Write-back
 * cleans a page, waits for the faults that are counted in mappers, unmaps the page, and has the
 * device read it. So a store that is counted, and then finds the page dirty, comes before the
 * device reads: each side has a full barrier between its own mark and its look at the other's. A
 * page that is clean has been taken, or cut, and its entry is about to go: the fault that follows
 * makes it dirty again. A dirty page is in the cache.
 */
bool vm_store(struct mm *mm, u64 va, struct page *p, struct cspan src)
{
	struct vma *v = mm_find(mm, va);
	struct inode *ino = v && (v->flags & VMA_SHARED) && !v->ops ? vma_inode(v) : NULL;
	struct pagecache *const pc = ino && inode_tracks_dirty(ino) ? &ino->pages : NULL;
	struct atomic *const mappers = pc ? array_at(pc->mappers, load_once(pc->nr_cuts) & 1)
					  : NULL;
	bool ok = true;
	u32 tag;

	if (mappers) {
		(void)atomic_add(mappers, 1);
		tag = page_tag(p);
		ok = (tag & PAGE_DIRTY) && mapping_may_store(ino->mapping, tag);
	}
	if (ok)
		page_write(p, va & PAGE_MASK, src);
	if (mappers)
		(void)atomic_sub(mappers, 1);
	if (!ok) {
		va = round_down(va, PAGE_SIZE);
		vmspace_unmap(mm->vmspace, va, va + PAGE_SIZE);
	}
	return ok;
}

/* A shared page that is mapped gets the rights that the access requires. */
static enum fault_result widen(struct vma *v, u64 va, const struct vm_entry *e, u32 access)
{
	struct page *p = e->page;
	u32 prot = vm_prot_of(v->prot);
	enum fault_result r;

	if (p == zero_page())
		/* No shared mapping shows the page of zeroes, and it must never become writable. */
		return FAULT_BUS;
	if (!vma_inode(v) || v->ops || !inode_tracks_dirty(vma_inode(v)))
		return result_of(vmspace_replace(v->mm->vmspace, va, p, p, prot));
	if (!page_tryget(p))
		return FAULT_DONE; /* unmapped and freed meanwhile: fault again */
	r = access == VM_WRITE
		? widen_tracked(v, va, p, prot)
		: result_of(vmspace_replace(v->mm->vmspace, va, p, p, prot & ~(u32)VM_WRITE));
	page_put(&p);
	return r;
}

/*
 * Maps @p (consumed) at @va, and its neighbours. @cuts: see mapping_begin. Without the right to write
 * are mapped the pages of a private mapping, and those of a tracked file, except the page of a shared
 * write, which is marked dirty.
 */
static enum fault_result map_file_pages(struct vma *v, u64 va, struct page *p, u32 access, u64 cuts)
{
	struct inode *ino = vma_inode(v);
	bool shared = v->flags & VMA_SHARED, tracked = inode_tracks_dirty(ino);
	bool dirty = tracked && shared && access == VM_WRITE;
	u32 all = vm_prot_of(v->prot), prot = shared && !tracked ? all : all & ~(u32)VM_WRITE;
	enum fault_result r = FAULT_DONE;
	struct file_pages a;

	if (dirty && needs_mkwrite(ino, p)) {
		page_put(&p);
		return FAULT_MKWRITE;
	}
	find_around(v, va, ino, &a);
	if (mapping_begin(&ino->pages, cuts)) {
		if (dirty)
			mapping_dirty(ino->mapping, fault_index(v, va), p);
		r = map_and_put(v, va, p, dirty ? all : prot);
		if (r == FAULT_DONE)
			map_around(v, &a, prot);
		mapping_end(&ino->pages, cuts);
	} else {
		page_put(&p);
	}
	put_around(&a);
	return r;
}

/*
 * The counter of cuts is read before the lookup (acquire), so a cut after the lookup changes it.
 * Beyond the end of the file the access gets SIGBUS.
 */
static enum fault_result file_page(struct vma *v, u64 va, u32 access)
{
	struct inode *ino = vma_inode(v);
	bool shared = v->flags & VMA_SHARED;
	u64 index = fault_index(v, va), cuts = load_acquire(ino->pages.nr_cuts);
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
	else
		r = map_file_pages(v, va, p ? p : page_get(zero_page()), access, cuts);
	/* Truncated between the check and the mapping: the page must not stay visible. */
	if (index >= div_round_up(load_once(ino->size), PAGE_SIZE)) {
		vmspace_unmap(v->mm->vmspace, va, va + PAGE_SIZE);
		return FAULT_BUS;
	}
	return r;
}

/* The driver's fault operation returns the page. The VMA of the vDSO's image begins at index 1. */
static enum fault_result ops_page(struct vma *v, u64 va)
{
	struct page *p = NULL;
	u64 index = (v->offset + (va - v->start)) >> PAGE_SHIFT;
	int err = v->ops->fault(v, index + (v->flags & VMA_VDSO && v->prot & PROT_EXEC), &p);

	if (err || !p)
		return FAULT_BUS;
	return map_and_put(v, va, p, vm_prot_of(v->prot));
}

/*
 * Resolves a fault inside a VMA: the rights of the VMA first, then the entry in the page table.
 * Context: mm.lock held for reading.
 */
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
		/* Another thread was faster, or this CPU's TLB still has the older entry. */
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

/*
 * Grows the stack above @addr down to it, within RLIMIT_STACK and with the guard gap to the next
 * mapping below. Returns whether the address is in a stack now. Context: mm.lock not held; two
 * threads may come here at once, so everything is checked under the lock.
 */
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
		mm_may_lock_future(mm, v->flags, (v->start - start) >> PAGE_SHIFT) &&
		mm_may_grow(mm, (v->start - start) >> PAGE_SHIFT, false) &&
		(!(v->flags & VMA_ACCOUNT) || mm_commit(mm, (v->start - start) >> PAGE_SHIFT))) {
		vma_set_extent(mm, v, start, v->end);
		v->offset = 0;
		ok = true;
	}
	mm_settle(mm);
	rwlock_write_unlock(&mm->lock);
	return ok;
}

/*
 * A reaped page must not look like one that was never written: a dying thread would read zeroes
 * where its data was, and could still write them to a file. So a fault in a reaped address space
 * fails.
 */
static enum fault_result unless_reaped(const struct mm *mm, enum fault_result r)
{
	/*
	 * Orders the store of the entry before the load of mm.oom: reap() in oom.c has the other
	 * side.
	 */
	memory_barrier();
	return r == FAULT_DONE && unlikely(load_once(mm->oom) == OOM_REAPED) ? FAULT_BUS : r;
}

/*
 * Without mm.lock, the page of a fault is read into the cache, or with @write made dirty. Consumes the
 * references @ino and @file. The open file keeps the device or file system in use, which the inode
 * does not: without it a munmap and a close could end it while its page is read.
 */
static enum fault_result prepare(struct inode *ino, struct file *file, u64 index, bool write)
{
	struct page *p = NULL;
	enum fault_result r = result_of(write ? mapping_mkwrite(ino->mapping, index)
					      : pagecache_get(ino, index, false, &p));

	page_put(&p);
	obj_put(&ino);
	obj_put(&file);
	return r;
}

enum fault_result mm_fault(struct mm *mm, u64 addr, u32 access)
{
	struct inode *ino;
	struct file *file;
	enum fault_result r;
	u64 index;
	bool grown = false, write;
	struct vma *v;

	for (;;) {
		rwlock_read_lock(&mm->lock);
		v = mm->vmspace ? mm_find(mm, addr) : NULL;
		if (v) {
			r = unless_reaped(mm, fault_vma(v, addr, access));
			write = r == FAULT_MKWRITE;
			ino = write || r == FAULT_READ ? obj_get(vma_inode(v)) : NULL;
			file = ino && v->file ? obj_get(v->file) : NULL;
			index = fault_index(v, addr);
			rwlock_read_unlock(&mm->lock);
			if (ino)
				r = prepare(ino, file, index, write);
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
