// SPDX-License-Identifier: MPL-2.0
// What memory could never back is refused, whichever call asks for it; address space alone is not.
#include "../lib/t.h"

#define MUCH (64ul << 30)

int main(void)
{
	char *p, *brk0;
	int fd;

	t_start();
	TOK(mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	TOK(mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	TOK(mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		0));
	TOK(p = mmap(NULL, MUCH, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	TOK(munmap(p, MUCH));
	TOK(p = mmap(NULL, MUCH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	TOK(mprotect(p, MUCH, PROT_READ | PROT_WRITE));
	TOK(mprotect(p, 4096, PROT_READ | PROT_WRITE));
	TOK(munmap(p, MUCH));
	TOK(p = mmap(NULL, MUCH, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	TOK(mprotect(p, MUCH, PROT_READ | PROT_WRITE));
	TOK(munmap(p, MUCH));
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	TOK(mremap(p, 4096, MUCH, MREMAP_MAYMOVE));
	TOK(mremap(p, 4096, MUCH, 0));
	brk0 = sbrk(0);
	TOK(brk(brk0 + MUCH));
	IS(sbrk(0) == brk0);
	fd = open("f", O_RDWR | O_CREAT, 0644);
	TOK(mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0));
	TOK(mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
	SHOWS(t_slurp("/proc/sys/vm/overcommit_memory"));
	return 0;
}
