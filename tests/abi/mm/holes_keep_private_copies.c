// SPDX-License-Identifier: MPL-2.0
// A hole in a file takes its pages from every mapping, but not the copies that private mappings
// have made; truncation takes these, too.
#include "../lib/t.h"
#include <setjmp.h>

#define PAGES 40

static sigjmp_buf out;

static void on_bus(int sig, siginfo_t *info, void *ctx)
{
	siglongjmp(out, 1);
}

static int byte_at(volatile char *p)
{
	return sigsetjmp(out, 1) ? -1 : *p;
}

int main(void)
{
	char *own, *shared, text[] = "file";
	int fd, i, sum;

	t_start();
	t_tmpfs("");
	t_handle(SIGBUS, on_bus, 0);
	fd = open("f", O_CREAT | O_RDWR, 0600);
	CHECK(ftruncate(fd, PAGES * 4096L) == 0);
	for (i = 0; i < PAGES; i++)
		CHECK(pwrite(fd, text, sizeof(text), i * 4096L) == sizeof(text));
	own = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	shared = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (i = 0, sum = 0; i < PAGES; i++)
		sum += own[i * 4096] + shared[i * 4096];
	SHOW(sum);
	own[0] = 'A';
	own[20 * 4096] = 'B';
	own[39 * 4096] = 'C';
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
	SHOW(own[0]);
	SHOW(shared[0]);
	SHOW(own[4096]);
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 2 * 4096, 30 * 4096L));
	SHOW(own[19 * 4096]);
	SHOW(own[20 * 4096]);
	SHOW(own[21 * 4096]);
	SHOW(shared[20 * 4096]);
	SHOW(own[32 * 4096]);
	T(madvise(shared + 39 * 4096, 4096, MADV_REMOVE));
	SHOW(own[39 * 4096]);
	SHOW(shared[39 * 4096]);
	/* A hole of nearly all that a file can be, under a mapping as large as the file. */
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 1L << 60));
	SHOW(own[20 * 4096]);
	SHOW(own[38 * 4096]);
	T(ftruncate(fd, 21 * 4096L));
	SHOW(byte_at(own + 20 * 4096));
	SHOW(byte_at(own + 39 * 4096));
	T(ftruncate(fd, 4096));
	SHOW(byte_at(own));
	SHOW(byte_at(own + 20 * 4096));
	T(ftruncate(fd, PAGES * 4096L));
	SHOW(byte_at(own + 20 * 4096));
	return 0;
}
