// SPDX-License-Identifier: MPL-2.0
// Real-time signals queue with their values and come in order of number; the limit of the queue.
#include "../lib/t.h"

static char log_buf[1024];

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	char line[64];

	snprintf(line, sizeof(line), "%d:%d ", sig, si->si_value.sival_int);
	strcat(log_buf, line);
}

static int queue(int sig, int value)
{
	return sigqueue(getpid(), sig, (union sigval){ .sival_int = value });
}

int main(void)
{
	sigset_t set;
	siginfo_t si;

	t_start();
	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	struct sigaction sa = { .sa_sigaction = on_sig, .sa_flags = SA_SIGINFO };
	sigfillset(&sa.sa_mask);
	for (int s = 34; s <= 64; s++)
		sigaction(s, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	T(queue(40, 1));
	T(queue(36, 2));
	T(queue(40, 3));
	T(queue(64, 4));
	T(queue(36, 5));
	T(queue(SIGUSR2, 6));
	T(queue(SIGUSR2, 7));
	T(queue(SIGUSR1, 8));
	T(queue(65, 9));
	T(queue(0, 9));
	T(sigqueue(999999, 40, (union sigval){ 0 }));
	sigemptyset(&set);
	sigaddset(&set, 40);
	int got = sigwaitinfo(&set, &si);
	printf("taken: %d code %s value %d\n", got, t_codename(got, si.si_code),
		si.si_value.sival_int);
	sigemptyset(&set);
	sigsuspend(&set);
	SHOWS(log_buf);
	log_buf[0] = 0;
	sigprocmask(SIG_SETMASK, &set, NULL);
	SHOWS(log_buf);
	// kill() without room still delivers a standard signal; sigqueue() says EAGAIN.
	IN_CHILD("limit", {
		struct rlimit rl = { 3, 3 };
		sigfillset(&set);
		sigprocmask(SIG_SETMASK, &set, NULL);
		t_drop_root(4321);
		CHECK(setrlimit(RLIMIT_SIGPENDING, &rl) == 0);
		T(queue(50, 1));
		T(queue(50, 1));
		T(queue(50, 1));
		T(queue(50, 1));
		T(kill(getpid(), 51));
		T(kill(getpid(), SIGTERM));
		sigpending(&set);
		printf("50 %d, 51 %d, TERM %d\n", sigismember(&set, 50), sigismember(&set, 51),
			sigismember(&set, SIGTERM));
	});
	return 0;
}
