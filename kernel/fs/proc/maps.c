// SPDX-License-Identifier: MPL-2.0
/*
 * The memory of a process: maps, smaps, cmdline, environ, auxv, mem. See proc_pid_maps(5).
 *
 * A reader becomes a user of the address space for each read (use_bound), so the space is not
 * unmapped meanwhile. The list of mappings is read under mm.lock; user memory is not, because
 * mm_read takes that lock itself.
 *
 * User memory passes through a buffer on the stack in small pieces. Either side may fault, and so
 * the locks of two address spaces are never held at a time: the reader may be the process itself,
 * or one that is read by it.
 */
#include <kernel/chrdev.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/namei.h>
#include <kernel/super.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <kernel/uio.h>
#include <uapi/fs.h>

#include "procfs.h"

/*
 * The address space is chosen, and the caller's right to it checked, when the file is opened, as on
 * Linux. After an exec the file shows nothing any more: never the new program, which may be another
 * user's.
 */
static int bind_mm(struct synth *s, struct obj **out)
{
	struct mm *mm;
	int err = thread_mm_access(proc_thread(s), false, &mm);

	if (err == -EPERM)
		return -EACCES;
	*out = mm ? &obj_get(mm)->obj : NULL;
	mm_end_use(&mm);
	return 0;
}

/* The address space that the file is bound to, as a user; NULL: its last user has left. */
static struct mm *use_bound(struct synth *s)
{
	return mm_use(obj_cast(mm, s->bound));
}

/* ---- maps ---- */

/* The last column: a file's path, or what a mapping is used for. */
static void map_name(struct fmt *f, struct mm *mm, struct vma *v)
{
	struct buf *b;
	ssize_t n;

	if (v->file) {
		b = buf_alloc_dirty(PATH_LEN);
		n = b ? proc_path_text(&v->file->path, buf_span(b)) : 0;
		if (n > 0)
			fmt_span(f, cspan_first(buf_cspan(b), (size_t)n));
		buf_put(&b);
	} else if (v->ops) {
		fmt_lit(f, v->ops->name);
	} else if (v->shared) {
		fmt_lit(f, LIT("/dev/zero (deleted)"));
	} else if (v->flags & VMA_HEAP || (v->start < mm->brk && v->end > mm->brk_start)) {
		fmt_lit(f, LIT("[heap]"));
	} else if (v->start <= mm->stack_start && v->end >= mm->stack_start) {
		fmt_lit(f, LIT("[stack]"));
	}
}

/* One line in the format of proc_pid_maps(5). The name begins at column 74. */
static void map_line(struct fmt *f, struct mm *mm, struct vma *v)
{
	struct inode *ino = v->file ? v->file->inode : v->shared;
	size_t begin = fmt_len(f);
	bool named = v->file || v->ops || v->shared || v->flags & VMA_HEAP ||
		(v->start < mm->brk && v->end > mm->brk_start) ||
		(v->start <= mm->stack_start && v->end >= mm->stack_start);

	fmt_printf(f, "%08lx-%08lx %c%c%c%c %08lx %02x:%02x %lu ", v->start, v->end,
		v->prot & PROT_READ ? 'r' : '-', v->prot & PROT_WRITE ? 'w' : '-',
		v->prot & PROT_EXEC ? 'x' : '-', v->flags & VMA_SHARED ? 's' : 'p',
		ino ? v->offset : 0, ino ? DEV_MAJOR(ino->sb->dev) : 0,
		ino ? DEV_MINOR(ino->sb->dev) : 0, ino ? ino->ino : 0);
	if (named) {
		size_t used = fmt_len(f) - begin;
		fmt_fill(f, ' ', used < 73 ? 73 - used : 0);
		map_name(f, mm, v);
	}
	fmt_char(f, '\n');
}

static void maps_kb(struct fmt *f, struct lit name, u64 pages)
{
	fmt_span_pad(f, lit_span(name), 16);
	fmt_printf(f, "%8lu kB\n", pages * (PAGE_SIZE / 1024));
}

/* What smaps tells of a mapping, or smaps_rollup of all: numbers of pages. */
struct smaps_usage {
	u64 size, rss, shared, anon, anon_shared, locked_pss;
};

