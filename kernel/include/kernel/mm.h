// SPDX-License-Identifier: MPL-2.0
/*
 * Address spaces of processes: VMAs over the frame's vmspace. See mmap(2).
 *
 * mm.lock: mmap, munmap, mprotect, brk and fork change the VMA tree and take it for writing; page
 * faults take it for reading. A page of a private mapping belongs to the page table alone (a hold
 * of the frame). Copy on write takes the page over if this mapping is its only user.
 */
#ifndef KERNEL_MM_H
#define KERNEL_MM_H

#include <frame/atomic.h>
#include <frame/buf.h>
#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <frame/vmspace.h>
#include <kernel/interval.h>
#include <kernel/list.h>
#include <kernel/tree.h>
#include <uapi/mman.h>

struct file;
struct inode;
struct page_run;
struct page_runs;
struct thread;
struct vma;
struct mm;

struct TABLE vma_ops {
	/*
	 * Finds the page at @index (in pages from the start of the mapped object); *@out is a
	 * reference. For mappings like those of devices. A NULL table: page cache or anonymous
	 * memory.
	 */
	int (*fault)(struct vma *v, u64 index, struct page **out);
	struct lit name; /* for /proc/pid/maps, e.g. "[vdso]" */
};

struct vma {
	struct obj obj;
	struct mm *mm;        /* borrowed: a VMA does not outlive its mm */
	u64 start, end;       /* page aligned */
	u64 flags;            /* VMA_* */
	u32 prot;             /* PROT_* as requested */
	struct file *file;    /* reference; NULL: anonymous */
	u64 offset;           /* bytes in the file at start */
	struct inode *shared; /* reference: backing of shared anonymous memory, memfd-like */
	const struct vma_ops *ops;
	struct obj *private; /* of the ops; reference */
	bool has_anon;       /* may hold pages of its own: private and written */
	TREE_NODE(vma) node; /* mm.vmas by address */
	/* pagecache.mappings of the inode, by place in the file; height 0: it is not in there */
	INTERVAL_NODE(vma) file_node;
	LIST_LINK(vma) removed_link; /* mm.removed */
};
OBJ_TYPE_DECL(vma);
enum vma_flags {
	VMA_SHARED = 1,
	VMA_GROWSDOWN = 2,
	VMA_LOCKED = 4,
	VMA_DONTCOPY = 8,
	VMA_DONTDUMP = 16,
	VMA_NORESERVE = 32,
	VMA_STACK = 64,
	VMA_HEAP = 128,
	VMA_MAYWRITE = 256 /* file opened for writing, or private */,
	VMA_WIPEONFORK = 512,
	VMA_VDSO = 1024,
	VMA_NO_MERGE = 2048,
	VMA_ONFAULT = 4096 /* locked, but its pages come in at their first use only */,
	VMA_ACCOUNT = 8192 /* its pages are in the account of promised memory */,
};

/* The state of the out-of-memory killer (oom.c) for this address space. */
enum mm_oom {
	OOM_NONE,
	OOM_VICTIM,   /* its processes were killed; the killer waits for its memory */
	OOM_GIVEN_UP, /* the exit took too long; the killer may choose another victim */
	/*
	 * Its private pages were freed and faults bring in no new ones; the killer may choose
	 * another victim.
	 */
	OOM_REAPED,
};

/* prctl(PR_SET_MDWE): memory that is or was writable never becomes executable. */
enum mm_mdwe { MDWE_REFUSE_EXEC_GAIN = 1, MDWE_NO_INHERIT = 2 };

struct mm {
	struct obj obj;
	/*
	 * A reference; NULL once the last user has left. Code that is not a user holds lock and
	 * checks.
	 */
	struct vmspace *vmspace;
	struct rwlock lock;
	TREE_ROOT(vma) vmas;
	struct vma *last; /* cache of the last fault's VMA; checked before use */
	/* References on VMAs that are out of the tree: mm_write_unlock drops them. */
	LIST_HEAD(vma) removed;
	u64 nr_vmas;
	u64 total_pages; /* address space, RLIMIT_AS */
	u64 max_pages;   /* the most of them before an unmapping */
	u64 data_pages, locked_pages, stack_pages;
	/* Pages of VMA_ACCOUNT, and those of them in the account of the machine; see vm/commit.c. */
	u64 promised, charged;
	u64 mmap_base, brk_start, brk;
	u64 stack_start;
	u64 code_start, code_end, data_start, data_end, arg_start, arg_end, env_start, env_end;
	u64 gap_hint;     /* a search for a free range starts below this address */
	u64 vdso;         /* its address, 0: none */
	struct buf *auxv; /* for /proc/pid/auxv */
	u64 max_rss_pages;
	/*
	 * Threads, and tasks that look into it for a moment (mm_tryjoin). The last user to leave
	 * unmaps everything at once (mm_leave).
	 */
	struct atomic users;
	bool gone; /* the last user has left and all is unmapped */
	struct atomic
		membarrier; /* the registrations of membarrier(2), as bits of their commands */
	bool unjoined;      /* VMAs may be apart that could be one (vma.c, join); guarded by lock */
	u32 oom;            /* enum mm_oom */
	struct atomic futex_id; /* 0 until used; futex/futex.c */
	/* mlockall(MCL_FUTURE): VMA_LOCKED, VMA_ONFAULT for new mappings; guarded by lock */
	u32 lock_future;
	u32 mdwe;        /* PR_SET_MDWE, enum mm_mdwe; only grows */
	u32 core_filter; /* kernel/coredump.h; kept over fork and exec */
};
OBJ_TYPE_DECL(mm);

