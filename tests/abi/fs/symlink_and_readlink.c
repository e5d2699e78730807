// SPDX-License-Identifier: MPL-2.0
// symlink and readlink: targets, short buffers, empty strings, chains and loops.
#include "../lib/t.h"

int main(void)
{
	char buf[64] = "", longname[300], big[4100];
	struct stat st;

	t_start();
	memset(longname, 'n', 255);
	longname[255] = 0;
	memset(big, 'b', sizeof(big));
	big[4095] = 0;
	T(symlink("target", "l"));
	T(readlink("l", buf, sizeof(buf)));
	T(readlink("l", buf, 3));
	T(readlink("l", buf, 0));
	T(readlink("l", buf, -1));
	T(lstat("l", &st));
	SHOW(st.st_size);
	SHOWO(st.st_mode);
	T(stat("l", &st));
	T(symlink("x", "l"));
	T(symlink("", "e"));
	T(symlink("x", ""));
	T(symlink("x", "nodir/l"));
	T(symlink("x", "t/"));
	T(symlink(big, "longest"));
	T(lstat("longest", &st));
	SHOW(st.st_size);
	big[4095] = 'b';
	big[4096] = 0;
	T(symlink(big, "toolong"));
	T(symlink("x", longname));
	longname[255] = 'n';
	longname[256] = 0;
	T(symlink("x", longname));
	t_file("f", "", 0644);
	T(readlink("f", buf, sizeof(buf)));
	T(readlink(".", buf, sizeof(buf)));
	T(readlink("none", buf, sizeof(buf)));
	T(readlink("", buf, sizeof(buf)));
	T(symlink("loop2", "loop1"));
	T(symlink("loop1", "loop2"));
	T(open("loop1", O_RDONLY));
	T(stat("loop1", &st));
	T(lstat("loop1", &st));
	T(mkdir("loop1/x", 0755));
	T(open("loop1", O_RDWR | O_CREAT, 0600));
	T(open("loop1", O_RDONLY | O_NOFOLLOW));
	for (int i = 0; i < 45; i++) {
		char a[16], b[16];

		snprintf(a, sizeof(a), "c%d", i);
		snprintf(b, sizeof(b), "c%d", i + 1);
		CHECK(symlink(a, b) == 0);
	}
	t_file("c0", "end of the chain", 0644);
	T(stat("c39", &st));
	T(stat("c40", &st));
	T(stat("c41", &st));
	T(symlink(".", "dot"));
	T(stat("dot/dot/dot/f", &st));
	T(symlinkat("t", 99, "x"));
	T(symlinkat("f", AT_FDCWD, "y"));
	T(unlink("y"));
	T(access("f", F_OK));
	return 0;
}
