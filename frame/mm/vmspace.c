// SPDX-License-Identifier: MPL-2.0
/*
 * Address spaces (frame/vmspace.h): the tree, its birth and its end, and the operations on single
 * pages.
 *
 * Upper tables are added with compare-and-swap and live as long as the space, so a walk needs no
 * lock; the entries of a leaf table are guarded by the lock in that table's struct page.
 *
 * Locking: one leaf table lock at a time; the page zone lock inside.
 * Trust:   every present leaf owns a frame count of its page, taken before the entry is written and
 *          dropped after the flush. The tables live while the frame uses the space
 *          (frame/handle.h): a task that runs on it, an operation, an open cursor. vmspace_new
 *          writes the root last.
 */
#include <frame/log.h>

#include "walk.h"

static u64 nr_table_pages;

static void vmspace_release(struct obj *o)
{
	vmspace_destroy((struct vmspace *)o); /* TRUST: the type's own slots */
}
static struct obj_type vmspace_type = {
	._name = { "vmspace" }, ._size = sizeof(struct vmspace), ._release = vmspace_release
};

u64 vmspace_table_pages(void)
{
	return load_once(nr_table_pages);
}

/* A zeroed table, or NULL. */
static pte_t *table_new(struct vmspace *vm)
{
	paddr_t pa = page_alloc_frame();

	if (!pa)
		return NULL;
	_add64_relaxed(&vm->nr_tables, 1);
	_add64_relaxed(&nr_table_pages, 1);
	return arch_phys_to_virt(pa);
}

static void table_free(struct vmspace *vm, pte_t *table)
{
	_add64_relaxed(&vm->nr_tables, -1ul);
	_add64_relaxed(&nr_table_pages, -1ul);
	page_free_frame(arch_virt_to_phys(table));
}

struct vmspace *vmspace_new(void)
{
	struct vmspace *vm = (struct vmspace *)_obj_alloc(&vmspace_type);
	pte_t *root;

	if (!vm)
		return NULL;
	root = table_new(vm);
	if (!root) {
		vmspace_leave(vm);
		return NULL;
	}
	kernel_half_copy(root);
	vm->asid = asid_alloc();
	store_release(vm->root, arch_virt_to_phys(root));
	handle_publish(&vm->handle);
	return vm;
}

struct vmspace *vmspace_get(struct vmspace *vm)
{
	handle_get(&vm->handle);
	return vm;
}

void vmspace_put(struct vmspace **vp)
{
	struct vmspace *vm = *vp;

	*vp = NULL;
	if (vm)
		handle_put(&vm->handle);
}

u64 vmspace_nr_mapped(const struct vmspace *vm)
{
	return load_once(vm->nr_mapped);
}

u64 vmspace_nr_tables(const struct vmspace *vm)
{
	return load_once(vm->nr_tables);
}

/* ---- the walk ---- */

static pte_t *root_of(struct vmspace *vm)
{
	return arch_phys_to_virt(vm->root);
}

pte_t *walk_leaf_next(struct vmspace *vm, u64 va, u64 *next)
{
	pte_t *table = root_of(vm);
	unsigned level, shift;

	for (level = ARCH_PT_LEVELS - 1; level > 0; level--) {
		pte_t e = load_acquire(table[pt_index(va, level)]);
		if (!pte_present(e)) {
			table = NULL;
			break;
		}
		table = arch_phys_to_virt(pte_paddr(e));
	}
	shift = ARCH_PT_SHIFT(max(level, 1u));
	*next = ((va >> shift) + 1) << shift;
	return table;
}

pte_t *walk_leaf_create(struct vmspace *vm, u64 va)
{
	pte_t *table = root_of(vm);
	unsigned level;

	for (level = ARCH_PT_LEVELS - 1; level > 0; level--) {
		pte_t *slot = &table[pt_index(va, level)];
		pte_t e = load_acquire(*slot);
		if (unlikely(!pte_present(e))) {
			pte_t *fresh = table_new(vm);
			pte_t want;
			if (!fresh)
				return NULL;
			want = pte_table(arch_virt_to_phys(fresh));
			/*
			 * TRUST: a zeroed table of this tree. The zeroes are released: another CPU
			 * or its walker follows the entry at once, and what the page held before
			 * may be a program's bytes, which would be entries of its choice. A faster
			 * CPU's table wins; its zeroes are acquired.
			 */
			if (_cas64_acq_rel(slot, &e, want))
				e = want;
			else
				table_free(vm, fresh);
		}
		table = arch_phys_to_virt(pte_paddr(e));
	}
	return table;
}

static always_inline struct page *leaf_page(pte_t *leaf)
{
	return page_from_paddr(arch_virt_to_phys(leaf));
}

/*
 * Acquires: an entry read before the lock was had would name a page that the last holder dropped.
 */
void leaf_lock(pte_t *leaf)
{
	u32 *l = &leaf_page(leaf)->lock;
	u32 me = _arch_cpu_id() + 1, holder = 0;

	while (unlikely(!_cas32_acquire(l, &holder, me))) {
		if (holder == me)
			_kernel_panic(
				"two uses of a page table at a time on one CPU: a cursor is open");
		while ((holder = load_once(*l)) != 0)
			_arch_relax();
	}
}

void leaf_unlock(pte_t *leaf)
{
	store_release(leaf_page(leaf)->lock, 0);
}

/* ---- the end ---- */

/*
 * Index of the first entry in use from @i on; @entries (a multiple of 8) if there is none. Most of
 * most tables is empty.
 */