/*
 * A new, empty address space with one reference and no user; @random: randomized layout. NULL: no
 * memory.
 */
struct mm *mm_new(bool random);
/*
 * Fork: *@out is a copy of @from; private pages are shared copy on write. Returns 0, -ENOMEM. Takes
 * the lock of @from for writing.
 */
int must_check mm_fork(struct mm *from, struct mm **out);
/*
 * A thread starts or stops using the address space. When the last user leaves, all user memory is
 * freed, although the object may live on (/proc may refer to it).
 */
void mm_join(struct mm *mm);
void mm_leave(struct mm *mm);
/*
 * Makes the caller a user of another process's address space while it looks into it (procfs,
 * process_vm_readv): all stays mapped, and vmspace is not NULL. False: the last user has left, so
 * there is nothing to see. mm_leave ends the use. Context of mm_leave: task, nothing at or above
 * LOCK_MM held, because the last user frees everything.
 */
bool mm_tryjoin(struct mm *mm);
/* mm_tryjoin, and a reference. NULL: @mm is NULL, or the last user has left. */
struct mm *mm_use(struct mm *mm);
/* mm_leave, and drops the reference; *@mm may be NULL and is NULL afterwards. */
void mm_end_use(struct mm **mm);

/*
 * Maps @len bytes of @file from @offset (bytes), or anonymous memory if @file is NULL. @prot:
 * PROT_*, @flags: MAP_*. Returns the address or -errno. Takes mm.lock for writing.
 */
s64 must_check mm_map(struct mm *mm, u64 addr, u64 len, u32 prot, u32 flags, struct file *file,
	u64 offset);
/*
 * Maps a range whose pages come from @ops; @vma_flags: VMA_*. The mapping takes its own reference
 * on @private. Returns the address or -errno. Takes mm.lock for writing.
 */
s64 must_check mm_map_ops(struct mm *mm, u64 addr, u64 len, u32 prot, u64 vma_flags,
	const struct vma_ops *ops, struct obj *private);
/*
 * Maps the vDSO and its data page into the address space of a new program, and sets mm->vdso.
 * Returns 0 or -errno.
 */
int must_check mm_map_vdso(struct mm *mm);
/*
 * Whether PR_SET_MDWE forbids that pages with the rights @old (PROT_*) get the rights @new: to be
 * writable and executable, or to become executable. A new mapping has @old == @new.
 */
static inline bool mm_refuses_exec(const struct mm *mm, u32 old, u32 new)
{
	return load_once(mm->mdwe) && (new &PROT_EXEC) && ((new &PROT_WRITE) || !(old & PROT_EXEC));
}
/* The rules of PR_SET_MDWE that a child, or the next program, has. */
static inline u32 mm_inherited_mdwe(const struct mm *mm)
{
	u32 rules = load_once(mm->mdwe);

	return rules & MDWE_NO_INHERIT ? 0 : rules;
}
/* munmap(2). Returns 0, -EINVAL, -ENOMEM. Takes mm.lock for writing. */
int must_check mm_unmap(struct mm *mm, u64 addr, u64 len);
/* The VMA that contains @addr, borrowed; lock held. */
struct vma *mm_find(struct mm *mm, u64 addr);
/* The first VMA that ends above @addr, borrowed; NULL: none. mm.lock held. */
struct vma *mm_find_next(struct mm *mm, u64 addr);
/* The inode whose page cache the mapping shows, borrowed; NULL for an anonymous private mapping. */
struct inode *vma_inode(const struct vma *v);

enum fault_result {
	FAULT_DONE,
	FAULT_SEGV_MAPERR,
	FAULT_SEGV_ACCERR,
	FAULT_BUS,
	FAULT_OOM,
	FAULT_READ /* this and the next one are used inside fault.c only */,
	FAULT_MKWRITE
};
/*
 * Handles a page fault of the calling thread or of a user copy. @access: VM_READ, VM_WRITE or
 * VM_EXEC. Context: task. Takes mm.lock for reading.
 */
