// SPDX-License-Identifier: MPL-2.0
/*
 * The nodes of a descriptor table: chunks of 64 descriptors, and how they are found. See files.c.
 *
 * A table is a tree that only grows. The first FANOUT chunks hang on the table itself, so a process
 * with few descriptors has one node; those behind them are found through a top node and a directory
 * node for each further FANOUT chunks.
 *
 * Readers take no lock (fd_get). So a node is whole before the store that links it: store_release
 * orders its contents before the pointer. The load_acquire in fdtable.h is the other side.
 * nr_chunks is stored last, after the chunk that it covers.
 *
 * Growth has two steps, because memory is not allocated under the spin lock of the table:
 * fd_nodes_make allocates what seems to be missing, then the caller takes the lock, and
 * fd_chunk_add links what is missing still. Another thread may have been faster; the nodes that are
 * left over are freed by fd_nodes_put. No node is freed before the table.
 */
#include <kernel/file.h>
#include <kernel/files.h>

#include "fdtable.h"

OBJ_TYPE(fd_chunk, NULL_RELEASE);

static void fd_dir_release(struct fd_dir *d)
{
	u32 i;

	for (i = 0; i < FANOUT; i++)
		obj_put(array_at(d->chunk, i));
}
OBJ_TYPE(fd_dir, fd_dir_release);

static void fd_top_release(struct fd_top *top)
{
	u32 i;

	for (i = 0; i < NR_DIRS; i++)
		obj_put(array_at(top->dir, i));
}
OBJ_TYPE(fd_top, fd_top_release);

static void files_release(struct files *f)
{
	u32 i;

	for (i = 0; i < FANOUT; i++)
		obj_put(array_at(f->chunk, i));
	obj_put(&f->top);
}
OBJ_TYPE(files, files_release);

struct fd_chunk *fd_chunk_next(const struct files *fs, u32 *i, u32 end)
{
	while (*i < end) {
		struct fd_chunk *c = fd_chunk_at(fs, *i);
		if (c)
			return c;
		*i = *i >= FANOUT && !fd_dir_of(fs, *i) ? (*i / FANOUT + 1) * FANOUT : *i + 1;
	}
	return NULL;
}

bool fd_nodes_make(struct files *fs, u32 i, struct fd_nodes *n)
{
	if (!n->chunk)
		n->chunk = obj_new(fd_chunk);
	if (i < FANOUT)
		return n->chunk;
	if (!n->dir && !fd_dir_of(fs, i))
		n->dir = obj_new(fd_dir);
	if (!n->top && !load_acquire(fs->top))
		n->top = obj_new(fd_top);
	return n->chunk && (n->dir || fd_dir_of(fs, i)) && (n->top || load_acquire(fs->top));
}

void fd_nodes_put(struct fd_nodes *n)
{
	obj_put(&n->chunk);
	obj_put(&n->dir);
	obj_put(&n->top);
}

/*
 * Adds chunk @i from the nodes of fd_nodes_make, unless it exists: another thread may have added
 * it. The lock is held, or nobody else has the table.
 */
void fd_chunk_add(struct files *fs, u32 i, struct fd_nodes *n)
{
	struct fd_dir *dir;

	if (fd_chunk_at(fs, i))
		return;
	if (i < FANOUT) {
		store_release(*array_at(fs->chunk, i), n->chunk);
	} else {
		if (!fs->top) {
			store_release(fs->top, n->top);
			n->top = NULL;
		}
		dir = fd_dir_of(fs, i);
		if (!dir) {
			dir = n->dir;
			n->dir = NULL;
			store_release(*array_at(fs->top->dir, i / FANOUT - 1), dir);
		}
		store_release(*array_at(dir->chunk, i % FANOUT), n->chunk);
	}
	n->chunk = NULL;
	if (i >= fs->nr_chunks)
		store_release(fs->nr_chunks, i + 1);
}
