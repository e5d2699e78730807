// SPDX-License-Identifier: MPL-2.0
// Reads and writes of every small length at every alignment move exactly their bytes, and end at
// the page that may not be touched.
#include "../lib/t.h"

#define ROOM 1024
static unsigned char from[ROOM] __attribute__((aligned(64))), to[ROOM] __attribute__((aligned(64)));

static unsigned wrong(unsigned fd, unsigned so, unsigned fo, unsigned off, unsigned len)
{
	unsigned i, bad = 0;

	memset(to, 0xee, sizeof to);
	bad += pwrite(fd, from + so, len, fo) != len;
	bad += pread(fd, to + off, len, fo) != len;
	for (i = 0; i < sizeof to; i++)
		bad += to[i] != (i >= off && i < off + len ? from[so + i - off] : 0xee);
	return bad;
}

int main(void)
{
	static const unsigned lengths[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 23, 24, 31,
		32, 33, 39, 40, 41, 63, 64, 65, 100, 127, 128, 129, 160, 200, 255, 256, 257, 300 };
	unsigned i, so, off, bad = 0;
	int fd, tails[64], n = 0;
	char *page;

	t_start();
	t_tmpfs("");
	for (i = 0; i < ROOM; i++)
		from[i] = (unsigned char)(i * 7 + i / 256);
	fd = open("f", O_RDWR | O_CREAT, 0600);
	for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		for (so = 0; so < 9; so++) {
			for (off = 0; off < 9; off++)
				bad += wrong(fd, so, 3 * (i & 3), off, lengths[i]);
		}
	}
	SHOW(bad);
	/* A page, and one behind it that is not there. */
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 4096, 4096);
	T(ftruncate(fd, 0));
	T(pwrite(fd, from, ROOM, 0));
	for (i = 64; i <= 512; i *= 2) {
		memset(page, 0, 4096);
		tails[n++] = pread(fd, page + 4096 - i, ROOM, 0);
		IS(memcmp(page + 4096 - i, from, i) == 0);
	}
	for (i = 0; i < (unsigned)n; i++)
		SHOW(tails[i]);
	T(pread(fd, page + 4096, 8, 0));
	T(pwrite(fd, page + 4096, 8, 0));
	/* Across two pages that are both there, odd both sides. */
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	T(pread(fd, page + 4096 - 301, 777, 5));
	IS(memcmp(page + 4096 - 301, from + 5, 777) == 0);
	return 0;
}
