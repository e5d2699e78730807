// SPDX-License-Identifier: MPL-2.0
// A write behind the end whose source cannot be read leaves the size as it is.
#include "../lib/t.h"

static void sizes(int fd)
{
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	SHOW(st.st_size);
}

int main(void)
{
	char *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd;

	t_start();
	t_tmpfs("");
	CHECK(two != MAP_FAILED && munmap(two + 4096, 4096) == 0);
	memset(two, 'x', 4096);
	fd = open("file", O_CREAT | O_RDWR, 0600);
	T(pwrite(fd, two + 4096, 100, 10000));
	sizes(fd);
	T(pwrite(fd, two + 4096, 100, 0));
	sizes(fd);
	T(pwrite(fd, two, 200, 10000));
	sizes(fd);
	T(pwrite(fd, two + 4096, 100, 20000));
	sizes(fd);
	return 0;
}
