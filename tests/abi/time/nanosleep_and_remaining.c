// SPDX-License-Identifier: MPL-2.0
// nanosleep and clock_nanosleep: errors, absolute times that passed, the rest after a signal.
#include "../lib/t.h"

static void on_sig(int sig, siginfo_t *si, void *uc)
{
}

int main(void)
{
	struct timespec ts = { 0, 2000000 }, rem = { 7, 7 };

	t_start();
	uint64_t t = t_now_ns();
	T(nanosleep(&ts, &rem));
	IS(t_now_ns() - t >= 2000000);
	SHOW(rem.tv_sec);
	ts.tv_nsec = 1000000000;
	T(nanosleep(&ts, NULL));
	ts.tv_nsec = -1;
	T(nanosleep(&ts, NULL));
	ts = (struct timespec){ -1, 0 };
	T(nanosleep(&ts, NULL));
	T(syscall(SYS_nanosleep, 8, NULL));
	ts = (struct timespec){ 0, 0 };
	T(nanosleep(&ts, NULL));
	printf("%s\n", t_errname(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL)));
	printf("%s\n", t_errname(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &ts, NULL)));
	printf("%s\n", t_errname(clock_nanosleep(CLOCK_THREAD_CPUTIME_ID, 0, &ts, NULL)));
	printf("%s\n", t_errname(clock_nanosleep(99, 0, &ts, NULL)));
	printf("%s\n", t_errname(clock_nanosleep(CLOCK_MONOTONIC_RAW, 0, &ts, NULL)));
	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_nsec += 3000000;
	if (ts.tv_nsec >= 1000000000) {
		ts.tv_nsec -= 1000000000;
		ts.tv_sec++;
	}
	printf("%s\n", t_errname(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL)));
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	IS(now.tv_sec > ts.tv_sec || (now.tv_sec == ts.tv_sec && now.tv_nsec >= ts.tv_nsec));
	for (int abs = 0; abs < 2; abs++) {
		pid_t pid = t_fork();
		if (pid == 0) {
			t_handle(SIGUSR1, on_sig, SA_RESTART);
			clock_gettime(CLOCK_MONOTONIC, &ts);
			if (abs)
				ts.tv_sec += 25;
			else
				ts = (struct timespec){ 25, 0 };
			rem = (struct timespec){ 7, 7 };
			int r = clock_nanosleep(CLOCK_MONOTONIC, abs ? TIMER_ABSTIME : 0, &ts,
				&rem);
			printf("abs %d: %s, rest %s\n", abs, t_errname(r),
				rem.tv_sec == 7                               ? "untouched"
					: rem.tv_sec <= 25 && rem.tv_sec >= 5 ? "sane"
									      : "odd");
			_exit(0);
		}
		t_wait_state(pid, 'S');
		kill(pid, SIGUSR1);
		t_reap("sleeper", pid);
	}
	// Stopping and continuing does not end a sleep early.
	pid_t pid = t_fork();
	if (pid == 0) {
		t = t_now_ns();
		ts = (struct timespec){ 0, 100000000 };
		T(nanosleep(&ts, &rem));
		IS(t_now_ns() - t >= 100000000);
		_exit(0);
	}
	t_wait_state(pid, 'S');
	kill(pid, SIGSTOP);
	kill(pid, SIGCONT);
	t_reap("stopped and continued", pid);
	struct timespec own = { 0, 1000 };
	T(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, &own, NULL));
	T(syscall(SYS_clock_nanosleep, CLOCK_THREAD_CPUTIME_ID, 0, NULL, NULL));
	return 0;
}
