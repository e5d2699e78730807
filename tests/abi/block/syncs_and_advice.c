// SPDX-License-Identifier: MPL-2.0
// fsync and its kind, synchronous writes, advice.
#include "../lib/t.h"
#include <linux/fs.h>
#include <sys/file.h>

int main(void)
{
	static char b[65536];

	t_start();
	int fd = open("/dev/ram0", O_RDWR), s = open("/dev/ram0", O_RDWR | O_SYNC),
	    ro = open("/dev/ram0", O_RDONLY);
	T(fsync(fd));
	T(pwrite(fd, b, 65536, 1000));
	T(fsync(fd));
	T(fsync(ro));
	T(fdatasync(fd));
	T(pwrite(s, b, 100, 1000));
	T(pwritev2(fd, &(struct iovec){ b, 100 }, 1, 5000, RWF_DSYNC));
	T((sync(), 0));
	T(syncfs(fd));
	T(syscall(SYS_sync_file_range, fd, 0, 4096, 7));
	T(syscall(SYS_sync_file_range, fd, 0, 0, 2));
	T(syscall(SYS_sync_file_range, fd, -1, 0, 2));
	T(syscall(SYS_sync_file_range, fd, 0, 0, 99));
	for (int i = 0; i < 6; i++) {
		T(posix_fadvise(fd, 0, 0, i));
		T(posix_fadvise(fd, 4096, 100000, i));
		CHECK(pread(fd, b, 65536, 1000) == 65536);
	}
	T(posix_fadvise(fd, 0, -1, POSIX_FADV_WILLNEED));
	T(posix_fadvise(fd, 0, 0, 77));
	T(readahead(fd, 0, 100000));
	T(fallocate(fd, 0, 0, 4096));
	T(flock(fd, LOCK_EX | LOCK_NB));
	T(flock(ro, LOCK_EX | LOCK_NB));
	return 0;
}
