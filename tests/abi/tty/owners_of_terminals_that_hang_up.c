// SPDX-License-Identifier: MPL-2.0
// Threads make themselves the owner of a terminal's signals, and switch them, while it hangs up.
#include "../lib/t.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>

#define ROUNDS  400
#define THREADS 6

static int slave = -1;
static int done;

static void *own(void *arg)
{
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		int fd = __atomic_load_n(&slave, __ATOMIC_RELAXED);
		fcntl(fd, F_SETOWN, getpid());
		fcntl(fd, F_SETFL, O_ASYNC);
		fcntl(fd, F_SETFL, 0);
	}
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	int rounds = 0;

	t_start();
	signal(SIGIO, SIG_IGN);
	for (int i = 0; i < THREADS; i++)
		CHECK(!pthread_create(&t[i], NULL, own, NULL));
	for (int r = 0; r < ROUNDS; r++) {
		int unlocked = 0, n = -1, master = open("/dev/ptmx", O_RDWR | O_NOCTTY), fd;
		char name[40];
		CHECK(master >= 0 && !ioctl(master, TIOCSPTLCK, &unlocked) &&
			!ioctl(master, TIOCGPTN, &n));
		snprintf(name, sizeof(name), "/dev/pts/%d", n);
		CHECK((fd = open(name, O_RDWR | O_NOCTTY)) >= 0);
		__atomic_store_n(&slave, fd, __ATOMIC_RELAXED);
		usleep(r % 8 * 40);
		close(master);
		__atomic_store_n(&slave, -1, __ATOMIC_RELAXED);
		close(fd);
		rounds++;
	}
	__atomic_store_n(&done, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	SHOW(rounds);
	return 0;
}
