// SPDX-License-Identifier: MPL-2.0
// A remount to read-only that is refused changes nothing; deleted files that are open prevent it; a
// read-only mount of a file system hides no writer.
#include "../lib/t.h"

static int remount(unsigned long flags, const char *options)
{
	return mount(NULL, "a", NULL, MS_REMOUNT | flags, options);
}

static int can_write(void)
{
	int fd = open("a/probe", O_CREAT | O_WRONLY, 0600);

	if (fd < 0)
		return -1;
	close(fd);
	return unlink("a/probe");
}

int main(void)
{
	int fd, dir;

	t_start();
	mkdir("a", 0755);
	mkdir("b", 0755);
	CHECK(mount("t", "a", "tmpfs", 0, "size=1m") == 0);
	T(remount(MS_RDONLY, "size=bad"));
	T(can_write());
	T(remount(MS_RDONLY, "nonsense=1"));
	T(can_write());
	CHECK((fd = open("a/f", O_CREAT | O_RDWR, 0600)) >= 0);
	T(write(fd, "0123456789", 10));
	T(ftruncate(fd, 600 * 1024));
	T(remount(MS_RDONLY, "size=4k"));
	T(can_write());
	close(fd);

	// Deleted: a file, a directory, one that never had a name.
	CHECK((fd = open("a/f", O_RDONLY)) >= 0);
	T(unlink("a/f"));
	T(remount(MS_RDONLY, NULL));
	T(can_write());
	T(remount(MS_RDONLY | MS_BIND, NULL));
	T(can_write());
	T(remount(MS_BIND, NULL));
	T(close(fd));
	T(mkdir("a/d", 0700));
	CHECK((dir = open("a/d", O_RDONLY | O_DIRECTORY)) >= 0);
	T(rmdir("a/d"));
	T(remount(MS_RDONLY, NULL));
	T(close(dir));
	CHECK((fd = open("a", O_TMPFILE | O_RDWR, 0600)) >= 0);
	T(remount(MS_RDONLY, NULL));
	T(close(fd));

	// With a hard link left, a deleted name does not count.
	CHECK((fd = open("a/f", O_CREAT | O_RDWR, 0600)) >= 0);
	close(fd);
	T(link("a/f", "a/g"));
	CHECK((fd = open("a/f", O_RDONLY)) >= 0);
	T(unlink("a/f"));
	T(remount(MS_RDONLY, NULL));
	T(close(fd));
	T(can_write());
	T(chmod("a/g", 0644));
	T(truncate("a/g", 0));
	T(rename("a/g", "a/h"));
	T(mkdir("a/d", 0700));
	T(symlink("x", "a/s"));
	T(mknod("a/p", S_IFIFO | 0600, 0));
	T(open("a/new", O_CREAT | O_RDWR, 0600));
	T(open("a/g", O_CREAT | O_RDONLY, 0600) >= 0);
	T(open("a", O_TMPFILE | O_RDWR, 0600));
	T(remount(0, NULL));
	T(can_write());

	// The mount is read-only, its file system is written through another one.
	CHECK(mount("a", "b", NULL, MS_BIND, NULL) == 0);
	T(remount(MS_RDONLY | MS_BIND, NULL));
	CHECK((fd = open("b/w", O_CREAT | O_RDWR, 0600)) >= 0);
	T(remount(MS_RDONLY, NULL));
	T(write(fd, "x", 1));
	T(close(fd));
	T(remount(MS_RDONLY, NULL));
	T(open("b/w", O_RDWR));
	T(umount2("b", 0));
	T(umount2("a", 0));
	return 0;
}
