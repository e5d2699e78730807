// SPDX-License-Identifier: MPL-2.0
/*
 * Address spaces: creation, fork, destruction, and the mapping operations below mmap (kernel/mm.h).
 *
 * How an address space ends. mm.users counts the threads that run on it and, for a moment, tasks
 * that look into it (procfs, process_vm_readv). The last user to leave (mm_leave) removes all VMAs
 * and takes the vmspace out of the struct under mm.lock held for writing, then frees the page
 * tables and pages without the lock. The struct itself lives on while references to it exist, with
 * vmspace NULL; so code that is not a user takes mm.lock and checks vmspace before it touches the
 * pages. mm.gone is set last, for oom.c, which waits for the memory.
 *
 * How fork copies. mm_fork holds the parent's lock for writing, so no fault of the parent changes a
 * page meanwhile. Each VMA is copied. Pages of private memory are shared between both page tables,
 * read-only in both; the first write of either side makes a copy (copy_on_write in fault.c). Pages
 * of shared memory and clean pages of files are not copied to the child's page table: the child
 * faults them in from the page cache. If memory runs out in the middle, the new address space is
 * ended like any other; the parent has lost only its write rights, which its next faults restore.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <frame/log.h>
#include <frame/task.h>
#include <kernel/coredump.h>
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/list.h>
#include <kernel/locks.h>
#include <kernel/pagecache.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>

#include "vm.h"

#define MMAP_TOP (VM_USER_MAX - (512ul << 20)) /* below the stack and room for it to grow */

static struct page *the_zero_page;

struct page *zero_page(void)
{
	return the_zero_page;
}

static void mm_release(struct mm *mm)
{
	vmspace_put(&mm->vmspace);
	buf_put(&mm->auxv);
}
OBJ_TYPE(mm, mm_release);

/*
 * Faults in a page for a copy from or to user memory. kernel/uaccess calls this when the frame's
 * copy has stopped at an address that is not accessible.
 */
static bool fault_in(struct mm *mm, u64 va, u32 access)
{
	return mm_fault(mm, va, access) == FAULT_DONE;
}
static const struct uaccess_ops user_copies = { .fault_in = fault_in, .store = vm_store };

/* Called once at boot. Returns 0 or -ENOMEM. */
int mm_init(void)
{
	uaccess_register(&user_copies);
	commit_init();
	the_zero_page = page_alloc(PAGE_ZEROED);
	return the_zero_page ? vdso_init() : -ENOMEM;
}

struct mm *mm_new(bool random)
{
	struct mm *mm = obj_new(mm);

	if (!mm)
		return NULL;
	mm->vmspace = vmspace_new();
	if (!mm->vmspace) {
		obj_put(&mm);
		return NULL;
	}
	lock_level(&mm->lock, LOCK_MM);
	mm->mmap_base = MMAP_TOP - (random ? random_u64() & 0xfffffff & ~PAGE_MASK : 0);
	mm->gap_hint = mm->mmap_base;
	mm->core_filter = CORE_FILTER_DEFAULT;
	return mm;
}

/* The caller is a user already, or holds the only reference to a new address space. */
void mm_join(struct mm *mm)
{
	atomic_add(&mm->users, 1);
}

/*
 * Joins only while there is a user: a count that has reached 0 never rises again, because the last
 * user may be in the middle of mm_leave.
 */
bool mm_tryjoin(struct mm *mm)
{
	u64 n;

	do {
		n = atomic_load(&mm->users);
	} while (n && !atomic_cas(&mm->users, n, n + 1));
	return n != 0;
}

/* mm_tryjoin plus a reference. The reference alone would keep the struct, but not the pages. */
struct mm *mm_use(struct mm *mm)
{
	bool joined = mm && mm_tryjoin(mm);

	return joined ? obj_get(mm) : NULL;
}

void mm_end_use(struct mm **mm)
{
	if (*mm)
		mm_leave(*mm);
	obj_put(mm);
}

static void drop_all_vmas(struct mm *mm)
{
	struct vma *v;

	while ((v = mm->vmas) != NULL) {
		vma_remove(mm, v);
		task_cond_resched();
	}
}

/*
 * Gives back what a process with very many VMAs leaves in pools. Some pages stay for the next
 * processes; oom_wait takes them when memory is out.
 */
