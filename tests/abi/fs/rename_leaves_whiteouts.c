// SPDX-License-Identifier: MPL-2.0
// RENAME_WHITEOUT: a character device 0:0 takes the old name. Who may make such devices.
#include "../lib/t.h"
#include <sys/sysmacros.h>

#ifndef RENAME_WHITEOUT
#define RENAME_WHITEOUT 4
#endif

static int move(const char *from, const char *to, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static void show(const char *path)
{
	struct stat st;

	if (lstat(path, &st)) {
		printf("%s: %s\n", path, t_errname(errno));
		return;
	}
	printf("%s: mode %o rdev %u:%u nlink %d uid %d gid %d\n", path, st.st_mode,
		major(st.st_rdev), minor(st.st_rdev), (int)st.st_nlink, st.st_uid, st.st_gid);
}

int main(void)
{
	struct stat st;

	t_start();
	t_tmpfs("");
	CHECK(!mkdir("d", 0777) && !mkdir("e", 0777) && !mkdir("full", 0700));
	t_file("d/f", "text", 0644);
	t_file("full/f", "text", 0644);
	T(move("d/f", "d/g", RENAME_WHITEOUT));
	show("d/f");
	show("d/g");
	T(open("d/f", O_RDONLY));
	T(move("d/g", "e/g", RENAME_WHITEOUT | RENAME_NOREPLACE));
	show("d/g");
	show("e/g");
	T(move("e/g", "d/g", RENAME_WHITEOUT | RENAME_NOREPLACE));
	T(move("e/g", "d/g", RENAME_WHITEOUT));
	show("d/g");
	show("e/g");
	T(move("d/g", "e/g", RENAME_WHITEOUT | RENAME_EXCHANGE));
	T(move("d/g", "d/g", RENAME_WHITEOUT));
	show("d/g");
	CHECK(!stat("d", &st));
	SHOW(st.st_size);
	T(move("nothing", "d/x", RENAME_WHITEOUT));
	/* Directories, and one that cannot be replaced. */
	T(move("e", "full", RENAME_WHITEOUT));
	show("e");
	T(move("e", "d/e", RENAME_WHITEOUT));
	show("e");
	show("d/e");
	T(mkdir("e", 0700));
	T(rename("e", "moved"));
	T(move("moved", "e", RENAME_WHITEOUT | 8));
	/* A hard link. */
	t_file("h", "", 0600);
	CHECK(!link("h", "i"));
	T(move("h", "i", RENAME_WHITEOUT));
	show("h");
	T(move("h", "j", RENAME_WHITEOUT));
	show("h");
	show("i");
	T(unlink("h"));
	/* Users without CAP_MKNOD. */
	CHECK(!mkdir("own", 0700) && !chown("own", 1000, 1000));
	if (!t_fork()) {
		CHECK(!setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
		t_file("own/f", "", 0600);
		T(move("own/f", "own/g", RENAME_WHITEOUT));
		show("own/f");
		T(mknod("own/w", S_IFCHR | 0666, 0));
		show("own/w");
		T(open("own/w", O_RDONLY));
		T(mknod("own/c", S_IFCHR | 0666, makedev(1, 3)));
		T(mknod("own/b", S_IFBLK | 0666, 0));
		exit(0);
	}
	t_status("child", t_wait(-1));
	/* No room for the whiteout. */
	t_tmpfs("nr_inodes=4");
	t_file("a", "", 0600);
	T(move("a", "b", RENAME_WHITEOUT));
	T(move("b", "c", RENAME_WHITEOUT));
	show("a");
	show("b");
	T(move("b", "d", RENAME_WHITEOUT));
	show("b");
	show("d");
	return 0;
}
