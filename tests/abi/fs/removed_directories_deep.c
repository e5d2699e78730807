// SPDX-License-Identifier: MPL-2.0
// A chain of directories that hangs on one descriptor of the deepest: all removed, the last close
// lets go of them all, however many.
#include "../lib/t.h"

#define DEPTH 3000

int main(void)
{
	int i, fd, made = 0, removed = 0;

	t_start();
	t_tmpfs("");
	for (i = 0; i < DEPTH; i++)
		made += !mkdir("d", 0777) && !chdir("d");
	fd = open(".", O_RDONLY | O_DIRECTORY);
	for (i = 0; i < DEPTH; i++)
		removed += !chdir("..") && !rmdir("d");
	printf("made %d, removed %d\n", made, removed);
	T(fchdir(fd));
	T(mkdir("e", 0777));
	T(chdir(".."));
	T(chdir("/"));
	T(close(fd));
	return 0;
}
