// SPDX-License-Identifier: MPL-2.0
/*
 * pagemap and map_files: what is mapped where in a process. See proc_pid_pagemap(5).
 *
 * pagemap is an array of words, one for each page of the address space. Page frame numbers are not
 * told, not even to the privileged: services do not know them. The words are made some at a time
 * under mm.lock, and copied to the user without it.
 *
 * map_files has a link for each mapping of a file, named by its addresses. A link is looked up anew
 * each time by these addresses, so one that was kept never leads to another mapping's file.
 */
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/mount.h>
#include <kernel/namei.h>
#include <kernel/pagecache.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "procfs.h"

#define WORDS_AT_A_TIME 32u

enum {
	PM_MMAP_EXCLUSIVE = 56,
	PM_FILE = 61,
	PM_PRESENT = 63,
};

/* ---- pagemap ---- */

/* Whether the page is the file's or the shared memory's own, and no private copy. */
static bool is_of_the_file(struct vma *v, u64 va, const struct page *p)
{
	struct page *cached;
	bool same;

	if (!v || !vma_inode(v))
		return false;
	cached = pagecache_find(&vma_inode(v)->pages, (v->offset + (va - v->start)) >> PAGE_SHIFT);
	same = cached == p;
	page_put(&cached);
	return same;
}

/* The word of one page. mm.lock held. */
static u64 pagemap_word(struct mm *mm, u64 va)
{
	struct vma *v = mm_find(mm, va);
	struct vm_entry e;
	u64 word;

	if (!v || !vmspace_lookup(mm->vmspace, va, &e))
		return 0;
	word = 1ul << PM_PRESENT;
	if (page_map_count(e.page) == 1)
		word |= 1ul << PM_MMAP_EXCLUSIVE;
	if (is_of_the_file(v, va, e.page))
		word |= 1ul << PM_FILE;
	return word;
}

/*
 * As maps: the right is checked and the address space chosen here, so after an exec the file shows
 * nothing of the new program.
 */
static int pagemap_open(struct file *f)
{
	struct synth *s = synth_of(f->inode);
	struct mm *mm;
	int err = thread_mm_access(proc_thread(s), false, &mm);

	if (err == -EPERM)
		return -EACCES;
	f->private = mm ? &obj_get(mm)->obj : NULL;
	mm_end_use(&mm);
	return 0;
}

/*
 * Positions are words: one that is no multiple of 8 is refused, as is such a length. Pages may come
 * and go between two portions: the words of one portion are of one moment.
 */
static ssize_t pagemap_read(struct file *f, struct uio *u, u64 *pos)
{
	struct mm *mm = obj_cast(mm, f->private);
	struct {
		u64 word[WORDS_AT_A_TIME];
	} some;
	u64 va = *pos / sizeof(u64) * PAGE_SIZE;
	ssize_t done = 0;
	u32 i, n;

	if (*pos % sizeof(u64) || u->left % sizeof(u64))
		return -EINVAL;
	mm = mm ? mm_use(mm) : NULL;
	if (!mm)
		return 0;
	while (u->left && va < VM_USER_MAX && *pos / sizeof(u64) < VM_USER_MAX / PAGE_SIZE) {
		n = (u32)min(min(u->left / sizeof(u64), (u64)WORDS_AT_A_TIME),
			(VM_USER_MAX - va) / PAGE_SIZE);
		rwlock_read_lock(&mm->lock);
		for (i = 0; i < n; i++)
			*array_at(some.word, i) = pagemap_word(mm, va + i * PAGE_SIZE);
		rwlock_read_unlock(&mm->lock);
		if (uio_put(u, cspan_first(value_cspan(&some), n * sizeof(u64))) <
			n * sizeof(u64)) {
			done = done ? done : -EFAULT;
			break;
		}
		done += (ssize_t)(n * sizeof(u64));
		*pos += n * sizeof(u64);
		va += n * PAGE_SIZE;
		if (loop_should_end())
			break;
	}
	mm_end_use(&mm);
	return done;
}

static const struct file_ops pagemap_fops = {
	.open = pagemap_open, .read = pagemap_read, .lseek = generic_file_lseek
};
const struct synth_node pid_pagemap = { .name = LIT("pagemap"),
	.mode = S_IFREG | 0400,
	.fops = &pagemap_fops,
	.owner = proc_owner,
	.alive = proc_alive };

