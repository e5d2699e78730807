// SPDX-License-Identifier: MPL-2.0
/*
 * Mapping and page faults. A fault row times only the touches, one a page. Huge pages are asked
 * off: the rows are about the cost of one fault.
 */
#include "bench.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define PAGES 256u /* of a fault row's region */
#define SIZE  (PAGES * 4096ul)
static int fd;

static void touch(char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 4096)
		((volatile char *)p)[i] = 1;
}
static void look(const char *p, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += 4096)
		(void)((const volatile char *)p)[i];
}
static char *map(size_t size, int flags, int file)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, file, 0);

	NEED(p != MAP_FAILED);
	return p;
}

static u64 run_map_untouched(unsigned n)
{
	TIMED(n, {
		char *p = map(KIB64, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		munmap(p, KIB64);
	});
}
static u64 run_map_touched(unsigned n)
{
	TIMED(n, {
		char *p = map(KIB64, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		touch(p, KIB64);
		munmap(p, KIB64);
	});
}
static u64 run_protect(unsigned n)
{
	static char *p;

	if (!p) {
		p = map(KIB64, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		touch(p, KIB64);
	}
	TIMED(n, {
		NEED(mprotect(p, KIB64, PROT_READ) == 0);
		NEED(mprotect(p, KIB64, PROT_READ | PROT_WRITE) == 0);
	});
}
static u64 run_brk(unsigned n)
{
	u64 at = (u64)syscall(SYS_brk, 0);

	TIMED(n, {
		syscall(SYS_brk, at + KIB64);
		syscall(SYS_brk, at);
	});
}

/* n faults, in regions of PAGES. */
static u64 faults(unsigned n, int flags, int file, void (*use)(char *, size_t))
{
	u64 sum = 0, start;
	unsigned pages;
	char *p;

	while (n) {
		pages = n < PAGES ? n : PAGES;
		p = map(SIZE, flags, file);
		madvise(p, SIZE, MADV_NOHUGEPAGE);
		start = timed_start();
		use(p, pages * 4096ul);
		sum += timed_end(start);
		munmap(p, SIZE);
		n -= pages;
	}
	return sum;
}
static void use_look(char *p, size_t size)
{
	look(p, size);
}
static u64 run_anon_fault(unsigned n)
{
	return faults(n, MAP_PRIVATE | MAP_ANONYMOUS, -1, touch);
}
static u64 run_file_fault(unsigned n)
{
	return faults(n, MAP_SHARED, fd, use_look);
}

/* Pages that a child shares: the child's stores copy. It tells its time through a shared page. */
static u64 run_cow_fault(unsigned n)
{
	static char *region;
	static u64 *result;
	unsigned pages;
	u64 sum = 0;
	int status;

	if (!region) {
		region = map(SIZE, MAP_PRIVATE | MAP_ANONYMOUS, -1);
		madvise(region, SIZE, MADV_NOHUGEPAGE);
		touch(region, SIZE);
		result = (u64 *)map(4096, MAP_SHARED | MAP_ANONYMOUS, -1);
	}
	while (n) {
		pages = n < PAGES ? n : PAGES;
		if (fork() == 0) {
			u64 start = timed_start();
			touch(region, pages * 4096ul);
			*result = timed_end(start);
			_exit(0);
		}
		NEED(wait(&status) > 0);
		sum += *result;
		n -= pages;
	}
	return sum;
}

static int make_file(void)
{
	static char page[4096];
	unsigned i;

	fd = open("mapped", O_RDWR | O_CREAT, 0644);
	NEED(fd >= 0);
	for (i = 0; i < PAGES; i++)
		NEED(pwrite(fd, page, sizeof page, i * 4096l) == sizeof page);
	return 0;
}

const struct row rows_memory[] = {
	{ "mmap+munmap, 64 KiB untouched", NULL, run_map_untouched },
	{ "mmap+munmap, 64 KiB touched", NULL, run_map_touched },
	{ "mprotect twice, 64 KiB touched", NULL, run_protect },
	{ "brk up and down", NULL, run_brk },
	{ "anonymous fault", NULL, run_anon_fault },
	{ "file fault", make_file, run_file_fault },
	{ "copy-on-write fault", NULL, run_cow_fault },
	{ NULL, NULL, NULL },
};