#define IDLE_PAGES_KEPT 1024u
#define TRIM_AT_ONCE    256u
static void mm_trim_pools(void)
{
	u64 idle = obj_idle_pages(), n, got = 1;

	for (; idle > IDLE_PAGES_KEPT && got; idle -= n) {
		n = min(idle - IDLE_PAGES_KEPT, (u64)TRIM_AT_ONCE);
		got = obj_trim(n);
		task_cond_resched();
	}
}

/*
 * Leaves the address space. The last user empties it. The VMAs go first, under the lock: truncation
 * holds map_lock and not mm.lock, so each VMA must be out of its inode's tree before the page table
 * is freed. vmspace becomes NULL under the lock, too; tasks that are no users check it there. The
 * page table is freed after the unlock: that takes long, and no one else has it. gone is stored
 * with release, so a task that sees it sees the pages freed. The files come last: a last close may
 * wait for a disk, and whoever waits for the memory does not.
 */
void mm_leave(struct mm *mm)
{
	struct vmspace *vm;
	struct vma *removed;

	if (atomic_sub(&mm->users, 1))
		return;
	rwlock_write_lock(&mm->lock);
	mm_note_peak_rss(mm);
	drop_all_vmas(mm);
	vm = mm->vmspace;
	mm->vmspace = NULL;
	removed = vma_take_removed(mm);
	mm_settle(mm);
	rwlock_write_unlock(&mm->lock);
	vmspace_put(&vm);
	store_release(mm->gone, true);
	vma_put_removed(removed);
	mm_trim_pools();
}

u64 mm_rss_pages(const struct mm *mm)
{
	struct vmspace *vm = load_once(mm->vmspace);

	return vm ? vmspace_nr_mapped(vm) : 0;
}

u64 mm_peak_rss_pages(const struct mm *mm)
{
	return max(load_once(mm->max_rss_pages), mm_rss_pages(mm));
}

void mm_note_peak_rss(struct mm *mm)
{
	store_once(mm->max_rss_pages, mm_peak_rss_pages(mm));
}

void mm_reset_peak_rss(struct mm *mm)
{
	rwlock_write_lock(&mm->lock);
	store_once(mm->max_rss_pages, mm_rss_pages(mm));
	rwlock_write_unlock(&mm->lock);
}

/* ---- fork ---- */

/*
 * Copies one VMA to the child, and its pages if the child could not fault them in again: private
 * memory that is anonymous or has private copies of file pages. madvise may exclude the VMA
 * (MADV_DONTFORK) or only its pages (MADV_WIPEONFORK). Locks on memory are not inherited
 * (mlock(2)). -EAGAIN: no memory for a page table.
 */
static int fork_vma(struct mm *from, struct mm *to, struct vma *v)
{
	struct vma *c;
	bool private = !(v->flags & VMA_SHARED);
	bool pages = private && (!vma_inode(v) || v->has_anon) && !v->ops;

	if (v->flags & VMA_DONTCOPY)
		return 0;
	if ((v->flags & VMA_ACCOUNT) && !mm_commit_by(to, from, (v->end - v->start) >> PAGE_SHIFT))
		return -ENOMEM;
	c = vma_copy(v, v->start, v->end);
	if (!c)
		return -ENOMEM;
	c->flags &= ~(u64)(VMA_LOCKED | VMA_ONFAULT);
	vma_insert(to, c);
	if (!pages || (v->flags & VMA_WIPEONFORK))
		return 0;
	switch (vm_share_cow(to->vmspace, from->vmspace, v->start, v->end)) {
	case 0:
		return 0;
	case -EINTR:
		return -EINTR;
	case -ENOMEM:
		return -EAGAIN;
	default: /* a page is mapped too often already */
		return -ENOMEM;
	}
}

static void fork_layout(struct mm *from, struct mm *to)
{
	to->mmap_base = from->mmap_base;
	to->gap_hint = from->gap_hint;
	to->brk_start = from->brk_start;
	to->brk = from->brk;
	to->stack_start = from->stack_start;
	to->code_start = from->code_start;
	to->code_end = from->code_end;
	to->data_start = from->data_start;
	to->data_end = from->data_end;
	to->arg_start = from->arg_start;
	to->arg_end = from->arg_end;
	to->env_start = from->env_start;
	to->env_end = from->env_end;
	to->vdso = from->vdso;
	atomic_store(&to->membarrier, atomic_load(&from->membarrier));
	to->mdwe = mm_inherited_mdwe(from);
	to->core_filter = load_once(from->core_filter);
	to->auxv = from->auxv ? buf_get(from->auxv) : NULL;
}

#define VMAS_IN_A_PAGE 16u