/* ---- map_files ---- */

/* The file that is mapped from @start on, a reference, and the end of the mapping; NULL: none. */
static struct file *mapped_file(struct synth *s, u64 start, u64 *end)
{
	struct mm *mm = thread_mm_use(proc_thread(s));
	struct file *f = NULL;
	struct vma *v;

	if (!mm)
		return NULL;
	rwlock_read_lock(&mm->lock);
	v = mm_find(mm, start);
	if (v && v->start == start && v->file) {
		f = obj_get(v->file);
		*end = v->end;
	}
	rwlock_read_unlock(&mm->lock);
	mm_end_use(&mm);
	return f;
}

/* The mapping is still there, and begins where the link says. */
static bool mapped_alive(struct synth *s)
{
	u64 end;
	struct file *f = mapped_file(s, s->key, &end);
	bool alive = f != NULL;

	obj_put(&f);
	return alive;
}

static ssize_t mapped_readlink(struct synth *s, struct span out)
{
	u64 end;

	return proc_file_text(mapped_file(s, s->key, &end), out);
}

/* The file may be out of the caller's reach by name, so following takes a capability. */
static int mapped_follow(struct synth *s, struct mount **mnt, struct dentry **d)
{
	struct cred *c = thread_current()->cred;
	u64 end;

	if (!cred_capable(c, CAP_SYS_ADMIN) && !cred_capable(c, CAP_CHECKPOINT_RESTORE))
		return -EPERM;
	return proc_file_follow(mapped_file(s, s->key, &end), mnt, d);
}

/* The permissions of a link show how the file is open. */
#define MAP_LINK(N, M)                                              \
	static const struct synth_node N = { .mode = S_IFLNK | (M), \
		.readlink = mapped_readlink,                        \
		.follow = mapped_follow,                            \
		.access = proc_access,                              \
		.owner = proc_owner,                                \
		.alive = mapped_alive,                              \
		.no_mount = true }
MAP_LINK(mapped_read, 0400);
MAP_LINK(mapped_write, 0200);
MAP_LINK(mapped_both, 0600);

/* A name is two addresses in lower-case hexadecimal without leading zeros. */
static int map_files_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	u64 start, last, end = 0;
	u8 expected[40];
	struct file *f;
	size_t n = parse_u64(name, 16, &start);
	FMT(again, span_of(expected));

	if (!n || n >= cspan_len(name) || !parse_u64(cspan_from(name, n + 1), 16, &last))
		return -ENOENT;
	fmt_printf(&again, "%lx-%lx", start, last);
	if (!cspan_equal(fmt_text(&again), name))
		return -ENOENT;
	f = mapped_file(s, start, &end);
	if (!f || end != last) {
		obj_put(&f);
		return -ENOENT;
	}
	*out = (struct synth_found){ !(f->mode & FMODE_WRITE) ? &mapped_read
			: !(f->mode & FMODE_READ)             ? &mapped_write
							      : &mapped_both,
		obj_get_any(s->subject), start };
	obj_put(&f);
	return 0;
}

/* Positions are addresses. A mapping that is made below the position meanwhile is not listed. */
static bool map_files_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct mm *mm = thread_mm_use(proc_thread(s));
	struct vma *v;

	if (!mm)
		return false;
	rwlock_read_lock(&mm->lock);
	for (v = mm_find_next(mm, *pos); v && !v->file && !loop_should_end();)
		v = mm_find_next(mm, v->end);
	if (v && v->file) {
		fmt_printf(name, "%lx-%lx", v->start, v->end);
		*pos = v->end;
		*type = S_IFLNK;
	} else {
		v = NULL;
	}
	rwlock_read_unlock(&mm->lock);
	mm_end_use(&mm);
	return v != NULL;
}

const struct synth_node pid_map_files = {
	.name = LIT("map_files"),
	.mode = S_IFDIR | 0500,
	.lookup = map_files_lookup,
	.list = map_files_list,
	.access = proc_access,
	.owner = proc_owner,
	.alive = proc_alive,
};
