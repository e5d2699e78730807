// SPDX-License-Identifier: MPL-2.0
// A file system does not become read-only while a file is open for writing in it, also if the mount
// it was opened by has been taken off.
#include "../lib/t.h"

static int readonly(unsigned long more)
{
	return mount(NULL, "a", NULL, MS_REMOUNT | MS_RDONLY | more, NULL);
}

int main(void)
{
	int fd;

	t_start();
	mkdir("a", 0755);
	mkdir("b", 0755);
	CHECK(mount("t", "a", "tmpfs", 0, "") == 0);
	CHECK(mount("a", "b", NULL, MS_BIND, NULL) == 0);
	fd = open("b/f", O_CREAT | O_RDWR, 0600);
	T(readonly(0));
	T(umount2("b", MNT_DETACH));
	T(readonly(0));
	T(write(fd, "x", 1));
	T(readonly(MS_BIND));
	T(open("a/g", O_CREAT | O_RDWR, 0600));
	T(write(fd, "x", 1));
	T(close(fd));
	T(mount(NULL, "a", NULL, MS_REMOUNT | MS_BIND, NULL));
	T(readonly(0));
	T(umount2("a", 0));
	return 0;
}
