// SPDX-License-Identifier: MPL-2.0
/*
 * VMAs: the tree of an address space, splitting and merging, the search for gaps. mm.lock guards
 * all of it; see kernel/mm.h.
 *
 * How truncation and the VMA tree work together. Truncation finds the mappings of a file in the
 * tree ino->pages.mappings under its map_lock, without the mm.lock of their address spaces. So a
 * VMA of a file changes its extent under map_lock, and a range changes its owner in an order that
 * leaves no gap: the VMA that receives the range is in the tree before the other one is made
 * shorter. While both cover the range, truncation unmaps the same pages twice, which is harmless.
 * A walk over the tree gives map_lock back now and then (rmap.c): so a VMA that receives pages from
 * another is behind that one in the tree.
 *
 * The last reference on a VMA may be the last one on its file, whose release may write to a disk.
 * Faults, /proc and the out-of-memory killer would wait for mm.lock as long. So removed VMAs that
 * have references to others gather in mm.removed and are put after the unlock.
 *
 * Locking: mm.lock, then the inode's pages.map_lock, which is a spin lock. Nothing here sleeps but
 *          vma_put_removed.
 */
#include <frame/task.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/random.h>

#include "vm.h"

static void vma_release(struct vma *v)
{
	obj_put(&v->file);
	obj_put(&v->shared);
	obj_put_any(&v->private);
}
OBJ_TYPE(vma, vma_release);

u32 vm_prot_of(u32 prot)
{
	u32 p = 0;

	if (prot & (PROT_READ | PROT_WRITE))
		p |= VM_READ;
	if (prot & PROT_WRITE)
		p |= VM_WRITE;
	if (prot & PROT_EXEC)
		p |= VM_EXEC;
	return p;
}

struct inode *vma_inode(const struct vma *v)
{
	return v->shared ? v->shared : v->file ? v->file->inode : NULL;
}

bool vma_is_data(const struct vma *v)
{
	return (v->prot & PROT_WRITE) && !(v->flags & (VMA_SHARED | VMA_STACK));
}

struct vma *vma_copy(const struct vma *like, u64 start, u64 end)
{
	struct vma *v = obj_new(vma);

	if (!v)
		return NULL;
	v->mm = like->mm;
	v->start = start;
	v->end = end;
	v->flags = like->flags;
	v->prot = like->prot;
	v->file = like->file ? obj_get(like->file) : NULL;
	v->shared = like->shared ? obj_get(like->shared) : NULL;
	v->offset = like->offset + (start - like->start);
	v->ops = like->ops;
	v->private = like->private ? obj_get_any(like->private) : NULL;
	v->has_anon = like->has_anon;
	return v;
}

/* ---- accounts ---- */

/*
 * Adds the pages of a VMA to the accounts of the address space, or subtracts them. All accounts are
 * guarded by mm.lock. A VMA whose flags, rights or extent change is subtracted before and added
 * after, or its caller corrects the one account that changes (mprotect, mlock).
 */
static void vma_count(struct mm *mm, const struct vma *v, bool add)
{
	u64 pages = (v->end - v->start) >> PAGE_SHIFT;
	u64 n = add ? pages : -pages;

	mm->total_pages += n;
	if (vma_is_data(v))
		mm->data_pages += n;
	if (v->flags & VMA_STACK)
		mm->stack_pages += n;
	if (v->flags & VMA_LOCKED)
		mm->locked_pages += n;
	if (v->flags & VMA_ACCOUNT)
		mm->promised += n;
}

/*
 * Enters the VMA as a mapping of its inode. Shared mappings that may be made writable are counted,
 * for the seals of a memfd.
 */
static void link_inode(struct vma *v)
{
	struct inode *ino = vma_inode(v);

	if (!ino)
		return;
	spin_lock(&ino->pages.map_lock);
	file_vmas_insert(&ino->pages.mappings, v);
	spin_unlock(&ino->pages.map_lock);
	if ((v->flags & VMA_SHARED) && (v->flags & VMA_MAYWRITE))
		atomic_add(&ino->shared_writable, 1);
}

/* Takes the VMA out of its inode's tree; a walk goes on with the next one. map_lock held. */
static void vma_unlink_locked(struct pagecache *pc, struct vma *v)
{
	if (!v->file_node.height)
		return; /* join has taken it out */
	if (pc->walk == v) {
		pc->walk = file_vmas_meet_next(v, pc->walk_first, pc->walk_last);
		pc->walk_at = 0;
	}
	file_vmas_remove(&pc->mappings, v);
	v->file_node.height = 0;
}

static void unlink_inode(struct vma *v)
{
	struct inode *ino = vma_inode(v);

	if (!ino)
		return;
	spin_lock(&ino->pages.map_lock);
	vma_unlink_locked(&ino->pages, v);
	spin_unlock(&ino->pages.map_lock);
	if ((v->flags & VMA_SHARED) && (v->flags & VMA_MAYWRITE))
		atomic_sub(&ino->shared_writable, 1);
}

