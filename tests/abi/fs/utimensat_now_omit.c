// SPDX-License-Identifier: MPL-2.0
// utimensat: UTIME_NOW, UTIME_OMIT, bad nanoseconds, links, rights of owner and others.
#include "../lib/t.h"

static void times_of(const char *path)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0);
	if (st.st_atim.tv_sec > 1000000)
		printf("%s: atime now,", path);
	else
		printf("%s: atime %ld.%09ld,", path, (long)st.st_atim.tv_sec, st.st_atim.tv_nsec);
	if (st.st_mtim.tv_sec > 1000000)
		printf(" mtime now\n");
	else
		printf(" mtime %ld.%09ld\n", (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static int set(const char *path, long as, long an, long ms, long mn, int flags)
{
	struct timespec ts[2] = { { as, an }, { ms, mn } };

	return utimensat(AT_FDCWD, path, ts, flags);
}

int main(void)
{
	struct timespec now;

	t_start();
	t_tmpfs("");
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec < 2000000)
		clock_settime(CLOCK_REALTIME, &(struct timespec){ 1700000000, 0 });
	t_file("f", "", 0644);
	symlink("f", "l");
	T(set("f", 10, 20, 30, 999999999, 0));
	times_of("f");
	T(set("f", 1, UTIME_OMIT, 40, 0, 0));
	times_of("f");
	T(set("f", 0, UTIME_NOW, 0, UTIME_OMIT, 0));
	times_of("f");
	T(set("f", 5, 6, 7, 8, 0));
	T(set("f", 9, UTIME_OMIT, 9, UTIME_OMIT, 0));
	times_of("f");
	T(set("f", 0, 1000000000, 0, 0, 0));
	T(set("f", 0, -1, 0, 0, 0));
	T(set("none", 0, UTIME_OMIT, 0, UTIME_OMIT, 0));
	T(set("l", 100, 0, 200, 0, AT_SYMLINK_NOFOLLOW));
	times_of("l");
	times_of("f");
	T(set("l", 300, 0, 400, 0, 0));
	times_of("f");
	T(set("f", 0, 0, 0, 0, 0x8000));
	T(set("", 0, 0, 0, 0, 0));
	int fd = open("f", O_RDONLY);
	T(futimens(fd, (struct timespec[2]){ { 11, 0 }, { 12, 0 } }));
	times_of("f");
	T(syscall(SYS_utimensat, fd, NULL, NULL, 0));
	times_of("f");
	T(syscall(SYS_utimensat, 99, NULL, NULL, 0));
	T(syscall(SYS_utimensat, AT_FDCWD, NULL, NULL, 0));
	t_file("w", "", 0666);
	CHECK(chmod("w", 0666) == 0);
	IN_CHILD("user", {
		t_drop_root(1000);
		T(set("f", 0, UTIME_NOW, 0, UTIME_NOW, 0));
		T(set("f", 1, 1, 1, 1, 0));
		T(set("w", 1, 1, 1, 1, 0));
		T(set("w", 0, UTIME_NOW, 0, UTIME_NOW, 0));
		T(set("w", 0, UTIME_NOW, 0, UTIME_OMIT, 0));
		T(utimensat(AT_FDCWD, "w", NULL, 0));
		T(utimensat(AT_FDCWD, "f", NULL, 0));
	});
	return 0;
}
