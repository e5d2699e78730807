// SPDX-License-Identifier: MPL-2.0
/*
 * Partition tables: MBR with logical partitions, and GPT. The contents of a disk may be damaged or
 * hostile: whatever they are, the result is a list of ranges within the disk, or none, in bounded
 * time. See UEFI 2.10, chapter 5.
 */
#ifndef KERNEL_BLOCK_PARTITION_H
#define KERNEL_BLOCK_PARTITION_H

#include <frame/obj.h>
#include <frame/span.h>

#define MAX_PARTITIONS 128u

enum table_kind { TABLE_NONE, TABLE_MBR, TABLE_GPT };

/* The first fault found in the table. */
enum table_fault {
	TABLE_GOOD,
	TABLE_UNREADABLE,  /* the device reported an error */
	TABLE_BACKUP_USED, /* the primary GPT is damaged */
	TABLE_GPT_DAMAGED, /* primary and backup are damaged */
	TABLE_RANGE_BAD,   /* a partition outside the disk was left out */
	TABLE_CUT,         /* a partition past the disk's end was cut */
	TABLE_CHAIN_BAD,   /* the chain of logical partitions loops or is too long */
	/* More than MAX_PARTITIONS. */
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
	struct partition_entry entry[MAX_PARTITIONS]; /* sorted by number */
};
OBJ_TYPE_DECL(partition_table);

struct TABLE sector_reader {
	/* Reads one sector, all 512 bytes. Returns 0, -EIO: a bad sector, or another error. */
	int (*read)(struct obj *owner, u64 sector, struct span out);
};

/*
 * Fills an empty table with the partitions of a disk of @nr_sectors sectors. A faulty table is not
 * an error: see fault. Context: task; @reader may sleep. Returns 0, -ENOMEM, or an error of @reader
 * other than -EIO: then @out says nothing of the disk.
 */
int must_check partition_scan(const struct sector_reader *reader, struct obj *owner, u64 nr_sectors,
	struct partition_table *out);

#endif
