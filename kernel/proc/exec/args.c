// SPDX-License-Identifier: MPL-2.0
/*
 * Arguments and environment of a new program, and its first stack (System V ABI).
 *
 * How it works. exec_copy_strings copies argv and envp once, in order, into the pages of struct
 * exec_strings. exec_build_stack maps a VMA that grows down and puts these pages at its top. Below
 * them it writes, from high to low addresses: the strings that a script added, AT_EXECFN's name,
 * AT_RANDOM's 16 bytes, the platform's name, and last the words that the program finds at its stack
 * pointer: argc, the pointers of argv and envp, and the auxiliary vector. The pointers are found by
 * walking the copied strings, so the user's vectors are read only once and cannot change in
 * between.
 *
 * Limits: strings and pointers together take at most a quarter of RLIMIT_STACK, at least 32 pages
 * and at most ARG_PAGES_MAX pages (e->limit). Nothing here is locked: the new address space belongs
 * to the caller alone.
 */
#include <abi/elf.h>
#include <kernel/cred.h>
#include <kernel/mm.h>
#include <kernel/random.h>
#include <kernel/thread.h>
#include <kernel/uaccess.h>
#include <uapi/elf.h>

#include "exec.h"

static void exec_strings_release(struct exec_strings *s)
{
	u32 i;

	for (i = 0; i < s->nr_pages; i++)
		page_put(array_at(s->page, i));
}
OBJ_TYPE(exec_strings, exec_strings_release);

/* Appends @bytes to the strings' pages. Returns 0, -E2BIG, -ENOMEM. */
static int exec_append(struct exec *e, struct cspan bytes)
{
	struct exec_strings *s = e->strings;
	size_t done = 0;

	if (cspan_len(bytes) > e->limit || s->len > e->limit - cspan_len(bytes))
		return -E2BIG;
	while (done < cspan_len(bytes)) {
		size_t off = s->len & PAGE_MASK;
		size_t n = min(cspan_len(bytes) - done, PAGE_SIZE - off);
		if (off == 0) {
			if (s->nr_pages == ARG_PAGES_MAX)
				return -E2BIG;
			s->page[s->nr_pages] = page_alloc_wait(PAGE_ZEROED);
			if (!s->page[s->nr_pages])
				return -ENOMEM;
			s->nr_pages++;
		}
		page_write(s->page[s->nr_pages - 1], off, cspan_sub(bytes, done, n));
		s->len += n;
		done += n;
	}
	return 0;
}

int exec_add_string(struct exec *e, struct cspan str)
{
	static const u8 nul[1];
	int err = exec_append(e, str);

	return err ? err : exec_append(e, cspan_of(nul));
}

/*
 * Copies one string of the user's with its NUL, in pieces of the bounce buffer. A piece that has no
 * NUL is copied a second time, by length; the user may change it in between, which only changes the
 * bytes of the string. A NUL that appears so splits the string in two, which only shifts the later
 * strings: exactly argc and envc pointers are written.
 */
static int copy_string(struct exec *e, struct buf *bounce, struct uaddr from)
{
	struct span piece = buf_span(bounce);
	u64 total = 0;

	for (;;) {
		ssize_t n = copy_in_str(piece, from);
		bool more = n == -ENAMETOOLONG;
		size_t len;
		int err;

		if (n < 0 && !more)
			return (int)n;
		len = more ? span_len(piece) : (size_t)n + 1;
		total += len;
		if (total > ARG_STRING_MAX)
			return -E2BIG;
		if (more && copy_in(piece, from))
			return -EFAULT;
		err = exec_append(e, cspan_first(span_const(piece), len));
		if (err || !more)
			return err;
		from = uaddr_add(from, len);
	}
}

/*
 * Copies all strings of a NULL-terminated pointer vector and adds their number to *@count. A NULL
 * vector is empty. Each pointer counts against the limit before its string is copied, so the loop
 * ends after at most limit / 8 strings.
 */
