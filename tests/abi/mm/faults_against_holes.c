// SPDX-License-Identifier: MPL-2.0
// Threads that touch a shared mapping while its file is cut: what the mapping shows afterwards is
// the file, never a page that it had before.
#include "../lib/t.h"

#define PAGES  16
#define ROUNDS 40

static char *map;
static volatile int stop;

/* By system calls: what lies behind the end of the file is an error, no signal. */
static void *touch(void *arg)
{
	char c = 0;
	unsigned i = (unsigned)(long)arg;

	while (!stop) {
		struct iovec own = { &c, 1 }, there = { map + (i++ % PAGES) * 4096, 1 };

		process_vm_readv(getpid(), &own, 1, &there, 1, 0);
	}
	return NULL;
}

static int stale(int fd)
{
	int i, n = 0;

	for (i = 0; i < PAGES; i++)
		CHECK(pwrite(fd, "n", 1, i * 4096) == 1);
	for (i = 0; i < PAGES; i++)
		n += *(volatile char *)(map + i * 4096) != 'n';
	return n;
}

int main(void)
{
	int fd, i, k, after_hole = 0, after_truncation = 0;
	pthread_t t[2];

	t_start();
	t_tmpfs("");
	fd = open("f", O_CREAT | O_RDWR, 0600);
	CHECK(ftruncate(fd, PAGES * 4096) == 0);
	map = mmap(NULL, PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	for (k = 0; k < 2; k++)
		CHECK(pthread_create(&t[k], NULL, touch, (void *)(long)(k * 5)) == 0);
	for (i = 0; i < ROUNDS; i++) {
		for (k = 0; k < PAGES; k++)
			CHECK(pwrite(fd, "o", 1, k * 4096) == 1);
		CHECK(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGES * 4096) ==
			0);
		after_hole += stale(fd);
		for (k = 0; k < PAGES; k++)
			CHECK(pwrite(fd, "o", 1, k * 4096) == 1);
		CHECK(ftruncate(fd, 4096) == 0 && ftruncate(fd, PAGES * 4096) == 0);
		after_truncation += stale(fd);
	}
	stop = 1;
	for (k = 0; k < 2; k++)
		pthread_join(t[k], NULL);
	SHOW(after_hole);
	SHOW(after_truncation);
	return 0;
}
