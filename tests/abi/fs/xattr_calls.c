// SPDX-License-Identifier: MPL-2.0
// Extended attributes on tmpfs: set, get, list, remove, flags, short buffers, bad names, other file
// systems.
#include "../lib/t.h"
#include <sys/xattr.h>

int main(void)
{
	char buf[256], name[300];

	t_start();
	t_tmpfs("");
	t_file("f", "", 0644);
	T(getxattr("f", "trusted.a", buf, sizeof(buf)));
	T(setxattr("f", "trusted.a", "value", 5, 0));
	T(getxattr("f", "trusted.a", buf, sizeof(buf)));
	t_text("value", buf, 5);
	T(getxattr("f", "trusted.a", NULL, 0));
	T(getxattr("f", "trusted.a", buf, 2));
	T(setxattr("f", "trusted.a", "x", 1, XATTR_CREATE));
	T(setxattr("f", "trusted.b", "x", 1, XATTR_REPLACE));
	T(setxattr("f", "trusted.b", "", 0, XATTR_CREATE));
	T(setxattr("f", "trusted.c", "x", 1, 7));
	T(listxattr("f", NULL, 0));
	T(listxattr("f", buf, 5));
	T(removexattr("f", "trusted.b"));
	T(removexattr("f", "trusted.b"));
	ssize_t n = listxattr("f", buf, sizeof(buf));
	t_text("list", buf, n);
	T(setxattr("f", "nosuch.a", "x", 1, 0));
	T(setxattr("f", "trusted.", "x", 1, 0));
	T(setxattr("f", "", "x", 1, 0));
	memset(name, 'n', sizeof(name));
	memcpy(name, "trusted.", 8);
	name[256] = 0;
	T(setxattr("f", name, "x", 1, 0));
	T(getxattr("none", "trusted.a", buf, 1));
	T(fgetxattr(99, "trusted.a", buf, 1));
	T(getxattr("/proc/self/stat", "trusted.a", buf, 10));
	T(setxattr("/proc/self/stat", "trusted.a", buf, 1, 0));
	symlink("f", "l");
	T(lgetxattr("l", "trusted.a", buf, 10));
	T(getxattr("l", "trusted.a", buf, 10));
	IN_CHILD("user", {
		t_drop_root(1000);
		T(getxattr("f", "trusted.a", buf, 10));
		T(setxattr("f", "trusted.a", "x", 1, 0));
		T(listxattr("f", buf, sizeof(buf)));
	});
	return 0;
}
