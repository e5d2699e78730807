// SPDX-License-Identifier: MPL-2.0
// Who may signal whom: user ids, zero, minus one, groups, missing processes, bad signals.
#include "../lib/t.h"

static pid_t sleeper(uid_t uid)
{
	int p[2];

	t_pipe(p);
	pid_t pid = t_fork();
	if (pid == 0) {
		setpgid(0, 0);
		if (uid)
			t_drop_root(uid);
		t_put(p[1]);
		for (;;)
			pause();
	}
	CHECK(t_get(p[0]) == 'x');
	close(p[0]);
	close(p[1]);
	return pid;
}

static int ready[2], go_on[2];

static void *other_user(void *arg)
{
	syscall(SYS_setresuid, 1000, 1000, 1000); /* of this thread alone */
	t_put(ready[1]);
	t_get(go_on[0]);
	return arg;
}

/* The thread that the number names decides, not its leader. */
static void thread_of_another_user(void)
{
	static volatile pid_t *tid;
	pid_t c;

	tid = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	t_pipe(ready);
	t_pipe(go_on);
	c = t_fork();
	if (c == 0) {
		pthread_t t;
		pthread_create(&t, NULL, other_user, NULL);
		pthread_join(t, NULL);
		_exit(0);
	}
	t_get(ready[0]);
	DIR *d;
	char path[64];
	struct dirent *e;
	snprintf(path, sizeof(path), "/proc/%d/task", c);
	d = opendir(path);
	while ((e = readdir(d)))
		if (atoi(e->d_name) > 0 && atoi(e->d_name) != c)
			*tid = atoi(e->d_name);
	closedir(d);
	IN_CHILD("a thread of another user than its leader", {
		t_drop_root(1000);
		T(kill(c, 0));
		T(kill(*tid, 0));
		T(syscall(SYS_tgkill, c, c, 0));
		T(syscall(SYS_tgkill, c, *tid, 0));
	});
	t_put(go_on[1]);
	t_reap("its process", c);
}

int main(void)
{
	t_start();
	thread_of_another_user();
	pid_t root = sleeper(0), a = sleeper(1000), b = sleeper(1001);

	IN_CHILD("user 1000", {
		t_drop_root(1000);
		T(kill(root, 0));
		T(kill(root, SIGTERM));
		T(kill(a, 0));
		T(kill(b, 0));
		T(kill(b, SIGCONT));
		T(kill(1, 0));
		T(kill(999999, 0));
		T(kill(-999999, 0));
		T(kill(-a, 0));
		T(kill(-b, 0));
		T(kill(a, 65));
		T(kill(a, -1));
		T(kill(b, 65));
		T(kill(999999, 65));
		T(syscall(SYS_tgkill, a, a, 0));
		T(syscall(SYS_tgkill, a, b, 0));
		T(syscall(SYS_tgkill, b, b, 0));
		T(syscall(SYS_tgkill, 0, a, 0));
		T(syscall(SYS_tgkill, -1, a, 0));
		T(syscall(SYS_tkill, a, 0));
		T(syscall(SYS_tkill, 0, 0));
		T(syscall(SYS_tkill, -1, 0));
		T(kill(a, SIGTERM));
	});
	t_reap("a", a);
	T(kill(-b, SIGUSR1));
	t_reap("b", b);
	T(kill(-b, 0));
	T(kill(root, SIGKILL));
	t_reap("root", root);
	IN_CHILD("own group", {
		setpgid(0, 0);
		pid_t c = t_fork();
		if (c == 0)
			for (;;)
				pause();
		signal(SIGTERM, SIG_IGN);
		T(kill(0, SIGTERM));
		t_reap("member", c);
	});
	pid_t c = t_fork();
	if (c == 0)
		for (;;)
			pause();
	IN_CHILD("the same session may always continue", {
		t_drop_root(1000);
		T(kill(c, SIGCONT));
		T(kill(c, SIGTERM));
	});
	kill(c, SIGKILL);
	t_reap("c", c);
	return 0;
}
