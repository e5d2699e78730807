// SPDX-License-Identifier: MPL-2.0
/*
 * A disk in memory for tests of the block layer, that can be slow, lazy, or broken, and that
 * watches what it is asked: no request leaves the disk, and no two that overlap are there at once.
 */
#ifndef KERNEL_TEST_TDISK_H
#define KERNEL_TEST_TDISK_H

#include <kernel/block.h>
#include <kernel/file.h>
#include <kernel/list.h>

#include "test.h"

#define DISK_PAGES 256u
#define MAX_HELD   64u
#define MAJOR      240u /* local and experimental use */

struct test_disk {
	struct obj obj;
	u64 sectors;
	struct page *page[DISK_PAGES]; /* references */
	struct spinlock lock;          /* guards what follows */
	LIST_HEAD(block_request) held; /* references; not done yet */
	u32 nr_held;
	bool hold;               /* requests wait for release_all */
	u64 bad_first, bad_last; /* sectors that give an error */
	bool bad_flush;
	/* What it has seen. */
	bool wrong; /* a request that must not be */
	u32 nr_reads, nr_writes, nr_flushes, largest;
	u32 writes_at_flush, held_at_flush;
};
OBJ_TYPE_DECL(test_disk);

extern const struct block_ops tdisk_ops;
extern struct test_disk *tdisk;  /* the present test's; they stay, as disks do */
extern u64 tdisk_dev;            /* its number */
extern u32 tdisk_next;           /* how many have been added */
extern bool tdisk_add_read_only; /* the next one */

/* A disk that the block layer does not know yet; tdisk_add adds it. False: no memory. */
bool tdisk_make(u64 sectors);
bool tdisk_add(void);
/* Opens the device of that number by a node of its own, or the disk. NULL: an error. */
struct file *tdisk_open_dev(u64 dev, u32 flags);
struct file *tdisk_open(void);
/* Whether requests wait from now on for tdisk_release_held, which does them, last come first. */
void tdisk_set_hold(bool on);
void tdisk_release_held(void);
u32 tdisk_held(void);
/* Sectors that give an error. */
void tdisk_bad_sectors(u64 first, u64 last);
#define TDISK_NO_BAD_SECTORS() tdisk_bad_sectors(1, 0)
/* Some bytes that tell where they belong. */
void tdisk_pattern(struct span out, u64 seed);
bool tdisk_put(struct file *f, u64 pos, size_t n, u64 seed);
bool tdisk_has(struct file *f, u64 pos, size_t n, u64 seed);
ssize_t tdisk_read_one(struct file *f, u64 pos); /* a sector */
int tdisk_fsync(struct file *f);
/* Contents of the disk before it is added: bytes, a boot signature, an entry of an MBR. */
void tdisk_put_sector(u64 sector, struct cspan bytes, size_t off);
void tdisk_put_signature(u64 sector);
void tdisk_put_mbr(u64 sector, u32 slot, u8 type, u32 start, u32 sectors);

#endif
