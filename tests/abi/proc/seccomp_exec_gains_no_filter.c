// SPDX-License-Identifier: MPL-2.0
// TSYNC in the middle of another thread's exec: a program that gains rights has no filter, and one
// with a filter under no_new_privs gains no rights.
#include "../lib/seccomp.h"
#include "../lib/t.h"

static volatile int ready, go;

static void copy_self(const char *name, mode_t mode)
{
	static char buf[65536];
	int in = open("/proc/self/exe", O_RDONLY);
	int out = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK(write(out, buf, (size_t)n) == n);
	CHECK(fchmod(out, mode) == 0);
	close(in);
	close(out);
}

static void *other(void *arg)
{
	unsigned n = *(unsigned *)arg;

	s_no_new_privs();
	ready = 1;
	while (!go)
		;
	for (volatile unsigned i = 0; i < n; i++)
		;
	s_on(SECCOMP_FILTER_FLAG_TSYNC, SYS_getsid, SECCOMP_RET_ERRNO | 1);
	for (;;)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	int seen[4] = { 0 };
	unsigned seed = 1;

	if (argc > 1) {
		int rights = geteuid() == 0, filter = prctl(PR_GET_SECCOMP) == 2;

		return rights + 2 * filter;
	}
	t_start();
	t_tmpfs("");
	copy_self("root", 04755);
	for (int i = 0; i < 60; i++) {
		unsigned delay = rand_r(&seed) % 120000;
		pid_t pid = t_fork();
		int st;

		if (pid == 0) {
			pthread_t th;

			t_drop_root(1000);
			CHECK(pthread_create(&th, NULL, other, &delay) == 0);
			while (!ready)
				;
			go = 1;
			execl("root", "x", "y", NULL);
			t_die("exec");
		}
		CHECK(waitpid(pid, &st, 0) == pid);
		CHECK(WIFEXITED(st) && WEXITSTATUS(st) < 4);
		seen[WEXITSTATUS(st)]++;
	}
	// 0: neither, 1: rights, 2: a filter, 3: both
	SHOW(seen[3]);
	return 0;
}
