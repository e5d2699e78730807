// SPDX-License-Identifier: MPL-2.0
// A shared futex on a page of a file beyond its end has no page: EFAULT. A private one needs none.
#include "../lib/t.h"
#include <linux/futex.h>

static long wake(void *p, int op)
{
	return syscall(SYS_futex, p, op, 1, 0, p, 0);
}

int main(void)
{
	char *p;
	int fd;

	t_start();
	fd = memfd_create("x", 0);
	CHECK(ftruncate(fd, 100) == 0);
	p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED);
	T(wake(p, FUTEX_WAKE));
	T(wake(p + 200, FUTEX_WAKE));
	T(wake(p + 4096, FUTEX_WAKE));
	T(wake(p + 4096, FUTEX_WAKE_PRIVATE));
	T(wake(p + 4096, FUTEX_WAIT));
	T(wake(p + 4096, FUTEX_WAIT_PRIVATE));
	T(wake(p + 4096, FUTEX_REQUEUE));
	CHECK(ftruncate(fd, 4097) == 0);
	T(wake(p + 4096, FUTEX_WAKE));
	CHECK(ftruncate(fd, 0) == 0);
	T(wake(p, FUTEX_WAKE));
	return 0;
}
