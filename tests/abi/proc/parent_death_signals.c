// SPDX-License-Identifier: MPL-2.0
// PR_SET_PDEATHSIG: each thread's signal is sent, with the dying parent's ids, and only if the
// parent may send it.
#include "../lib/t.h"

static int out[2];
static pid_t parent;

static void *ask(void *ready)
{
	CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR2) == 0);
	t_put(*(int *)ready);
	for (;;)
		pause();
	return NULL;
}

static void tell(const siginfo_t *si)
{
	char line[100];
	int n = snprintf(line, sizeof(line), "%s %s from the parent: %d, uid %d\n",
		t_signame(si->si_signo), t_codename(si->si_signo, si->si_code),
		si->si_pid == parent, (int)si->si_uid);

	CHECK(write(out[1], line, (size_t)n) == n);
}

// Takes both signals, in the order of their numbers, and tells of them.
static void two_threads(void)
{
	sigset_t set;
	siginfo_t si;
	pthread_t t;
	int ready[2];

	t_pipe(ready);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
	CHECK(pthread_create(&t, NULL, ask, &ready[1]) == 0);
	t_get(ready[0]);
	t_put(out[1]);
	UNTIL(getppid() != parent);
	for (int i = 0; i < 2; i++) {
		struct timespec limit = { 5, 0 };
		if (sigtimedwait(&set, &si, &limit) > 0)
			tell(&si);
	}
	_exit(0);
}

// Root's child of a parent that has become a user: the signal may not be sent.
static void of_root(void)
{
	CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
	t_put(out[1]);
	UNTIL(getppid() != parent);
	CHECK(write(out[1], "root's child lives\n", 19) == 19);
	_exit(0);
}

// The parent is the thread: the signal comes at its end, while its process lives on.
static void *forker(void *unused)
{
	pid_t pid = t_fork();

	if (pid == 0) {
		sigset_t set;
		siginfo_t si;
		struct timespec limit = { 5, 0 };
		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigprocmask(SIG_BLOCK, &set, NULL);
		CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
		t_put(out[1]);
		if (sigtimedwait(&set, &si, &limit) > 0)
			tell(&si);
		_exit(getppid() != parent);
	}
	CHECK(t_get(out[0]) >= 0);
	return NULL;
}

static void thread_dies(void)
{
	char buf[200];
	ssize_t n;
	pthread_t t;

	printf("a thread\n");
	parent = getpid();
	t_pipe(out);
	CHECK(pthread_create(&t, NULL, forker, NULL) == 0);
	pthread_join(t, NULL);
	n = read(out[0], buf, sizeof(buf));
	fwrite(buf, 1, (size_t)n, stdout);
	t_reap("child", -1);
	close(out[0]);
	close(out[1]);
}

static void show(const char *label, void (*child)(void), uid_t uid)
{
	char buf[512];
	ssize_t n;
	pid_t pid;

	printf("%s\n", label);
	t_pipe(out);
	pid = t_fork();
	if (pid == 0) {
		parent = getpid();
		if (t_fork() == 0)
			child();
		CHECK(t_get(out[0]) >= 0);
		if (uid)
			t_drop_root(uid);
		_exit(0);
	}
	close(out[1]);
	t_reap("parent", pid);
	while ((n = read(out[0], buf, sizeof(buf))) > 0)
		fwrite(buf, 1, (size_t)n, stdout);
	close(out[0]);
}

int main(void)
{
	t_start();
	show("two threads", two_threads, 0);
	show("a user's child", of_root, 4711);
	thread_dies();
	return 0;
}
