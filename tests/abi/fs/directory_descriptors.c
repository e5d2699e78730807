// SPDX-License-Identifier: MPL-2.0
// The *at calls relative to a descriptor: directories, files, O_PATH, renamed and removed
// directories.
#include "../lib/t.h"

int main(void)
{
	struct stat st;
	char buf[16];

	t_start();
	mkdir("d", 0755);
	mkdir("d/sub", 0755);
	t_file("d/f", "in d", 0644);
	int d = T(open("d", O_RDONLY | O_DIRECTORY));
	int p = T(open("d", O_PATH));
	T(rename("d", "e"));
	T(openat(d, "f", O_RDONLY) >= 0);
	T(openat(p, "f", O_RDONLY) >= 0);
	T(mkdirat(d, "new", 0700));
	T(mknodat(d, "fifo", S_IFIFO | 0600, 0));
	T(symlinkat("f", d, "link"));
	T(readlinkat(d, "link", buf, sizeof(buf)));
	T(linkat(d, "f", d, "hard", 0));
	T(renameat(d, "hard", AT_FDCWD, "moved"));
	T(fstatat(d, "f", &st, 0));
	SHOW(st.st_nlink);
	T(unlinkat(d, "new", AT_REMOVEDIR));
	T(faccessat(d, "f", R_OK, 0));
	T(fchmodat(d, "f", 0600, 0));
	T(fchownat(d, "f", 1, 1, 0));
	T(openat(d, "/proc", O_RDONLY) >= 0);
	T(openat(d, "../moved", O_RDONLY) >= 0);
	t_list("e", "e");
	int f = T(openat(d, "f", O_RDONLY));
	T(openat(f, "x", O_RDONLY));
	T(mkdirat(f, "x", 0700));
	T(fstatat(f, "", &st, AT_EMPTY_PATH));
	T(symlinkat("x", f, "y"));
	T(renameat(f, "a", d, "b"));
	T(openat(d, "none/x", O_RDONLY | O_CREAT, 0600));
	IN_CHILD("user", {
		CHECK(fchmod(d, 0700) == 0);
		t_drop_root(1000);
		T(openat(d, "f", O_RDONLY));
		T(fchdir(d));
		T(fstatat(p, "", &st, AT_EMPTY_PATH));
	});
	return 0;
}
