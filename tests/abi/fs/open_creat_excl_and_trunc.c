// SPDX-License-Identifier: MPL-2.0
// O_CREAT, O_EXCL and O_TRUNC on files, links, directories and missing names.
#include "../lib/t.h"

int main(void)
{
	struct stat st;

	t_start();
	T(open("a", O_RDONLY));
	T(open("a", O_RDWR | O_CREAT | O_EXCL, 0640));
	T(stat("a", &st));
	SHOWO(st.st_mode);
	T(open("a", O_RDWR | O_CREAT | O_EXCL, 0600));
	T(open("a", O_RDWR | O_CREAT, 0777));
	T(stat("a", &st));
	SHOWO(st.st_mode);
	T(write(3, "hello", 5));
	T(open("a", O_WRONLY | O_TRUNC));
	T(stat("a", &st));
	SHOW(st.st_size);
	T(write(3, "!", 1));
	T(stat("a", &st));
	SHOW(st.st_size);
	T(symlink("missing", "dangling"));
	T(open("dangling", O_RDWR | O_CREAT | O_EXCL, 0600));
	T(open("dangling", O_RDWR));
	T(open("dangling", O_RDWR | O_CREAT, 0600));
	T(access("missing", F_OK));
	T(symlink("a", "good"));
	T(open("good", O_RDWR | O_CREAT | O_EXCL, 0600));
	T(mkdir("d", 0755));
	T(open("d", O_RDONLY));
	T(open("d", O_RDWR));
	T(open("d", O_WRONLY));
	T(open("d", O_RDONLY | O_CREAT, 0600));
	T(open("d", O_RDONLY | O_TRUNC));
	T(open("d", O_RDWR | O_CREAT | O_EXCL, 0600));
	T(open("new/", O_RDWR | O_CREAT, 0600));
	T(open("a/", O_RDONLY));
	T(open("a/b", O_RDWR | O_CREAT, 0600));
	T(open("nodir/b", O_RDWR | O_CREAT, 0600));
	T(open("", O_RDONLY));
	T(open("", O_RDWR | O_CREAT, 0600));
	T(open(".", O_RDWR | O_CREAT, 0600));
	T(open("d/..", O_RDONLY));
	T(open("a/..", O_RDONLY));
	T(open("b", O_RDONLY | O_CREAT, 0));
	T(open("c", 3 | O_CREAT, 0600));
	return 0;
}