/*
 * -EAGAIN: no memory for a page table; -EINTR: the thread is being killed. *@used: the pages that the attempt
 * has had, for tables and VMAs.
 */
static int fork_once(struct mm *from, struct mm **out, u64 *used)
{
	struct mm *to = mm_new(false); /* @from's layout is copied */
	struct vma *v;
	int err = 0;

	if (!to)
		return -ENOMEM;
	rwlock_write_lock(&from->lock);
	for (v = vma_tree_first(from->vmas); v && !err; v = vma_tree_next(v)) {
		err = fork_vma(from, to, v);
		if (!err && loop_should_end())
			err = -EINTR;
	}
	*used = vmspace_nr_tables(to->vmspace) + div_round_up(to->nr_vmas, VMAS_IN_A_PAGE);
	fork_layout(from, to);
	mm_settle(to);
	rwlock_write_unlock(&from->lock);
	if (err) {
		mm_join(to);
		mm_leave(to);
		obj_put(&to);
		return err;
	}
	*out = to;
	return 0;
}

/*
 * Page tables are user memory, so a fork waits for them as a fault waits for a page. The half-made
 * copy goes first: no process has it in its account, and the wait may end in our own kill.
 *
 * What the whole copy takes is not known: the tables of shared mappings are not copied. So the wait
 * is for twice what the attempt has had. An attempt that gets that comes further than the one
 * before, a few attempts are enough, and others are not killed for pages that nobody uses.
 */
int mm_fork(struct mm *from, struct mm **out)
{
	u64 used = 0;
	int err;

	do {
		err = fork_once(from, out, &used);
	} while (err == -EAGAIN && oom_wait_for(2 * used + VMAS_IN_A_PAGE));
	return err == -EAGAIN ? -ENOMEM : err;
}

/* ---- mapping ---- */

bool mm_may_hold_data(struct mm *mm, u64 pages)
{
	struct thread *t = thread_current();
	u64 limit = t && t->mm == mm ? rlimit_get(t, RLIMIT_DATA) : RLIM_INFINITY;

	return limit == RLIM_INFINITY || mm->data_pages + pages <= limit >> PAGE_SHIFT;
}

bool mm_may_grow(struct mm *mm, u64 pages, bool data)
{
	struct thread *t = thread_current();
	u64 limit;

	if (!t || t->mm != mm)
		return true;
	limit = rlimit_get(t, RLIMIT_AS);
	if (limit != RLIM_INFINITY && mm->total_pages + pages > limit >> PAGE_SHIFT)
		return false;
	return !data || mm_may_hold_data(mm, pages);
}

/*
 * Whether the mapping @v of @len bytes fits when the mappings of its range are gone: *@old, how many
 * pages of them there are. Promised memory is charged until mm_settle, as the only change.
 */
static int check_room(struct mm *mm, u64 start, u64 len, const struct vma *v, u64 *old)
{
	u64 pages = len >> PAGE_SHIFT, returned = 0, n;
	struct vma *o = mm_find_next(mm, start);

	for (*old = 0; o && o->start < start + len; o = vma_tree_next(o)) {
		n = (min(o->end, start + len) - max(o->start, start)) >> PAGE_SHIFT;
		*old += n;
		returned += o->flags & VMA_ACCOUNT ? n : 0;
		task_cond_resched();
	}
	if ((*old ? mm->nr_vmas > knob_get(KNOB_MAX_MAP_COUNT) : vma_is_full(mm)) ||
		!mm_may_grow(mm, pages - *old, vma_is_data(v)) ||
		((v->flags & VMA_ACCOUNT) && !mm_commit(mm, pages - returned)))
		return -ENOMEM;
	return 0;
}

/* All that can be refused is refused before the old mappings go. */
int mm_add_vma(struct mm *mm, u64 start, u64 len, const struct vma *props)
{
	struct vma *v = vma_copy(props, props->start, props->start);
	u64 old = 0;
	int err;

	if (!v)
		return -ENOMEM;
	v->flags |= vma_wants_account(props, props->prot) ? VMA_ACCOUNT : 0;
	err = check_room(mm, start, len, v, &old);
	if (!err && old)
		err = mm_unmap_locked(mm, start, start + len);
	if (err) {
		obj_put(&v);
		return err;
	}
	v->start = start;
	v->end = start + len;
	vma_insert(mm, v);
	if (!v->ops)
		vma_merge(mm, v);
	return 0;
}

