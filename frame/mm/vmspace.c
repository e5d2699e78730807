// SPDX-License-Identifier: MPL-2.0
/*
 * Address spaces (frame/vmspace.h): the tree, its creation and destruction, and the operations on
 * single pages.
 *
 * How tables are published. walk_leaf_create allocates a zeroed table and adds it to the tree by a
 * compare and swap that releases, so a CPU or a page walker that sees the entry sees the zeroes. If
 * another CPU was faster, its table stays and the new one is freed. Upper tables live as long as
 * the space, so a walk needs no lock.
 *
 * How a page is mapped. vmspace_map takes a frame count of the page first, with no lock held,
 * because it panics on a dead page. It takes the lock in the leaf table's struct page, checks that
 * the entry is empty, stores the entry, and unlocks. If the entry is not empty or memory is out, it
 * drops the count again. A cursor holds the lock already and takes the count when it has found the
 * entry empty. An unmap clears the entry under the same lock, flushes the TLBs (tlb.c), and drops
 * the count last.
 *
 * Locking: one leaf table lock at a time (vmspace_share takes two, by address); the page zone lock
 *          is taken inside.
 * Trust: every present leaf owns a frame count of its page, taken before the entry is written and
 *        dropped after the flush. The tables live while the frame uses the space (frame/handle.h):
 *        a task that runs on it, an operation, an open cursor. vmspace_new writes the root last.
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

/*
 * A zeroed table, or NULL. A program chooses how many there are, so they leave the reserve to the
 * kernel, as its pages do. Only the root may come out of the reserve: it goes with a process, like
 * the stack of a task.
 */
static pte_t *table_new(struct vmspace *vm)
{
	paddr_t pa = vm->root ? page_alloc_table() : page_alloc_frame();

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

static pte_t *vmspace_root(struct vmspace *vm)
{
	return arch_phys_to_virt(vm->root);
}

pte_t *walk_leaf_next(struct vmspace *vm, u64 va, u64 *next)
{
	pte_t *table = vmspace_root(vm);
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
	pte_t *table = vmspace_root(vm);
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
			 * TRUST: a zeroed table of this tree. The release covers the zeroes:
			 * another CPU or its page walker may follow the entry at once, and the
			 * page's old contents may be a program's bytes, which would be entries that
			 * the program chose. If another CPU's table is there already, it stays, and
			 * its zeroes are acquired.
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
 * Acquires: without it, an entry read before the lock was taken could name a page that the last
 * holder of the lock dropped.
 */
void leaf_lock(pte_t *leaf)
{
	u32 *l = &leaf_page(leaf)->lock;
	u32 me = _arch_cpu_id() + 1, holder = 0;

	while (unlikely(!_cas32_acquire(l, &holder, me))) {
		if (holder == me)
			_kernel_panic("one CPU locks a page table twice: a cursor is open");
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
 * Index of the first used entry from @i on; @entries (a multiple of 8) if there is none. Most
 * entries of most tables are empty.
 */
static u64 table_next_entry(const pte_t *table, u64 i, u64 entries)
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

/*
 * Frees a table of level @level and all tables and pages below it. Lets others run after each leaf
 * table: a program chooses how many there are.
 */
static void table_free_subtree(struct vmspace *vm, pte_t *table, unsigned level, u64 entries)
{
	u64 i;

	for (i = table_next_entry(table, 0, entries); i < entries;
		i = table_next_entry(table, i + 1, entries)) {
		pte_t e = table[i];
		if (level == 0)
			page_release(page_from_paddr(pte_paddr(e)));
		else
			table_free_subtree(vm, arch_phys_to_virt(pte_paddr(e)), level - 1, 512);
	}
	table_free(vm, table);
	if (level == 0)
		task_cond_resched();
}

void vmspace_destroy(struct vmspace *vm)
{
	if (!vm->root)
		return;
	must_be_task(); /* tlb_retire interrupts other CPUs and waits for them */
	tlb_retire(vm);
	/*
	 * No CPU can reach the tables any more, and no reference to the space is left, so nothing
	 * changes them while this task lets others run. The kernel half of the root belongs to the
	 * kernel.
	 */
	table_free_subtree(vm, vmspace_root(vm), ARCH_PT_LEVELS - 1,
		div_round_up(VM_USER_MAX, 1ul << ARCH_PT_SHIFT(ARCH_PT_LEVELS - 1)));
	vm->root = 0;
}

/* ---- single pages ---- */

void vmspace_enter(struct vmspace *vm)
{
	if (unlikely(!_obj_tryget(&vm->handle.obj)))
		_kernel_panic("use of an address space that has been released");
	if (unlikely(!load_acquire(vm->root)))
		_kernel_panic("use of an address space that is not complete");
}

void vmspace_leave(struct vmspace *vm)
{
	_obj_put(&vm->handle.obj);
}

static bool vmspace_is_page_address(u64 va)
{
	return va >= VM_USER_MIN && va < VM_USER_MAX && !(va & PAGE_MASK);
}

void vmspace_count_mapped(struct vmspace *vm, s64 n)
{
	_add64_relaxed(&vm->nr_mapped, (u64)n);
}

int vmspace_map(struct vmspace *vm, u64 va, struct page *page, u32 prot)
{
	pte_t *leaf, *e;
	int err;

	if (unlikely(!vmspace_is_page_address(va) || !(prot & 7)))
		return -EINVAL;
	/* Before the leaf lock is taken: a page that is not live panics. */
	err = page_hold_for_entry(page);
	if (unlikely(err))
		return err;
	vmspace_enter(vm);
	err = -ENOMEM;
	leaf = walk_leaf_create(vm, va);
	if (unlikely(!leaf))
		goto out;
	e = &leaf[pt_index(va, 0)];
	leaf_lock(leaf);
	err = -EEXIST;
	if (likely(!pte_present(*e))) {
		/* TRUST: this entry owns the count taken above. */
		store_once(*e, pte_user_leaf(page_pa(page), prot));
		vmspace_count_mapped(vm, 1);
		err = 0;
	}
	leaf_unlock(leaf);
	/*
	 * This CPU may have cached that the entry was empty. Another CPU that has cached this, or
	 * that an upper table was absent, faults once more and gets -EEXIST here.
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
	int err = 0;

	if (!vmspace_is_page_address(va) || !(prot & 7))
		return -EINVAL;
	if (page != old)
		err = page_hold_for_entry(page);
	if (unlikely(err))
		return err;
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
	if (!vmspace_is_page_address(va))
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
	if (!vmspace_is_page_address(va))
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