/* Pages that others map, too, are taken to have two users: each counts half for Pss. */
static u64 pss_of(u64 rss, u64 shared)
{
	return rss - shared / 2;
}

static void maps_add_usage(struct smaps_usage *u, struct mm *mm, struct vma *v)
{
	u64 rss = 0, shared = 0;

	if (!vm_count_mapped(mm->vmspace, v->start, v->end, &rss, &shared))
		return; /* the reader is being killed */
	u->size += (v->end - v->start) / PAGE_SIZE;
	u->rss += rss;
	u->shared += shared;
	if (!v->file) {
		u->anon += rss;
		u->anon_shared += shared;
	}
	if (v->flags & VMA_LOCKED)
		u->locked_pss += pss_of(rss, shared);
}

/*
 * The lines of smaps. The pages of files are taken to be clean if others map them, else dirty.
 * There are no huge pages, no merging and no swap: those lines are 0.
 */
static void show_usage(struct fmt *f, const struct smaps_usage *u)
{
	static const struct lit none[] = { LIT("KSM:"), LIT("LazyFree:"), LIT("AnonHugePages:"),
		LIT("ShmemPmdMapped:"), LIT("FilePmdMapped:"), LIT("Shared_Hugetlb:"),
		LIT("Private_Hugetlb:"), LIT("Swap:"), LIT("SwapPss:") };
	u64 file_shared = u->shared - u->anon_shared;
	u32 i;

	maps_kb(f, LIT("Rss:"), u->rss);
	maps_kb(f, LIT("Pss:"), pss_of(u->rss, u->shared));
	maps_kb(f, LIT("Pss_Dirty:"), pss_of(u->rss - file_shared, u->anon_shared));
	maps_kb(f, LIT("Shared_Clean:"), file_shared);
	maps_kb(f, LIT("Shared_Dirty:"), u->anon_shared);
	maps_kb(f, LIT("Private_Clean:"), 0);
	maps_kb(f, LIT("Private_Dirty:"), u->rss - u->shared);
	maps_kb(f, LIT("Referenced:"), u->rss);
	maps_kb(f, LIT("Anonymous:"), u->anon);
	for (i = 0; i < ARRAY_LEN(none); i++)
		maps_kb(f, none[i], 0);
	maps_kb(f, LIT("Locked:"), u->locked_pss);
}

/* The flags that proc_pid_smaps(5) lists, as far as this kernel has them, in Linux's order. */
static void show_vm_flags(struct fmt *f, const struct vma *v)
{
	bool shared = v->flags & VMA_SHARED;
	bool writable = !shared || (v->flags & VMA_MAYWRITE);
	const struct {
		bool on;
		struct lit name;
	} flags[] = { { v->prot & PROT_READ, LIT("rd ") }, { v->prot & PROT_WRITE, LIT("wr ") },
		{ v->prot & PROT_EXEC, LIT("ex ") }, { shared && writable, LIT("sh ") },
		{ true, LIT("mr ") }, { writable, LIT("mw ") },
		{ !v->file || !(v->file->path.mnt->flags & MS_NOEXEC), LIT("me ") },
		{ shared, LIT("ms ") }, { v->flags & VMA_GROWSDOWN, LIT("gd ") },
		{ v->flags & VMA_LOCKED, LIT("lo ") }, { v->flags & VMA_DONTCOPY, LIT("dc ") },
		{ v->flags & VMA_ACCOUNT, LIT("ac ") }, { v->flags & VMA_NORESERVE, LIT("nr ") },
		{ v->flags & VMA_WIPEONFORK, LIT("wf ") },
		{ v->flags & VMA_DONTDUMP, LIT("dd ") } };
	u32 i;

	fmt_lit(f, LIT("VmFlags: "));
	for (i = 0; i < ARRAY_LEN(flags); i++) {
		if (flags[i].on)
			fmt_lit(f, flags[i].name);
	}
	fmt_char(f, '\n');
}

static void show_mapping_usage(struct fmt *f, struct mm *mm, struct vma *v)
{
	struct smaps_usage u = { 0 };

	maps_add_usage(&u, mm, v);
	maps_kb(f, LIT("Size:"), u.size);
	fmt_lit(f, LIT("KernelPageSize:        4 kB\nMMUPageSize:           4 kB\n"));
	show_usage(f, &u);
	fmt_lit(f, LIT("THPeligible:           0\n"));
	show_vm_flags(f, v);
}

