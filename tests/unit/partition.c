// SPDX-License-Identifier: MPL-2.0
/*
 * Shows what the kernel finds in the partition table of the disk on standard input: kind, fault,
 * then number, start and length of each. A sector in argv[1] is bad.
 */
#include <frame/errno.h>

#include "../../kernel/block/partition.h"
#include "host.h"

static u8 disk[4u << 20];
static u64 bad = ~0ul;

static int read_sector(struct obj *owner, u64 sector, struct span out)
{
	(void)owner;
	if (sector == bad)
		return -EIO;
	memcpy(out._p, disk + sector * 512, 512);
	return 0;
}
static const struct sector_reader reader = { .read = read_sector };

int main(int argc, char **argv)
{
	struct partition_table *t = obj_new(partition_table);
	size_t n = 0, i;
	ssize_t k;

	if (argc > 1)
		bad = strtoul(argv[1], NULL, 10);
	while ((k = read(0, disk + n, sizeof(disk) - n)) > 0)
		n += (size_t)k;
	if (partition_scan(&reader, NULL, n / 512, t))
		return 1;
	printf("%d %d\n", (int)t->kind, (int)t->fault);
	for (i = 0; i < t->nr; i++)
		printf("%u %lu %lu\n", t->entry[i].number, (unsigned long)t->entry[i].start,
			(unsigned long)t->entry[i].sectors);
	obj_put(&t);
	return 0;
}
