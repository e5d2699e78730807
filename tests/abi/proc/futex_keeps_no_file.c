// SPDX-License-Identifier: MPL-2.0
// A file in whose mapping a thread has waited is gone with its last name, mapping and descriptor:
// the futex keeps nothing of it.
#include "../lib/t.h"
#include <linux/futex.h>
#include <sys/statfs.h>

#define SIZE (1 << 20)

static long used(void)
{
	struct statfs s;

	CHECK(statfs(".", &s) == 0);
	return (long)(s.f_blocks - s.f_bfree);
}

static unsigned *map_new(void)
{
	int fd = open("file", O_RDWR | O_CREAT | O_EXCL, 0600);
	unsigned *w;

	CHECK(fd >= 0 && ftruncate(fd, SIZE) == 0);
	w = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(w != MAP_FAILED);
	memset(w, 1, SIZE);
	*w = 0;
	close(fd);
	CHECK(unlink("file") == 0);
	return w;
}

static void *waker(void *word)
{
	while (syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0) != 1)
		sched_yield();
	return NULL;
}

// 0: a wait that times out, 1: that is woken, 2: that does not begin, 3: that is moved, 4: a PI
// lock
static void wait_and_go(int how)
{
	struct timespec soon = { 0, 1000000 };
	unsigned *w = map_new();
	pthread_t t;

	SHOW(used() > SIZE / 4096 - 1);
	switch (how) {
	case 0:
		T(syscall(SYS_futex, w, FUTEX_WAIT, 0, &soon, NULL, 0));
		break;
	case 1:
		CHECK(pthread_create(&t, NULL, waker, w) == 0);
		T(syscall(SYS_futex, w, FUTEX_WAIT, 0, NULL, NULL, 0));
		pthread_join(t, NULL);
		break;
	case 2:
		T(syscall(SYS_futex, w, FUTEX_WAIT, 5, NULL, NULL, 0));
		break;
	case 3:
		T(syscall(SYS_futex, w, FUTEX_CMP_REQUEUE, 1, 1, w + 1, 0));
		break;
	default:
		T(syscall(SYS_futex, w, FUTEX_LOCK_PI, 0, NULL, NULL, 0));
		T(syscall(SYS_futex, w, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0));
	}
	munmap(w, SIZE);
	SHOW(used() > 1);
}

int main(void)
{
	t_start();
	t_tmpfs("size=4m");
	for (int how = 0; how < 5; how++)
		wait_and_go(how);
	return 0;
}
