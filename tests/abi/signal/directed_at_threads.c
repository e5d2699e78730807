// SPDX-License-Identifier: MPL-2.0
// Process signals go to a thread that lets them in; tgkill to one thread; the mask is per thread,
// the action is not.
#include "../lib/t.h"

static pid_t tids[3];
static pthread_barrier_t bar;
static volatile int done;
static volatile pid_t handled_by;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	handled_by = t_gettid();
}

static void *blocked(void *arg)
{
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	tids[(long)arg] = t_gettid();
	pthread_barrier_wait(&bar);
	while (!done)
		t_yield();
	sigpending(&set);
	return (void *)(long)sigismember(&set, SIGUSR2);
}

static void *open_to_all(void *arg)
{
	tids[(long)arg] = t_gettid();
	pthread_barrier_wait(&bar);
	while (!done)
		t_yield();
	return NULL;
}

int main(void)
{
	pthread_t t[3];
	sigset_t set;
	void *r;

	t_start();
	pthread_barrier_init(&bar, NULL, 4);
	t_handle(SIGUSR1, on_sig, 0);
	pthread_create(&t[0], NULL, blocked, (void *)0);
	pthread_create(&t[1], NULL, open_to_all, (void *)1);
	pthread_create(&t[2], NULL, blocked, (void *)2);
	pthread_barrier_wait(&bar);
	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	kill(getpid(), SIGUSR1);
	IS(UNTIL(handled_by != 0));
	IS(handled_by == tids[1]);
	handled_by = 0;
	T(syscall(SYS_tgkill, getpid(), tids[0], SIGUSR2));
	sigpending(&set);
	IS(!sigismember(&set, SIGUSR2));
	T(syscall(SYS_tgkill, getpid(), tids[1], SIGUSR1));
	IS(UNTIL(handled_by == tids[1]));
	T(syscall(SYS_tgkill, getpid(), 1, SIGUSR1));
	done = 1;
	pthread_join(t[0], &r);
	printf("pending in the target: %ld\n", (long)r);
	pthread_join(t[2], &r);
	printf("pending in another: %ld\n", (long)r);
	pthread_join(t[1], &r);
	return 0;
}
