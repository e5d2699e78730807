// SPDX-License-Identifier: MPL-2.0
// Lazy unmount takes all of a tree off, and what stands in it goes on; nothing can be mounted,
// bound or remounted there; MNT_EXPIRE; files of no mount.
#include "../lib/t.h"

#define MNT_FORCE_  1
#define MNT_EXPIRE_ 4

static int mounts_of(const char *what)
{
	char line[1024];
	int n = 0;
	FILE *f = fopen("/proc/self/mounts", "r");

	while (fgets(line, sizeof(line), f))
		n += strstr(line, what) != NULL;
	fclose(f);
	return n;
}

static void lazily(void)
{
	mkdir("m", 0755);
	T(mount("keeltest", "m", "tmpfs", 0, ""));
	mkdir("m/sub", 0755);
	mkdir("m/dir", 0755);
	T(mount("keeltest", "m/sub", "tmpfs", 0, ""));
	mkdir("m/sub/deep", 0755);
	T(mount("keeltest", "m/sub/deep", "tmpfs", 0, ""));
	SHOW(mounts_of("keeltest"));
	T(umount2("m", 0));
	int fd = open("m/dir/f", O_CREAT | O_RDWR, 0600), root = open("m", O_PATH | O_DIRECTORY);
	T(chdir("m/dir"));
	T(umount2("../../m", MNT_DETACH));
	SHOW(mounts_of("keeltest"));
	T(access("f", F_OK));
	T(access("../sub/deep", F_OK)); // its mounts have gone from it
	T(mkdir("g", 0755));
	T(rename("f", "g/f"));
	T(write(fd, "x", 1));
	T(mount("keeltest", "g", "tmpfs", 0, ""));
	T(mount("keeltest", "..", NULL, MS_REMOUNT, ""));
	T(mount("..", t_tmpfs_path, NULL, MS_BIND, NULL));
	T(umount2("..", 0));
	T(umount2("..", MNT_DETACH));
	T(symlink("x", "g/l"));
	T(unlink("g/l"));
	T(fchdir(root));
	T(rmdir("sub"));
	chdir(t_tmpfs_path);
	close(fd);
	close(root);
	T(rmdir("m"));
}

static void expiring(void)
{
	mkdir("e", 0755);
	mount("keeltest", "e", "tmpfs", 0, "");
	T(umount2("e", MNT_EXPIRE_ | MNT_DETACH));
	T(umount2("e", MNT_EXPIRE_ | MNT_FORCE_));
	int fd = open("e/f", O_CREAT | O_RDWR, 0600);
	T(umount2("e", MNT_EXPIRE_));
	close(fd);
	T(umount2("e", MNT_EXPIRE_));
	T(access("e/f", F_OK));
	T(umount2("e", MNT_EXPIRE_));
	T(umount2("e", MNT_EXPIRE_));
	T(umount2("e", MNT_EXPIRE_));
}

static void of_no_mount(void)
{
	char a[64];
	int fd = memfd_create("x", 0), p[2];

	close(open("f", O_CREAT | O_RDWR, 0600));
	snprintf(a, sizeof(a), "/proc/self/fd/%d", fd);
	T(mount(a, "f", NULL, MS_BIND, NULL));
	T(umount2("f", 0));
	T(pipe(p));
	snprintf(a, sizeof(a), "/proc/self/fd/%d", p[0]);
	T(mount(a, "f", NULL, MS_BIND, NULL));
	T(mount("f", a, NULL, MS_BIND, NULL));
	T(mount("", a, NULL, MS_REMOUNT, NULL));
	T(umount2(a, MNT_DETACH));
	int gone = open("gone", O_CREAT | O_RDWR, 0600);
	unlink("gone");
	snprintf(a, sizeof(a), "/proc/self/fd/%d", gone);
	T(mount("f", a, NULL, MS_BIND, NULL));
	int dir = (mkdir("d", 0755), open("d", O_PATH | O_DIRECTORY));
	rmdir("d");
	snprintf(a, sizeof(a), "/proc/self/fd/%d", dir);
	T(mount("keeltest", a, "tmpfs", 0, NULL));
	T(mount("..", a, NULL, MS_BIND, NULL));
	// What /proc shows of descriptors is no place for a mount.
	int g = (close(open("g2", O_CREAT | O_RDWR, 0600)), open("g2", O_RDWR));
	snprintf(a, sizeof(a), "/proc/self/fdinfo/%d", g);
	T(mount("f", a, NULL, MS_BIND, NULL));
	snprintf(a, sizeof(a), "/proc/self/fd/%d", g);
	T(mount("f", a, NULL, MS_BIND, NULL));
	T(umount2("g2", 0));
	T(mount("f", "/proc/self/status", NULL, MS_BIND, NULL));
	T(umount2("/proc/self/status", 0));
	int link = open(a, O_PATH | O_NOFOLLOW);
	snprintf(a, sizeof(a), "/proc/self/fd/%d", link);
	T(mount("f", a, NULL, MS_BIND, NULL));
	// A directory that carries a mount stays.
	mkdir("d", 0755);
	T(mount("keeltest", "d", "tmpfs", 0, NULL));
	T(rmdir("d"));
	T(rename("d", "e2"));
	T(umount2("d", 0));
	T(rmdir("d"));
}

static void devpts(void)
{
	mkdir("pts", 0755);
	T(mount("devpts", "pts", "devpts", 0, ""));
	chdir("pts");
	T(umount2("../pts", MNT_DETACH));
	T(mount("", ".", NULL, MS_REMOUNT, "mode=620"));
	TOK(open("ptmx", O_RDWR | O_NOCTTY));
	chdir(t_tmpfs_path);
}

int main(void)
{
	t_start();
	t_tmpfs("");
	lazily();
	expiring();
	of_no_mount();
	devpts();
	return 0;
}
