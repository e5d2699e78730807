// SPDX-License-Identifier: MPL-2.0
/*
 * The nodes of a descriptor table, for files.c, where they are explained, fdtable.c, and rw.c, whose
 * calls are too short for a call of fd_get.
 */
#ifndef FS_FDTABLE_H
#define FS_FDTABLE_H

#include <frame/obj.h>
#include <frame/sync.h>
#include <kernel/files.h>
#include <kernel/thread.h>

#define NR_CHUNKS (FILES_MAX / FILES_CHUNK)
#define FANOUT    64u /* chunks at the table, and at each fd_dir */
#define NR_DIRS   (NR_CHUNKS / FANOUT - 1)

struct fd_chunk {
	struct obj obj;
	u64 used; /* bit: the number is reserved or open */
	u64 cloexec;
	struct file *file[FILES_CHUNK]; /* references */
};
OBJ_TYPE_DECL(fd_chunk);

/* 64 consecutive chunks, beyond the first ones. */
struct fd_dir {
	struct obj obj;
	struct fd_chunk *chunk[FANOUT]; /* references */
};
OBJ_TYPE_DECL(fd_dir);

struct fd_top {
	struct obj obj;
	struct fd_dir *dir[NR_DIRS]; /* references */
};
OBJ_TYPE_DECL(fd_top);

struct files {
	struct obj obj;
	struct spinlock lock;
	u32 users;                      /* threads that use it; the last one closes all; lock */
	u32 first_free;                 /* all numbers below it are used */
	u32 nr_chunks;                  /* index of the highest chunk, plus 1; it only grows */
	struct fd_chunk *chunk[FANOUT]; /* references */
	struct fd_top *top;             /* reference; NULL: there are no further chunks */
};
OBJ_TYPE_DECL(files);

/* The directory of chunk @i, which is not one of the first; NULL: there is none. */
static inline struct fd_dir *fd_dir_of(const struct files *fs, u32 i)
{
	struct fd_top *top = load_acquire(fs->top);

	return top ? load_acquire(*array_at(top->dir, i / FANOUT - 1)) : NULL;
}

/*
 * Chunk @i, or NULL. Nodes are complete before a release store publishes them, so no lock is
 * needed.
 */
static inline struct fd_chunk *fd_chunk_at(const struct files *fs, u32 i)
{
	struct fd_dir *dir;

	if (likely(i < FANOUT))
		return load_acquire(*array_at(fs->chunk, i));
	dir = i < NR_CHUNKS ? fd_dir_of(fs, i) : NULL;
	return dir ? load_acquire(*array_at(dir->chunk, i % FANOUT)) : NULL;
}

/* fd_get_path if other threads use the table too. */
struct fd_ref fd_ref_counted(struct thread *t, s32 fd);
/*
 * fd_get_path, the fast path of system calls. If the calling thread is the only user of the table,
 * nobody can close the descriptor during the call, so no reference is needed. Other processes
 * (/proc) only pin files.
 */
static always_inline struct fd_ref fd_ref_of(struct thread *t, s32 fd)
{
	struct files *fs = t->files;
	struct fd_chunk *c;

	if (unlikely(load_once(fs->users) != 1))
		return fd_ref_counted(t, fd);
	/* The table has no other writer. */
	c = likely((u32)fd < FANOUT * FILES_CHUNK) ? fs->chunk[(u32)fd / FILES_CHUNK]
						   : fd_chunk_at(fs, (u32)fd / FILES_CHUNK);
	return (struct fd_ref){ likely(c) ? c->file[(u32)fd % FILES_CHUNK] : NULL, NULL };
}

/* The nodes that a new chunk may need, allocated before the lock is taken. */
struct fd_nodes {
	struct fd_chunk *chunk;
	struct fd_dir *dir;
	struct fd_top *top;
};
/* Allocates the missing nodes for chunk @i. False: no memory. */
bool fd_nodes_make(struct files *fs, u32 i, struct fd_nodes *n);
void fd_nodes_put(struct fd_nodes *n);
/* Puts the nodes of chunk @i that are still missing into the table. files.lock held. */
void fd_chunk_add(struct files *fs, u32 i, struct fd_nodes *n);
/* The first chunk from index *@i on; *@i becomes its index. NULL: there is none below @end. */
struct fd_chunk *fd_chunk_next(const struct files *fs, u32 *i, u32 end);

#endif
