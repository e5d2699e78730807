// SPDX-License-Identifier: MPL-2.0
// BLKPG adds, takes out and resizes one partition at a time, whatever the table on the disk says.
#include "../lib/t.h"
#include <linux/blkpg.h>
#include <linux/fs.h>

static int change(int fd, int op, int number, long long start, long long length)
{
	struct blkpg_partition p = { .start = start, .length = length, .pno = number };
	struct blkpg_ioctl_arg a = { .op = op, .datalen = sizeof(p), .data = &p };

	return ioctl(fd, BLKPG, &a);
}

static long size_of(const char *path)
{
	int fd = open(path, O_RDONLY);
	long n = fd < 0 ? -1 : (long)lseek(fd, 0, SEEK_END);

	if (fd >= 0)
		close(fd);
	return n;
}

int main(void)
{
	char zero[512] = { 0 }, b[8];

	t_start();
	int fd = open("/dev/ram0", O_RDWR), p;
	CHECK(pwrite(fd, zero, 512, 0) == 512);
	T(ioctl(fd, BLKRRPART, 0));
	T(change(fd, BLKPG_ADD_PARTITION, 3, 65536, 131072));
	T(size_of("/dev/ram0p3"));
	T(change(fd, BLKPG_ADD_PARTITION, 3, 655360, 4096));
	T(change(fd, BLKPG_ADD_PARTITION, 4, 65536 + 131072 - 512, 4096));
	T(change(fd, BLKPG_ADD_PARTITION, 4, 65536 + 131072, 4096));
	T(size_of("/dev/ram0p4"));
	T(change(fd, BLKPG_ADD_PARTITION, 0, 1 << 20, 4096));
	T(change(fd, BLKPG_ADD_PARTITION, -1, 1 << 20, 4096));
	T(change(fd, BLKPG_ADD_PARTITION, 5, 1 << 20, 0));
	T(change(fd, BLKPG_ADD_PARTITION, 5, -512, 4096));
	T(change(fd, BLKPG_ADD_PARTITION, 5, 1 << 20, 100));
	T(change(fd, BLKPG_ADD_PARTITION, 5, 1ll << 40, 4096));
	T(change(fd, BLKPG_ADD_PARTITION, 5, 1 << 20, 1ll << 40));
	T(change(fd, 77, 5, 1 << 20, 4096));
	T(ioctl(fd, BLKPG, NULL));

	p = open("/dev/ram0p3", O_RDWR);
	IS(p >= 0);
	T(pwrite(p, "tail", 4, 131072));
	T(change(p, BLKPG_ADD_PARTITION, 1, 0, 512));
	T(change(fd, BLKPG_DEL_PARTITION, 3, 0, 0));
	T(change(fd, BLKPG_RESIZE_PARTITION, 3, 65536, 262144));
	T(change(fd, BLKPG_DEL_PARTITION, 4, 0, 0));
	T(change(fd, BLKPG_DEL_PARTITION, 4, 0, 0));
	T(change(fd, BLKPG_RESIZE_PARTITION, 3, 65536, 262144));
	T(change(fd, BLKPG_RESIZE_PARTITION, 3, 0, 262144));
	T(change(fd, BLKPG_RESIZE_PARTITION, 4, 65536, 262144));
	T(lseek(p, 0, SEEK_END));
	T(pwrite(p, "tail", 4, 131072));
	close(p);
	T(pread(fd, b, 4, 65536 + 131072));
	t_text("behind the old end", b, 4);
	T(change(fd, BLKPG_RESIZE_PARTITION, 3, 65536, 512));
	T(size_of("/dev/ram0p3"));
	T(change(fd, BLKPG_DEL_PARTITION, 3, 0, 0));
	T(size_of("/dev/ram0p3"));
	IN_CHILD("an ordinary user", {
		t_drop_root(1000);
		T(change(fd, BLKPG_ADD_PARTITION, 1, 65536, 131072));
	});
	return 0;
}
