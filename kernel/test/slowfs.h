// SPDX-License-Identifier: MPL-2.0
/*
 * slowfs: a file system for tests of the page cache, in memory behind a "disk" of 256 blocks of a
 * page, or of 1 KiB, each that can be slow, can be broken, and watches what it is asked. It has
 * what a file system on a disk has: space that is reserved before it is used, blocks that follow no
 * order, page I/O in parts, holes, truncation and punching. It writes no block that lies behind the
 * end of the file.
 *
 * A super has SLOW_FILES files, called 0, 1 and so on. There is one at a time: slow.
 */
#ifndef KERNEL_TEST_SLOWFS_H
#define KERNEL_TEST_SLOWFS_H

#include <kernel/file.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/mapping.h>
#include <kernel/mount.h>

#include "test.h"

#define SLOW_FILES  4u
#define SLOW_BLOCKS 256u
#define SLOW_PAGES  128u /* blocks of a file, at most */
#define SLOW_SMALL  1024u

/* A part of a page I/O: a page, or a part of one, to or from one block. */
struct slow_move {
	struct obj obj;
	struct page_io *io; /* reference */
	u32 nr;             /* of the page in it */
	u32 off;            /* in the page */
	u32 block;
	LIST_LINK(slow_move) link;
};

/* A file as the disk has it. Block 0: a hole. */
struct slow_node {
	u64 size; /* those two as write_inode has left them */
	u32 nlink;
	u32 block[SLOW_PAGES];
	u8 reserved[SLOW_PAGES]; /* SLOW_W and so on: space is set aside for a block */
};
/* Space for write(2); for stores to the page; for the write(2) that is in progress. */
enum { SLOW_W = 1, SLOW_P = 2, SLOW_NEW = 4 };

struct slowfs {
	struct obj obj;
	u32 block_size;
	struct page *data[SLOW_BLOCKS]; /* references; the first block_size bytes of each */
	struct spinlock lock;           /* guards what follows, of the nodes all but the size */
	bool used[SLOW_BLOCKS];
	u32 nr_free; /* neither used nor reserved; a test may take some away */
	u32 next;    /* where the search for a block begins */
	struct slow_node node[SLOW_FILES];
	LIST_HEAD(slow_move) held; /* references; not carried out yet */
	u32 nr_held;
	bool hold;         /* moves wait for slow_release */
	u32 bad_block;     /* gives an error; 0: none */
	u32 refuse_writes; /* as many writes find no memory, or */
	int refuse_error;  /* give this error */
	u32 refuse_reads;  /* as many reads, and page_mkwrites, give -EAGAIN */
	bool directories;  /* inodes that are read have no mapping */
	struct mapping
		*map; /* a write first reads its page 0, as if blocks stood there; borrowed */
	u32 refuse_inode_writes; /* as many writes of inodes do */
	bool hold_inode_writes;  /* a write of an inode waits for the end of this, 20 s at most */
	u64 touch_at_sync; /* the next sync_fs makes the inode of that number dirty; 0: none */
	bool slow_inodes;  /* reading an inode takes time */
	bool refuse_prepares;
	u32 step;         /* truncation and punching free so many blocks in a call; 0: all */
	bool hold_evicts; /* an evict waits for the end of this, 20 s at most */
	int inode_error, sync_error, remount_error; /* what the operations return */
	/* What it has seen. */
	/*
	 * A block was used that belongs to no file, or freed while in use; or the file system was
	 * used after its end.
	 */
	bool wrong;
	struct atomic nr_inside;        /* tasks in evict and write_inode */
	struct atomic nr_inode_writers; /* in write_inode */
	/*
	 * sync_fs was called while an inode was being written, or remount while one was or was
	 * dirty.
	 */
	bool sync_early, remount_early;
	bool killer_killed;               /* kill was called in a task that was being killed */
	u32 nr_reads, nr_writes, largest; /* page I/Os; the most pages of a read */
	bool early; /* pages were taken, or an epoch joined, before write_prepare */
	u32 nr_prepares, nr_finishes, nr_steps;
	u32 nr_mkwrites, nr_syncs, nr_inode_reads, nr_inode_writes, nr_evicted, nr_killed;
	u32 nr_remounts, remount_flags, writes_at_remount; /* of the last remount */
};
OBJ_TYPE_DECL(slowfs);

extern struct slowfs *slow;
extern struct mount *slow_mount;
extern struct mm *slow_mm; /* reference; where slow_map has mapped a file */
extern u64 slow_at;        /* the address there */

/*
 * Makes an empty file system with blocks of a page, or of SLOW_SMALL bytes, and mounts it nowhere;
 * slow_end unmounts it. False: no memory.
 */
bool slow_begin(void);
bool slow_begin_small(void);
void slow_end(void);
/* Opens file @n of the present one. NULL: an error. */
struct file *slow_open(u32 n, u32 flags);
/* Whether moves are held from now on; those that wait are carried out by slow_release. */
void slow_hold(bool on);
void slow_release(void);
u32 slow_held(void);
/* Block @index of file @n on the disk; 0: none. */
u32 slow_block(u32 n, u32 index);
/*
 * For slowfs.c, of the disk (slowdisk.c). slow_spoil fills a block that belongs to no file with
 * bytes that nobody may see.
 */
void slow_spoil(struct slowfs *fs, u32 block);
/* Moves one block, now or when the test releases it, as a part of the I/O. False: no memory. */
bool slow_start_move(struct slowfs *fs, struct page_io *io, u32 nr, u32 off, u32 block);
/* Sets space aside for the blocks [first, end) of a file: or none. 0, -ENOSPC, -EFBIG. */
int slow_reserve_all(struct slowfs *fs, struct slow_node *const n, u64 first, u64 end, u8 why);
/* The block that is written, from the space set aside. 0: a hole. fs->lock held. */
u32 slow_place(struct slowfs *fs, struct slow_node *const n, u64 index);
/* Frees the blocks [first, end) of a file. 1: more are left than may be freed in a step. */
int slow_give_back(struct slowfs *fs, struct slow_node *const n, u64 first, u64 end);
/* The mapping of an open file. */
struct mapping *slow_mapping(struct file *f);
/*
 * Drops the pages of an open file, none of them dirty, from the cache. A flusher that is still
 * about to let go of them is waited for; false after a second.
 */
bool slow_forget(struct file *f);
/* Whether the cache has page @index of an open file. */
bool slow_is_cached(struct file *f, u64 index);
/* The byte that fills the 64 bytes at @pos: -1 if they differ, or the error. */
s64 slow_byte(struct file *f, u64 pos);
/*
 * Writes blocks [first, first + n) of an open file, each filled with @byte, by writes of 512 bytes:
 * a block is a page, or SLOW_SMALL bytes after slow_begin_small. False: a write failed.
 */
bool slow_fill(struct file *f, u64 first, u64 n, u8 byte);
/*
 * Maps the first @len bytes of an open file, shared and writable, at slow_at in a new mm slow_mm,
 * whose space the calling task uses from then on; slow_unmap ends both. False: an error. One file
 * at a time.
 */
bool slow_map(struct file *f, u64 len);
void slow_unmap(void);
/* Waits until the number is not below @want; false after 30 s, which no step is slow enough for. */
bool slow_reaches(const u32 *const n, u32 want);
/* Truncates an open file: as inode_truncate. */
int slow_resize(struct file *f, u64 size);

#endif
