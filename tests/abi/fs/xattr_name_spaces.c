// SPDX-License-Identifier: MPL-2.0
// Extended attributes on tmpfs by name space and kind of file: user.*, trusted.*, security.*,
// system.*; sizes; who may; space.
#include "../lib/t.h"
#include <sys/xattr.h>

static char big[70000], buf[70000];

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list(const char *what, const char *path)
{
	char *names[32];
	int n = 0;
	ssize_t len = llistxattr(path, buf, sizeof(buf));

	printf("%s: %zd", what, len);
	for (ssize_t at = 0; at < len && n < 32; at += (ssize_t)strlen(buf + at) + 1)
		names[n++] = buf + at;
	qsort(names, (size_t)n, sizeof(names[0]), by_name);
	for (int i = 0; i < n; i++)
		printf(" %s", names[i]);
	printf("\n");
}

int main(void)
{
	t_start();
	t_tmpfs("nr_inodes=200");
	memset(big, 'v', sizeof(big));
	t_file("f", "", 0644);
	mkdir("d", 0777);
	chmod("d", 01777);
	symlink("f", "l");
	mkfifo("p", 0666);
	T(setxattr("f", "user.a", "1", 1, 0));
	T(setxattr("f", "user.", "1", 1, 0));
	T(setxattr("f", "security.x", "12", 2, 0));
	T(setxattr("f", "system.x", "12", 2, 0));
	T(setxattr("f", "usera", "1", 1, 0));
	T(setxattr("f", "User.a", "1", 1, 0));
	T(setxattr("f", ".a", "1", 1, 0));
	T(getxattr("f", "system.x", buf, 10));
	T(getxattr("f", "other.x", buf, 10));
	T(removexattr("f", "system.x"));
	T(getxattr("f", "security.capability", buf, 10));
	list("file", "f");
	T(lsetxattr("l", "user.a", "1", 1, 0));
	T(lsetxattr("l", "trusted.a", "1", 1, 0));
	T(lgetxattr("l", "user.a", buf, 10));
	T(lgetxattr("l", "trusted.a", buf, 10));
	list("link", "l");
	T(lremovexattr("l", "trusted.a"));
	T(setxattr("p", "trusted.a", "1", 1, 0));
	T(getxattr("p", "user.zz", buf, 10) < 0);
	T(setxattr("d", "user.dir", "1", 1, 0));
	list("directory", "d");
	// Values are replaced whole; empty ones exist; sizes.
	T(setxattr("f", "user.a", "longer", 6, XATTR_REPLACE));
	T(getxattr("f", "user.a", buf, 100));
	t_text("value", buf, 6);
	T(setxattr("f", "user.a", NULL, 0, 0));
	T(getxattr("f", "user.a", buf, 100));
	T(getxattr("f", "user.a", NULL, 0));
	T(setxattr("f", "user.big", big, 65536, 0));
	T(getxattr("f", "user.big", NULL, 0));
	T(getxattr("f", "user.big", buf, 65535));
	T(getxattr("f", "user.big", buf, 70000));
	IS(memcmp(buf, big, 65536) == 0);
	T(setxattr("f", "user.big", big, 65537, 0));
	T(setxattr("f", "user.big2", big, 65536, 0));
	T(setxattr("f", "user.big3", big, 65536, 0));
	T(setxattr("f", "user.big4", big, 65536, 0));
	T(removexattr("f", "user.big2"));
	T(setxattr("f", "user.big3", big, 60000, 0));
	T(setxattr("f", "user.e", (char *)8, 1, 0));
	T(setxattr("f", (char *)8, "v", 1, 0));
	T(setxattr((char *)8, "user.e", "v", 1, 0));
	T(setxattr("f", "user.e", (char *)8, 0, 0));
	T(setxattr("f", "user.e", "v", 1, XATTR_CREATE | XATTR_REPLACE));
	T(getxattr("f", "user.e", (char *)8, 1));
	T(listxattr("f", (char *)8, 1000));
	T(listxattr("f", buf, 1));
	T(listxattr("none", buf, 1));
	int fd = open("f", O_RDONLY), path = open("f", O_PATH);
	T(fsetxattr(fd, "user.fd", "v", 1, 0));
	T(fgetxattr(fd, "user.fd", buf, 100));
	T(fremovexattr(fd, "user.fd"));
	T(flistxattr(fd, NULL, 0) > 0);
	T(fgetxattr(path, "user.a", buf, 100));
	T(fsetxattr(99, "user.a", buf, 1, 0));
	T(fgetxattr(0, "user.a", buf, 1));
	int pp[2];
	t_pipe(pp);
	T(fgetxattr(pp[0], "user.a", buf, 1));
	T(flistxattr(pp[0], buf, 100));
	struct stat st1, st2;
	stat("f", &st1);
	// File times move with the clock's tick.
	IS(UNTIL(setxattr("f", "user.time", "1", 1, 0) == 0 && stat("f", &st2) == 0 &&
		(st1.st_ctim.tv_sec != st2.st_ctim.tv_sec ||
			st1.st_ctim.tv_nsec != st2.st_ctim.tv_nsec)));
	IS(st1.st_mtim.tv_nsec == st2.st_mtim.tv_nsec);
	// Hard links share them, copies by rename keep them.
	link("f", "g");
	rename("f", "h");
	T(getxattr("g", "user.time", buf, 10));
	T(getxattr("h", "user.time", buf, 10));
	IN_CHILD("ordinary user", {
		t_drop_root(1000);
		T(getxattr("g", "user.time", buf, 10));
		T(setxattr("g", "user.time", "2", 1, 0));
		T(setxattr("d", "user.x", "2", 1, 0));
		T(setxattr("g", "security.x", "2", 1, 0));
		T(removexattr("g", "security.x"));
		T(getxattr("g", "security.x", buf, 10));
		T(setxattr("g", "trusted.x", "2", 1, 0));
		T(getxattr("g", "trusted.x", buf, 10));
		T(removexattr("g", "trusted.x"));
		t_file("d/own", "", 0600);
		T(setxattr("d/own", "user.x", "2", 1, 0));
		T(setxattr("d/own", "trusted.x", "2", 1, 0));
		list("own", "d/own");
		chmod("d/own", 0);
		T(getxattr("d/own", "user.x", buf, 10));
		T(setxattr("d/own", "user.x", "2", 1, 0));
	});
	CHECK(mount(NULL, t_tmpfs_path, NULL, MS_REMOUNT | MS_RDONLY | MS_BIND, NULL) == 0);
	T(setxattr("g", "user.ro", "2", 1, 0));
	T(removexattr("g", "user.time"));
	T(getxattr("g", "user.time", buf, 10));
	return 0;
}
