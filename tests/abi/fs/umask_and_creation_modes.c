// SPDX-License-Identifier: MPL-2.0
// umask masks files, directories, fifos and nodes, not chmod; setgid directories pass on their
// group.
#include "../lib/t.h"
#include <sys/sysmacros.h>

static void mode(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		printf("%s: %s\n", path, t_errname(errno));
	else
		printf("%s: %07o uid %d gid %d\n", path, st.st_mode, st.st_uid, st.st_gid);
}

int main(void)
{
	struct stat st;

	t_start();
	SHOWO(umask(077));
	SHOWO(umask(07777));
	SHOWO(umask(027));
	close(open("f", O_CREAT | O_WRONLY, 07777));
	mode("f");
	T(mkdir("d", 07777));
	mode("d");
	T(mkfifo("p", 0666));
	mode("p");
	T(mknod("reg", 0666, 0));
	mode("reg");
	T(mknod("sock", S_IFSOCK | 0777, 0));
	mode("sock");
	T(mknod("null", S_IFCHR | 0666, makedev(1, 3)));
	mode("null");
	T(stat("null", &st));
	IS(st.st_rdev == makedev(1, 3));
	T(open("null", O_RDWR));
	T(write(3, "abc", 3));
	T(mknod("blk", S_IFBLK | 0600, makedev(250, 250)));
	mode("blk");
	T(open("blk", O_RDONLY));
	T(mknod("chr", S_IFCHR | 0600, makedev(250, 250)));
	T(open("chr", O_RDONLY));
	T(mknod("dir", S_IFDIR | 0777, 0));
	T(mknod("lnk", S_IFLNK | 0777, 0));
	T(mknod("f", 0666, 0));
	T(mknod("nodir/f", 0666, 0));
	T(open("sock", O_RDWR));
	T(symlink("f", "l"));
	mode("l");
	T(chmod("d", 02777));
	T(chown("d", 0, 500));
	T(chmod("d", 02777));
	close(open("d/f", O_CREAT | O_WRONLY, 0666));
	mode("d/f");
	T(mkdir("d/d", 0777));
	mode("d/d");
	T(chmod("f", 07777));
	mode("f");
	return 0;
}
