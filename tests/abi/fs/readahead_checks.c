// SPDX-License-Identifier: MPL-2.0
// readahead: what it may be asked of.
#include "../lib/t.h"

int main(void)
{
	int p[2];

	t_start();
	t_pipe(p);
	t_file("f", "0123456789", 0600);
	T(readahead(open("f", O_RDONLY), 0, 4096));
	T(readahead(open("f", O_RDWR), 1 << 20, 4096));
	T(readahead(open("f", O_RDONLY), 0, 0));
	T(readahead(open("f", O_WRONLY), 0, 4096));
	T(readahead(open("f", O_PATH), 0, 4096));
	T(readahead(open(".", O_RDONLY), 0, 4096));
	T(readahead(p[0], 0, 4096));
	T(readahead(99, 0, 4096));
	return 0;
}
