// SPDX-License-Identifier: MPL-2.0
/*
 * Calls that a program can make very long: a signal ends them early, SIGKILL at once, and others
 * run meanwhile.
 */
#include "../lib/t.h"

#define HUGE_LEN (1ul << 31)

/* 2 GiB of addresses over 1 MiB of memory. */
static char *window(void)
{
	int fd = memfd_create("w", 0);
	char *p = mmap(NULL, HUGE_LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		0);

	ftruncate(fd, 1 << 20);
	for (unsigned long o = 0; o < HUGE_LEN; o += 1 << 20)
		if (mmap(p + o, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
			MAP_FAILED)
			t_die("window");
	close(fd);
	return p;
}

static void on_alarm(int s, siginfo_t *i, void *c)
{
}

static void interrupted(const char *path)
{
	char *p = window();
	int fd = open(path, O_RDONLY);
	struct itimerval it = { .it_value.tv_usec = 50000, .it_interval.tv_usec = 50000 };
	ssize_t n;

	t_handle(SIGALRM, on_alarm, 0);
	setitimer(ITIMER_REAL, &it, NULL);
	n = read(fd, p, 0x7ffff000);
	it = (struct itimerval){ 0 };
	setitimer(ITIMER_REAL, &it, NULL);
	/* /dev/zero may be faster than the timer. */
	printf("%s: more than nothing %d, whole pages %d\n", path, n > 0, n % 4096 == 0);
	close(fd);
	munmap(p, HUGE_LEN);
}

static void killed(const char *what, int kind)
{
	int p[2];
	pid_t k;

	t_pipe(p);
	k = t_fork();
	if (k == 0) {
		if (kind == 0) {
			char *w = window();
			int fd = open("/dev/urandom", O_RDONLY);
			t_put(p[1]);
			for (;;)
				read(fd, w, 0x7ffff000);
		}
		t_put(p[1]);
		for (;;)
			mmap(NULL, 1ul << 36, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);
	}
	t_get(p[0]);
	for (int i = 0; i < 20; i++)
		t_yield();
	kill(k, SIGKILL);
	t_reap(what, k);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	t_start();
	interrupted("/dev/urandom");
	interrupted("/dev/zero");
	killed("random bytes", 0);
	killed("populate of nothing", 1);
	return 0;
}
