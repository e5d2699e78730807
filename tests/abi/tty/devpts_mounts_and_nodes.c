// SPDX-License-Identifier: MPL-2.0
// devpts: instances, options, what the directory and its nodes look like, what cannot be done
// there.
#include "../lib/t.h"
#include <sys/statfs.h>
#include <sys/sysmacros.h>

static char root[PATH_MAX];

static void show(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		printf("%s: %s\n", path, t_errname(errno));
		return;
	}
	printf("%s: mode %o links %d uid %d gid %d size %d blksize %d ino %d", path, st.st_mode,
		(int)st.st_nlink, st.st_uid, st.st_gid, (int)st.st_size, (int)st.st_blksize,
		(int)st.st_ino);
	if (S_ISCHR(st.st_mode))
		printf(" device %d:%d", major(st.st_rdev), minor(st.st_rdev));
	printf("\n");
}

// The options of the mount on pts.
static void options(void)
{
	char find[PATH_MAX + 16];
	char *text = t_slurp("/proc/mounts");

	snprintf(find, sizeof(find), " %s/pts devpts ", root);
	char *at = strstr(text, find);
	if (!at) {
		printf("not mounted\n");
		return;
	}
	at += strlen(find);
	*strchrnul(at, ' ') = 0;
	printf("options: %s\n", at);
}

static int number(int m)
{
	int n = -1;

	ioctl(m, TIOCGPTN, &n);
	return n;
}

static void gone(void)
{
	chdir(root);
	umount2("pts", MNT_DETACH);
}

int main(void)
{
	struct statfs sf;
	int m, m2;

	t_start();
	CHECK(getcwd(root, sizeof(root)));
	T(mknod("ptmx", S_IFCHR | 0666, makedev(5, 2)));
	T(open("ptmx", O_RDWR | O_NOCTTY));
	T(mkdir("pts", 0700));
	T(open("ptmx", O_RDWR | O_NOCTTY));
	T(mount("x", "pts", "devpts", 0, "bogus"));
	T(mount("x", "pts", "devpts", 0, "mode"));
	T(mount("x", "pts", "devpts", 0, "mode=9"));
	T(mount("x", "pts", "devpts", 0, "gid=abc"));
	T(mount("x", "pts", "devpts", 0, ",,"));
	atexit(gone);
	options();
	show("pts");
	show("pts/ptmx");
	T(mount("x", "pts", "devpts", MS_REMOUNT, "uid=3,gid=5,mode=620,ptmxmode=666,max=3"));
	options();
	show("pts/ptmx");
	T(statfs("pts", &sf));
	SHOWX(sf.f_type);
	SHOW(sf.f_bsize);
	SHOW(sf.f_namelen);
	SHOW(sf.f_blocks);
	m = T(open("ptmx", O_RDWR | O_NOCTTY));
	SHOW(number(m));
	m2 = T(open("pts/ptmx", O_RDWR | O_NOCTTY));
	SHOW(number(m2));
	t_list("pts", "pts");
	show("pts/0");
	show("pts/1");
	T(open("ptmx", O_RDWR | O_NOCTTY) >= 0);
	T(open("ptmx", O_RDWR | O_NOCTTY));
	T(close(m));
	t_list("pts", "pts");
	m = T(open("ptmx", O_RDWR | O_NOCTTY));
	SHOW(number(m));
	// Nothing can be made or taken away by hand.
	T(mkdir("pts/d", 0755));
	T(open("pts/f", O_RDWR | O_CREAT, 0600));
	T(open("pts/0", O_RDWR | O_CREAT | O_NOCTTY, 0600));
	T(mknod("pts/n", S_IFCHR | 0600, makedev(1, 3)));
	T(symlink("x", "pts/s"));
	T(link("pts/0", "pts/l"));
	T(rename("pts/0", "pts/r"));
	T(unlink("pts/0"));
	T(unlink("pts/ptmx"));
	T(rmdir("pts/0"));
	T(access("pts/9", F_OK));
	T(chmod("pts/0", 0640));
	T(chown("pts/0", 7, 8));
	T(chmod("pts/ptmx", 0600));
	T(chmod("pts", 0711));
	show("pts/0");
	show("pts/ptmx");
	show("pts");
	// The number alone is not enough.
	T(mknod("slave", S_IFCHR | 0666, makedev(136, 0)));
	T(open("slave", O_RDWR | O_NOCTTY));
	T(unlockpt(m));
	T(open("slave", O_RDWR | O_NOCTTY));
	T(close(open("pts/0", O_RDWR | O_NOCTTY)));
	// Without options they are the usual ones again.
	T(mount("x", "pts", "devpts", MS_REMOUNT, ""));
	options();
	T(mount("x", "pts", "devpts", MS_REMOUNT, "mode=77777,newinstance"));
	options();
	T(mount("x", "pts", "devpts", MS_REMOUNT, "max=0"));
	T(open("ptmx", O_RDWR | O_NOCTTY));
	T(mount("x", "pts", "devpts", MS_REMOUNT, "max=1048577"));
	// A second instance counts from 0, and hides the first.
	T(mount("y", "pts", "devpts", 0, "ptmxmode=600"));
	t_list("second", "pts");
	int other = T(open("ptmx", O_RDWR | O_NOCTTY) >= 0) ? 8 : -1;
	SHOW(number(other));
	T(umount("pts"));
	t_list("first", "pts");
	IN_CHILD("user", {
		chmod("ptmx", 0666);
		t_drop_root(1000);
		T(mount("x", "pts", "devpts", 0, ""));
		T(open("pts/ptmx", O_RDWR | O_NOCTTY));
	});
	return 0;
}
