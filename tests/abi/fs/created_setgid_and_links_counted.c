// SPDX-License-Identifier: MPL-2.0
// A program of a directory's group is made by members only; each name of a file counts against the
// inodes of a tmpfs.
#include "../lib/t.h"
#include <sys/statfs.h>

static void created(const char *name, mode_t mode)
{
	struct stat st;

	close(open(name, O_CREAT | O_EXCL | O_RDWR, mode));
	stat(name, &st);
	printf("%s: %o group %d\n", name, st.st_mode, st.st_gid);
	unlink(name);
}

static void all(void)
{
	umask(0);
	created("g/2755", 02755);
	created("g/2745", 02745);
	created("g/6777", 06777);
	created("p/2755", 02755);
	mknod("g/node", S_IFREG | 02755, 0);
	mkdir("g/dir", 02755);
	struct stat st;
	stat("g/node", &st);
	printf("node %o\n", st.st_mode);
	stat("g/dir", &st);
	printf("dir %o\n", st.st_mode);
	unlink("g/node");
	rmdir("g/dir");
}

static long free_files(void)
{
	struct statfs s;

	statfs("m", &s);
	return (long)s.f_ffree;
}

static void counted(void)
{
	char name[32];
	int i;

	mkdir("m", 0755);
	T(mount("t", "m", "tmpfs", 0, "nr_inodes=10"));
	SHOW(free_files());
	close(open("m/f", O_CREAT | O_RDWR, 0600));
	for (i = 0; i < 20; i++) {
		snprintf(name, sizeof(name), "m/l%d", i);
		if (link("m/f", name))
			break;
	}
	printf("links %d %s\n", i, t_errname(errno));
	SHOW(free_files());
	T(unlink("m/l0"));
	SHOW(free_files());
	T(rename("m/l1", "m/l2")); // two names of one file
	close(open("m/other", O_CREAT | O_RDWR, 0600));
	T(rename("m/other", "m/l3"));
	SHOW(free_files());
	T(unlink("m/f"));
	for (i = 1; i < 20; i++) {
		snprintf(name, sizeof(name), "m/l%d", i);
		unlink(name);
	}
	SHOW(free_files());
	int fd = open("m", O_TMPFILE | O_RDWR, 0600);
	SHOW(free_files());
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	T(linkat(AT_FDCWD, name, AT_FDCWD, "m/t", AT_SYMLINK_FOLLOW));
	SHOW(free_files());
	close(fd);
	T(unlink("m/t"));
	SHOW(free_files());
	TOK(open("m", O_TMPFILE | O_CREAT | O_RDWR, 0600));
	T(umount2("m", 0));
}

int main(void)
{
	t_start();
	t_tmpfs("");
	counted();
	chmod(".", 0777);
	mkdir("g", 0777);
	mkdir("p", 0777);
	chmod("p", 0777);
	chown("g", 0, 2000);
	chmod("g", 02777);
	all();
	t_drop_root(1000);
	all();
	return 0;
}
