// SPDX-License-Identifier: MPL-2.0
// read, write, pread, pwrite and their vector forms: offsets, short counts, errors.
#include "../lib/t.h"

int main(void)
{
	char a[16] = "", b[16] = "";
	struct iovec v[3] = { { a, 3 }, { NULL, 0 }, { b, 5 } };
	int p[2];

	t_start();
	int fd = T(open("f", O_RDWR | O_CREAT, 0600));
	T(write(fd, "0123456789", 10));
	T(read(fd, a, 4));
	T(pread(fd, a, 4, 2));
	t_text("pread", a, 4);
	T(lseek(fd, 0, SEEK_CUR));
	T(pread(fd, a, 4, 8));
	T(pread(fd, a, 4, 10));
	T(pread(fd, a, 4, 1000));
	T(pread(fd, a, 4, -1));
	T(pwrite(fd, a, 4, -1));
	T(pwrite(fd, "ZZ", 2, 12));
	T(lseek(fd, 0, SEEK_END));
	T(pread(fd, a, 16, 8));
	t_text("hole", a, 6);
	T(lseek(fd, 1, SEEK_SET));
	T(readv(fd, v, 3));
	t_text("a", a, 3);
	t_text("b", b, 5);
	T(lseek(fd, 0, SEEK_CUR));
	T(preadv(fd, v, 3, 9));
	T(lseek(fd, 0, SEEK_CUR));
	T(readv(fd, v, 0));
	T(readv(fd, v, -1));
	T(readv(fd, v, 1025));
	T(readv(fd, NULL, 0));
	v[0].iov_len = (size_t)-1;
	T(readv(fd, v, 3));
	v[0].iov_len = 3;
	T(preadv2(fd, v, 3, -1, 0));
	T(preadv2(fd, v, 3, 0, 0x4000));
	T(preadv2(fd, v, 3, -2, 0));
	T(pwritev2(fd, v, 3, -1, 0x4000));
	T(read(fd, a, 0));
	T(write(fd, a, 0));
	T(read(99, a, 0));
	T(read(-1, a, 1));
	int ro = T(open("f", O_RDONLY));
	int wo = T(open("f", O_WRONLY));
	T(write(ro, a, 1));
	T(read(wo, a, 1));
	T(pwrite(ro, a, 1, 0));
	T(pread(wo, a, 1, 0));
	T(writev(ro, v, 3));
	int d = T(open(".", O_RDONLY));
	T(read(d, a, 1));
	T(pread(d, a, 1, 0));
	T(write(d, a, 1));
	t_pipe(p);
	T(pread(p[0], a, 1, 0));
	T(pwrite(p[1], a, 1, 0));
	T(lseek(p[0], 0, SEEK_CUR));
	T(preadv(p[0], v, 1, 0));
	return 0;
}
