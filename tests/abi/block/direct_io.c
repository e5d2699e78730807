// SPDX-License-Identifier: MPL-2.0
// O_DIRECT: what must be aligned, and that it agrees with the page cache.
#include "../lib/t.h"
#include <linux/fs.h>

#define SIZE (DISK_KIB * 1024l)

int main(void)
{
	char *m = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	     b[8];

	t_start();
	int d = open("/dev/ram0", O_RDWR | O_DIRECT), fd = open("/dev/ram0", O_RDWR);
	IS(d >= 0);
	memset(m, 'd', 65536);
	T(pwrite(d, m, 65536, 0));
	T(pread(fd, b, 8, 1000));
	t_text("cached", b, 8);
	CHECK(pwrite(fd, "buffered", 8, 3000) == 8);
	T(pread(d, m, 4096, 0));
	t_text("direct", m + 2998, 12);
	T(pread(d, m + 512, 1024, 2560));
	t_text("direct, by sectors", m + 512 + 438, 12);
	T(pwrite(d, m, 512, 512));

	T(pwrite(d, m, 100, 0));
	T(pread(d, m, 100, 0));
	T(pwrite(d, m, 512, 100));
	T(pread(d, m, 512, 100));
	T(pread(d, m + 100, 512, 0));
	T(pwrite(d, m + 100, 512, 0));
	struct iovec good[2] = { { m, 512 }, { m + 4096, 1024 } },
		     bad[2] = { { m, 500 }, { m + 4096, 524 } };
	T(preadv(d, good, 2, 512));
	T(pwritev(d, good, 2, 512));
	T(preadv(d, bad, 2, 512));

	T(pread(d, m, 4096, SIZE - 1024));
	T(pread(d, m, 4096, SIZE));
	T(pwrite(d, m, 4096, SIZE - 1024));
	T(pwrite(d, m, 512, SIZE));

	T(fcntl(fd, F_SETFL, O_DIRECT));
	T(pread(fd, m, 100, 0));
	T(fcntl(fd, F_SETFL, 0));
	T(pread(fd, m, 100, 0));
	return 0;
}
