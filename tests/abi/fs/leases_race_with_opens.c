// SPDX-License-Identifier: MPL-2.0
// While a write lease is whole, nobody else has the file open: holders and openers on several CPUs.
#include "../lib/t.h"

#define OPENERS 3
#define ROUNDS  400

struct shared {
	int open[OPENERS]; /* whether that opener has the file open for certain */
	int done;
	long opened[OPENERS];
};

static void opener(struct shared *s, int me)
{
	while (!__atomic_load_n(&s->done, __ATOMIC_SEQ_CST)) {
		int fd = open("f", me == 0 ? O_RDWR | O_NONBLOCK : O_RDONLY | O_NONBLOCK);

		if (fd < 0) {
			CHECK(errno == EAGAIN);
			sched_yield();
			continue;
		}
		__atomic_store_n(&s->open[me], 1, __ATOMIC_SEQ_CST);
		s->opened[me]++;
		__atomic_store_n(&s->open[me], 0, __ATOMIC_SEQ_CST);
		close(fd);
		if (s->opened[me] % 8 == 0)
			usleep(1000);
	}
	exit(0);
}

int main(void)
{
	struct shared *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		0);
	long granted = 0, broken = 0, wrong = 0;
	pid_t child[OPENERS];

	t_start();
	t_tmpfs("");
	signal(SIGIO, SIG_IGN);
	t_file("f", "text", 0600);
	for (int i = 0; i < OPENERS; i++) {
		child[i] = t_fork();
		if (!child[i])
			opener(s, i);
	}
	while (granted < ROUNDS) {
		int fd = open("f", O_RDONLY), seen = 0;

		if (fcntl(fd, F_SETLEASE, F_WRLCK)) {
			CHECK(errno == EAGAIN);
			close(fd);
			sched_yield();
			continue;
		}
		granted++;
		for (int i = 0; i < OPENERS; i++)
			seen |= __atomic_load_n(&s->open[i], __ATOMIC_SEQ_CST);
		if (fcntl(fd, F_GETLEASE) == F_WRLCK)
			wrong += seen;
		else
			broken++;
		if (granted % 2)
			CHECK(!fcntl(fd, F_SETLEASE, F_UNLCK));
		close(fd);
	}
	__atomic_store_n(&s->done, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < OPENERS; i++)
		t_status("opener", t_wait(child[i]));
	SHOW(wrong);
	IS(granted == ROUNDS);
	return 0;
}
