// SPDX-License-Identifier: MPL-2.0
// Mode bits as a user without privilege meets them: owner, group and other classes, search, access.
#include "../lib/t.h"

static void all(const char *path)
{
	int r = open(path, O_RDONLY);
	int er = r < 0 ? errno : 0;
	int w = open(path, O_WRONLY);
	int ew = w < 0 ? errno : 0;

	close(r);
	close(w);
	printf("%s: read %s, write %s, access %d%d%d\n", path, t_errname(er), t_errname(ew),
		!access(path, R_OK), !access(path, W_OK), !access(path, X_OK));
}

static void make(const char *path, mode_t mode, uid_t u, gid_t g)
{
	t_file(path, "x", mode);
	CHECK(chown(path, u, g) == 0);
	CHECK(chmod(path, mode) == 0);
}

int main(void)
{
	gid_t groups[2] = { 2000, 3000 };

	t_start();
	make("own_600", 0600, 1000, 0);
	make("own_077", 0077, 1000, 1000);
	make("grp_707", 0707, 0, 1000);
	make("grp_070", 0070, 0, 1000);
	make("sup_070", 0070, 0, 3000);
	make("oth_004", 0004, 0, 0);
	make("oth_770", 0770, 0, 0);
	mkdir("d", 0700);
	make("d/f", 0777, 1000, 1000);
	mkdir("x", 0711);
	make("x/f", 0666, 0, 0);
	mkdir("r", 0744);
	make("r/f", 0666, 0, 0);
	all("own_077");
	all("oth_770");
	CHECK(syscall(SYS_setgroups, 2, groups) == 0);
	CHECK(setresgid(1000, 1000, 1000) == 0 && setresuid(1000, 1000, 1000) == 0);
	all("own_600");
	all("own_077");
	all("grp_707");
	all("grp_070");
	all("sup_070");
	all("oth_004");
	all("oth_770");
	all("d/f");
	all("x/f");
	all("r/f");
	t_list("x", "x");
	t_list("r", "r");
	T(chdir("d"));
	T(chdir("x"));
	T(mkdir("m", 0755));
	T(unlink("f"));
	T(symlink("a", "b"));
	T(link("f", "g"));
	T(rename("f", "g"));
	T(truncate("../oth_004", 0));
	T(chmod("../oth_004", 0777));
	T(chmod("../own_077", 0700));
	T(chown("../own_077", 1000, 3000));
	T(chown("../own_077", 1000, 4000));
	T(chown("../own_077", 0, -1));
	T(chroot("."));
	T(mount("x", ".", "tmpfs", 0, NULL));
	T(umount("/proc"));
	T(mknod("null", S_IFCHR | 0666, 0x103));
	T(mkfifo("../fifo", 0600));
	return 0;
}