void vma_insert(struct mm *mm, struct vma *v)
{
	v->mm = mm;
	vma_tree_insert(&mm->vmas, v);
	mm->nr_vmas++;
	vma_count(mm, v, true);
	link_inode(v);
}

void vma_remove(struct mm *mm, struct vma *v)
{
	vma_tree_remove(&mm->vmas, v);
	mm->nr_vmas--;
	vma_count(mm, v, false);
	unlink_inode(v);
	if (mm->last == v)
		mm->last = NULL;
	if (v->file || v->shared || v->private)
		list_push_back(&mm->removed, v, removed_link);
	else
		obj_put(&v);
}

struct vma *vma_take_removed(struct mm *mm)
{
	struct vma *first = list_first(&mm->removed);

	mm->removed.first = mm->removed.last = NULL;
	return first;
}

void vma_put_removed(struct vma *first)
{
	struct vma *next;

	for (; first; first = next) {
		next = list_next(first, removed_link);
		obj_put(&first);
		task_cond_resched();
	}
}

/*
 * Subtracts the old extent from the accounts and adds the new one. The offset follows the start, so
 * each page keeps its index in the file. map_lock makes the three stores one step for truncation.
 */
void vma_set_extent(struct mm *mm, struct vma *v, u64 start, u64 end)
{
	struct inode *ino = vma_inode(v);

	vma_count(mm, v, false);
	if (ino)
		spin_lock(&ino->pages.map_lock);
	v->offset += start - v->start;
	v->start = start;
	v->end = end;
	if (ino) {
		file_vmas_grown(v);
		spin_unlock(&ino->pages.map_lock);
	}
	vma_count(mm, v, true);
}

/* ---- searching ---- */

/*
 * The VMA of the last search is tried first. Readers of mm.lock store mm.last concurrently. Each
 * VMA they store is in the tree, and vma_remove clears mm.last under the write lock.
 */
struct vma *mm_find(struct mm *mm, u64 addr)
{
	struct vma *v = load_once(mm->last);

	if (v && v->mm == mm && addr >= v->start && addr < v->end)
		return v;
	for (v = mm->vmas; v;) {
		if (addr < v->start) {
			v = v->node.left;
		} else if (addr >= v->end) {
			v = v->node.right;
		} else {
			store_once(mm->last, v);
			return v;
		}
	}
	return NULL;
}

/*
 * Descends to the lowest VMA that ends above @addr: each VMA that does is a candidate, and a better
 * one can only be to its left.
 */
struct vma *mm_find_next(struct mm *mm, u64 addr)
{
	struct vma *best = NULL;
	struct vma *v = mm->vmas;

	while (v) {
		if (v->end > addr) {
			best = v;
			v = v->node.left;
		} else {
			v = v->node.right;
		}
	}
	return best;
}

bool vma_range_free(struct mm *mm, u64 start, u64 len)
{
	struct vma *v;

	if (start < VM_USER_MIN || len > VM_USER_MAX || start > VM_USER_MAX - len)
		return false;
	v = mm_find_next(mm, start);
	return !v || v->start >= start + len;
}

/* The size of the gap that must stay free below a stack. */
static u64 guard_below(const struct vma *v)
{
	return v->flags & VMA_GROWSDOWN ? STACK_GUARD_PAGES * PAGE_SIZE : 0;
}

/*
 * The highest gap of @len bytes below @top, or 0. Walks the VMAs downwards from @top; each step
 * lowers @top to the start of a VMA, less the guard gap if it is a stack.
 */
static u64 gap_below(struct mm *mm, u64 top, u64 len)
{
	struct vma *v = mm_find_next(mm, top - 1);
	struct vma *below;

	if (v && v->start < top)
		top = v->start;
	below = v ? vma_tree_prev(v) : vma_tree_last(mm->vmas);
	for (;;) {
		u64 floor = below ? below->end : ABI_MMAP_HINT_MIN;
		if (top >= floor && top - floor >= len)
			return top - len;
		if (!below)
			return 0;
		top = below->start > guard_below(below) ? below->start - guard_below(below) : 0;
		below = vma_tree_prev(below);
	}
}

/*
 * gap_hint is the address of the last gap that was found: new mappings pile up downwards, so the
 * place directly below is most often free and the walk is not needed. mm_unmap_locked raises the
 * hint when a higher range becomes free.
 */
u64 vma_find_gap(struct mm *mm, u64 hint, u64 len)
{
	u64 at;

	if (hint && vma_range_free(mm, hint, len))
		return hint;
	at = mm->gap_hint;
	if (at > len && at <= mm->mmap_base && vma_range_free(mm, at - len, len)) {
		mm->gap_hint = at - len;
		return at - len;
	}
	at = gap_below(mm, mm->mmap_base, len);
	if (!at)
		at = gap_below(mm, VM_USER_MAX, len);
	if (at)
		mm->gap_hint = at;
	return at;
}

