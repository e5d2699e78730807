// SPDX-License-Identifier: MPL-2.0
/*
 * Partition tables: MBR with logical partitions, GPT. What is on a disk may be damaged or hostile:
 * whatever stands there, a list of ranges within the disk comes out, or none, in bounded time. See
 * UEFI 2.10, chapter 5.
 */
#ifndef KERNEL_BLOCK_PARTITION_H
#define KERNEL_BLOCK_PARTITION_H

#include <frame/obj.h>
#include <frame/span.h>

#define MAX_PARTITIONS 128u

enum table_kind { TABLE_NONE, TABLE_MBR, TABLE_GPT };

/* What is wrong with it; the first thing found. */
enum table_fault {
	TABLE_GOOD,
	TABLE_UNREADABLE,  /* the device gave an error */
	TABLE_BACKUP_USED, /* the primary GPT is damaged */
	TABLE_GPT_DAMAGED, /* both are */
	TABLE_RANGE_BAD,   /* a partition that is not within the disk is left out */
	TABLE_CUT,         /* one ends behind the disk's end, and is cut */
	TABLE_CHAIN_BAD,   /* logical partitions that lead in circles or too far */
	TABLE_TOO_MANY,
};

struct partition_entry {
	u32 number;
	u64 start, sectors;
};

struct partition_table {
	struct obj obj;
	enum table_kind kind;
	enum table_fault fault;
	u32 nr;
	struct partition_entry entry[MAX_PARTITIONS]; /* by number */
};
OBJ_TYPE_DECL(partition_table);

struct TABLE sector_reader {
	/* One sector, all 512 bytes: 0 or -errno. */
	int (*read)(struct obj *owner, u64 sector, struct span out);
};

/* Fills an empty table with what a disk of so many sectors has: 0, -ENOMEM. */
int partition_scan(const struct sector_reader *reader, struct obj *owner, u64 nr_sectors,
	struct partition_table *out);

#endif