/*
 * The pages are unmapped before the VMAs go: as long as a page is mapped, write-back and truncation
 * find the VMA, also while the walk over the page tables lets others run. A VMA goes only if all of
 * it has been unmapped, whatever the splits have done: entries without a VMA would let a program
 * write to pages of others' files.
 */
int mm_unmap_locked(struct mm *mm, u64 start, u64 end)
{
	struct vma *v = mm_find_next(mm, start);
	struct vma *next;
	int err;

	if (!v || v->start >= end)
		return 0;
	err = vma_split_out(mm, start, end);
	if (err)
		return err;
	/* The sizes only fall here, so this is the place to remember how large they were. */
	mm->max_pages = max(mm->max_pages, mm->total_pages);
	mm_note_peak_rss(mm);
	vm_unmap(mm->vmspace, start, end);
	for (v = mm_find_next(mm, start); v && v->start >= start && v->end <= end; v = next) {
		next = vma_tree_next(v);
		vma_remove(mm, v);
		task_cond_resched();
	}
	if (end > mm->gap_hint && start < mm->mmap_base)
		mm->gap_hint = min(end, mm->mmap_base);
	return 0;
}

int mm_unmap(struct mm *mm, u64 addr, u64 len)
{
	int err;

	if ((addr & PAGE_MASK) || !len || len > VM_USER_MAX || addr > VM_USER_MAX - len)
		return -EINVAL;
	rwlock_write_lock(&mm->lock);
	vma_make_room(mm);
	err = mm_unmap_locked(mm, addr, addr + round_up(len, PAGE_SIZE));
	mm_write_unlock(mm);
	return err;
}

bool mm_may_map_at(u64 addr)
{
	struct thread *t = thread_current();

	return addr >= VM_USER_MIN &&
		(addr >= knob_get(KNOB_MMAP_MIN_ADDR) || !t ||
			cred_capable(t->cred, CAP_SYS_RAWIO));
}

/* A hint below this is raised to it. */
static u64 hint_min(void)
{
	return max(round_up(knob_get(KNOB_MMAP_MIN_ADDR), PAGE_SIZE), ABI_MMAP_HINT_MIN);
}

/*
 * Finds the place of a new mapping: the fixed address, where older mappings may be unless
 * MAP_FIXED_NOREPLACE is set, or a gap. Returns the address or -errno. mm.lock held for writing.
 */
static s64 place(struct mm *mm, u64 addr, u64 len, u32 flags)
{
	u64 at;

	vma_make_room(mm);
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		if (addr > VM_USER_MAX - len)
			return -ENOMEM;
		if (addr & PAGE_MASK)
			return -EINVAL;
		if (!mm_may_map_at(addr))
			return -EPERM;
		return flags & MAP_FIXED_NOREPLACE && !vma_range_free(mm, addr, len) ? -EEXIST
										     : (s64)addr;
	}
	addr = addr >= PAGE_SIZE ? max(round_up(addr, PAGE_SIZE), hint_min()) : 0;
	at = flags & ABI_MAP_32BIT ? vma_find_low_gap(mm, addr, len) : vma_find_gap(mm, addr, len);
	return at ? (s64)at : -ENOMEM;
}

/* The VMA of a mapping that is not placed yet. NULL: no memory. */
static struct vma *map_props(struct mm *mm, u64 len, u32 prot, u32 flags, u64 offset)
{
	struct vma *props = obj_new(vma);

	if (!props)
		return NULL;
	props->mm = mm;
	props->prot = prot & (PROT_READ | PROT_WRITE | PROT_EXEC);
	props->offset = offset;
	props->end = len; /* from 0 on: for file_ops.mmap, which may know one length only */
	props->flags = VMA_MAYWRITE;
	if ((flags & MAP_TYPE) != MAP_PRIVATE)
		props->flags |= VMA_SHARED;
	if (flags & MAP_GROWSDOWN)
		props->flags |= VMA_GROWSDOWN | VMA_STACK;
	if ((flags & MAP_NORESERVE) && vm_honours_noreserve())
		props->flags |= VMA_NORESERVE;
	if (flags & MAP_LOCKED)
		props->flags |= VMA_LOCKED;
	return props;
}

/*
 * Finds the place of the mapping and adds it; *@populate: whether its pages are to be made now.
 * Returns the address, -EAGAIN (over RLIMIT_MEMLOCK) or another error. Takes mm.lock.
 */
