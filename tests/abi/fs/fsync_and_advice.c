// SPDX-License-Identifier: MPL-2.0
// fsync, fdatasync, sync, syncfs, posix_fadvise, readahead, sync_file_range: which descriptors they
// take.
#include "../lib/t.h"

int main(void)
{
	int p[2];

	t_start();
	t_tmpfs("");
	t_file("f", "data", 0644);
	int fd = open("f", O_RDWR), d = open(".", O_RDONLY), path = open("f", O_PATH);
	t_pipe(p);
	T(fsync(fd));
	T(fdatasync(fd));
	T(fsync(d));
	T(fsync(p[1]));
	T(fsync(99));
	T(fsync(path));
	T(syncfs(fd));
	T(syncfs(99));
	T((sync(), 0));
	T(syscall(SYS_fadvise64, fd, 0, 0, POSIX_FADV_WILLNEED));
	T(syscall(SYS_fadvise64, fd, 0, 0, 99));
	T(syscall(SYS_fadvise64, fd, 0, -1, POSIX_FADV_NORMAL));
	T(syscall(SYS_fadvise64, p[0], 0, 0, POSIX_FADV_NORMAL));
	T(syscall(SYS_fadvise64, 99, 0, 0, POSIX_FADV_NORMAL));
	T(syscall(SYS_sync_file_range, fd, 0, 0, 99));
	T(syscall(SYS_sync_file_range, fd, -1, 0, 2));
	return 0;
}
