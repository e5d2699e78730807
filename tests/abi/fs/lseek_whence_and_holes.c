// SPDX-License-Identifier: MPL-2.0
// lseek: every whence, bad results, SEEK_DATA and SEEK_HOLE on a sparse tmpfs file.
#include "../lib/t.h"

int main(void)
{
	t_start();
	t_tmpfs("");
	int fd = T(open("f", O_RDWR | O_CREAT, 0600));
	T(lseek(fd, 0, SEEK_END));
	T(lseek(fd, 0, SEEK_DATA));
	T(lseek(fd, 0, SEEK_HOLE));
	T(lseek(fd, -1, SEEK_SET));
	T(lseek(fd, -1, SEEK_CUR));
	T(lseek(fd, 0, 7));
	T(lseek(fd, 100, SEEK_SET));
	T(lseek(fd, -50, SEEK_CUR));
	T(lseek(fd, -51, SEEK_CUR));
	T(lseek(fd, 0, SEEK_CUR));
	T(lseek(fd, LONG_MAX, SEEK_CUR));
	T(lseek(fd, 10, SEEK_END));
	T(read(fd, &(char){ 0 }, 1));
	T(ftruncate(fd, 65536));
	T(pwrite(fd, "x", 1, 32768));
	T(lseek(fd, 0, SEEK_DATA));
	T(lseek(fd, 32768, SEEK_HOLE));
	T(lseek(fd, 32769, SEEK_DATA));
	T(lseek(fd, 0, SEEK_HOLE));
	T(lseek(fd, 40000, SEEK_DATA));
	T(lseek(fd, 65535, SEEK_HOLE));
	T(lseek(fd, 65536, SEEK_HOLE));
	T(lseek(fd, 65536, SEEK_DATA));
	T(lseek(fd, -1, SEEK_DATA));
	T(lseek(99, 0, SEEK_SET));
	int d = T(open(".", O_RDONLY));
	T(lseek(d, 0, SEEK_SET));
	int z = T(open("/dev/null", O_RDWR));
	T(lseek(z, 10, SEEK_SET));
	T(lseek(z, 0, SEEK_END));
	return 0;
}
