// SPDX-License-Identifier: MPL-2.0
// rename: replaces files and empty directories, refuses the rest, and does nothing for two names of
// one file.
#include "../lib/t.h"

int main(void)
{
	struct stat st;

	t_start();
	t_file("a", "A", 0644);
	t_file("b", "B", 0644);
	mkdir("d", 0755);
	mkdir("e", 0755);
	mkdir("full", 0755);
	t_file("full/x", "", 0644);
	T(rename("a", "b"));
	SHOWS(t_slurp("b"));
	T(rename("a", "c"));
	T(rename("b", "b"));
	T(link("b", "b2"));
	T(rename("b", "b2"));
	T(stat("b", &st));
	SHOW(st.st_nlink);
	T(rename("b", "d"));
	T(rename("d", "b"));
	T(rename("d", "e"));
	T(rename("e", "full"));
	T(rename("full", "e"));
	T(rename("e", "e/sub"));
	T(rename("e", "e/x/y"));
	T(mkdir("e/sub", 0755));
	T(rename("e", "e/sub"));
	T(rename("e/sub", "e"));
	T(rename("b", "b/"));
	T(rename("b", "new/"));
	T(rename("b/", "new"));
	T(rename("e/", "new/"));
	T(rename("new", "e/"));
	T(rename(".", "z"));
	T(rename("e/.", "z"));
	T(rename("e/..", "z"));
	T(rename("e", "."));
	T(rename("e", ".."));
	T(rename("", "z"));
	T(rename("b", ""));
	T(rename("b", "nodir/b"));
	T(rename("b", "b2/c"));
	T(symlink("nowhere", "l"));
	T(rename("l", "l2"));
	T(rename("b", "l2"));
	T(lstat("l2", &st));
	IS(S_ISREG(st.st_mode));
	T(rename("b2", "/proc/b2"));
	T(rename("/proc", "z"));
	T(rename("b2", "/proc"));
	t_list(".", ".");
	return 0;
}
