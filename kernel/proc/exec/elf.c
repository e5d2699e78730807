// SPDX-License-Identifier: MPL-2.0
/*
 * Loading ELF programs and their interpreters into a new address space. See elf(5).
 *
 * How it works. image_read reads the headers of the program and computes the extent of its
 * segments. If the program names an interpreter (PT_INTERP), it is opened and its headers are read
 * too. Then e->fatal is set and both images are mapped. A position-independent image (ET_DYN) gets
 * one address for its whole extent; e->entry is the interpreter's entry point, or the program's if
 * it is static.
 *
 * Nothing in the file is trusted: each number is checked for range and overflow before use. The
 * file may also change between two reads, so the headers are read once and used from the copy. A
 * program that cannot be loaded gives -ENOEXEC, an interpreter -ELIBBAD, as in Linux.
 *
 * Nothing is locked: only the caller uses the new address space.
 */
#include <abi/elf.h>
#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/knobs.h>
#include <kernel/namei.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/elf.h>
#include <uapi/fs.h>

#include "exec.h"

#define MAX_PHDRS 73 /* as many as fit in one page, rounded up; Linux allows 64 KiB of them */
/* Where position-independent programs are mapped if they have an interpreter: two thirds up. */
#define PIE_BASE round_down(VM_USER_MAX / 3 * 2, PAGE_SIZE)

/* One ELF file: the copy of its headers, and what is derived from them. */
struct image {
	struct obj obj;
	struct elf64_ehdr eh;
	struct elf64_phdr ph[MAX_PHDRS];
	u64 bias;      /* added to the addresses in the file */
	u64 low, high; /* extent of the segments, as addresses in the file */
	/*
	 * A segment cannot be loaded, or there is none. Found when the headers are read, but
	 * reported when the image is mapped, after the point of no return, as in Linux.
	 */
	bool bad_segment;
	u64 end; /* end of the highest segment in memory: the heap starts behind it */
};
static void image_release(struct image *img)
{
	(void)img;
}
OBJ_TYPE(image, image_release);

/* Reads all of @out at @pos. Returns 0, -EIO if the file is too short, or an error of reading. */
static int read_exact(struct file *f, u64 pos, struct span out)
{
	ssize_t n = file_read_kernel(f, pos, out);

	if (n < 0)
		return (int)n;
	return (size_t)n == span_len(out) ? 0 : -EIO;
}

/* Class, byte order and machine are the architecture's (abi_elf_is_ours). */
static bool header_is_good(const struct elf64_ehdr *eh)
{
	return eh->ident[0] == 0x7f && eh->ident[1] == 'E' && eh->ident[2] == 'L' &&
		eh->ident[3] == 'F' && abi_elf_is_ours(eh->machine, eh->ident[4]) &&
		eh->phentsize == sizeof(struct elf64_phdr) && eh->phnum >= 1 &&
		eh->phnum <= MAX_PHDRS;
}

static bool type_is_good(const struct elf64_ehdr *eh)
{
	return eh->type == ET_EXEC || eh->type == ET_DYN;
}

/*
 * Reads and checks the headers, and computes the extent of the loadable segments. Returns 0,
 * -ENOEXEC, or an error of reading (-EIO: shorter than an ELF header).
 */
static int image_read(struct image *img, struct file *f)
{
	u32 i;
	int err = read_exact(f, 0, value_span(&img->eh));

	if (err)
		return err;
	if (!header_is_good(&img->eh))
		return -ENOEXEC;
	err = read_exact(f, img->eh.phoff,
		span_first(value_span(&img->ph), img->eh.phnum * sizeof(struct elf64_phdr)));
	if (err)
		return err == -EIO ? -ENOEXEC : err;
	img->low = ~0ul;
	for (i = 0; i < img->eh.phnum; i++) {
		struct elf64_phdr *const ph = array_at(img->ph, i);
		if (ph->type != PT_LOAD || (ph->memsz == 0 && ph->filesz == 0))
			continue;
		if (ph->filesz > ph->memsz || ph->memsz > VM_USER_MAX ||
			ph->vaddr > VM_USER_MAX - ph->memsz ||
			((ph->vaddr ^ ph->offset) & PAGE_MASK) ||
			ph->offset > (1ul << 63) - round_up(ph->filesz, PAGE_SIZE)) {
			img->bad_segment = true;
			continue;
		}
		img->low = min(img->low, round_down(ph->vaddr, PAGE_SIZE));
		img->high = max(img->high, round_up(ph->vaddr + ph->memsz, PAGE_SIZE));
	}
	img->bad_segment = img->bad_segment || !img->high;
	return 0;
}

