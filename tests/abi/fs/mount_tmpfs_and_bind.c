// SPDX-License-Identifier: MPL-2.0
// mount and umount: tmpfs over a directory, bind mounts, busy and wrong targets, read-only,
// stacking.
#include "../lib/t.h"

int main(void)
{
	struct stat a, b;

	t_start();
	mkdir("m", 0755);
	mkdir("n", 0755);
	t_file("m/below", "", 0644);
	t_file("file", "file", 0644);
	t_file("other", "other", 0644);
	stat(".", &a);
	T(mount("x", "m", "tmpfs", 0, "mode=711"));
	T(stat("m", &b));
	SHOWO(b.st_mode);
	IS(a.st_dev != b.st_dev);
	t_list("m", "m");
	t_file("m/above", "", 0644);
	T(rmdir("m"));
	T(rename("m", "k"));
	T(unlink("m"));
	T(stat("m/..", &b));
	IS(a.st_ino == b.st_ino);
	T(link("m/above", "above"));
	T(rename("m/above", "above"));
	T(mount("m", "n", NULL, MS_BIND, NULL));
	t_list("n", "n");
	t_file("n/new", "", 0644);
	t_list("m", "m");
	int fd = T(open("m/above", O_RDONLY));
	T(umount("m"));
	close(fd);
	T(chdir("n"));
	T(umount2("../n", 0));
	T(chdir(".."));
	T(umount("n"));
	t_list("n", "n");
	T(mount("x", "m", "tmpfs", 0, NULL));
	t_list("stacked", "m");
	T(umount("m"));
	t_list("m", "m");
	T(mount(NULL, "m", NULL, MS_REMOUNT | MS_RDONLY, NULL));
	T(open("m/above", O_RDWR));
	T(open("m/more", O_RDWR | O_CREAT, 0600));
	T(unlink("m/above"));
	T(access("m/above", W_OK));
	T(chmod("m/above", 0600));
	T(mkdir("m/d", 0700));
	T(mkdir("m/above", 0700));
	T(open("m/above", O_RDONLY) >= 0);
	close(fd);
	T(umount2("m", MNT_DETACH));
	t_list("m", "m");
	T(umount("m"));
	T(umount("none"));
	T(umount("file"));
	T(umount2("m", 0x100));
	T(mount("x", "none", "tmpfs", 0, NULL));
	T(mount("x", "file", "tmpfs", 0, NULL));
	T(mount("x", "m", "nosuchfs", 0, NULL));
	T(mount("x", "m", NULL, 0, NULL));
	T(mount("file", "other", NULL, MS_BIND, NULL));
	SHOWS(t_slurp("other"));
	T(umount("other"));
	SHOWS(t_slurp("other"));
	T(mount("file", "m", NULL, MS_BIND, NULL));
	T(mount("m", "file", NULL, MS_BIND, NULL));
	T(mount("none", "m", NULL, MS_BIND, NULL));
	return 0;
}
