// SPDX-License-Identifier: MPL-2.0
/*
 * Address spaces of processes: VMAs over the frame's vmspace. See mmap(2).
 *
 * mm.lock: writers change the VMA tree (mmap, munmap, mprotect, brk, fork); readers handle faults.
 * Pages of private mappings belong to the page table alone (a frame count); copy on write takes the
 * page over when its only user is this mapping.
 */
#ifndef KERNEL_MM_H
#define KERNEL_MM_H

#include <frame/atomic.h>
#include <frame/buf.h>
#include <frame/obj.h>
#include <frame/page.h>
#include <frame/sync.h>
#include <frame/vmspace.h>
#include <kernel/list.h>
#include <kernel/tree.h>
#include <uapi/mman.h>

struct file;
struct inode;
struct thread;
struct vma;
struct mm;

struct TABLE vma_ops {
	/*
	 * The page for @index (offset in pages from the mapping's start of object): reference in
	 * *out. For device-like mappings; NULL table: page cache or anonymous.
	 */
	int (*fault)(struct vma *v, u64 index, struct page **out);
	struct lit name; /* for /proc/pid/maps, e.g. "[vdso]" */
};

struct vma {
	struct obj obj;
	struct mm *mm;        /* borrowed: a VMA does not outlive its mm */
	u64 start, end;       /* page aligned */
	u64 flags;            /* VMA_* */
	u32 prot;             /* PROT_* as asked */
	struct file *file;    /* reference; NULL: anonymous */
	u64 offset;           /* bytes in the file at start */
	struct inode *shared; /* reference: backing of shared anonymous memory, memfd-like */
	const struct vma_ops *ops;
	struct obj *private;       /* for ops; reference */
	bool has_anon;             /* may hold private copies of file pages */
	TREE_NODE(vma) node;       /* mm.vmas by address */
	LIST_LINK(vma) inode_link; /* mappings of the inode, for truncate */
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
};

/* What the killer (oom.c) has done to it, its users that is. */
enum mm_oom {
	OOM_NONE,
	OOM_VICTIM,   /* they are dying; its memory is waited for */
	OOM_GIVEN_UP, /* that took too long: somebody else is chosen */
	/*
	 * Its private pages were taken, and nothing may be brought in again; somebody else is
	 * chosen.
	 */
	OOM_REAPED,
};

struct mm {
	struct obj obj;
	/* A reference; NULL once the last user has left: who is none holds lock and looks first. */
	struct vmspace *vmspace;
	struct rwlock lock;
	TREE_ROOT(vma) vmas;
	struct vma *last; /* cache of the last fault's VMA; checked before use */
	u64 nr_vmas;
	u64 total_pages; /* address space, RLIMIT_AS */
	u64 data_pages, locked_pages, stack_pages;
	u64 mmap_base, brk_start, brk;
	u64 stack_start;
	u64 code_start, code_end, data_start, data_end, arg_start, arg_end, env_start, env_end;
	u64 gap_hint;     /* below it there was room */
	u64 vdso;         /* its address, 0: none */
	struct buf *auxv; /* for /proc/pid/auxv */
	u64 max_rss_pages;
	/*
	 * threads, and others for a moment (mm_tryjoin); the last to leave unmaps everything at
	 * once (mm_leave).
	 */
	struct atomic users;
	bool gone;             /* that has been done */
	bool wants_membarrier; /* membarrier(2): registered for the expedited one */
	u32 oom;               /* enum mm_oom */
};
OBJ_TYPE_DECL(mm);

struct mm *mm_new(bool random);
/* Fork: a copy on write of everything. -ENOMEM. */
int mm_fork(struct mm *from, struct mm **out);
/*
 * A thread starts / stops using it. The last user's leaving frees all user memory although the
 * object may live on (in /proc).
 */
void mm_join(struct mm *mm);
void mm_leave(struct mm *mm);
/*
 * Who looks into an address space of others (procfs, process_vm_readv) is a user for as long as
 * that takes: it stays whole, vmspace is not NULL. False: the last user has left, there is nothing
 * to see any more. Ended by mm_leave. Context: task, nothing at or above LOCK_MM held at the end,
 * for the last one frees everything.
 */
bool mm_tryjoin(struct mm *mm);
/* mm_tryjoin and a reference to it, or NULL; @mm may be NULL. */
struct mm *mm_use(struct mm *mm);
/* mm_leave, and the reference is dropped; NULL is allowed. */
void mm_end_use(struct mm **mm);

/* Maps. Returns the address or -errno. @file may be NULL; @flags: MAP_*. Takes mm.lock. */
s64 mm_map(struct mm *mm, u64 addr, u64 len, u32 prot, u32 flags, struct file *file, u64 offset);
s64 mm_map_ops(struct mm *mm, u64 addr, u64 len, u32 prot, u64 vma_flags, const struct vma_ops *ops,
	struct obj *private);
/* Maps the vDSO and its data page into a new program's space and sets mm->vdso. */
int mm_map_vdso(struct mm *mm);
int mm_unmap(struct mm *mm, u64 addr, u64 len);
/* The VMA that contains @addr, borrowed; lock held. */
struct vma *mm_find(struct mm *mm, u64 addr);
/* First VMA that ends above @addr. */
struct vma *mm_find_next(struct mm *mm, u64 addr);

enum fault_result {
	FAULT_DONE,
	FAULT_SEGV_MAPERR,
	FAULT_SEGV_ACCERR,
	FAULT_BUS,
	FAULT_OOM,
	FAULT_READ /* inside fault.c */
};
/*
 * Handles a page fault of the calling thread, or a user copy's. @access: VM_READ/WRITE/EXEC. Takes
 * mm.lock for reading.
 */
enum fault_result mm_fault(struct mm *mm, u64 addr, u32 access);
u64 mm_rss_pages(const struct mm *mm);
/* The same, or more if there were more at an earlier look. */
u64 mm_peak_rss_pages(struct mm *mm);
/*
 * No mapping of @ino shows its pages [first, last] any more. @even_cows: private copies of them go,
 * too (truncation). Without, who wants to see the pages faults again: before they are written to a
 * device, or leave the cache.
 */
void vm_unmap_file_range(struct inode *ino, u64 first, u64 last, bool even_cows);
/* A cache that can give pages of user memory back. Registered at the start. */
struct TABLE shrinker_ops {
	/* At least tries to free @nr_pages; how many it did. May write and wait. As oom_wait. */
	u64 (*shrink)(u64 nr_pages);
};
void shrinker_register(const struct shrinker_ops *ops);
/*
 * Cuts the pages [first, last] out of the file's cache and of all mappings, and returns how many
 * there were. @even_cows: private copies of them go, too (truncation; what the size no longer
 * covers is not faulted in again). Context: task; inode.lock held for writing.
 */
u64 vm_cut_file_range(struct inode *ino, u64 first, u64 last, bool even_cows);
/*
 * User memory is out: waits a moment for that of a process that is killed for it. Returns whether
 * to try again; false: the caller is to end, or nobody can be killed.
 * Context: task, nothing at or above LOCK_MM held.
 */
bool oom_wait(void);
/*
 * A page of user memory, which is waited for so long; NULL as oom_wait gives up. @flags:
 * PAGE_ZEROED. Context: as oom_wait.
 */
struct page *page_alloc_wait(u32 flags);
/*
 * Reads for ELF loading are in kernel/proc/exec/exec.c; the initial stack is written with mm_write.
 */
int mm_init(void);
/* The page that the vDSO reads its clock from; written by kernel/time. */
struct page *vdso_data_page(void);

#endif