static const u8 zeros[PAGE_SIZE];

static u32 segment_prot(u32 flags)
{
	return (flags & PF_R ? PROT_READ : 0) | (flags & PF_W ? PROT_WRITE : 0) |
		(flags & PF_X ? PROT_EXEC : 0);
}

/*
 * Maps one segment: the pages of the file, zeroes from the end of the file part to the end of its
 * page (only if writable, as in Linux), then anonymous pages up to memsz.
 */
static int map_segment(struct mm *mm, struct image *img, const struct elf64_phdr *ph,
	struct file *f)
{
	u32 prot = segment_prot(ph->flags);
	u64 start = round_down(ph->vaddr + img->bias, PAGE_SIZE);
	u64 file_end = ph->vaddr + img->bias + ph->filesz;
	u64 mem_end = ph->vaddr + img->bias + ph->memsz;
	u64 anon = round_up(file_end, PAGE_SIZE);
	s64 at;

	if (ph->filesz) {
		at = mm_map(mm, start, anon - start, prot, MAP_PRIVATE | MAP_FIXED, f,
			round_down(ph->offset, PAGE_SIZE));
		if (at < 0)
			return (int)at;
	} else {
		anon = start;
	}
	if (mem_end > file_end && ph->filesz && (file_end & PAGE_MASK) && (ph->flags & PF_W)) {
		u64 len = min(anon, mem_end) - file_end;
		if (mm_write(mm, UADDR(file_end), cspan_first(cspan_of(zeros), len)) !=
			(ssize_t)len)
			return -ENOMEM;
	}
	if (round_up(mem_end, PAGE_SIZE) > anon) {
		at = mm_map(mm, anon, round_up(mem_end, PAGE_SIZE) - anon, prot,
			MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, NULL, 0);
		if (at < 0)
			return (int)at;
	}
	img->end = max(img->end, mem_end);
	return 0;
}

/*
 * Maps all segments of an image. ET_DYN goes to @base (0: any address), ET_EXEC to its own
 * addresses. Returns 0, -EINVAL for a bad segment or type, -ENOEXEC, or an error of mapping.
 */
