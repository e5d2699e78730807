// SPDX-License-Identifier: MPL-2.0
// Shared and private mappings: who sees whose writes, what reaches the device, where a mapping
// ends.
#include "../lib/t.h"
#include <linux/fs.h>
#include <setjmp.h>

#define SIZE (DISK_KIB * 1024l)

static sigjmp_buf env;
static void on_bus(int sig, siginfo_t *si, void *ctx)
{
	printf("%s %s\n", t_signame(sig), t_codename(sig, si->si_code));
	siglongjmp(env, 1);
}

int main(void)
{
	char b[32];

	t_start();
	int fd = open("/dev/ram0", O_RDWR), ro = open("/dev/ram0", O_RDONLY);
	memset(b, 'a', sizeof(b));
	for (int i = 0; i < 64; i++)
		CHECK(pwrite(fd, b, 32, i * 4096) == 32);
	T(ioctl(fd, BLKFLSBUF, 0));

	char *s = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *p = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0);
	char *r = mmap(NULL, 64 * 4096, PROT_READ, MAP_SHARED, ro, 0);
	IS(s != MAP_FAILED && p != MAP_FAILED && r != MAP_FAILED);
	T(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, ro, 0) == MAP_FAILED ? -1 : 0);
	IS(s[0] == 'a' && p[63 * 4096] == 'a' && r[10 * 4096] == 'a');

	// Through the mapping to read, to the other mapping, and the private copy keeps its own.
	p[4096] = 'p';
	s[4096] = 's';
	s[8192] = 's';
	T(pread(fd, b, 1, 4096));
	printf("read %c, shared %c, private %c, private untouched %c\n", b[0], r[4096], p[4096],
		p[8192]);
	CHECK(pwrite(fd, "w", 1, 12288) == 1);
	printf("written %c %c %c\n", s[12288], r[12288], p[12288]);

	// What a mapping wrote is written to the device, also the second time, when the page had
	// been clean in between.
	for (int i = 0; i < 3; i++) {
		s[20 * 4096] = (char)('0' + i);
		T(i == 0                 ? msync(s + 20 * 4096, 4096, MS_SYNC)
				: i == 1 ? fsync(fd)
					 : ioctl(fd, BLKFLSBUF, 0));
		s[21 * 4096] = (char)('5' + i);
		T(ioctl(fd, BLKFLSBUF, 0));
		T(pread(ro, b, 1, 20 * 4096));
		T(pread(ro, b + 1, 1, 21 * 4096));
		printf("round %d: %c%c, private %c\n", i, b[0], b[1], p[4096]);
	}
	T(msync(s, 64 * 4096, MS_ASYNC));

	// It lasts longer than the descriptors, and what it wrote is there afterwards, also what it
	// wrote without a fault to a page that had been clean.
	s[31 * 4096] = '1';
	T(msync(s, 64 * 4096, MS_SYNC));
	s[31 * 4096] = '2';
	close(fd);
	close(ro);
	s[30 * 4096] = 'z';
	munmap(s, 64 * 4096);
	munmap(r, 64 * 4096);
	p[30 * 4096 + 1] = 'q';
	munmap(p, 64 * 4096);
	fd = open("/dev/ram0", O_RDWR);
	T(pread(fd, b, 2, 30 * 4096));
	T(pread(fd, b + 2, 1, 31 * 4096));
	printf("after all: %c%c%c\n", b[0], b[1], b[2]);

	// A hole in a disk: whether it can be made depends on the driver, nothing else may happen.
	s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 50 * 4096);
	(void)madvise(s, 4096, MADV_REMOVE);
	(void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 50 * 4096, 4096);

	// A program whose fork shares it.
	s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 40 * 4096);
	IN_CHILD("child", { s[5] = 'c'; });
	IS(s[5] == 'c');
	// A read into a mapping of the device itself.
	T(pread(fd, s, 4096, 0));
	IS(!memcmp(s, "aaaa", 4));

	// The end: the device's last page is half there, the rest of it is zero, behind it is
	// nothing.
	s = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (SIZE / 4096) * 4096);
	IS(s != MAP_FAILED);
	s[0] = 'e';
	IS(s[4095] == 0);
	t_handle(SIGBUS, on_bus, 0);
	if (!sigsetjmp(env, 1))
		s[4096] = 1;
	T(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 100) == MAP_FAILED ? -1 : 0);
	int wo = open("/dev/ram0", O_WRONLY);
	T(mmap(NULL, 4096, PROT_READ, MAP_SHARED, wo, 0) == MAP_FAILED ? -1 : 0);
	return 0;
}
