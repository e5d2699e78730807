// SPDX-License-Identifier: MPL-2.0
/*
 * Block devices in /sys, as lsblk, fdisk, blkid and mdev look for them: devices/virtual/block/DISK
 * and DISK/PARTITION are directories; block, class/block and dev/block have links to them. The key
 * of a node is the device's number, so each access looks the device up again, and a node of a
 * removed device returns -ENODEV.
 *
 * What is the same for all devices, or true of none of them (discard, rotation), is a number in a
 * table. Sizes are in sectors of 512 bytes, as everywhere in /sys. Only disks have a directory
 * queue: the limits of a partition are its disk's.
 */
#include <kernel/block.h>
#include <kernel/chrdev.h>
#include <uapi/fs.h>

#include "sysfs.h"

enum attribute {
	ATTR_DEV,
	ATTR_SECTORS,
	ATTR_START,
	ATTR_PARTITION,
	ATTR_RO,
	ATTR_REMOVABLE,
	ATTR_PHYSICAL,
	ATTR_READAHEAD,
	ATTR_RANGE
};

/* Shows the attribute that the node's arg names. */
static int show_attribute(struct synth *s, struct fmt *f, u64 *next)
{
	struct block_info b;

	if (!block_info_of(s->key, &b))
		return -ENODEV;
	switch ((enum attribute)s->node->arg) {
	case ATTR_DEV:
		fmt_printf(f, "%u:%u\n", DEV_MAJOR(b.dev), DEV_MINOR(b.dev));
		break;
	case ATTR_SECTORS:
		fmt_printf(f, "%lu\n", b.sectors);
		break;
	case ATTR_START:
		fmt_printf(f, "%lu\n", b.start);
		break;
	case ATTR_PARTITION:
		fmt_printf(f, "%u\n", b.partition);
		break;
	case ATTR_RO:
		fmt_printf(f, "%u\n", b.read_only);
		break;
	case ATTR_REMOVABLE:
		fmt_printf(f, "%u\n", b.removable);
		break;
	case ATTR_PHYSICAL:
		fmt_printf(f, "%u\n", b.physical_block);
		break;
	case ATTR_READAHEAD:
		fmt_printf(f, "%lu\n", b.readahead_bytes / 1024);
		break;
	case ATTR_RANGE:
		fmt_printf(f, "%u\n", b.minors);
		break;
	}
	return sys_done(next);
}
#define ATTRIBUTE(V, N, A)                                                                 \
	static const struct synth_node V = {                                               \
		.name = LIT(N), .mode = S_IFREG | 0444, .show = show_attribute, .arg = (A) \
	}
ATTRIBUTE(a_dev, "dev", ATTR_DEV);
ATTRIBUTE(a_size, "size", ATTR_SECTORS);
ATTRIBUTE(a_start, "start", ATTR_START);
ATTRIBUTE(a_partition, "partition", ATTR_PARTITION);
ATTRIBUTE(a_ro, "ro", ATTR_RO);
ATTRIBUTE(a_removable, "removable", ATTR_REMOVABLE);
ATTRIBUTE(a_range, "range", ATTR_RANGE);
ATTRIBUTE(q_physical, "physical_block_size", ATTR_PHYSICAL);
ATTRIBUTE(q_minimum, "minimum_io_size", ATTR_PHYSICAL);
ATTRIBUTE(q_readahead, "read_ahead_kb", ATTR_READAHEAD);

/*
 * A number that is the same for all devices. Nothing can be discarded here, and a logical block is
 * always a sector.
 */
static int show_number(struct synth *s, struct fmt *f, u64 *next)
{
	fmt_printf(f, "%lu\n", s->node->arg);
	return sys_done(next);
}
#define NUMBER(V, N, A)                                                                 \
	static const struct synth_node V = {                                            \
		.name = LIT(N), .mode = S_IFREG | 0444, .show = show_number, .arg = (A) \
	}
NUMBER(a_alignment, "alignment_offset", 0);
NUMBER(a_ext_range, "ext_range", 256);
NUMBER(a_discard_alignment, "discard_alignment", 0);
NUMBER(q_logical, "logical_block_size", SECTOR_SIZE);
NUMBER(q_hw_sector, "hw_sector_size", SECTOR_SIZE);
NUMBER(q_optimal, "optimal_io_size", 0);
NUMBER(q_rotational, "rotational", 0);
NUMBER(q_max_sectors, "max_sectors_kb", REQUEST_PAGES *PAGE_SIZE / 1024);
NUMBER(q_discard_granularity, "discard_granularity", 0);
NUMBER(q_discard_max, "discard_max_bytes", 0);
NUMBER(q_discard_zeroes, "discard_zeroes_data", 0);