static int image_map(struct mm *mm, struct image *img, struct file *f, u64 base)
{
	u64 size = img->high - img->low;
	u32 i;
	int err;
	s64 at;

	if (img->bad_segment || !type_is_good(&img->eh))
		return -EINVAL;
	if (img->eh.type == ET_DYN) {
		/*
		 * Reserve the whole extent, to find one address at which all segments keep their
		 * distances. The address space has no other user, so the range is still free after
		 * the unmap.
		 */
		at = mm_map(mm, base, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, NULL, 0);
		if (at < 0)
			return (int)at;
		img->bias = (u64)at - img->low;
		err = mm_unmap(mm, (u64)at, size);
		if (err)
			return err;
	} else if (img->high > VM_USER_MAX || img->low < VM_USER_MIN) {
		return -ENOEXEC;
	}
	for (i = 0; i < img->eh.phnum; i++) {
		const struct elf64_phdr *const ph = array_at(img->ph, i);
		if (ph->type != PT_LOAD || ph->memsz == 0)
			continue;
		err = map_segment(mm, img, ph, f);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Opens the interpreter whose path is in the file at @ph. The path must end with a NUL. Returns 0,
 * -ENOEXEC, -EINVAL, -EACCES (empty path), or an error of opening.
 */
static int open_named_interp(const struct elf64_phdr *ph, struct file *f, struct file **out)
{
	struct buf *b;
	struct cspan path;
	int err;

	if (ph->filesz < 2 || ph->filesz > PATH_LEN)
		return -ENOEXEC;
	if (ph->offset >> 63)
		return -EINVAL;
	b = buf_alloc(PATH_LEN);
	if (!b)
		return -ENOMEM;
	path = cspan_first(buf_cspan(b), ph->filesz);
	err = read_exact(f, ph->offset, span_first(buf_span(b), ph->filesz));
	if (!err && span_byte(path, ph->filesz - 1))
		err = -ENOEXEC;
	path = cspan_first(path, cspan_strlen(path));
	if (!err)
		err = cspan_len(path) ? exec_open(thread_current(), AT_FDCWD, path, 0, out)
				      : -EACCES;
	buf_put(&b);
	return err;
}

/* Opens the interpreter that the program names. *@out stays NULL for a static program. */
static int open_interp(struct image *img, struct file *f, struct file **out)
{
	u32 i;

	for (i = 0; i < img->eh.phnum; i++) {
		struct elf64_phdr *const ph = array_at(img->ph, i);
		if (ph->type == PT_INTERP)
			return open_named_interp(ph, f, out);
	}
	return 0;
}

/*
 * Reads the interpreter's headers. *@out is set before the read, so the caller drops it also after
 * an error.
 */
static int read_interp(struct file *f, struct image **out)
{
	struct image *img = obj_new(image);
	int err;

	if (!img)
		return -ENOMEM;
	*out = img;
	err = image_read(img, f);
	return err == -ENOEXEC ? -ELIBBAD : err;
}

/*
 * Returns the address of the program headers in memory (AT_PHDR): inside the segment that holds
 * their file offset; 0 if none does.
 */
static u64 find_phdr(struct image *img)
{
	u32 i;

	for (i = 0; i < img->eh.phnum; i++) {
		const struct elf64_phdr *const ph = array_at(img->ph, i);
		if (ph->type == PT_LOAD && img->eh.phoff >= ph->offset &&
			img->eh.phoff - ph->offset < ph->filesz)
			return img->bias + ph->vaddr + img->eh.phoff - ph->offset;
	}
	return 0;
}

/* Notes the ranges that /proc and brk use, and whether the stack is executable. */
static void set_layout(struct exec *e, struct image *img)
{
	struct mm *mm = e->mm;
	u32 i;

	for (i = 0; i < img->eh.phnum; i++) {
		const struct elf64_phdr *const ph = array_at(img->ph, i);
		u64 start = img->bias + ph->vaddr;
		if (ph->type == PT_GNU_STACK)
			e->exec_stack = ph->flags & PF_X;
		if (ph->type != PT_LOAD)
			continue;
		if (ph->flags & PF_X) {
			mm->code_start = start;
			mm->code_end = start + ph->filesz;
		} else if (ph->flags & PF_W) {
			mm->data_start = start;
			mm->data_end = start + ph->filesz;
		}
	}
	mm->brk_start = round_up(img->end, PAGE_SIZE) +
		(knob_get(KNOB_RANDOMIZE) == 2 ? exec_random(e, 32ul << 20) : 0);
	mm->brk = mm->brk_start;
}

/* All that leaves the old program alive on an error comes before e->fatal. */
int exec_load_elf(struct exec *e)
{
	struct file *interp = NULL;
	struct image *img = obj_new(image);
	struct image *ld = NULL;
	int err;

	if (!img)
		return -ENOMEM;
	err = image_read(img, e->file);
	if (err == -EIO || (!err && !type_is_good(&img->eh)))
		err = -ENOEXEC;
	if (!err)
		err = open_interp(img, e->file, &interp);
	if (!err && interp)
		err = read_interp(interp, &ld);
	if (!err && interp && inode_permission(interp->inode, MAY_READ))
		e->unreadable = true;
	if (err)
		goto out;
	e->fatal = true;
	err = image_map(e->mm, img, e->file, interp ? PIE_BASE + exec_random(e, 256ul << 20) : 0);
	if (err)
		goto out;
	e->program_entry = img->bias + img->eh.entry;
	e->entry = e->program_entry;
	e->phdr = find_phdr(img);
	e->phnum = img->eh.phnum;
	e->phent = sizeof(struct elf64_phdr);
	set_layout(e, img);
	if (interp) {
		err = image_map(e->mm, ld, interp, 0);
		e->interp_base = ld->bias;
		e->entry = ld->bias + ld->eh.entry;
	}
out:
	exec_close(&interp);
	obj_put(&ld);
	obj_put(&img);
	return err;
}
