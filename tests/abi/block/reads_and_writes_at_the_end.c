// SPDX-License-Identifier: MPL-2.0
// Reading and writing at any offset, the end of the device, seeking, vectors, splice. The device
// ends in the middle of a page.
#include "../lib/t.h"
#include <linux/fs.h>
#include <sys/sendfile.h>

#define SIZE (DISK_KIB * 1024l)

static char big[3 * 65536], back[3 * 65536];

static void fill(unsigned seed)
{
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)((seed = seed * 1103515245 + 12345) >> 16);
}

static void same(int fd, long off, size_t n)
{
	memset(back, 0, sizeof(back));
	printf("at %ld, %zu bytes: %s\n", off, n,
		pread(fd, back, n, off) == (ssize_t)n && !memcmp(big, back, n) ? "same" : "other");
}

int main(void)
{
	t_start();
	int fd = open("/dev/ram0", O_RDWR), p[2];
	fill(1);
	T(lseek(fd, 0, SEEK_END));
	T(lseek(fd, -1024, SEEK_END));
	T(lseek(fd, 1, SEEK_END));
	T(lseek(fd, SIZE, SEEK_SET));
	T(lseek(fd, SIZE + 1, SEEK_SET));
	T(lseek(fd, -1, SEEK_SET));
	T(lseek(fd, 0, SEEK_DATA));
	T(lseek(fd, 0, SEEK_HOLE));
	T(lseek(fd, 0, 9));

	static const struct {
		long off;
		size_t n;
	} pieces[] = { { 0, 1 }, { 511, 2 }, { 4095, 2 }, { 4096, 4096 }, { 8192 + 100, 65536 },
		{ 100001, sizeof(big) }, { SIZE - 1024, 1024 }, { SIZE - 1, 1 },
		{ SIZE - 5000, 5000 } };
	for (size_t i = 0; i < T_LEN(pieces); i++) {
		fill(i + 2);
		printf("write at %ld: %s\n", pieces[i].off,
			pwrite(fd, big, pieces[i].n, pieces[i].off) == (ssize_t)pieces[i].n
				? "all"
				: "not all");
		same(fd, pieces[i].off, pieces[i].n);
		T(ioctl(fd, BLKFLSBUF, 0));
		same(fd, pieces[i].off, pieces[i].n);
	}
	T(pread(fd, back, 4096, SIZE - 100));
	T(pread(fd, back, 4096, SIZE));
	T(pread(fd, back, 4096, SIZE + 100000));
	T(pwrite(fd, big, 4096, SIZE - 100));
	T(pwrite(fd, big, 4096, SIZE));
	T(pwrite(fd, big, 0, SIZE));
	T(pwrite(fd, big, 1, SIZE + 1));
	T(pread(fd, back, 1, -1));

	// O_APPEND means nothing here.
	int app = open("/dev/ram0", O_WRONLY | O_APPEND);
	T(write(app, "appended", 8));
	T(lseek(app, 0, SEEK_CUR));
	T(pread(fd, back, 8, 0));
	t_text("at the start", back, 8);
	close(app);

	// Bad memory: what was done before it counts.
	char *m = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(m, 'm', 4096);
	munmap(m + 4096, 4096);
	T(pread(fd, m, 8192, 4096));
	T(pread(fd, m + 4096, 10, 4096));
	memset(m, 'm', 4096);
	struct iovec half[2] = { { m, 200 }, { m + 4096, 8000 } };
	for (int i = 0; i < 2; i++) { // a page that is in the cache, and one that is not
		fill(50);
		CHECK(pwrite(fd, big, 8192, 40960) == 8192);
		if (i)
			T(ioctl(fd, BLKFLSBUF, 0));
		T(pwritev(fd, half, 2, 40960));
		T(pread(fd, back, 4096, 40960));
		IS(back[0] == 'm' && back[199] == 'm' &&
			!memcmp(back + 200, big + 200, 4096 - 200));
	}
	T(pwrite(fd, m + 4096, 4096, 40960));

	struct iovec v[3] = { { big, 10 }, { big + 100, 0 }, { big + 200, 5000 } };
	T(pwritev(fd, v, 3, 9000));
	T(pread(fd, back, 5010, 9000));
	IS(!memcmp(back, big, 10) && !memcmp(back + 10, big + 200, 5000));

	t_pipe(p);
	loff_t at = 9000;
	T(splice(fd, &at, p[1], NULL, 5010, 0));
	SHOW(at);
	T(read(p[0], back, 10000));
	IS(!memcmp(back, big, 10) && !memcmp(back + 10, big + 200, 5000));
	CHECK(write(p[1], big, 6000) == 6000);
	at = 20000;
	T(splice(p[0], NULL, fd, &at, 6000, 0));
	same(fd, 20000, 6000);
	int file = open("file", O_RDWR | O_CREAT, 0600);
	off_t from = 20000;
	T(sendfile(file, fd, &from, 6000));
	same(file, 0, 6000);

	int ro = open("/dev/ram0", O_RDONLY), wo = open("/dev/ram0", O_WRONLY);
	T(write(ro, "x", 1));
	T(read(wo, back, 1));
	return 0;
}
