// SPDX-License-Identifier: MPL-2.0
// chmod, chown and their *at and f* forms: links, -1, bad flags, bad descriptors.
#include "../lib/t.h"

static void show(const char *path)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0);
	printf("%s: %05o %d:%d\n", path, st.st_mode & 07777, st.st_uid, st.st_gid);
}

int main(void)
{
	t_start();
	t_file("f", "", 0644);
	mkdir("d", 0755);
	symlink("f", "l");
	symlink("none", "dangling");
	T(chmod("f", 0));
	show("f");
	T(chmod("f", 0177777));
	show("f");
	T(chmod("l", 0640));
	show("f");
	T(chmod("dangling", 0600));
	T(chmod("none", 0600));
	T(chmod("", 0600));
	T(chown("f", 1, 2));
	show("f");
	T(chown("f", -1, 3));
	show("f");
	T(chown("f", 4, -1));
	show("f");
	T(chown("l", 5, 5));
	show("f");
	show("l");
	T(lchown("l", 6, 7));
	show("l");
	show("f");
	T(chown("dangling", 1, 1));
	T(lchown("dangling", 1, 1));
	T(fchownat(AT_FDCWD, "l", 8, 8, AT_SYMLINK_NOFOLLOW));
	show("l");
	T(fchownat(AT_FDCWD, "f", 8, 8, 0x8000));
	T(fchownat(AT_FDCWD, "", 8, 8, 0));
	int fd = T(open("f", O_RDONLY));
	T(fchownat(fd, "", 9, 9, AT_EMPTY_PATH));
	show("f");
	T(fchmod(fd, 0111));
	T(fchown(fd, 2, 2));
	show("f");
	T(fchmod(99, 0));
	T(fchown(99, 0, 0));
	T(syscall(SYS_fchmodat, AT_FDCWD, "d", 01777));
	show("d");
	T(syscall(SYS_fchmodat, 99, "d", 01777));
	T(syscall(SYS_fchmodat, fd, "d", 01777));
	return 0;
}
