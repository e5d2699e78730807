// SPDX-License-Identifier: MPL-2.0
// mkdir and rmdir: names that end in dots and slashes, counts of links, busy and full directories.
#include "../lib/t.h"

int main(void)
{
	struct stat st;

	t_start();
	T(mkdir("d", 0755));
	T(mkdir("d", 0755));
	T(mkdir("d/", 0755));
	T(mkdir("e/", 0755));
	T(mkdir("e//f//", 0755));
	T(mkdir("x/y", 0755));
	T(mkdir(".", 0755));
	T(mkdir("..", 0755));
	T(mkdir("/", 0755));
	T(mkdir("g/.", 0755));
	T(mkdir("d/.", 0755));
	T(mkdir("", 0755));
	T(symlink("nowhere", "l"));
	T(mkdir("l", 0755));
	T(mkdir("l/", 0755));
	t_file("file", "", 0644);
	T(mkdir("file", 0755));
	T(mkdir("file/x", 0755));
	T(stat("e", &st));
	SHOW(st.st_nlink);
	T(rmdir("e"));
	T(rmdir("e/f/."));
	T(rmdir("e/f/.."));
	T(rmdir("e/f/"));
	T(stat("e", &st));
	SHOW(st.st_nlink);
	T(rmdir("file"));
	T(rmdir("none"));
	T(rmdir("."));
	T(rmdir(".."));
	T(rmdir("/"));
	T(rmdir(""));
	T(symlink("d", "ld"));
	T(rmdir("ld"));
	T(rmdir("ld/"));
	T(rmdir("/proc"));
	int fd = T(open("d", O_RDONLY | O_DIRECTORY));
	T(rmdir("d"));
	T(fstat(fd, &st));
	SHOW(st.st_nlink);
	T(openat(fd, "new", O_RDWR | O_CREAT, 0600));
	T(mkdirat(fd, "new", 0700));
	T(openat(fd, ".", O_RDONLY));
	T(openat(fd, "..", O_RDONLY) >= 0);
	T(mkdirat(fd, "/", 0700));
	T(mkdirat(99, "x", 0700));
	return 0;
}
