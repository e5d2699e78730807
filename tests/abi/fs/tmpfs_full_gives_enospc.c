// SPDX-License-Identifier: MPL-2.0
// A tmpfs with a size and an inode limit: ENOSPC, short writes, and room again after a removal.
#include "../lib/t.h"
#include <sys/vfs.h>

int main(void)
{
	static char block[16384];
	struct statfs sf;
	int made = 0;

	t_start();
	t_tmpfs("size=64k,nr_inodes=6");
	T(statfs(".", &sf));
	SHOWX(sf.f_type);
	SHOW(sf.f_bsize);
	SHOW(sf.f_blocks);
	SHOW(sf.f_bfree);
	SHOW(sf.f_files);
	SHOW(sf.f_ffree);
	SHOW(sf.f_namelen);
	int fd = T(open("f", O_RDWR | O_CREAT, 0600));
	for (int i = 0; i < 4; i++)
		T(write(fd, block, sizeof(block)));
	T(write(fd, block, 1));
	T(pwrite(fd, block, 1, 100));
	T(statfs(".", &sf));
	SHOW(sf.f_bfree);
	T(ftruncate(fd, 65536 - 4096));
	T(lseek(fd, 0, SEEK_END));
	T(write(fd, block, 8192));
	T(ftruncate(fd, 0));
	for (int i = 0; i < 10; i++) {
		char name[16];

		snprintf(name, sizeof(name), "n%d", i);
		if (mkdir(name, 0700) < 0) {
			printf("mkdir: %s\n", t_errname(errno));
			break;
		}
		made++;
	}
	SHOW(made);
	T(rmdir("n0"));
	T(open("again", O_RDWR | O_CREAT, 0600));
	T(fallocate(fd, 0, 0, 1 << 20));
	T(unlink("f"));
	T(write(fd, block, 100));
	return 0;
}
