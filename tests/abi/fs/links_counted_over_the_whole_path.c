// SPDX-License-Identifier: MPL-2.0
// 40 links are followed in all, whatever part of the path they stand in, with O_CREAT and without.
#include "../lib/t.h"

static void chain(int n)
{
	char a[32], b[32];

	mkdir("d0", 0777);
	for (int i = 1; i <= n; i++) {
		snprintf(a, sizeof(a), "d%d", i - 1);
		snprintf(b, sizeof(b), "d%d", i);
		symlink(a, b);
		snprintf(a, sizeof(a), "../d%d/l%d", n, i - 1);
		snprintf(b, sizeof(b), "d0/l%d", i);
		symlink(a, b);
	}
}

int main(void)
{
	t_start();
	t_tmpfs("");
	chain(39);
	TOK(open("d39/l39", O_CREAT | O_RDWR, 0600));
	TOK(open("d39/l39", O_RDONLY));
	TOK(open("d39/l0", O_CREAT | O_RDWR, 0600));
	TOK(open("d0/l1", O_CREAT | O_RDWR, 0600));
	TOK(open("d0/l2", O_RDONLY));
	symlink("d39", "d40");
	symlink("d40", "d41");
	TOK(open("d40/x", O_CREAT | O_RDWR, 0600));
	TOK(open("d41/x", O_RDONLY));
	TOK(open("d41/y", O_CREAT | O_RDWR, 0600));
	// A text goes on behind a link in it, and must lead to a directory if it says so.
	mkdir("dir", 0777);
	mkdir("dir/sub", 0777);
	close(open("dir/sub/f", O_CREAT | O_WRONLY, 0600));
	symlink("sub", "dir/s");
	symlink("dir/s/../s/f", "through");
	symlink("through", "again");
	symlink("dir/s/f/", "slash");
	symlink("", "empty");
	TOK(open("again", O_RDONLY));
	TOK(open("again/", O_RDONLY));
	TOK(open("again/x", O_RDONLY));
	TOK(open("again", O_CREAT | O_RDWR, 0600));
	TOK(open("again", O_CREAT | O_EXCL | O_RDWR, 0600));
	TOK(open("again", O_CREAT | O_NOFOLLOW | O_RDWR, 0600));
	TOK(open("slash", O_RDONLY));
	TOK(open("slash", O_CREAT | O_RDWR, 0600));
	TOK(open("dir/s/", O_RDONLY));
	symlink("new/../dir/made", "make");
	symlink("dir/made", "make2");
	TOK(open("make", O_CREAT | O_RDWR, 0600));
	TOK(open("make2", O_CREAT | O_RDWR, 0600));
	TOK(access("dir/made", F_OK));
	symlink("loop", "loop");
	TOK(open("loop", O_CREAT | O_RDWR, 0600));
	TOK(open("loop/x", O_CREAT | O_RDWR, 0600));
	return 0;
}
