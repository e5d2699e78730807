// SPDX-License-Identifier: MPL-2.0
/*
 * Shows what the kernel finds in the partition table of the disk on standard input: kind, fault,
 * then number, start and length of each. A sector in argv[1] is bad. Before, each read in turn is one
 * that finds no memory, or whose task is killed: the scan says so, and nothing of the table.
 */
#include <uapi/errno.h>

#include "../../kernel/block/partition.h"
#include "host.h"

static u8 disk[4u << 20];
static u64 bad = ~0ul;
static u32 nr_reads, stop_at;
static int stop_error;

static int read_sector(struct obj *owner, u64 sector, struct span out)
{
	(void)owner;
	if (++nr_reads == stop_at)
		return stop_error;
	UNIT_CHECK(!stop_at || nr_reads < stop_at); /* nothing is read after it */
	if (sector == bad)
		return -EIO;
	memcpy(out._p, disk + sector * 512, 512);
	return 0;
}
static const struct sector_reader reader = { .read = read_sector };

static void stop_each(u64 sectors)
{
	static const int errors[] = { -EINTR, -ENOMEM, -EAGAIN };
	u32 reads;

	for (stop_at = 0, reads = 1; stop_at <= reads;
		stop_at = stop_at < 100 ? stop_at + 1 : stop_at * 2) {
		struct partition_table *t = obj_new(partition_table);
		nr_reads = 0;
		stop_error = errors[stop_at % ARRAY_LEN(errors)];
		UNIT_CHECK(partition_scan(&reader, NULL, sectors, t) == (stop_at ? stop_error : 0));
		if (!stop_at)
			reads = nr_reads;
		obj_put(&t);
	}
	stop_at = 0;
}

int main(int argc, char **argv)
{
	struct partition_table *t = obj_new(partition_table);
	size_t n = 0, i;
	ssize_t k;

	if (argc > 1)
		bad = strtoul(argv[1], NULL, 10);
	while ((k = read(0, disk + n, sizeof(disk) - n)) > 0)
		n += (size_t)k;
	stop_each(n / 512);
	if (partition_scan(&reader, NULL, n / 512, t))
		return 1;
	printf("%d %d\n", (int)t->kind, (int)t->fault);
	for (i = 0; i < t->nr; i++)
		printf("%u %lu %lu\n", t->entry[i].number, (unsigned long)t->entry[i].start,
			(unsigned long)t->entry[i].sectors);
	obj_put(&t);
	return 0;
}