/* Times are not measured and are 0. */
static int show_stat(struct synth *s, struct fmt *f, u64 *next)
{
	struct block_info b;

	if (!block_info_of(s->key, &b))
		return -ENODEV;
	fmt_printf(f, "%8lu %8u %8lu %8u %8lu %8u %8lu %8u %8lu %8u %8u %8u %8u %8u %8u %8lu %8u\n",
		b.reads, 0, b.sectors_read, 0, b.writes, 0, b.sectors_written, 0, b.in_flight, 0, 0,
		0, 0, 0, 0, b.flushes, 0);
	return sys_done(next);
}
static const struct synth_node a_stat = {
	.name = LIT("stat"), .mode = S_IFREG | 0444, .show = show_stat
};

/* The variables by which mdev names a device. */
static int show_uevent(struct synth *s, struct fmt *f, u64 *next)
{
	struct block_info b;

	if (!block_info_of(s->key, &b))
		return -ENODEV;
	fmt_printf(f, "MAJOR=%u\nMINOR=%u\nDEVNAME=", DEV_MAJOR(b.dev), DEV_MINOR(b.dev));
	fmt_span(f, cspan_first(cspan_of(b.name), b.name_len));
	fmt_lit(f, b.partition ? LIT("\nDEVTYPE=partition\n") : LIT("\nDEVTYPE=disk\n"));
	if (b.partition)
		fmt_printf(f, "PARTN=%u\n", b.partition);
	return sys_done(next);
}
/*
 * mdev and udev write here to have events sent again. Block devices send none, so nothing is to do;
 * but the write must succeed.
 */
static int write_uevent(struct synth *s, struct cspan text)
{
	(void)s;
	(void)text;
	return 0;
}
static const struct synth_node a_uevent = {
	.name = LIT("uevent"), .mode = S_IFREG | 0644, .show = show_uevent, .write = write_uevent
};

/* The link of a disk, and (arg 1) that of a partition, which is one directory deeper. */
static ssize_t subsystem_readlink(struct synth *s, struct span out)
{
	return (ssize_t)span_copy(out,
		s->node->arg ? STR("../../../../../class/block") : STR("../../../../class/block"));
}
static const struct synth_node disk_subsystem = {
	.name = LIT("subsystem"), .mode = S_IFLNK | 0777, .readlink = subsystem_readlink
};
static const struct synth_node part_subsystem = {
	.name = LIT("subsystem"), .mode = S_IFLNK | 0777, .readlink = subsystem_readlink, .arg = 1
};

#define DIR(V, N, ...)                                                              \
	static const struct synth_node V = {                                        \
		.name = LIT(N), .mode = S_IFDIR | 0555, .children = { __VA_ARGS__ } \
	}
DIR(holders, "holders", NULL);
DIR(slaves, "slaves", NULL);
DIR(queue, "queue", &q_logical, &q_physical, &q_hw_sector, &q_minimum, &q_optimal, &q_rotational,
	&q_readahead, &q_max_sectors, &q_discard_granularity, &q_discard_max, &q_discard_zeroes);

/* ---- the directories ---- */

/* A device may be removed while its directory is in the dentry cache. */
static bool is_alive(struct synth *s)
{
	struct block_info b;

	return block_info_of(s->key, &b);
}

#define name_of(b) (cspan_first(cspan_of((b)->name), (b)->name_len))

/* Whether @b is a partition of the disk with number @disk. */
static bool is_part_of(const struct block_info *b, u64 disk)
{
	return b->partition && b->disk_dev == disk;
}

static const struct synth_node partition_dir = {
	.mode = S_IFDIR | 0555,
	.alive = is_alive,
	.children = { &a_alignment, &a_dev, &a_discard_alignment, &holders, &a_partition, &a_ro,
		&a_size, &a_start, &a_stat, &part_subsystem, &a_uevent },
};

/* A disk has few partitions, so a linear search is enough, here and in the lists below. */
static int partition_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	struct block_info b;
	u32 i;

	for (i = 0; block_nth(i, &b); i++) {
		if (is_part_of(&b, s->key) && cspan_equal(name_of(&b), name)) {
			*out = (struct synth_found){ .node = &partition_dir, .key = b.dev };
			return 0;
		}
	}
	return -ENOENT;
}

