// SPDX-License-Identifier: MPL-2.0
// O_TMPFILE makes a nameless file that linkat can name, unless O_EXCL.
#include "../lib/t.h"

int main(void)
{
	char path[64];
	struct stat st;

	t_start();
	t_tmpfs("");
	mkdir("d", 0755);
	T(open("d", O_TMPFILE | O_RDONLY, 0600));
	T(open("nodir", O_TMPFILE | O_RDWR, 0600));
	int fd = T(open("d", O_TMPFILE | O_RDWR, 0640));
	T(write(fd, "data", 4));
	T(fstat(fd, &st));
	SHOW(st.st_nlink);
	SHOWO(st.st_mode);
	t_list("d", "d");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	T(linkat(AT_FDCWD, path, AT_FDCWD, "d/name", AT_SYMLINK_FOLLOW));
	T(fstat(fd, &st));
	SHOW(st.st_nlink);
	SHOWS(t_slurp("d/name"));
	T(unlink("d/name"));
	int fd2 = T(open("d", O_TMPFILE | O_RDWR, 0640));
	T(linkat(fd2, "", AT_FDCWD, "d/byfd", AT_EMPTY_PATH));
	int fd3 = T(open("d", O_TMPFILE | O_RDWR | O_EXCL, 0640));
	T(linkat(fd3, "", AT_FDCWD, "d/no", AT_EMPTY_PATH));
	T(linkat(fd3, "", AT_FDCWD, "d/no", 0));
	t_file("f", "", 0600);
	T(open("f", O_TMPFILE | O_RDWR, 0600));
	t_list("d", "d");
	return 0;
}
