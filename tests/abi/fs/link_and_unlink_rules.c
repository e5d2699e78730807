// SPDX-License-Identifier: MPL-2.0
// link and unlink: counts, directories, links to links, removed files that are still open.
#include "../lib/t.h"

int main(void)
{
	char buf[8];
	struct stat st;

	t_start();
	t_file("a", "hello", 0644);
	mkdir("d", 0755);
	T(link("a", "b"));
	T(stat("a", &st));
	SHOW(st.st_nlink);
	T(link("a", "b"));
	T(link("a", "d"));
	T(link("d", "d2"));
	T(link("none", "x"));
	T(link("a", "nodir/x"));
	T(link("a", "a/x"));
	T(link("a", "x/"));
	T(link("", "x"));
	T(link("a", ""));
	T(symlink("a", "l"));
	T(link("l", "l2"));
	T(lstat("l2", &st));
	IS(S_ISLNK(st.st_mode));
	T(linkat(AT_FDCWD, "l", AT_FDCWD, "hard", AT_SYMLINK_FOLLOW));
	T(lstat("hard", &st));
	IS(S_ISREG(st.st_mode));
	SHOW(st.st_nlink);
	T(linkat(AT_FDCWD, "a", AT_FDCWD, "x", 0x8000));
	T(link("a", "/proc/x"));
	int fd = T(open("a", O_RDWR));
	T(unlink("a"));
	T(unlink("a"));
	T(unlink("b"));
	T(unlink("hard"));
	T(fstat(fd, &st));
	SHOW(st.st_nlink);
	T(pread(fd, buf, 5, 0));
	t_text("still there", buf, 5);
	T(write(fd, "HELLO!", 6));
	T(lseek(fd, 0, SEEK_END));
	char path[64], target[256] = "";
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	T(readlink(path, target, sizeof(target) - 1) > 0);
	IS(strlen(target) > 12 && !strcmp(target + strlen(target) - 12, "/a (deleted)"));
	int again = T(open(path, O_RDONLY));
	T(pread(again, buf, 5, 0));
	t_text("reopened", buf, 5);
	T(linkat(AT_FDCWD, path, AT_FDCWD, "back", AT_SYMLINK_FOLLOW));
	T(unlink("d"));
	T(unlink("l/"));
	T(unlink("l"));
	T(unlink("."));
	T(unlink(".."));
	T(unlink("d/."));
	T(unlink(""));
	T(unlink("/"));
	T(unlinkat(AT_FDCWD, "d", 0));
	T(unlinkat(AT_FDCWD, "d", 0x1000));
	T(unlinkat(AT_FDCWD, "d", AT_REMOVEDIR));
	t_list(".", ".");
	return 0;
}