enum fault_result mm_fault(struct mm *mm, u64 addr, u32 access);
/* Resident pages now. Context: task. */
u64 mm_rss_pages(const struct mm *mm);
/* The highest number of resident pages so far. Context: task. */
u64 mm_peak_rss_pages(const struct mm *mm);
/* Before pages go: remembers that number. Context: task, mm.lock held for writing. */
void mm_note_peak_rss(struct mm *mm);
/* From now on the highest number counts anew (/proc/PID/clear_refs). Context: task. */
void mm_reset_peak_rss(struct mm *mm);
/*
 * Which pages vm_unmap_file_range takes away.
 * UNMAP_ORIGINALS: the file's, not private copies of them; the next access faults again.
 * UNMAP_UNLOCKED: as before, but those stay that a program has locked (mlock).
 * UNMAP_ALL: private copies, too (truncation).
 */
enum vm_unmap_what { UNMAP_ORIGINALS, UNMAP_UNLOCKED, UNMAP_ALL };
/*
 * Removes the pages [first, last] of @ino from all mappings. Others run in between, so faults may
 * map pages of the range again. Context: task, no spinlock held; takes walk_lock of the inode's
 * pages.
 */
void vm_unmap_file_range(struct inode *ino, u64 first, u64 last, enum vm_unmap_what what);
/*
 * Counts the pages that are mapped in [start, end), and those that other address spaces map, too;
 * adds the numbers to *@mapped and *@shared. Others run in between. False: it has not counted all,
 * because the calling thread is being killed. Context: task, no spinlock held; mm.lock held.
 */
bool vm_count_mapped(struct vmspace *vm, u64 start, u64 end, u64 *mapped, u64 *shared);
/* A cache that holds reclaimable memory; registered at start-up. */
struct TABLE shrinker_ops {
	/*
	 * Tries to free at least @nr_pages pages; returns how many it freed. May write and wait.
	 * Context: as oom_wait.
	 */
	u64 (*shrink)(u64 nr_pages);
};
void shrinker_register(const struct shrinker_ops *ops);
/* Has the caches free all that they can. May write and wait. Context: task, no locks. */
void vm_drop_caches(void);
/*
 * Waits for the faults that map pages of the inode by an older value of nr_cuts, which the caller
 * has changed (mapping_begin in fault.c). Each of them runs on another CPU and does not sleep there.
 * What they have mapped can be found and unmapped afterwards; faults that begin later see what was
 * done before the change. Some faults by the new value are waited for, too. Context: task.
 */
void vm_wait_faults(struct inode *ino);
/*
 * Unmaps the pages of the run, which have left the cache or were taken for writing, after
 * vm_wait_faults. Context: as vm_unmap_file_range.
 */
void vm_unmap_run(struct inode *ino, struct page_run *run);
/*
 * Its parts, to have one walk unmap several runs: vm_run_is_mapped does the vm_wait_faults and says
 * whether a page of the run is mapped; vm_unmap_runs unmaps the pages of runs, one at least.
 */
bool vm_run_is_mapped(struct inode *ino, struct page_run *run);
void vm_unmap_runs(struct inode *ino, struct page_runs *runs);
/*
 * Called when a page of user memory, or for a page table, cannot be allocated: reclaims, or kills a
 * process and waits a moment for its memory. Returns true if the caller should try again. False: the
 * caller itself is being killed, or there is no process to kill. Context: task, nothing at or above
 * LOCK_MM held.
 */
bool oom_wait(void);
/* The same for a caller that requires @pages of them at once, and has given back what it got. */
bool oom_wait_for(u64 pages);
/*
 * Allocates a page of user memory and waits for one with oom_wait. NULL: oom_wait returned false.
 * @flags: PAGE_ZEROED. Context: as oom_wait.
 */
struct page *page_alloc_wait(u32 flags);
/*
 * The account of promised memory (vm/commit.c). vm_commit adds @pages to it, for @mm or, if that is
 * NULL, for no program; false: the machine does not promise as much (vm.overcommit_memory), and
 * nothing was added. vm_uncommit takes them off. vm_committed and vm_commit_limit are Committed_AS
 * and CommitLimit of /proc/meminfo, in pages. Context: any.
 */
bool vm_commit(const struct mm *mm, u64 pages);
void vm_uncommit(u64 pages);
u64 vm_committed(void);
u64 vm_commit_limit(void);
/*
 * Start-up of kernel/vm. (Reads for ELF loading are in kernel/proc/exec/exec.c; mm_write writes the
 * initial stack.)
 */
int must_check mm_init(void);
/*
 * The page that the vDSO reads its clock from, borrowed; kernel/time writes it. NULL before
 * mm_init.
 */
struct page *vdso_data_page(void);

#endif
