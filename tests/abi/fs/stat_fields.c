// SPDX-License-Identifier: MPL-2.0
// stat, lstat and fstatat: types, sizes, link counts, blocks, times that move, flags.
#include "../lib/t.h"

static int newer(struct timespec a, struct timespec b)
{
	return a.tv_sec > b.tv_sec || (a.tv_sec == b.tv_sec && a.tv_nsec > b.tv_nsec);
}

int main(void)
{
	struct stat a, b;
	int p[2];

	t_start();
	t_tmpfs("");
	t_file("f", "hello", 0640);
	CHECK(chown("f", 12, 34) == 0);
	T(stat("f", &a));
	SHOWO(a.st_mode);
	SHOW(a.st_uid);
	SHOW(a.st_gid);
	SHOW(a.st_size);
	SHOW(a.st_nlink);
	SHOW(a.st_blksize);
	SHOW(a.st_blocks);
	SHOW(a.st_rdev);
	link("f", "g");
	symlink("f", "l");
	T(stat("g", &b));
	IS(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	IS(newer(b.st_ctim, a.st_ctim) || b.st_ctim.tv_nsec == a.st_ctim.tv_nsec);
	T(lstat("l", &b));
	IS(a.st_ino != b.st_ino && a.st_dev == b.st_dev);
	T(fstatat(AT_FDCWD, "l", &b, 0));
	IS(a.st_ino == b.st_ino);
	T(fstatat(AT_FDCWD, "l", &b, AT_SYMLINK_NOFOLLOW));
	IS(S_ISLNK(b.st_mode));
	T(fstatat(AT_FDCWD, "l", &b, 0x10));
	T(fstatat(AT_FDCWD, "", &b, 0));
	T(fstatat(AT_FDCWD, "", &b, AT_EMPTY_PATH));
	IS(S_ISDIR(b.st_mode));
	T(fstatat(99, "", &b, AT_EMPTY_PATH));
	T(fstat(99, &b));
	T(stat("none", &b));
	T(stat("/proc", &b));
	IS(b.st_dev != a.st_dev);
	t_pipe(p);
	T(fstat(p[0], &a));
	T(fstat(p[1], &b));
	SHOWO(a.st_mode);
	IS(a.st_ino == b.st_ino);
	T(stat("/dev/null", &a));
	SHOWO(a.st_mode);
	SHOWX(a.st_rdev);
	utimensat(AT_FDCWD, "f", (struct timespec[2]){ { 1, 0 }, { 2, 0 } }, 0);
	stat("f", &a);
	int fd = open("f", O_RDWR);
	write(fd, "X", 1);
	stat("f", &b);
	IS(newer(b.st_mtim, a.st_mtim));
	IS(b.st_atim.tv_sec == 1);
	utimensat(AT_FDCWD, "f", (struct timespec[2]){ { 1, 0 }, { 2, 0 } }, 0);
	chmod("f", 0600);
	stat("f", &b);
	IS(b.st_mtim.tv_sec == 2);
	IS(b.st_ctim.tv_sec > 2);
	read(fd, &(char){ 0 }, 1);
	stat("f", &b);
	IS(b.st_atim.tv_sec > 1);
	mkdir("d", 0755);
	utimensat(AT_FDCWD, "d", (struct timespec[2]){ { 1, 0 }, { 2, 0 } }, 0);
	t_file("d/x", "", 0600);
	stat("d", &b);
	IS(b.st_mtim.tv_sec > 2);
	utimensat(AT_FDCWD, "d", (struct timespec[2]){ { 1, 0 }, { 2, 0 } }, 0);
	unlink("d/x");
	stat("d", &b);
	IS(b.st_mtim.tv_sec > 2);
	return 0;
}
