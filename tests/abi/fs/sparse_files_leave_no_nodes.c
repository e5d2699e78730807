// SPDX-License-Identifier: MPL-2.0
// A file whose pages have been cut out again takes no memory, wherever they were.
#include "../lib/t.h"

static long free_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/meminfo", "r");

	while (kib < 0 && fgets(line, sizeof(line), f))
		sscanf(line, "MemFree: %ld kB", &kib);
	fclose(f);
	return kib;
}

static void write_and_cut(int fd, long rounds, int by_truncation)
{
	long i;

	for (i = 0; i < rounds; i++) {
		off_t at = i * ((off_t)1 << 30);

		CHECK(pwrite(fd, "x", 1, at) == 1);
		if (by_truncation)
			CHECK(ftruncate(fd, 0) == 0);
		else
			CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, 4096) ==
				0);
	}
}

int main(void)
{
	long before;
	int fd;

	t_start();
	t_tmpfs("");
	fd = open("s", O_CREAT | O_RDWR, 0600);
	write_and_cut(fd, 100, 0);
	before = free_kib();
	write_and_cut(fd, 12000, 0);
	write_and_cut(fd, 3000, 1);
	IS(before - free_kib() < 10000);
	T(ftruncate(fd, 0));
	T(lseek(fd, 0, SEEK_END));
	close(fd);
	return 0;
}
