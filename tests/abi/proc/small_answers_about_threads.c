// SPDX-License-Identifier: MPL-2.0
/*
 * setpgid of a thread that leads nothing, the default of the timer slack, whose robust list may be
 * seen, the auxiliary vector in /proc, peak memory, who may use the expedited membarrier.
 */
#include "../lib/t.h"
#include <sys/auxv.h>

static int to_thread[2], to_main[2];
static volatile pid_t tid;

static void *stay(void *arg)
{
	tid = t_gettid();
	t_put(to_main[1]);
	t_get(to_thread[0]);
	return arg;
}

int main(void)
{
	pthread_t t;
	pid_t k;
	int p[2];
	void *head;
	size_t len;

	t_start();
	t_pipe(to_thread);
	t_pipe(to_main);
	pthread_create(&t, NULL, stay, NULL);
	t_get(to_main[0]);
	T(setpgid(tid, 0));
	T(setpgid(tid, tid));
	T(setpgid(1 << 30, 0));
	t_put(to_thread[1]);
	pthread_join(t, NULL);

	T(prctl(PR_SET_TIMERSLACK, 70000));
	k = t_fork();
	if (k == 0) {
		T(prctl(PR_GET_TIMERSLACK));
		T(prctl(PR_SET_TIMERSLACK, 1000));
		T(prctl(PR_SET_TIMERSLACK, 0));
		T(prctl(PR_GET_TIMERSLACK));
		fflush(stdout);
		_exit(0);
	}
	t_reap("child", k);
	T(prctl(PR_SET_TIMERSLACK, 0));
	T(prctl(PR_GET_TIMERSLACK));

	t_pipe(p);
	k = t_fork();
	if (k == 0) {
		t_get(p[0]);
		_exit(0);
	}
	TOK(syscall(SYS_get_robust_list, k, &head, &len));
	fflush(stdout);
	pid_t u = t_fork();
	if (u == 0) {
		t_drop_root(1000);
		TOK(syscall(SYS_get_robust_list, k, &head, &len));
		TOK(syscall(SYS_get_robust_list, 0, &head, &len));
		T(syscall(SYS_get_robust_list, 1 << 30, &head, &len));
		fflush(stdout);
		_exit(0);
	}
	t_reap("user", u);
	t_put(p[1]);
	t_reap("target", k);

	/* The auxiliary vector as the program finds it. */
	unsigned long aux[128];
	int fd = open("/proc/self/auxv", O_RDONLY), n = read(fd, aux, sizeof(aux)) / sizeof(*aux),
	    same = 0, all = 0;
	for (int i = 0; i + 1 < n && aux[i]; i += 2) {
		all++;
		same += getauxval(aux[i]) == aux[i + 1];
	}
	close(fd);
	printf("auxv: some %d, all as the program's %d, ends %d\n", all > 10, all == same,
		n >= 2 && aux[n - 2] == 0);

	struct rusage ru;
	char *m = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(m, 1, 8 << 20);
	getrusage(RUSAGE_SELF, &ru);
	IS(ru.ru_maxrss >= 8 << 10);
	k = t_fork();
	if (k == 0)
		_exit(0);
	wait4(k, NULL, 0, &ru);
	IS(ru.ru_maxrss >= 8 << 10);

	T(syscall(SYS_membarrier, 8, 0, 0));
	T(syscall(SYS_membarrier, 16, 0, 0));
	T(syscall(SYS_membarrier, 8, 0, 0));
	k = t_fork();
	if (k == 0) {
		T(syscall(SYS_membarrier, 8, 0, 0));
		fflush(stdout);
		_exit(0);
	}
	t_reap("child", k);
	return 0;
}
