// SPDX-License-Identifier: MPL-2.0
// rename, mkdir, rmdir, link, unlink, symlink, readlink and mknod by their own numbers.
#include "../lib/t.h"
#include <sys/sysmacros.h>

#define rename_(a, b)           syscall(82, a, b)
#define mkdir_(path, mode)      syscall(83, path, mode)
#define rmdir_(path)            syscall(84, path)
#define link_(a, b)             syscall(86, a, b)
#define unlink_(path)           syscall(87, path)
#define symlink_(to, path)      syscall(88, to, path)
#define readlink_(path, buf, n) syscall(89, path, buf, n)
#define mknod_(path, mode, dev) syscall(133, path, mode, dev)
#define renameat_(a, b, c, d)   syscall(264, a, b, c, d)

static void mode_of(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		printf("%s: %s\n", path, t_errname(errno));
	else
		printf("%s: %o, %ld links, device %u:%u\n", path, st.st_mode,
			S_ISDIR(st.st_mode) ? 0 : (long)st.st_nlink, major(st.st_rdev),
			minor(st.st_rdev));
}

int main(void)
{
	char buf[16];

	t_start();
	t_file("f", "text", 0644);
	T(mkdir_("d", 07777));
	mode_of("d");
	T(mkdir_("d", 0700));
	T(mkdir_("f/d", 0700));
	T(mkdir_("none/d", 0700));
	T(mkdir_("", 0700));
	T(mkdir_("e/", 0700));
	T(mkdir_((char *)8, 0700));
	T(rmdir_("f"));
	T(rmdir_("."));
	T(rmdir_("d/.."));
	t_file("d/x", "x", 0600);
	T(rmdir_("d"));
	T(rmdir_("e"));
	T(rmdir_("e"));
	T(rmdir_((char *)8));

	T(link_("f", "g"));
	mode_of("g");
	T(link_("f", "g"));
	T(link_("d", "dd"));
	T(link_("none", "n"));
	T(link_("f", "none/n"));
	T(link_("f", (char *)8));
	T(symlink_("f", "l"));
	T(link_("l", "m"));
	mode_of("m");
	T(symlink_("f", "l"));
	T(symlink_("", "empty"));
	T(symlink_((char *)8, "bad"));
	T(symlink_("anything at all", "d/s"));

	memset(buf, '.', sizeof(buf));
	T(readlink_("d/s", buf, 8));
	t_text("cut", buf, sizeof(buf));
	T(readlink_("d/s", buf, 0));
	T(readlink_("d/s", buf, -1));
	T(readlink_("f", buf, 8));
	T(readlink_("none", buf, 8));
	T(readlink_("", buf, 8));
	T(readlink_("l", (char *)8, 8));
	T(readlink_("l", buf, 16));
	t_text("whole", buf, 1);

	T(unlink_("d"));
	T(unlink_("none"));
	T(unlink_("f/"));
	T(unlink_("m"));
	T(unlink_("g"));
	T(unlink_((char *)8));
	mode_of("f");

	T(rename_("f", "h"));
	T(rename_("f", "h"));
	T(rename_("h", "d"));
	T(rename_("d", "h"));
	T(rename_("d", "d/inside"));
	T(rename_("h", "d/h"));
	T(rename_("d/h", "h/"));
	T(rename_("d/h", (char *)8));
	T(rename_("l", "l"));
	T(renameat_(AT_FDCWD, "d/h", AT_FDCWD, "f"));
	int dir = open("d", O_RDONLY | O_DIRECTORY);
	T(renameat_(dir, "x", AT_FDCWD, "x"));
	T(renameat_(99, "x", AT_FDCWD, "x"));
	T(renameat_(AT_FDCWD, "x", 99, "/tmp/none/x"));

	T(mknod_("p", S_IFIFO | 0666, 0));
	mode_of("p");
	T(mknod_("r", S_IFREG | 0640, 5));
	mode_of("r");
	T(mknod_("plain", 0600, 0));
	mode_of("plain");
	T(mknod_("s", S_IFSOCK | 0600, 0));
	mode_of("s");
	T(mknod_("dir", S_IFDIR | 0700, 0));
	T(mknod_("lnk", S_IFLNK | 0700, 0));
	T(mknod_("p", S_IFIFO | 0666, 0));
	T(mknod_("c", S_IFCHR | 0600, makedev(1, 3)));
	mode_of("c");
	T(mknod_("wide", S_IFCHR | 0600, makedev(259, 70000)));
	mode_of("wide");
	T(mknod_("none/p", S_IFIFO, 0));
	T(mknod_((char *)8, S_IFIFO, 0));
	IN_CHILD("ordinary user", {
		chmod(".", 0777);
		t_drop_root(1000);
		T(mknod_("u", S_IFIFO | 0600, 0));
		T(mknod_("v", S_IFCHR | 0600, makedev(1, 3)));
	});
	t_list("left", ".");
	return 0;
}
