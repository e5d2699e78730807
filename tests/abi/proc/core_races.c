// SPDX-License-Identifier: MPL-2.0
// A core dump against what ends a process otherwise: a kill, exit_group, an exec, other signals,
// stops, threads that end or begin. The process ends in one of these ways, and is never stuck.
#include "../lib/core.h"

#include <sys/syscall.h>

#define ROUNDS 120

enum { KILL, LEAVE, EXEC, STOP, THREADS, FATAL, NR_KINDS };

static pthread_barrier_t go;
static int kind;
static unsigned delay;

static void spin(unsigned n)
{
	for (volatile unsigned i = 0; i < n; i++)
		;
}

static void *nothing(void *arg)
{
	return arg;
}

static void *dumper(void *arg)
{
	pthread_barrier_wait(&go);
	spin(delay % 7 * 1000);
	syscall(SYS_tgkill, getpid(), t_gettid(), SIGQUIT);
	return arg;
}

static void *other(void *arg)
{
	char *argv[] = { "self", "again", NULL };
	pthread_t th;

	pthread_barrier_wait(&go);
	spin(delay % 11 * 1000);
	switch (kind) {
	case LEAVE:
		syscall(SYS_exit_group, 7);
		break;
	case EXEC:
		execv("/proc/self/exe", argv);
		break;
	case STOP:
		kill(getpid(), SIGSTOP);
		kill(getpid(), SIGCONT);
		break;
	case THREADS:
		for (int i = 0; i < 50; i++)
			if (!pthread_create(&th, NULL, nothing, NULL))
				pthread_join(th, NULL);
		break;
	case FATAL:
		kill(getpid(), SIGTERM);
		break;
	default:
		break;
	}
	for (;;)
		pause();
	return arg;
}

static void child(void)
{
	pthread_t th;

	core_limit(RLIM_INFINITY);
	CHECK(pthread_barrier_init(&go, NULL, 3) == 0);
	CHECK(pthread_create(&th, NULL, dumper, NULL) == 0);
	CHECK(pthread_create(&th, NULL, other, NULL) == 0);
	pthread_barrier_wait(&go);
	for (;;)
		pause();
}

static bool is_expected(int st)
{
	if (WIFEXITED(st))
		return (kind == LEAVE && WEXITSTATUS(st) == 7) ||
			(kind == EXEC && WEXITSTATUS(st) == 9);
	if (WTERMSIG(st) == SIGQUIT)
		return true;
	return !WCOREDUMP(st) &&
		((kind == KILL && WTERMSIG(st) == SIGKILL) ||
			(kind == FATAL && WTERMSIG(st) == SIGTERM));
}

int main(int argc, char **argv)
{
	int odd = 0, bad = 0;

	if (argc > 1)
		return 9;
	t_start();
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct core c;
		pid_t pid;
		int st;

		kind = (int)(i % NR_KINDS);
		delay = i * 7919u;
		pid = t_fork();
		if (pid == 0)
			child();
		if (kind == KILL) {
			spin(delay % 500 * 1000);
			kill(pid, SIGKILL);
		}
		/* A stop that comes first ends when the process is continued. */
		while (waitpid(pid, &st, kind == STOP ? WNOHANG : 0) == 0) {
			kill(pid, SIGCONT);
			t_yield();
		}
		if (!is_expected(st)) {
			odd++;
			t_status("odd", st);
		}
		if (core_open("core", &c)) {
			bad += memcmp(c.eh->e_ident, ELFMAG, SELFMAG) != 0;
			core_close(&c);
		} else if (WIFSIGNALED(st) && WCOREDUMP(st)) {
			bad++;
		}
		unlink("core");
	}
	SHOW(odd);
	SHOW(bad);
	return 0;
}
