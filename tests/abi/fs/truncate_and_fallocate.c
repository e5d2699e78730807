// SPDX-License-Identifier: MPL-2.0
// truncate, ftruncate and fallocate on tmpfs: sizes, blocks, zeroes, errors.
#include "../lib/t.h"

static void sizes(int fd)
{
	struct stat st;

	CHECK(fstat(fd, &st) == 0);
	printf("size %ld, blocks %ld\n", (long)st.st_size, (long)st.st_blocks);
}

int main(void)
{
	char buf[8];
	int p[2];

	t_start();
	t_tmpfs("");
	int fd = T(open("f", O_RDWR | O_CREAT, 0600));
	T(write(fd, "abcdefgh", 8));
	sizes(fd);
	T(ftruncate(fd, 3));
	T(ftruncate(fd, 8));
	T(pread(fd, buf, 8, 0));
	t_hex("grown", buf, 8);
	T(ftruncate(fd, 1 << 20));
	sizes(fd);
	T(ftruncate(fd, -1));
	T(truncate("f", -1));
	T(truncate("f", 0));
	sizes(fd);
	T(truncate("none", 0));
	T(truncate(".", 0));
	T(truncate("", 0));
	int ro = T(open("f", O_RDONLY));
	T(ftruncate(ro, 0));
	t_pipe(p);
	T(ftruncate(p[1], 0));
	T(fallocate(fd, 0, 0, 8192));
	sizes(fd);
	T(fallocate(fd, FALLOC_FL_KEEP_SIZE, 8192, 4096));
	sizes(fd);
	T(pwrite(fd, "data", 4, 4096));
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 4096, 4096));
	T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4096, 4096));
	T(pread(fd, buf, 4, 4096));
	t_hex("punched", buf, 4);
	sizes(fd);
	T(fallocate(fd, 0, -1, 10));
	T(fallocate(fd, 0, 0, 0));
	T(fallocate(fd, 0, 0, -5));
	T(fallocate(fd, 0x4000, 0, 1));
	T(fallocate(ro, 0, 0, 1));
	T(fallocate(p[1], 0, 0, 1));
	T(fallocate(99, 0, 0, 1));
	T(fallocate(fd, 0, LONG_MAX - 1, 1000));
	return 0;
}
