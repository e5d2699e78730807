// SPDX-License-Identifier: MPL-2.0
// RESOLVE_NO_XDEV: no way out of the mount by absolute links, by creating what is mounted over, or
// by ".." of a place that is.
#include "../lib/t.h"
#include <linux/openat2.h>

static int no_xdev(int dir, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags, .mode = flags & O_CREAT ? 0600 : 0, .resolve = RESOLVE_NO_XDEV
	};
	int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));

	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

int main(void)
{
	char here[256], link_to[300];
	int dir, sub;

	t_start();
	CHECK(getcwd(here, sizeof(here)));
	mkdir("m", 0755);
	t_file("file", "", 0644);
	CHECK(mount("t", "m", "tmpfs", 0, "") == 0);
	snprintf(link_to, sizeof(link_to), "%s/file", here);
	CHECK(symlink(link_to, "m/to_file") == 0);
	CHECK(symlink(here, "m/to_dir") == 0);
	CHECK(symlink("../file", "m/up") == 0);
	CHECK(symlink("inside", "m/near") == 0);
	mkdir("m/sub", 0755);
	t_file("m/inside", "", 0644);
	t_file("m/over", "", 0644);
	t_file("m/place", "", 0644);
	dir = open("m", O_DIRECTORY);
	sub = open("m/sub", O_DIRECTORY);
	T(no_xdev(dir, "near", O_RDONLY));
	T(no_xdev(dir, "near", O_RDWR | O_CREAT));
	T(no_xdev(sub, "../inside", O_RDONLY));
	T(no_xdev(dir, "to_file", O_RDONLY));
	T(no_xdev(dir, "to_dir/file", O_RDONLY));
	T(no_xdev(dir, "to_file", O_RDWR | O_CREAT));
	T(no_xdev(dir, "up", O_RDONLY));
	T(no_xdev(dir, link_to, O_RDONLY));
	T(no_xdev(dir, "/proc/self", O_PATH));
	CHECK(mount("m/over", "m/place", NULL, MS_BIND, NULL) == 0);
	T(no_xdev(dir, "place", O_RDWR));
	T(no_xdev(dir, "place", O_RDWR | O_CREAT));
	T(no_xdev(dir, "fresh", O_RDWR | O_CREAT));
	/* What is mounted on m covers it, also for who comes up from below. */
	CHECK(mount("t", "m", "tmpfs", 0, "") == 0);
	T(no_xdev(sub, "..", O_PATH));
	CHECK(umount2("m", 0) == 0);
	T(no_xdev(sub, "..", O_PATH));
	close(dir);
	close(sub);
	CHECK(umount2("m/place", 0) == 0);
	T(umount2("m", 0));
	return 0;
}