/*
 * One mapping a record. The record's number is the address from which the mapping is looked up, so
 * mappings that are made or removed meanwhile do no harm. Each record takes the lock anew, so a
 * long read does not stop the process, and the list is not of one moment.
 */
static int show_maps(struct synth *s, struct fmt *f, u64 *next)
{
	struct mm *mm = use_bound(s);
	struct vma *v;

	if (!mm)
		return proc_done(next);
	rwlock_read_lock(&mm->lock);
	v = mm_find_next(mm, *next);
	if (v) {
		map_line(f, mm, v);
		if (s->node->arg)
			show_mapping_usage(f, mm, v);
		*next = v->end;
	} else {
		*next = SYNTH_END;
	}
	rwlock_read_unlock(&mm->lock);
	mm_end_use(&mm);
	return 0;
}

/*
 * One record for all mappings. The loop may be long, so it ends early if the calling thread is
 * killed.
 */
static int show_rollup(struct synth *s, struct fmt *f, u64 *next)
{
	struct mm *mm = use_bound(s);
	struct smaps_usage u = { 0 };
	u64 first = 0, last = 0;
	struct vma *v;

	if (!mm)
		return -ESRCH;
	rwlock_read_lock(&mm->lock);
	for (v = mm_find_next(mm, 0); v && !loop_should_end(); v = mm_find_next(mm, v->end)) {
		first = first ? first : v->start;
		last = v->end;
		maps_add_usage(&u, mm, v);
	}
	rwlock_read_unlock(&mm->lock);
	mm_end_use(&mm);
	fmt_printf(f, "%08lx-%08lx ---p 00000000 00:00 0 ", first, last);
	fmt_fill(f, ' ', 20);
	fmt_lit(f, LIT("[rollup]\n"));
	show_usage(f, &u);
	return proc_done(next);
}

/*
 * A text file about the address space that it is bound to at open (bind_mm). O: it can be read when
 * the process has been reaped.
 */
#define MM_FILE(N, M, S, A, O)                               \
	const struct synth_node pid_##N = { .name = LIT(#N), \
		.mode = S_IFREG | (M),                       \
		.show = S,                                   \
		.access = proc_access,                       \
		.bind = bind_mm,                             \
		.owner = proc_owner,                         \
		.alive = proc_alive,                         \
		.outlives = (O),                             \
		.arg = (A) }
MM_FILE(maps, 0444, show_maps, 0, false);
MM_FILE(smaps, 0444, show_maps, 1, false);
MM_FILE(smaps_rollup, 0444, show_rollup, 0, false);

/* ---- cmdline, environ: read from the program's memory ---- */

#define PIECE 256 /* bytes of one record; its number is the offset */

/*
 * Appends up to @max bytes of the program's memory from @at on, @to_nul: up to the first NUL.
 * Returns how many.
 */
static size_t put_memory(struct fmt *f, struct mm *mm, u64 at, u64 max, bool to_nul)
{
	u8 piece[PIECE];
	ssize_t n = mm_read(mm, UADDR(at), span_first(span_of(piece), min(max, sizeof(piece))));
	size_t len = n > 0 ? (size_t)n : 0;

	if (to_nul)
		len = min(len, cspan_strlen(cspan_first(cspan_of(piece), len)) + 1);
	fmt_span(f, cspan_first(cspan_of(piece), len));
	return len;
}

/*
 * A program may overwrite its arguments to show a title. If no NUL is left at their end, the title
 * may extend into the environment, up to its first NUL, and is cut at one page.
 */
static bool has_title(struct mm *mm)
{
	u8 last = 0;

	return mm->arg_end > mm->arg_start &&
		mm_read(mm, UADDR(mm->arg_end - 1), value_span(&last)) == 1 && last;
}

/*
 * Everybody may read the arguments of every process, as ps does. So the file is not bound to the
 * address space at open: after an exec it shows the new program.
 */
