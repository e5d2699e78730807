// SPDX-License-Identifier: MPL-2.0
// /proc/PID/timers tells the timers of timer_create, the newest first; timerslack_ns shows and sets
// PR_SET_TIMERSLACK, of another process with CAP_SYS_NICE only.
#include "../lib/t.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* Shows the file of @pid with its process id written as PID. */
static void timers(const char *when, pid_t pid)
{
	char path[64], mine[32], *s, *at;

	snprintf(path, sizeof(path), "/proc/%d/timers", pid);
	snprintf(mine, sizeof(mine), "id.%d\n", pid);
	s = t_slurp(path);
	printf("%s:\n", when);
	for (; s && *s; s = at) {
		char *end = strchr(s, '\n');
		at = end ? end + 1 : s + strlen(s);
		if (at - s >= (long)strlen(mine) && !memcmp(at - strlen(mine), mine, strlen(mine)))
			printf("  %.*sPID\n", (int)(at - s - strlen(mine) + 3), s);
		else
			printf("  %.*s", (int)(at - s), s);
	}
}

static timer_t make(clockid_t clock, int notify, int signo, void *value)
{
	struct sigevent ev = {
		.sigev_notify = notify, .sigev_signo = signo, .sigev_value.sival_ptr = value
	};
	int id = -1;

	ev.sigev_notify_thread_id = syscall(SYS_gettid);
	T(syscall(SYS_timer_create, clock, &ev, &id));
	return (timer_t)(long)id;
}

static void slack(pid_t other)
{
	char path[64], text[64];
	int fd;

	SHOWS(t_slurp("/proc/self/timerslack_ns"));
	fd = open("/proc/self/timerslack_ns", O_RDWR);
	T(write(fd, "70000\n", 6));
	T(prctl(PR_GET_TIMERSLACK));
	T(prctl(PR_SET_TIMERSLACK, 1234));
	SHOWS(t_slurp("/proc/self/timerslack_ns"));
	T(write(fd, "0", 1));
	T(prctl(PR_GET_TIMERSLACK));
	T(write(fd, "x", 1));
	T(write(fd, "-1", 2));
	close(fd);
	snprintf(path, sizeof(path), "/proc/%d/timerslack_ns", other);
	fd = open(path, O_RDWR);
	T(write(fd, "99", 2));
	SHOWS(t_slurp(path));
	IN_CHILD("user", {
		t_drop_root(1000);
		T(write(fd, "98", 2));
		T(pread(fd, text, sizeof(text), 0));
		T(open(path, O_RDWR) >= 0);
		T(open("/proc/self/timerslack_ns", O_RDWR) >= 0);
		int mine = open("/proc/self/timerslack_ns", O_RDWR);
		T(write(mine, "77", 2));
		T(prctl(PR_GET_TIMERSLACK));
	});
	SHOWS(t_slurp(path));
	close(fd);
}

int main(void)
{
	struct itimerspec at = { .it_value.tv_sec = 1000 };
	char path[64], text[4096];
	struct stat st;
	int id, fd;
	pid_t c;

	t_start();
	timers("none", getpid());
	CHECK(syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, &id) == 0);
	timers("default", getpid());
	make(CLOCK_REALTIME, SIGEV_SIGNAL, SIGUSR1, (void *)0x123456789);
	timer_t quiet = make(CLOCK_BOOTTIME, SIGEV_NONE, SIGUSR2, NULL);
	make(CLOCK_PROCESS_CPUTIME_ID, SIGEV_THREAD, SIGRTMIN, (void *)-1);
	make(CLOCK_MONOTONIC, SIGEV_THREAD_ID, SIGALRM, (void *)8);
	make(CLOCK_THREAD_CPUTIME_ID, SIGEV_SIGNAL, SIGHUP, (void *)9);
	CHECK(syscall(SYS_timer_settime, id, 0, &at, NULL) == 0);
	timers("all kinds", getpid());
	CHECK(syscall(SYS_timer_delete, quiet) == 0);
	timers("one deleted", getpid());
	CHECK(stat("/proc/self/timers", &st) == 0);
	SHOWO(st.st_mode);
	SHOW(access("/proc/thread-self/timers", F_OK));

	c = t_fork();
	if (!c) {
		make(CLOCK_MONOTONIC, SIGEV_SIGNAL, SIGUSR1, NULL);
		for (;;)
			pause();
	}
	t_wait_state(c, 'S');
	timers("child", c);
	IN_CHILD("user", {
		t_drop_root(1000);
		timers("of root", c);
	});
	slack(c);
	snprintf(path, sizeof(path), "/proc/%d/timers", c);
	fd = open(path, O_RDONLY);
	kill(c, SIGKILL);
	t_wait_state(c, 'Z');
	timers("zombie", c);
	CHECK(waitpid(c, NULL, 0) == c);
	T(pread(fd, text, sizeof(text), 0));
	T(open(path, O_RDONLY));
	return 0;
}
