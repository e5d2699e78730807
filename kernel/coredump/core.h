// SPDX-License-Identifier: MPL-2.0
/*
 * Inside kernel/coredump: what its files share. dump.c decides and opens the file, name.c makes its
 * name, maps.c lists the memory, notes.c and elf.c write the file through out.c.
 *
 * Only the dumping thread uses these objects: no locks. All results of writing are in core_out.failed.
 */
#ifndef KERNEL_COREDUMP_CORE_H
#define KERNEL_COREDUMP_CORE_H

#include <abi/sigframe.h>
#include <frame/buf.h>
#include <kernel/coredump.h>
#include <kernel/file.h>
#include <kernel/thread.h>

/* ---- name.c ---- */

/* A name of a core file, or the arguments of a program, each with a NUL behind it but the last. */
struct core_name {
	struct buf *text; /* a reference */
	size_t len;
	u32 nr_args; /* 0: a file */
	bool too_long;
};
/* What the pattern's letters stand for, beside the thread itself. */
struct core_facts {
	s32 signo, dumpable;
	u32 cpu;
	u64 limit;
};
/*
 * Makes the name by kernel.core_pattern. Returns 0, -ENOMEM, -ENAMETOOLONG, -EINVAL (a pipe to
 * nothing); the caller drops n->text in each case.
 */
int must_check core_name_make(struct thread *t, const struct core_facts *facts,
	struct core_name *n);

/* ---- maps.c ---- */

#define CORE_MAPS 64u
/* One mapping. */
struct core_map {
	u64 start, end, offset; /* offset: in the file */
	u64 size;               /* bytes that the file has of it, from the start */
	u32 prot;
	bool may_be_elf; /* size is to become a page if there is an ELF header */
	bool is_shared_anon;
	struct file *file; /* a reference, or NULL */
};
/* All mappings of an address space, at the moment of the dump, in a chain of tables. */
struct core_maps {
	struct obj obj;
	struct core_maps *next; /* a reference */
	u32 nr;
	struct core_map map[CORE_MAPS];
};
OBJ_TYPE_DECL(core_maps);
/* *@out: a chain, also after an error. Returns 0, -ENOMEM, -EINTR. Takes mm.lock. */
int must_check core_maps_take(struct mm *mm, u32 filter, struct core_maps **out);
/* Drops a chain; *@maps may be NULL and is NULL afterwards. */
void core_maps_put(struct core_maps **maps);

/* ---- out.c ---- */

/* The file that is written. */
struct core_out {
	struct obj obj;
	struct thread *t;  /* the dumping thread, borrowed */
	struct file *file; /* a reference */
	struct buf *buf;   /* the bytes before pos + fill that are not written yet */
	size_t fill;
	u64 pos;     /* where the buffer belongs */
	u64 skip;    /* bytes of zeroes behind it, for a hole */
	u64 written; /* bytes that were emitted, without holes */
	u64 limit;
	bool failed; /* nothing more is written */
};
OBJ_TYPE_DECL(core_out);
/* An output to @f, which gets a reference; NULL: no memory. */
struct core_out *core_out_new(struct thread *t, struct file *f, u64 limit);
/* Appends bytes; a failure, a kill and the limit set failed. */
void core_emit(struct core_out *o, struct cspan bytes);
/* Appends a hole of @n bytes; in a pipe zeroes. */
void core_skip(struct core_out *o, u64 n);
/* Writes what is left. A hole at the end gets its last byte, so that the file has its size. */
void core_out_end(struct core_out *o);
/* The position of the next byte. */
static inline u64 core_out_pos(const struct core_out *o)
{
	return o->pos + o->fill + o->skip;
}

/* ---- notes.c ---- */

/* The notes, of which the sizes are known before they are written. */
struct core_notes {
	struct obj obj;
	struct thread *t;       /* the dumping thread, borrowed */
	struct mm *mm;          /* of it, borrowed */
	struct core_maps *maps; /* borrowed */
	struct siginfo info;
	u64 size; /* of all notes */
	/* NT_FILE: how many mappings have names, and the names, each with a NUL. */
	u64 nr_files;
	u64 names_len;
	u32 nr_pages;
	struct page *page[4096]; /* references */
};
OBJ_TYPE_DECL(core_notes);
/* NULL: no memory. */
struct core_notes *core_notes_new(struct thread *t, struct mm *mm, struct core_maps *maps,
	const struct siginfo *info);
void core_notes_write(struct core_notes *n, struct core_out *o);

/* ---- elf.c ---- */
/* Writes the file, or as much of it as can be written. */
void core_elf_write(struct core_out *o, struct core_notes *n);

#endif