static int show_cmdline(struct synth *s, struct fmt *f, u64 *next)
{
	struct mm *mm = thread_mm_use(proc_thread(s));
	u64 start, end;
	size_t n = 0;
	bool title;

	if (!mm)
		return proc_done(next);
	title = has_title(mm);
	start = mm->arg_start;
	end = mm->arg_end;
	if (title && mm->env_start == end && mm->env_end > end)
		end = mm->env_end;
	if (title)
		end = min(end, start + PAGE_SIZE);
	if (start + *next < end)
		n = put_memory(f, mm, start + *next, end - start - *next, title);
	mm_end_use(&mm);
	*next += n;
	/* A short piece is the last one: the end of memory, or the NUL of a title. */
	return n < PIECE ? proc_done(next) : 0;
}

/* The environment of the program as it was at exec, or as the program has changed it. */
static int show_environ(struct synth *s, struct fmt *f, u64 *next)
{
	struct mm *mm = use_bound(s);
	size_t n = 0;

	if (!mm)
		return proc_done(next);
	if (mm->env_start + *next < mm->env_end)
		n = put_memory(f, mm, mm->env_start + *next, mm->env_end - mm->env_start - *next,
			false);
	mm_end_use(&mm);
	*next += n;
	return n ? 0 : proc_done(next);
}
const struct synth_node pid_cmdline = { .name = LIT("cmdline"),
	.mode = S_IFREG | 0444,
	.show = show_cmdline,
	.owner = proc_owner,
	.alive = proc_alive };
MM_FILE(environ, 0400, show_environ, 0, true);

/* A copy that exec made: the program may have overwritten the vector on its stack. */
static int show_auxv(struct synth *s, struct fmt *f, u64 *next)
{
	struct mm *mm = use_bound(s);

	if (mm && mm->auxv)
		fmt_span(f, buf_cspan(mm->auxv));
	mm_end_use(&mm);
	return proc_done(next);
}
MM_FILE(auxv, 0400, show_auxv, 0, true);

/* ---- mem ---- */

/* mem is no text file; its private object is the address space, chosen and checked at open. */
static int mem_open(struct file *f)
{
	struct obj *mm = NULL;
	int err = bind_mm(synth_of(f->inode), &mm);

	f->private = mm;
	return err ? err : mm ? 0 : -ESRCH;
}

/*
 * Reads from the address space at offset *@pos. Returns 0 after the process has exited. -EIO:
 * nothing is mapped there.
 */
static ssize_t mem_read(struct file *f, struct uio *u, u64 *pos)
{
	struct mm *mm = obj_cast(mm, f->private);
	u8 piece[256];
	ssize_t done = 0;

	if (!mm_tryjoin(mm))
		return 0;
	while (u->left) {
		ssize_t n = mm_read(mm, UADDR(*pos),
			span_first(span_of(piece), min(u->left, sizeof(piece))));
		if (n <= 0 || uio_put(u, cspan_first(cspan_of(piece), (size_t)n)) < (size_t)n) {
			done = done ? done : n <= 0 ? -EIO : -EFAULT;
			break;
		}
		*pos += (u64)n;
		done += n;
		if (loop_should_end())
			break;
	}
	mm_leave(mm);
	return done;
}

/*
 * Each piece is taken from the caller before it is stored. A fault on either side ends the write
 * with what was done so far; -EIO is one of the process's side.
 */
static ssize_t mem_write(struct file *f, struct uio *u, u64 *pos)
{
	struct mm *mm = obj_cast(mm, f->private);
	u8 piece[256];
	ssize_t done = 0;

	if (!mm_tryjoin(mm))
		return 0;
	while (u->left) {
		size_t want = uio_take(u, span_first(span_of(piece), min(u->left, sizeof(piece))));
		ssize_t n = want ? mm_write(mm, UADDR(*pos), cspan_first(cspan_of(piece), want))
				 : -EFAULT;
		if (n <= 0) {
			done = done ? done : want ? -EIO : -EFAULT;
			break;
		}
		*pos += (u64)n;
		done += n;
		if (loop_should_end())
			break;
	}
	mm_leave(mm);
	return done;
}

static const struct file_ops mem_fops = {
	.open = mem_open, .read = mem_read, .write = mem_write, .lseek = generic_file_lseek
};
const struct synth_node pid_mem = { .name = LIT("mem"),
	.mode = S_IFREG | 0600,
	.fops = &mem_fops,
	.owner = proc_owner,
	.alive = proc_alive };