u64 vma_find_low_gap(struct mm *mm, u64 hint, u64 len)
{
	u64 at;

	if (len > ABI_LOW_END)
		return 0;
	if (hint && hint <= ABI_LOW_END - len && vma_range_free(mm, hint, len))
		return hint;
	at = gap_below(mm, ABI_LOW_END, len);
	return at >= ABI_LOW_START ? at : 0;
}

/* ---- cutting and joining ---- */

/*
 * @upper, a copy of @v, is inserted first; then the lower half is made shorter (see the top of this
 * file for the order). The split cannot fail after the insertion.
 */
static void split_off(struct mm *mm, struct vma *v, struct vma *upper)
{
	vma_insert(mm, upper);
	vma_set_extent(mm, v, v->start, upper->start);
}

int vma_split_at(struct mm *mm, u64 addr)
{
	struct vma *v = mm_find(mm, addr);
	struct vma *upper;

	if (!v || v->start == addr)
		return 0;
	if (vma_is_full(mm))
		return -ENOMEM;
	upper = vma_copy(v, addr, v->end);
	if (!upper)
		return -ENOMEM;
	split_off(mm, v, upper);
	return 0;
}

/*
 * Both copies are made before the first split. The range goes, so its VMAs are too many for a moment
 * only; but a hole in the middle of one VMA leaves one more.
 */
int vma_split_out(struct mm *mm, u64 start, u64 end)
{
	struct vma *v = mm_find(mm, start), *w = mm_find(mm, end), *upper = NULL, *rest = NULL;

	if (v && v->start == start)
		v = NULL;
	if (w && w->start == end)
		w = NULL;
	if (v && v == w && vma_is_full(mm))
		return -ENOMEM;
	if (v)
		upper = vma_copy(v, start, v->end);
	if (w)
		rest = vma_copy(w, end, w->end);
	if ((v && !upper) || (w && !rest)) {
		obj_put(&upper);
		obj_put(&rest);
		return -ENOMEM;
	}
	if (upper)
		split_off(mm, v, upper);
	if (rest)
		split_off(mm, w == v ? upper : w, rest);
	return 0;
}

/*
 * Two VMAs merge if they touch and agree in all properties. Mappings of a driver (ops) and those
 * marked VMA_NO_MERGE stay as they are. Mappings of a file must also be contiguous in the file.
 * has_anon of those must agree, because a fork copies the pages of such a VMA only if it is set.
 */
static bool can_join(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->flags == b->flags && a->prot == b->prot &&
		a->file == b->file && a->shared == b->shared && !a->ops && !b->ops &&
		!(a->flags & VMA_NO_MERGE) &&
		((!a->file && !a->shared) ||
			(a->has_anon == b->has_anon &&
				a->offset + (a->end - a->start) == b->offset));
}

/*
 * @a takes over the range of @b in one step for truncation. While a walk over the mappings is in
 * progress nothing is joined: it may have visited @a already, and not @b. That is made up for when
 * the VMAs would be too many (vma_make_room).
 */
static void vma_join(struct mm *mm, struct vma *a, struct vma *b)
{
	struct inode *ino = vma_inode(a);
	bool walked = false;

	vma_count(mm, a, false);
	if (ino) {
		spin_lock(&ino->pages.map_lock);
		walked = ino->pages.walk;
		if (!walked)
			vma_unlink_locked(&ino->pages, b);
	}
	if (!walked) {
		a->end = b->end;
		a->has_anon |= b->has_anon;
	}
	if (ino) {
		file_vmas_grown(a);
		spin_unlock(&ino->pages.map_lock);
	}
	vma_count(mm, a, true);
	if (!walked)
		vma_remove(mm, b);
	else
		mm->unjoined = true;
}

void vma_merge(struct mm *mm, struct vma *v)
{
	struct vma *next = vma_tree_next(v);
	struct vma *prev = vma_tree_prev(v);

	if (next && can_join(v, next))
		vma_join(mm, v, next);
	if (prev && can_join(prev, v))
		vma_join(mm, prev, v);
}

/*
 * Joins whatever can be joined. What follows the end that a VMA has had is the same VMA, if it has
 * taken over the next one, or else the next one.
 */
static void join_all(struct mm *mm)
{
	struct vma *v, *next;
	u64 at;

	mm->unjoined = false;
	for (v = vma_tree_first(mm->vmas); v; v = mm_find_next(mm, at)) {
		at = v->end;
		next = vma_tree_next(v);
		if (next && can_join(v, next))
			vma_join(mm, v, next);
		task_cond_resched();
	}
}

bool vma_is_full(const struct mm *mm)
{
	return mm->nr_vmas >= knob_get(KNOB_MAX_MAP_COUNT);
}

void vma_make_room(struct mm *mm)
{
	if (unlikely(mm->unjoined) && mm->nr_vmas + VMA_ROOM > knob_get(KNOB_MAX_MAP_COUNT))
		join_all(mm);
}
