// SPDX-License-Identifier: MPL-2.0
// chmod, chown and lchown by their own numbers: ids that stay, set-id bits that go, links, who may.
#include "../lib/t.h"

#define chmod_(path, mode)  syscall(90, path, mode)
#define chown_(path, u, g)  syscall(92, path, u, g)
#define lchown_(path, u, g) syscall(94, path, u, g)

static void of(const char *path)
{
	struct stat st;

	if (lstat(path, &st))
		printf("%s: %s\n", path, t_errname(errno));
	else
		printf("%s: %o %u:%u\n", path, st.st_mode, st.st_uid, st.st_gid);
}

int main(void)
{
	t_start();
	t_file("f", "x", 0644);
	mkdir("d", 0755);
	symlink("f", "l");
	symlink("none", "dangling");
	T(chmod_("f", 07777));
	of("f");
	T(chmod_("f", 0170000 | 0600));
	of("f");
	T(chmod_("l", 04711));
	of("f");
	of("l");
	T(chown_("f", 1, 2));
	of("f");
	T(chmod_("f", 06755));
	T(chown_("f", -1, -1));
	of("f");
	T(chmod_("f", 06745));
	T(chown_("f", -1, 7));
	of("f");
	T(chown_("l", 3, -1));
	of("f");
	T(lchown_("l", 4, 5));
	of("l");
	of("f");
	T(chmod_("d", 07755));
	T(chown_("d", 6, 7));
	of("d");
	T(chown_("dangling", 1, 1));
	T(lchown_("dangling", 1, 1));
	of("dangling");
	T(chmod_("dangling", 0600));
	T(chmod_("none", 0600));
	T(chmod_("f/x", 0600));
	T(chmod_("", 0600));
	T(chmod_((char *)8, 0600));
	T(chown_("", 0, 0));
	T(chown_((char *)8, 0, 0));
	T(lchown_((char *)-8, 0, 0));
	T(chown_("f", 1000, 1000));
	IN_CHILD("the owner", {
		t_drop_root(1000);
		T(chmod_("f", 02755));
		of("f");
		T(chown_("f", 1000, 1000));
		of("f");
		T(chown_("f", 0, -1));
		T(chown_("f", -1, 5));
		T(chmod_("d", 0700));
		T(lchown_("l", 1000, -1));
	});
	return 0;
}
