// SPDX-License-Identifier: MPL-2.0
// MAP_SHARED_VALIDATE refuses the flags that were made after it; MAP_SHARED ignores them.
#include "../lib/t.h"

int main(void)
{
	int fd;

	t_start();
	fd = memfd_create("x", 0);
	CHECK(ftruncate(fd, 4096) == 0);
	for (int b = 19; b < 32; b++) {
		void *p;

		printf("%d ", b);
		TLOK("validated",
			p = mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | 1 << b, fd, 0));
		printf("%d ", b);
		if (b != 20)
			TLOK("shared", mmap(NULL, 4096, PROT_READ, MAP_SHARED | 1 << b, fd, 0));
	}
	TOK(mmap(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0));
	return 0;
}