static int copy_vector(struct exec *e, struct buf *bounce, struct uaddr vec, u32 *count)
{
	u64 ptr;
	int err;

	if (!vec.va)
		return 0;
	for (;;) {
		if (user_get(&ptr, vec))
			return -EFAULT;
		if (!ptr)
			return 0;
		if (e->strings->len + (u64)(e->argc + e->envc + 1) * sizeof(u64) > e->limit)
			return -E2BIG;
		err = copy_string(e, bounce, UADDR(ptr));
		if (err)
			return err;
		(*count)++;
		vec = uaddr_add(vec, sizeof(ptr));
		if (loop_should_end())
			return -ERESTARTNOHAND;
	}
}

int exec_copy_strings(struct exec *e, struct thread *t, struct uaddr argv, struct uaddr envp)
{
	struct buf *bounce = buf_alloc(PAGE_SIZE);
	int err;

	(void)t;
	if (!bounce)
		return -ENOMEM;
	err = copy_vector(e, bounce, argv, &e->argc);
	if (!err && e->argc == 0) {
		/* Linux since 5.18: a program always has an argv[0]. */
		err = exec_add_string(e, CSPAN_NONE);
		e->argc = 1;
	}
	if (!err)
		err = copy_vector(e, bounce, envp, &e->envc);
	buf_put(&bounce);
	return err;
}

/* ---- the stack ---- */

/*
 * Writes words at ascending addresses of the new stack, 64 at a time. An error is noted and
 * returned at the end.
 */
struct stack_writer {
	u64 va; /* address of the first word in the buffer */
	u32 used;
	int error;
	size_t aux; /* bytes of mm.auxv that are filled */
	u64 word[64];
};

static void writer_flush(struct stack_writer *w, struct mm *mm)
{
	u64 len = (u64)w->used * sizeof(u64);

	if (len &&
		mm_write(mm, UADDR(w->va), cspan_first(value_cspan(&w->word), len)) != (ssize_t)len)
		w->error = -ENOMEM;
	w->va += len;
	w->used = 0;
}

static void writer_put(struct stack_writer *w, struct mm *mm, u64 v)
{
	w->word[w->used] = v;
	if (++w->used == ARRAY_LEN(w->word))
		writer_flush(w, mm);
}

/* One entry of the auxiliary vector, on the stack and in mm.auxv for /proc/pid/auxv. */
static void put_aux(struct stack_writer *w, struct mm *mm, u64 type, u64 value)
{
	u64 pair[2] = { type, value };

	writer_put(w, mm, type);
	writer_put(w, mm, value);
	w->aux += span_copy(span_from(buf_span(mm->auxv), w->aux),
		cspan_first(value_cspan(&pair), sizeof(pair)));
}

/*
 * Writes pointers to @count NUL-terminated strings. They begin at offset @off of the strings'
 * pages, which are mapped at @base. Returns the offset behind the last one. @bounce holds a copy of
 * one page.
 */
static u64 put_string_pointers(struct exec *e, struct stack_writer *w, struct buf *bounce, u64 base,
	u64 off, u32 count)
{
	struct exec_strings *s = e->strings;
	u64 loaded = ~0ul;
	bool at_start = true;

	while (count) {
		if (at_start) {
			writer_put(w, e->mm, base + off);
			at_start = false;
		}
		if (off / PAGE_SIZE != loaded) {
			loaded = off / PAGE_SIZE;
			page_read(s->page[loaded], 0, buf_span(bounce));
		}
		struct cspan rest = cspan_sub(buf_cspan(bounce), off & PAGE_MASK,
			PAGE_SIZE - (off & PAGE_MASK));
		size_t n = cspan_strlen(rest);
		if (n < cspan_len(rest)) {
			off += n + 1;
			at_start = true;
			count--;
		} else {
			off += n;
		}
	}
	return off;
}

