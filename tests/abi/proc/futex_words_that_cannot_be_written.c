// SPDX-License-Identifier: MPL-2.0
// Futex operations on words that can be read but not written, of every kind of mapping; a PI unlock
// there must not go on for ever.
#include "../lib/t.h"
#include <linux/futex.h>

static long futex(void *a, int op, unsigned val, void *timeout, void *b, unsigned val3)
{
	return syscall(SYS_futex, a, op, val, timeout, b, val3);
}

static void operations(const char *what, unsigned *ro, unsigned *rw)
{
	struct timespec soon = { 0, 1000000 };

	printf("-- %s\n", what);
	for (int private = 0; private <= FUTEX_PRIVATE_FLAG; private += FUTEX_PRIVATE_FLAG) {
		TL("wait for another value",
			futex(ro, FUTEX_WAIT | private, *ro + 1, NULL, NULL, 0));
		TL("wait a little", futex(ro, FUTEX_WAIT | private, *ro, &soon, NULL, 0));
		TL("wake", futex(ro, FUTEX_WAKE | private, 1, NULL, NULL, 0));
		TL("requeue from", futex(ro, FUTEX_REQUEUE | private, 0, (void *)1, rw, 0));
		TL("requeue to", futex(rw, FUTEX_REQUEUE | private, 0, (void *)1, ro, 0));
		TL("compare and requeue",
			futex(ro, FUTEX_CMP_REQUEUE | private, 0, (void *)1, rw, *ro));
		TL("wake op",
			futex(rw, FUTEX_WAKE_OP | private, 1, (void *)1, ro,
				FUTEX_OP(FUTEX_OP_SET, 1, FUTEX_OP_CMP_EQ, 0)));
		TL("lock pi", futex(ro, FUTEX_LOCK_PI | private, 0, NULL, NULL, 0));
		TL("trylock pi", futex(ro, FUTEX_TRYLOCK_PI | private, 0, NULL, NULL, 0));
		TL("unlock pi", futex(ro, FUTEX_UNLOCK_PI | private, 0, NULL, NULL, 0));
	}
}

int main(void)
{
	unsigned *rw, *p;
	unsigned tid;
	int fd;

	t_start();
	tid = (unsigned)t_gettid();
	rw = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	for (int owned = 0; owned < 2; owned++) {
		printf("== %s\n", owned ? "owned" : "free");
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		*p = owned ? tid : 0;
		mprotect(p, 4096, PROT_READ);
		operations("private memory", p, rw);
		p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		*p = owned ? tid : 0;
		mprotect(p, 4096, PROT_READ);
		operations("shared memory", p, rw);
		fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);
		ftruncate(fd, 4096);
		tid = owned ? tid : 0;
		pwrite(fd, &tid, 4, 0);
		tid = (unsigned)t_gettid();
		p = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		operations("a shared file", p, rw);
		p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
		operations("a private view of a file", p, rw);
		close(fd);
	}
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	operations("the page of zeros", p, rw);
	return 0;
}
