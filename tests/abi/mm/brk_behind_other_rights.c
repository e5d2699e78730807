// SPDX-License-Identifier: MPL-2.0
// The heap grows with its own rights, whatever mprotect did to its end; a shared mapping of /dev/zero
// keeps the length that it began with.
#include "../lib/t.h"
#include <sys/mman.h>

int main(void)
{
	char *p, *q;
	pid_t pid;
	int fd;

	t_start();
	CHECK(sbrk(-(intptr_t)sbrk(0) & 4095) != (void *)-1);
	p = sbrk(4096);
	CHECK(mprotect(p, 4096, PROT_READ) == 0);
	q = sbrk(4096);
	IS(q == p + 4096);
	*q = 1;
	printf("written\n");
	CHECK(mprotect(p, 4096, PROT_READ | PROT_WRITE) == 0);
	fd = open("/dev/zero", O_RDWR);
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	p = mremap(p, 4096, 16384, MREMAP_MAYMOVE);
	IS(p != MAP_FAILED);
	p[4095] = 1;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		p[4096] = 1;
		_exit(0);
	}
	t_status("beyond the end", t_wait(pid));
	return 0;
}