/* Writes pointers to the strings that a script put in front, which are mapped at @base. */
static void put_prefix_pointers(struct exec *e, struct stack_writer *w, u64 base)
{
	u64 off = 0;
	u32 i;

	for (i = 0; i < e->prefix_count; i++) {
		writer_put(w, e->mm, base + off);
		off += cspan_strlen(cspan_from(buf_cspan(e->prefix), off)) + 1;
	}
}

static void put_auxv(struct exec *e, struct stack_writer *w, u64 random_va, u64 execfn_va,
	u64 platform_va)
{
	const struct cred *c = e->cred;
	struct mm *mm = e->mm;

	if (mm->vdso)
		put_aux(w, mm, AT_SYSINFO_EHDR, mm->vdso);
	put_aux(w, mm, AT_HWCAP, abi_hwcap());
	put_aux(w, mm, AT_PAGESZ, PAGE_SIZE);
	put_aux(w, mm, AT_CLKTCK, 100);
	put_aux(w, mm, AT_PHDR, e->phdr);
	put_aux(w, mm, AT_PHENT, e->phent);
	put_aux(w, mm, AT_PHNUM, e->phnum);
	put_aux(w, mm, AT_BASE, e->interp_base);
	put_aux(w, mm, AT_FLAGS, 0);
	put_aux(w, mm, AT_ENTRY, e->program_entry);
	put_aux(w, mm, AT_UID, c->uid);
	put_aux(w, mm, AT_EUID, c->euid);
	put_aux(w, mm, AT_GID, c->gid);
	put_aux(w, mm, AT_EGID, c->egid);
	put_aux(w, mm, AT_SECURE, e->secure);
	put_aux(w, mm, AT_RANDOM, random_va);
	put_aux(w, mm, AT_HWCAP2, abi_hwcap2());
	put_aux(w, mm, AT_MINSIGSTKSZ, abi_minsigstksz());
	put_aux(w, mm, AT_EXECFN, execfn_va);
	if (platform_va)
		put_aux(w, mm, AT_PLATFORM, platform_va);
	put_aux(w, mm, AT_NULL, 0);
}
#define AUX_PAIRS  21
#define AUX_RANDOM 16 /* bytes */

/*
 * Maps the strings' pages at @base. The address space takes its own references, and the pages are
 * writable at once: nobody else uses them.
 */
static int map_strings(struct exec *e, u64 base)
{
	struct exec_strings *s = e->strings;
	u32 i;
	int err;

	for (i = 0; i < s->nr_pages; i++) {
		do { /* a page table is user memory */
			err = vmspace_map(e->mm->vmspace, base + (u64)i * PAGE_SIZE, s->page[i],
				VM_READ | VM_WRITE);
		} while (err == -ENOMEM && oom_wait());
		if (err)
			return err;
	}
	return 0;
}

static const char platform[] = ABI_PLATFORM;

/* The parts of the first stack: their addresses, and what they take below the strings. */
struct stack_layout {
	u64 strings;  /* the caller's strings, from a page boundary on */
	u64 prefix;   /* the strings of a script */
	u64 name;     /* AT_EXECFN's */
	u64 random;   /* AT_RANDOM's 16 bytes */
	u64 platform; /* AT_PLATFORM's name */
	u64 words;    /* bytes of argc, the pointers and the auxiliary vector */
	u32 argc;
};

/*
 * Maps one VMA that starts small and grows down. The strings take its highest whole pages;
 * everything else comes right below them. Returns 0, -E2BIG, -ENOMEM.
 */