static u64 next_entry(const pte_t *table, u64 i, u64 entries)
{
	const pte_t *e;

	for (; i < entries; i++) {
		for (e = &table[i]; i % 8 == 0 && i < entries &&
			!(e[0] | e[1] | e[2] | e[3] | e[4] | e[5] | e[6] | e[7]);
			e += 8)
			i += 8;
		if (i < entries && pte_present(table[i]))
			break;
	}
	return min(i, entries);
}

/* Frees a table below level @level + 1 with all it holds. */
static void free_subtree(struct vmspace *vm, pte_t *table, unsigned level, u64 entries)
{
	u64 i;

	for (i = next_entry(table, 0, entries); i < entries;
		i = next_entry(table, i + 1, entries)) {
		pte_t e = table[i];
		if (level == 0)
			page_release(page_from_paddr(pte_paddr(e)));
		else
			free_subtree(vm, arch_phys_to_virt(pte_paddr(e)), level - 1, 512);
	}
	table_free(vm, table);
}

void vmspace_destroy(struct vmspace *vm)
{
	if (!vm->root)
		return;
	must_be_task(); /* other CPUs are interrupted and waited for */
	tlb_retire(vm);
	/* No CPU can reach the tables any more. The kernel's half of the root is not ours. */
	free_subtree(vm, root_of(vm), ARCH_PT_LEVELS - 1,
		div_round_up(VM_USER_MAX, 1ul << ARCH_PT_SHIFT(ARCH_PT_LEVELS - 1)));
	vm->root = 0;
}

/* ---- single pages ---- */

void vmspace_enter(struct vmspace *vm)
{
	if (unlikely(!_obj_tryget(&vm->handle.obj)))
		_kernel_panic("use of an address space that has been released");
	if (unlikely(!load_acquire(vm->root)))
		_kernel_panic("use of an address space that is being made");
}

void vmspace_leave(struct vmspace *vm)
{
	_obj_put(&vm->handle.obj);
}

static bool good_page_address(u64 va)
{
	return va >= VM_USER_MIN && va < VM_USER_MAX && !(va & PAGE_MASK);
}

void count_mapped(struct vmspace *vm, s64 n)
{
	_add64_relaxed(&vm->nr_mapped, (u64)n);
}

/*
 * The hold that an entry will have, before the table's lock is taken: a page that is not live ends
 * the task's operation while it has no lock. It acquires: the page's zeroes come before the entry.
 */
static void hold_for_entry(struct page *page)
{
	if (unlikely(!page_hold(page)))
		_kernel_panic("mapping of a page that is not live");
}

int vmspace_map(struct vmspace *vm, u64 va, struct page *page, u32 prot)
{
	pte_t *leaf, *e;
	int err = -ENOMEM;

	if (unlikely(!good_page_address(va) || !(prot & 7)))
		return -EINVAL;
	hold_for_entry(page);
	vmspace_enter(vm);
	leaf = walk_leaf_create(vm, va);
	if (unlikely(!leaf))
		goto out;
	e = &leaf[pt_index(va, 0)];
	leaf_lock(leaf);
	err = -EEXIST;
	if (likely(!pte_present(*e))) {
		/* TRUST: the hold is this entry's. */
		store_once(*e, pte_user_leaf(page_pa(page), prot));
		count_mapped(vm, 1);
		err = 0;
	}
	leaf_unlock(leaf);
	/*
	 * This CPU may remember that nothing was there. Others that do, or that remember that one
	 * of the tables above was not there, fault once more and come here for -EEXIST.
	 */
	arch_tlb_flush_local(vm->asid, va, va + PAGE_SIZE);
	if (err)
		arch_tlb_flush_absent_local(vm->asid);
out:
	vmspace_leave(vm);
	if (unlikely(err))
		page_release(page);
	return err;
}

int vmspace_replace(struct vmspace *vm, u64 va, struct page *old, struct page *page, u32 prot)
{
	pte_t *leaf, *e;
	bool replaced = false;

	if (!good_page_address(va) || !(prot & 7))
		return -EINVAL;
	if (page != old)
		hold_for_entry(page);
	vmspace_enter(vm);
	leaf = walk_leaf(vm, va);
	if (leaf) {
		e = &leaf[pt_index(va, 0)];
		leaf_lock(leaf);
		replaced = pte_present(*e) && page_from_paddr(pte_paddr(*e)) == old;
		if (replaced)
			/* TRUST: as in vmspace_map. */
			store_once(*e, pte_user_leaf(page_pa(page), prot));
		leaf_unlock(leaf);
	}
	if (replaced)
		tlb_flush(vm, va, va + PAGE_SIZE);
	if (page != old)
		page_release(replaced ? old : page);
	vmspace_leave(vm);
	return replaced ? 0 : -ENOENT;
}

void vmspace_forget(struct vmspace *vm, u64 va)
{
	va = round_down(va, PAGE_SIZE);
	if (!good_page_address(va))
		return;
	vmspace_enter(vm);
	arch_tlb_flush_local(vm->asid, va, va + PAGE_SIZE);
	arch_tlb_flush_absent_local(vm->asid);
	vmspace_leave(vm);
}

bool vmspace_lookup(struct vmspace *vm, u64 va, struct vm_entry *out)
{
	pte_t *leaf;
	pte_t e;

	va = round_down(va, PAGE_SIZE);
	if (!good_page_address(va))
		return false;
	vmspace_enter(vm);
	leaf = walk_leaf(vm, va);
	e = leaf ? load_acquire(leaf[pt_index(va, 0)]) : 0;
	vmspace_leave(vm);
	if (!pte_present(e))
		return false;
	*out = (struct vm_entry){
		.va = va, .page = page_from_paddr(pte_paddr(e)), .prot = pte_user_prot(e)
	};
	return true;
}
