// SPDX-License-Identifier: MPL-2.0
// RLIMIT_NPROC: forks and threads of one user up to the limit, EAGAIN beyond; what counts, who is
// exempt, exec after a change of the user.
#include "../lib/t.h"

#define USER 4711

static void limit(rlim_t n)
{
	struct rlimit r = { n, n };

	CHECK(setrlimit(RLIMIT_NPROC, &r) == 0);
}

// Forks until it cannot; says how often and why not, and ends them all.
static int forks(int most)
{
	pid_t pids[64];
	int n = 0;

	while (n < most && (pids[n] = fork()) >= 0) {
		if (pids[n] == 0)
			for (;;)
				pause();
		n++;
	}
	printf("%d forks, then %s\n", n, n == most ? "enough" : t_errname(errno));
	for (int i = 0; i < n; i++) {
		kill(pids[i], SIGKILL);
		t_wait(pids[i]);
	}
	return n;
}

static int tasks(void)
{
	DIR *d = opendir("/proc/self/task");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void *sleeper(void *arg)
{
	t_get(*(int *)arg);
	return NULL;
}

static void threads(int most)
{
	pthread_t t[64];
	int p[2], n = 0, err = 0;

	t_pipe(p);
	while (n < most && (err = pthread_create(&t[n], NULL, sleeper, &p[0])) == 0)
		n++;
	printf("%d threads, then %s\n", n, n == most ? "enough" : t_errname(err));
	close(p[1]);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	close(p[0]);
	// A joined thread may still be on its way out.
	CHECK(UNTIL(tasks() == 1));
}

// A family that bombs: each member forks until it cannot. All die with the group.
static void bomb(void)
{
	int p[2];
	pid_t pid;
	char c;

	t_pipe(p);
	pid = t_fork();
	if (pid == 0) {
		setpgid(0, 0);
		close(p[0]);
		t_drop_root(USER);
		limit(25);
		for (int i = 0; i < 200; i++)
			if (fork() < 0)
				write(p[1], "", errno == EAGAIN);
		pause();
	}
	close(p[1]);
	IS(read(p[0], &c, 1) == 1);
	kill(-pid, SIGKILL);
	t_reap("the bomb", pid);
	// The end of the file comes when the last of them is gone.
	while (read(p[0], &c, 1) == 1)
		;
	IS(read(p[0], &c, 1) == 0);
	close(p[0]);
}

int main(int argc, char **argv)
{
	if (argc > 1) {
		puts("executed");
		return 0;
	}
	t_start();
	IN_CHILD("root is exempt", {
		limit(1);
		forks(5);
	});
	IN_CHILD("a user", {
		t_drop_root(USER);
		limit(10);
		forks(40);
		threads(40);
		limit(5);
		forks(40);
		threads(40);
		limit(1);
		forks(40);
		limit(0);
		forks(40);
		threads(40);
	});
	IN_CHILD("zombies", {
		t_drop_root(USER);
		limit(10);
		int n = 0;
		pid_t pid = 0;
		while (n < 40 && (pid = fork()) > 0) {
			t_wait_state(pid, 'Z');
			n++;
		}
		if (pid == 0)
			_exit(0);
		printf("%d zombies, then %s\n", n, n == 40 ? "enough" : t_errname(errno));
		while (wait(NULL) > 0)
			;
		forks(5);
	});
	IN_CHILD("two of one user", {
		pid_t other = t_fork();

		if (other == 0) {
			t_drop_root(USER);
			for (;;)
				pause();
		}
		UNTIL(t_state(other) == 'S');
		t_drop_root(USER);
		limit(10);
		forks(40);
		kill(other, SIGKILL);
		t_wait(other);
		forks(40);
	});
	IN_CHILD("exec over the limit", {
		limit(1);
		pid_t other = t_fork();

		if (other == 0) {
			t_drop_root(USER);
			for (;;)
				pause();
		}
		UNTIL(t_state(other) == 'S');
		IN_CHILD("after setuid", {
			t_drop_root(USER);
			T(execl("/proc/self/exe", "x", "again", NULL));
		});
		kill(other, SIGKILL);
		t_wait(other);
		IN_CHILD("alone", {
			t_drop_root(USER);
			T(execl("/proc/self/exe", "x", "again", NULL));
		});
	});
	bomb();
	return 0;
}
