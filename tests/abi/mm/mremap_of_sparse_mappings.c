// SPDX-License-Identifier: MPL-2.0
// mremap moves what a large mapping with holes has, and nothing else; its target joins neighbours.
#include "../lib/t.h"

#define SIZE   (16ul << 30)
#define PLACES 40
#define PAGE   4096ul

// Spread over the whole mapping, at the edges of page tables and in the middle of them.
static size_t place(int i)
{
	size_t at = (size_t)i * (SIZE / PLACES) / PAGE * PAGE;

	return i % 3 == 1 ? at / (2ul << 20) * (2ul << 20) : i == PLACES - 1 ? SIZE - PAGE : at;
}

static char *reserve(void)
{
	char *p = mmap(NULL, SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	CHECK(p != MAP_FAILED);
	return p;
}

static void fill(char *p)
{
	for (int i = 0; i < PLACES; i++)
		p[place(i) + i] = (char)(i + 1);
}

// How many of the places have their bytes, and how many pages are there beside them.
static void show(const char *what, char *p, size_t len)
{
	int good = 0, more = 0;
	unsigned char in[3];

	for (int i = 0; i < PLACES; i++) {
		size_t at = place(i);

		if (at >= len)
			continue;
		good += p[at + i] == i + 1;
		if (at >= PAGE && at + 2 * PAGE <= len && mincore(p + at - PAGE, 3 * PAGE, in) == 0)
			more += (in[0] & 1) + (in[2] & 1);
	}
	printf("%s: %d good, %d more\n", what, good, more);
}

// The mappings of [p, p + len) in /proc/self/maps.
static int areas(const char *p, size_t len)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long lo, hi;
	char line[512];
	int n = 0;

	CHECK(f);
	while (fgets(line, sizeof(line), f))
		n += sscanf(line, "%lx-%lx", &lo, &hi) == 2 && lo < (unsigned long)p + len &&
			hi > (unsigned long)p;
	fclose(f);
	return n;
}

// How many of the places a program cannot read.
static int beyond(const char *p, size_t len)
{
	int fd[2], n = 0;

	CHECK(pipe(fd) == 0);
	for (int i = 0; i < PLACES; i++)
		n += place(i) < len && write(fd[1], p + place(i), 1) < 0 && errno == EFAULT;
	close(fd[0]);
	close(fd[1]);
	return n;
}

static void moves(const char *what, int flags, int fd)
{
	char *to = reserve(), *p;

	printf("%s\n", what);
	p = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, fd, 0);
	CHECK(p != MAP_FAILED);
	(void)madvise(p, SIZE, MADV_NOHUGEPAGE);
	fill(p);
	show("before", p, SIZE);
	IS(mremap(p, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	show("moved", to, SIZE);
	T(areas(p, SIZE));
	// Its second half goes back, then the first one: they join.
	IS(mremap(to + SIZE / 2, SIZE / 2, SIZE / 2, MREMAP_MAYMOVE | MREMAP_FIXED, p + SIZE / 2) ==
		p + SIZE / 2);
	show("first half", to, SIZE / 2);
	IS(mremap(to, SIZE / 2, SIZE / 2, MREMAP_MAYMOVE | MREMAP_FIXED, p) == p);
	show("back", p, SIZE);
	T(areas(p, SIZE));
	T(areas(to, SIZE));
	if (fd >= 0) {
		T(ftruncate(fd, SIZE / 2));
		show("truncated", p, SIZE / 2);
		SHOW(beyond(p, SIZE));
	}
	T(munmap(p, SIZE));
}

int main(void)
{
	int fd;

	t_start();
	moves("private", MAP_PRIVATE | MAP_ANONYMOUS, -1);
	moves("shared", MAP_SHARED | MAP_ANONYMOUS, -1);
	t_tmpfs("");
	fd = open("f", O_RDWR | O_CREAT, 0600);
	T(ftruncate(fd, SIZE));
	moves("file", MAP_SHARED, fd);
	T(ftruncate(fd, SIZE));
	moves("copies of a file", MAP_PRIVATE, fd);
	return 0;
}
