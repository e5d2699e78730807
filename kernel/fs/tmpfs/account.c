// SPDX-License-Identifier: MPL-2.0
/*
 * What pages of a file in memory are counted for: the limit of its mount, and the account of
 * promised memory (kernel/vm/commit.c). Each page counts in both when it is made, and until it goes;
 * but shared memory without a name may have been promised as a whole.
 */
#include <kernel/inode.h>
#include <kernel/mm.h>
#include <kernel/thread.h>
#include <kernel/tmpfs.h>

#include "instance.h"

/* Whether pages of the inode count in the account of promised memory one by one. */
static bool counts_each_page(const struct inode *ino)
{
	return !obj_cast(tmpfs_inode, ino->private)->promised;
}

int tmpfs_reserve(struct inode *ino, u64 n)
{
	struct thread *t = thread_current();
	struct tmpfs *fs = tmpfs_of(ino->sb);

	if (counts_each_page(ino) && !vm_commit(t ? t->mm : NULL, n))
		return -ENOSPC;
	if (atomic_add(&fs->pages, n) > fs->max_pages && fs->max_pages) {
		atomic_sub(&fs->pages, n);
		if (counts_each_page(ino))
			vm_uncommit(n);
		return -ENOSPC;
	}
	return 0;
}

void tmpfs_unreserve(struct inode *ino, u64 n)
{
	atomic_sub(&tmpfs_of(ino->sb)->pages, n);
	if (counts_each_page(ino))
		vm_uncommit(n);
}

bool shmem_promise(struct inode *ino, u64 len)
{
	struct thread *t = thread_current();
	u64 pages = div_round_up(len, PAGE_SIZE);

	if (!vm_commit(t ? t->mm : NULL, pages))
		return false;
	obj_cast(tmpfs_inode, ino->private)->promised = pages;
	return true;
}