static s64 map_place(struct mm *mm, u64 addr, u64 len, u32 flags, struct vma *props, bool *populate)
{
	s64 at;
	int err;

	rwlock_write_lock(&mm->lock);
	if (vma_is_lockable(props))
		props->flags |= mm->lock_future;
	*populate |= vma_flags_populate(props->flags);
	at = !mm->vmspace ? -ENOMEM
		: mm_may_lock_future(mm, props->flags, len >> PAGE_SHIFT)
		? place(mm, addr, len, flags)
		: -EAGAIN;
	if (at >= 0) {
		err = mm_add_vma(mm, (u64)at, len, props);
		if (err)
			at = err;
	}
	mm_write_unlock(mm);
	return at;
}

s64 mm_map(struct mm *mm, u64 addr, u64 len, u32 prot, u32 flags, struct file *file, u64 offset)
{
	bool populate = (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE;
	struct inode *counted;
	struct vma *props;
	s64 at;

	if (!len || (offset & PAGE_MASK))
		return -EINVAL;
	if (len > VM_USER_MAX)
		return -ENOMEM;
	len = round_up(len, PAGE_SIZE);
	if (offset + len < offset)
		return -EOVERFLOW;
	if (mm_refuses_exec(mm, prot, prot))
		return -EACCES;
	props = map_props(mm, len, prot, flags, offset);
	if (!props)
		return -ENOMEM;
	/*
	 * The inode counts the mapping before its seals are checked, so that a seal that is added
	 * now sees the count or the check sees the seal; see memfd_mmap.
	 */
	counted = file && (props->flags & VMA_SHARED) && (file->mode & FMODE_WRITE) ? file->inode
										    : NULL;
	if (counted)
		atomic_add(&counted->shared_writable, 1);
	at = vma_attach_backing(props, file, len);
	if (at >= 0)
		at = map_place(mm, addr, len, flags, props, &populate);
	if (counted)
		atomic_sub(&counted->shared_writable, 1); /* the VMA counts for itself now */
	obj_put(&props);
	if (at >= 0 && populate)
		(void)mm_populate(mm, (u64)at, len);
	return at;
}

s64 mm_map_ops(struct mm *mm, u64 addr, u64 len, u32 prot, u64 vma_flags, const struct vma_ops *ops,
	struct obj *private)
{
	struct vma *props = obj_new(vma);
	s64 at;
	int err;

	if (!props)
		return -ENOMEM;
	props->mm = mm;
	props->prot = prot;
	props->flags = vma_flags;
	props->ops = ops;
	props->private = private ? obj_get_any(private) : NULL;
	len = round_up(len, PAGE_SIZE);
	rwlock_write_lock(&mm->lock);
	at = place(mm, addr, len, addr ? MAP_FIXED_NOREPLACE : 0);
	if (at >= 0) {
		err = mm_add_vma(mm, (u64)at, len, props);
		if (err)
			at = err;
	}
	mm_write_unlock(mm);
	obj_put(&props);
	return at;
}

/*
 * Faults in the page at *@va and advances *@va to the next one. A VMA without access rights is
 * skipped as a whole. *@all becomes false if something was skipped. Returns false at the end of the
 * range or if a fault failed. The lock is dropped before the fault, because mm_fault takes it: the
 * VMA may be gone by then, and the fault then fails.
 */
static bool populate_next(struct mm *mm, u64 *va, u64 end, bool *all)
{
	struct vma *v;
	u64 start, stop;
	u32 prot;

	rwlock_read_lock(&mm->lock);
	v = mm_find_next(mm, *va);
	start = v ? max(v->start, *va) : end;
	stop = v ? v->end : end;
	prot = v ? v->prot : 0;
	rwlock_read_unlock(&mm->lock);
	if (start != *va || !prot)
		*all = false;
	if (start >= end)
		return false;
	*va = prot ? start + PAGE_SIZE : stop;
	return !prot ||
		mm_fault(mm, start,
			prot & PROT_WRITE          ? VM_WRITE
				: prot & PROT_READ ? VM_READ
						   : VM_EXEC) == FAULT_DONE;
}

bool mm_populate(struct mm *mm, u64 start, u64 len)
{
	bool all = true;
	u64 va = start;

	while (va < start + len) {
		if (loop_should_end() || !populate_next(mm, &va, start + len, &all))
			return false;
	}
	return all;
}

void mm_populate_all(struct mm *mm)
{
	bool all = true;
	u64 va = 0;

	while (va < VM_USER_MAX && !loop_should_end()) {
		u64 at = va;
		if (!populate_next(mm, &va, VM_USER_MAX, &all) && va == at)
			break; /* no mapping follows */
	}
}