static int map_stack(struct exec *e, struct thread *t, struct stack_layout *l)
{
	struct exec_strings *s = e->strings;
	u64 top = VM_USER_MAX - PAGE_SIZE - exec_random(e, 4ul << 20);
	u64 limit = rlimit_get(t, RLIMIT_STACK);
	u64 size = clamp(limit, (u64)s->nr_pages * PAGE_SIZE + 32 * PAGE_SIZE, 1ul << 30);
	u64 data = (u64)e->prefix_len + e->name_len + 1 + AUX_RANDOM + sizeof(platform) + 64;
	s64 at;

	l->argc = e->argc - e->skip_argc + e->prefix_count;
	l->words = (1 + l->argc + 1 + e->envc + 1 + 2 * AUX_PAIRS) * sizeof(u64);
	if (data + l->words + s->len > size)
		return -E2BIG;
	l->strings = top - round_up(s->len, PAGE_SIZE);
	size = round_up(top - l->strings + data + l->words + 16 * PAGE_SIZE, PAGE_SIZE);
	at = mm_map(e->mm, top - size, size,
		PROT_READ | PROT_WRITE | (e->exec_stack ? PROT_EXEC : 0),
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN | MAP_STACK, NULL, 0);
	return at < 0 ? (int)at : map_strings(e, l->strings);
}

/* Writes the bytes between the strings and the words. Returns 0 or -ENOMEM. */
static int stack_write_data(struct exec *e, struct stack_layout *l)
{
	struct mm *mm = e->mm;
	u64 seed[AUX_RANDOM / sizeof(u64)] = { random_u64(), random_u64() };
	struct cspan name = cspan_first(buf_cspan(e->name), e->name_len + 1);

	/*
	 * /proc/pid/cmdline shows one range of memory. So the strings of a script end where the
	 * remaining arguments begin, and may overwrite the argv[0] that they replace.
	 */
	l->prefix = l->strings + e->skip_len - e->prefix_len;
	l->name = min(l->strings, l->prefix) - cspan_len(name);
	l->random = round_down(l->name - sizeof(seed), 16);
	l->platform = l->random - sizeof(platform);
	if (mm_write(mm, UADDR(l->name), name) < 0 ||
		mm_write(mm, UADDR(l->random), value_cspan(&seed)) < 0 ||
		mm_write(mm, UADDR(l->platform), cspan_of(platform)) < 0)
		return -ENOMEM;
	if (e->prefix &&
		mm_write(mm, UADDR(l->prefix), cspan_first(buf_cspan(e->prefix), e->prefix_len)) <
			0)
		return -ENOMEM;
	return 0;
}

/* Writes the words, and sets e->sp and the addresses that /proc shows. Returns 0 or -ENOMEM. */
static int stack_write_words(struct exec *e, const struct stack_layout *l, struct buf *bounce)
{
	struct mm *mm = e->mm;
	struct stack_writer w = { 0 };
	u64 off;

	e->sp = round_down(l->platform - l->words, 16);
	w.va = e->sp;
	writer_put(&w, mm, l->argc);
	put_prefix_pointers(e, &w, l->prefix);
	off = put_string_pointers(e, &w, bounce, l->strings, e->skip_len, e->argc - e->skip_argc);
	writer_put(&w, mm, 0);
	mm->arg_start = e->prefix_count ? l->prefix : l->strings;
	mm->arg_end = l->strings + off;
	mm->env_start = l->strings + off;
	(void)put_string_pointers(e, &w, bounce, l->strings, off, e->envc);
	mm->env_end = l->strings + e->strings->len;
	writer_put(&w, mm, 0);
	put_auxv(e, &w, l->random, l->name, sizeof(platform) > 1 ? l->platform : 0);
	writer_flush(&w, mm);
	mm->stack_start = e->sp;
	return w.error;
}

int exec_build_stack(struct exec *e, struct thread *t)
{
	struct stack_layout l = { 0 };
	struct buf *bounce;
	int err = map_stack(e, t, &l);

	if (err)
		return err;
	e->mm->auxv = buf_alloc(2 * AUX_PAIRS * sizeof(u64));
	bounce = buf_alloc(PAGE_SIZE);
	err = bounce && e->mm->auxv ? stack_write_data(e, &l) : -ENOMEM;
	if (!err)
		err = stack_write_words(e, &l, bounce);
	buf_put(&bounce);
	return err;
}
