// SPDX-License-Identifier: MPL-2.0
// statx agrees with stat, gives the basic mask, and refuses reserved bits.
#include "../lib/t.h"
#include <linux/stat.h>
#include <sys/sysmacros.h>

static long sx(int dfd, const char *p, int flags, unsigned mask, void *out)
{
	return syscall(SYS_statx, dfd, p, flags, mask, out);
}

int main(void)
{
	struct statx x;
	struct stat st;

	t_start();
	t_file("f", "hello", 0640);
	symlink("f", "l");
	T(sx(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x));
	CHECK(stat("f", &st) == 0);
	IS((x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS);
	IS(x.stx_mode == st.st_mode && x.stx_ino == st.st_ino &&
		x.stx_size == (uint64_t)st.st_size);
	IS(x.stx_nlink == st.st_nlink && x.stx_uid == st.st_uid &&
		x.stx_blocks == (uint64_t)st.st_blocks);
	IS(makedev(x.stx_dev_major, x.stx_dev_minor) == st.st_dev);
	IS(x.stx_mtime.tv_sec == st.st_mtim.tv_sec && x.stx_mtime.tv_nsec == st.st_mtim.tv_nsec);
	T(sx(AT_FDCWD, "f", 0, 0, &x));
	T(sx(AT_FDCWD, "l", AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x));
	IS((x.stx_mode & S_IFMT) == S_IFLNK);
	T(sx(AT_FDCWD, "f", 0, 0x80000000u, &x));
	T(sx(AT_FDCWD, "f", 0x10, STATX_TYPE, &x));
	T(sx(AT_FDCWD, "f", AT_STATX_FORCE_SYNC | AT_STATX_DONT_SYNC, STATX_TYPE, &x));
	T(sx(AT_FDCWD, "f", AT_STATX_DONT_SYNC, STATX_TYPE, &x));
	T(sx(AT_FDCWD, "none", 0, STATX_TYPE, &x));
	T(sx(AT_FDCWD, "", 0, STATX_TYPE, &x));
	T(sx(AT_FDCWD, "", AT_EMPTY_PATH, STATX_TYPE, &x));
	IS((x.stx_mode & S_IFMT) == S_IFDIR);
	int fd = open("f", O_RDONLY);
	T(sx(fd, "", AT_EMPTY_PATH, STATX_SIZE, &x));
	SHOW(x.stx_size);
	T(sx(fd, "f", 0, STATX_SIZE, &x));
	T(sx(99, "", AT_EMPTY_PATH, STATX_SIZE, &x));
	T(sx(AT_FDCWD, "/dev/null", 0, STATX_TYPE, &x));
	SHOW(x.stx_rdev_major);
	SHOW(x.stx_rdev_minor);
	T(sx(AT_FDCWD, "f", 0, STATX_TYPE, NULL));
	return 0;
}
