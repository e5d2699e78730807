// SPDX-License-Identifier: MPL-2.0
// Deep directories by relative steps, a path too long to name, many entries, removal from the
// bottom.
#include "../lib/t.h"

int main(void)
{
	char buf[PATH_MAX * 2];
	int depth = 0;

	t_start();
	mkdir("top", 0755);
	CHECK(chdir("top") == 0);
	for (; depth < 300; depth++) {
		if (mkdir("a_directory_name", 0755) < 0 || chdir("a_directory_name") < 0)
			break;
	}
	SHOW(depth);
	T(syscall(SYS_getcwd, buf, sizeof(buf)));
	t_file("leaf", "deep", 0600);
	SHOWS(t_slurp("leaf"));
	T(unlink("leaf"));
	for (; depth > 0; depth--)
		if (chdir("..") < 0 || rmdir("a_directory_name") < 0)
			break;
	SHOW(depth);
	T(chdir(".."));
	T(rmdir("top"));
	for (int i = 0; i < 500; i++) {
		snprintf(buf, sizeof(buf), "n%d", i);
		CHECK(mkdir(buf, 0700) == 0);
	}
	struct stat st;
	T(stat(".", &st));
	SHOW(st.st_nlink);
	int removed = 0;
	for (int i = 0; i < 500; i++) {
		snprintf(buf, sizeof(buf), "n%d", i);
		removed += rmdir(buf) == 0;
	}
	SHOW(removed);
	t_list(".", ".");
	return 0;
}
