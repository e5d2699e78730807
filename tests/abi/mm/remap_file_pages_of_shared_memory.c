// SPDX-License-Identifier: MPL-2.0
// remap_file_pages: pages of a shared mapping in another order, and what is refused.
#include "../lib/t.h"

#define PAGE 4096

static int remap(void *p, size_t size, unsigned long prot, size_t pgoff, unsigned long flags)
{
	return syscall(SYS_remap_file_pages, p, size, prot, pgoff, flags);
}

/* The first byte of each page. */
static void show(const char *m, int n)
{
	for (int i = 0; i < n; i++)
		putchar(m[(size_t)i * PAGE] ? m[(size_t)i * PAGE] : '0');
	putchar('\n');
}

int main(void)
{
	int fd, r;
	char *m, *n;

	t_start();
	t_tmpfs("");
	fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK(!ftruncate(fd, 8 * PAGE));
	m = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(m != MAP_FAILED);
	for (int i = 0; i < 8; i++)
		m[i * PAGE] = 'a' + i;
	T(remap(m, PAGE, 0, 7, 0));
	show(m, 8);
	T(remap(m + 7 * PAGE, PAGE, 0, 0, MAP_NONBLOCK));
	T(remap(m + 2 * PAGE, 2 * PAGE, 0, 5, 0));
	show(m, 8);
	m[0] = 'H';
	m[3 * PAGE] = 'G';
	n = mmap(NULL, 8 * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	show(n, 8);
	/* Over several pieces, and back in order. */
	T(remap(m, 8 * PAGE, 0, 0, 0));
	show(m, 8);
	T(remap(m + 10, PAGE + 10, 0, 3, 0));
	show(m, 8);
	/* A mapping that may only be read stays so. */
	T(remap(n, 2 * PAGE, 0, 4, 0));
	show(n, 8);
	T(mprotect(n, PAGE, PROT_READ | PROT_WRITE));
	T(mprotect(n + PAGE, PAGE, PROT_NONE));
	T(remap(n, 2 * PAGE, 0, 0, 0));
	/* Refused. */
	T(remap(m, PAGE, PROT_READ, 0, 0));
	T(remap(m, 0, 0, 0, 0));
	T(remap(m, 100, 0, 0, 0));
	T(remap(m, -PAGE, 0, 0, 0));
	T(remap(m, PAGE, 0, -1ul, 0));
	T(remap(m + 7 * PAGE, 2 * PAGE, 0, 0, 0));
	munmap(m + 3 * PAGE, PAGE);
	T(remap(m + 2 * PAGE, 3 * PAGE, 0, 0, 0));
	T(remap(m + 3 * PAGE, PAGE, 0, 0, 0));
	show(m, 3);
	r = open("f", O_RDWR);
	CHECK(mmap(m + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, r, 0) !=
		MAP_FAILED);
	T(remap(m + 3 * PAGE, PAGE, 0, 2, 0));
	m = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	T(remap(m, PAGE, 0, 1, 0));
	m = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	T(remap(m, PAGE, 0, 1, 0));
	/* Shared memory without a name. */
	m = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 4; i++)
		m[i * PAGE] = '1' + i;
	T(remap(m, PAGE, 0, 3, 0));
	T(remap(m + 3 * PAGE, PAGE, 0, 0, 0));
	show(m, 4);
	m[0] = 'x';
	T(remap(m, 4 * PAGE, 0, 0, 0));
	show(m, 4);
	if (!t_fork()) {
		m[PAGE] = 'y';
		exit(0);
	}
	t_wait(-1);
	show(m, 4);
	return 0;
}
