// SPDX-License-Identifier: MPL-2.0
// splice and tee with whole and part pages: sizes at the borders, full targets, packets, holes,
// data that stays intact.
#include "../lib/t.h"

static unsigned char big[300000], back[300000];

static void pattern(void)
{
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (unsigned char)(i * 31 + i / 4096);
}

static size_t drain(int fd)
{
	size_t n = 0;
	ssize_t r;

	while ((r = read(fd, back + n, sizeof(back) - n)) > 0)
		n += (size_t)r;
	return n;
}

int main(void)
{
	int a[2], b[2], n;

	t_start();
	t_tmpfs("");
	pattern();
	CHECK(pipe2(a, O_NONBLOCK) == 0 && pipe2(b, O_NONBLOCK) == 0);
	int f = open("f", O_RDWR | O_CREAT, 0600);
	CHECK(write(f, big, 100000) == 100000);
	// A file into a pipe: as many pages as there are slots.
	loff_t off = 0;
	T(splice(f, &off, a[1], NULL, 200000, 0));
	SHOW(off);
	T(splice(f, &off, a[1], NULL, 200000, 0));
	T(ioctl(a[0], FIONREAD, &n));
	SHOW(n);
	T(drain(a[0]));
	IS(memcmp(big, back, 65536) == 0);
	off = 1000;
	T(splice(f, &off, a[1], NULL, 200000, 0));
	T(drain(a[0]));
	IS(memcmp(big + 1000, back, 64536) == 0);
	off = 99990;
	T(splice(f, &off, a[1], NULL, 100, 0));
	T(splice(f, &off, a[1], NULL, 100, 0));
	off = 200000;
	T(splice(f, &off, a[1], NULL, 100, 0));
	T(drain(a[0]));
	// Part of a slot moves, the rest stays; what is written later does not change what was
	// moved.
	write(a[1], "abcdef", 6);
	T(splice(a[0], NULL, b[1], NULL, 2, 0));
	write(a[1], "ghi", 3);
	write(b[1], "+", 1);
	T(tee(a[0], b[1], 3, 0));
	T(splice(a[0], NULL, b[1], NULL, 100, 0));
	T(splice(a[0], NULL, b[1], NULL, 100, 0));
	ssize_t r = drain(b[0]);
	t_text("pieces", back, r);
	// A full target takes no more; a target with less room takes what fits.
	T(fcntl(b[1], F_SETPIPE_SZ, 8192));
	write(a[1], big, 20000);
	T(tee(a[0], b[1], 20000, 0));
	T(tee(a[0], b[1], 20000, 0));
	T(splice(a[0], NULL, b[1], NULL, 1, 0));
	T(drain(b[0]));
	IS(memcmp(big, back, 8192) == 0);
	T(splice(a[0], NULL, b[1], NULL, 20000, 0));
	T(splice(a[0], NULL, b[1], NULL, 20000, 0));
	T(drain(b[0]));
	IS(memcmp(big, back, 8192) == 0);
	T(drain(a[0]));
	IS(memcmp(big + 8192, back, 11808) == 0);
	// A hole reads as zeros.
	T(ftruncate(f, 0));
	T(ftruncate(f, 10000));
	off = 4000;
	T(splice(f, &off, a[1], NULL, 5000, 0));
	T(drain(a[0]));
	IS(back[0] == 0 && back[4999] == 0);
	// Into a file: a position of its own, then the file's.
	write(a[1], "0123456789", 10);
	off = 3;
	T(splice(a[0], NULL, f, &off, 4, 0));
	SHOW(off);
	T(splice(a[0], NULL, f, NULL, 100, 0));
	SHOW(lseek(f, 0, SEEK_CUR));
	r = pread(f, back, 8, 100000);
	SHOW(r);
	r = pread(f, back, 8, 0);
	t_text("file", back, r);
	// Other ends.
	T(splice(a[0], NULL, f, NULL, 100, 0));
	close(a[1]);
	T(splice(a[0], NULL, f, NULL, 100, 0));
	T(splice(a[0], NULL, b[1], NULL, 100, 0));
	T(tee(a[0], b[1], 100, 0));
	int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
	write(b[1], "x", 1);
	T(splice(b[0], NULL, null, NULL, 10, 0));
	T(splice(zero, NULL, b[1], NULL, 5000, 0));
	T(drain(b[0]));
	signal(SIGPIPE, SIG_IGN);
	close(b[0]);
	off = 0;
	T(splice(f, &off, b[1], NULL, 10, 0));
	return 0;
}