/* Positions are indices of block_nth, which skips no device. */
static bool partition_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	struct block_info b;

	while (block_nth((u32)*pos, &b)) {
		(*pos)++;
		if (is_part_of(&b, s->key)) {
			fmt_span(name, name_of(&b));
			*type = S_IFDIR;
			return true;
		}
	}
	return false;
}

static const struct synth_node disk_dir = {
	.mode = S_IFDIR | 0555,
	.alive = is_alive,
	.lookup = partition_lookup,
	.list = partition_list,
	.children = { &a_alignment, &a_dev, &a_discard_alignment, &a_ext_range, &holders, &queue,
		&a_range, &a_removable, &a_ro, &a_size, &slaves, &a_stat, &disk_subsystem,
		&a_uevent },
};

/* The directories that list devices: with directories or links, and all devices or disks alone. */
enum place { PLACE_DIRECTORIES, PLACE_BLOCK, PLACE_CLASS, PLACE_NUMBERS };

/* Partitions are listed by class and by number; elsewhere they are below their disk. */
static bool is_listed(const struct block_info *b, u64 place)
{
	return !b->partition || place == PLACE_CLASS || place == PLACE_NUMBERS;
}

/* The name of an entry at a place: the device's, or in dev/block its number. */
static void name_in(const struct block_info *b, u64 place, struct fmt *f)
{
	if (place == PLACE_NUMBERS)
		fmt_printf(f, "%u:%u", DEV_MAJOR(b->dev), DEV_MINOR(b->dev));
	else
		fmt_span(f, name_of(b));
}

/* A link to the device's directory from /sys/block (arg 1) or from one directory deeper. */
static ssize_t link_readlink(struct synth *s, struct span out)
{
	struct block_info b;
	FMT(f, out);

	if (!block_info_of(s->key, &b))
		return -ENOENT;
	fmt_lit(&f,
		s->node->arg ? LIT("../devices/virtual/block/")
			     : LIT("../../devices/virtual/block/"));
	fmt_span(&f, cspan_first(cspan_of(b.disk), b.disk_len));
	if (b.partition) {
		fmt_char(&f, '/');
		fmt_span(&f, name_of(&b));
	}
	return (ssize_t)fmt_len(&f);
}
static const struct synth_node near_link = {
	.mode = S_IFLNK | 0777, .alive = is_alive, .readlink = link_readlink, .arg = 1
};
static const struct synth_node far_link = {
	.mode = S_IFLNK | 0777, .alive = is_alive, .readlink = link_readlink
};

/*
 * The node for an entry depends on the place: a directory, or a link with the right number of "..".
 */
static int place_lookup(struct synth *s, struct cspan name, struct synth_found *out)
{
	u64 place = s->node->arg;
	struct block_info b;
	u8 text[DISK_NAME_LEN];
	u32 i;

	for (i = 0; block_nth(i, &b); i++) {
		FMT(f, span_of(text));
		name_in(&b, place, &f);
		if (is_listed(&b, place) && cspan_equal(fmt_text(&f), name)) {
			*out = (struct synth_found){ .node = place == PLACE_DIRECTORIES ? &disk_dir
					: place == PLACE_BLOCK                          ? &near_link
											: &far_link,
				.key = b.dev };
			return 0;
		}
	}
	return -ENOENT;
}

/* Positions are indices of block_nth, as above. */
static bool place_list(struct synth *s, u64 *pos, struct fmt *name, u32 *type)
{
	u64 place = s->node->arg;
	struct block_info b;

	while (block_nth((u32)*pos, &b)) {
		(*pos)++;
		if (is_listed(&b, place)) {
			name_in(&b, place, name);
			*type = place == PLACE_DIRECTORIES ? S_IFDIR : S_IFLNK;
			return true;
		}
	}
	return false;
}

#define PLACE(N, P)                     \
	{ .name = LIT(N),               \
		.mode = S_IFDIR | 0555, \
		.lookup = place_lookup, \
		.list = place_list,     \
		.arg = (P) }
const struct synth_node virtual_block = PLACE("block", PLACE_DIRECTORIES);
const struct synth_node sys_block = PLACE("block", PLACE_BLOCK);
const struct synth_node class_block = PLACE("block", PLACE_CLASS);
const struct synth_node dev_block = PLACE("block", PLACE_NUMBERS);
