// SPDX-License-Identifier: MPL-2.0
// A write after mprotect reaches the device, as any other write through a shared mapping.
#include "../lib/t.h"
#include <linux/fs.h>

static int byte_of(int fd)
{
	char c = 0;

	CHECK(pread(fd, &c, 1, 0) == 1);
	return c;
}

int main(void)
{
	int fd;
	char *s;

	t_start();
	fd = open("/dev/ram0", O_RDWR);
	CHECK(pwrite(fd, "a", 1, 0) == 1);
	T(close(fd));
	fd = open("/dev/ram0", O_RDWR);
	s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	printf("read %c\n", *(volatile char *)s);
	T(mprotect(s, 4096, PROT_READ));
	T(mprotect(s, 4096, PROT_READ | PROT_WRITE));
	*(volatile char *)s = 'b';
	T(munmap(s, 4096));
	T(close(fd)); /* the last one: what is clean leaves the cache */
	fd = open("/dev/ram0", O_RDWR);
	printf("the device has %c\n", byte_of(fd));
	return 0;
}
