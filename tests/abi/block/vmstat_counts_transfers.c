// SPDX-License-Identifier: MPL-2.0
// /proc/vmstat counts the KiB that disks read and write, and the pages that wait to be written.
#include "../lib/t.h"

static long count(const char *name)
{
	char line[64], *at;

	snprintf(line, sizeof(line), "\n%s ", name);
	at = strstr(t_slurp("/proc/vmstat"), line);
	return at ? atol(at + strlen(line)) : -1;
}

#define BYTES (2 << 20)
/* Linux counts on each CPU, and adds up some hundred pages later. */
#define MANY (BYTES / 4096 / 2)

int main(void)
{
	static char data[BYTES];
	int fd, i;
	long in, out, dirty;

	t_start();
	fd = open("/dev/ram0", O_RDWR);
	CHECK(fd >= 0 && fsync(fd) == 0);
	dirty = count("nr_dirty");
	out = count("pgpgout");
	IS(dirty >= 0 && out >= 0);
	CHECK(pwrite(fd, data, BYTES, 0) == BYTES);
	IS(count("nr_dirty") > dirty + MANY);
	CHECK(fsync(fd) == 0);
	IS(count("pgpgout") >= out + BYTES / 1024);
	IS(count("nr_dirty") < dirty + MANY);
	IS(count("nr_writeback") >= 0);
	/* Pages that were read before are read again. */
	in = count("pgpgin");
	for (i = 0; i < 2; i++) {
		CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0);
		CHECK(pread(fd, data, BYTES, 0) == BYTES);
	}
	IS(count("pgpgin") >= in + 2 * BYTES / 1024);
	IS(count("nr_shmem") >= 0 && count("nr_file_pages") > 0);
	return 0;
}
