// SPDX-License-Identifier: MPL-2.0
// utime, utimes, futimesat and time by their own numbers.
#include "../lib/t.h"
#include <utime.h>

#define utime_(path, t)          syscall(132, path, t)
#define time_(p)                 syscall(201, p)
#define utimes_(path, t)         syscall(235, path, t)
#define futimesat_(dir, path, t) syscall(261, dir, path, t)

static void of(const char *path)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0);
	printf("%s: %ld.%09ld %ld.%09ld\n", path, (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
		(long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static bool recent(const char *path)
{
	struct stat st;
	time_t now = time(NULL);

	CHECK(stat(path, &st) == 0);
	return st.st_mtime >= now - 20 && st.st_mtime <= now && st.st_atime >= now - 20;
}

int main(void)
{
	struct timeval two[2] = { { 1000, 5 }, { 2000, 999999 } };

	t_start();
	t_file("f", "x", 0644);
	symlink("f", "l");
	symlink("none", "dangling");
	T(utime_("f", &((struct utimbuf){ 100, 200 })));
	of("f");
	T(utime_("l", &((struct utimbuf){ 300, -1 })));
	of("f");
	T(utime_("f", NULL));
	IS(recent("f"));
	T(utime_("none", NULL));
	T(utime_("dangling", NULL));
	T(utime_((char *)8, NULL));
	T(utime_("f", (void *)8));
	T(utimes_("f", two));
	of("f");
	two[0].tv_usec = 1000000;
	T(utimes_("f", two));
	two[0].tv_usec = -1;
	T(utimes_("f", two));
	two[0] = (struct timeval){ 1l << 31, 0 };
	T(utimes_("l", two));
	of("f");
	T(utimes_("f", NULL));
	IS(recent("f"));
	T(utimes_("f", (void *)8));
	T(utimes_("", two));
	mkdir("d", 0755);
	t_file("d/g", "x", 0644);
	int dir = open("d", O_RDONLY), fd = open("d/g", O_RDONLY);
	T(futimesat_(dir, "g", two));
	of("d/g");
	two[1].tv_sec = 5;
	T(futimesat_(fd, NULL, two));
	of("d/g");
	T(futimesat_(AT_FDCWD, "f", two));
	of("f");
	T(futimesat_(AT_FDCWD, NULL, two));
	T(futimesat_(99, "g", two));
	T(futimesat_(99, NULL, two));
	T(futimesat_(fd, "g", two));
	T(futimesat_(dir, "none", NULL));
	IN_CHILD("not the owner", {
		t_drop_root(1000);
		T(utime_("f", NULL));
		T(utime_("f", &((struct utimbuf){ 1, 2 })));
		T(utimes_("f", two));
	});

	long a = time(NULL), stored = 0, b = time_(&stored), c = time_(NULL);
	IS(b >= a && b <= a + 20 && stored == b && c >= b);
	T(time_((void *)8));
	T(time_((void *)-8));
	return 0;
}
