// SPDX-License-Identifier: MPL-2.0
// statfs and fstatfs: the magic numbers of tmpfs, proc, devpts, pipes; sizes that agree.
#include "../lib/t.h"
#include <sys/vfs.h>

int main(void)
{
	struct statfs a, b;
	int p[2];

	t_start();
	t_tmpfs("size=1m,mode=700");
	T(statfs(".", &a));
	SHOWX(a.f_type);
	SHOW(a.f_bsize);
	SHOW(a.f_frsize);
	SHOW(a.f_blocks);
	SHOW(a.f_bfree);
	IS(a.f_bavail == a.f_bfree);
	SHOW(a.f_namelen);
	t_file("f", "x", 0600);
	T(statfs("f", &b));
	SHOW(a.f_bfree - b.f_bfree);
	SHOW(a.f_ffree - b.f_ffree);
	int fd = open("f", O_RDONLY);
	T(fstatfs(fd, &b));
	SHOWX(b.f_type);
	T(statfs("/proc", &a));
	SHOWX(a.f_type);
	T(statfs("/dev/pts", &a));
	SHOWX(a.f_type);
	T(statfs("/sys", &a));
	SHOWX(a.f_type);
	t_pipe(p);
	T(fstatfs(p[0], &a));
	SHOWX(a.f_type);
	T(statfs("none", &a));
	T(statfs("", &a));
	T(statfs("f/x", &a));
	T(fstatfs(99, &a));
	return 0;
}
