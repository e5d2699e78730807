// SPDX-License-Identifier: MPL-2.0
// timer_create with SIGEV_SIGNAL, THREAD_ID and NONE; settime, gettime, overruns, deletion, errors.
#include "../lib/t.h"
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static int kcreate(clockid_t clk, struct sigevent *ev, int *id)
{
	return (int)syscall(SYS_timer_create, clk, ev, id);
}

static long kset(int id, int flags, long s, long ns, long is, long ins, struct itimerspec *old)
{
	struct itimerspec it = { { is, ins }, { s, ns } };

	return syscall(SYS_timer_settime, id, flags, &it, old);
}

int main(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = 40 };
	struct itimerspec it;
	sigset_t set;
	siginfo_t si;
	int id = -1, id2 = -1;

	t_start();
	sigemptyset(&set);
	sigaddset(&set, 40);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	ev.sigev_value.sival_int = 99;
	T(kcreate(CLOCK_MONOTONIC, &ev, &id));
	T(syscall(SYS_timer_gettime, id, &it));
	SHOW(it.it_value.tv_sec + it.it_value.tv_nsec);
	T(kset(id, 0, 100, 0, 50, 0, NULL));
	T(syscall(SYS_timer_gettime, id, &it));
	IS(it.it_value.tv_sec >= 90 && it.it_value.tv_sec <= 100);
	SHOW(it.it_interval.tv_sec);
	T(kset(id, 0, 0, 1000000, 0, 0, &it));
	SHOW(it.it_interval.tv_sec);
	T(sigwaitinfo(&set, &si));
	SHOWS(t_codename(40, si.si_code));
	SHOW(si.si_value.sival_int);
	SHOW(si.si_overrun);
	IS(si.si_timerid == id);
	T(syscall(SYS_timer_gettime, id, &it));
	SHOW(it.it_value.tv_sec + it.it_value.tv_nsec);
	// Far more than two periods pass before the signal is taken.
	T(kset(id, 0, 0, 1000000, 0, 1000000, NULL));
	uint64_t end = t_now_ns() + 20000000;
	UNTIL(t_now_ns() > end);
	T(sigwaitinfo(&set, &si));
	IS(si.si_overrun > 2);
	IS(syscall(SYS_timer_getoverrun, id) > 2);
	T(kset(id, 0, 0, 0, 0, 0, NULL));
	while (sigtimedwait(&set, &si, &(struct timespec){ 0, 0 }) == 40)
		;
	T(kset(id, TIMER_ABSTIME, 0, 1, 0, 0, NULL));
	T(sigwaitinfo(&set, &si));
	T(kset(id, 0, 0, 1000000000, 0, 0, NULL));
	T(kset(id, 0, -1, 0, 0, 0, NULL));
	T(kset(77, 0, 1, 0, 0, 0, NULL));
	T(syscall(SYS_timer_settime, id, 0, NULL, NULL));
	T(syscall(SYS_timer_delete, id));
	T(syscall(SYS_timer_delete, id));
	T(syscall(SYS_timer_gettime, id, &it));
	T(kcreate(CLOCK_REALTIME, NULL, &id));
	T(kset(id, 0, 0, 1000000, 0, 0, NULL));
	T(sigwaitinfo(&set, &si));
	IS(si.si_value.sival_int == id);
	ev.sigev_notify = SIGEV_NONE;
	T(kcreate(CLOCK_MONOTONIC, &ev, &id2));
	T(kset(id2, 0, 0, 1, 0, 0, NULL));
	T(sigtimedwait(&set, &si, &(struct timespec){ 0, 5000000 }));
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev.sigev_notify_thread_id = t_gettid();
	T(kcreate(CLOCK_MONOTONIC, &ev, &id2));
	T(kset(id2, 0, 0, 1, 0, 0, NULL));
	T(sigwaitinfo(&set, &si));
	ev.sigev_notify_thread_id = 1;
	T(kcreate(CLOCK_MONOTONIC, &ev, &id2));
	ev.sigev_notify = 99;
	T(kcreate(CLOCK_MONOTONIC, &ev, &id2));
	ev.sigev_notify = SIGEV_SIGNAL;
	ev.sigev_signo = 65;
	T(kcreate(CLOCK_MONOTONIC, &ev, &id2));
	ev.sigev_signo = 0;
	T(kcreate(CLOCK_MONOTONIC, &ev, &id2));
	T(kcreate(99, NULL, &id2));
	T(kcreate(CLOCK_MONOTONIC_RAW, NULL, &id2));
	T(kcreate(CLOCK_MONOTONIC, NULL, (void *)8));
	IN_CHILD("not inherited", T(syscall(SYS_timer_gettime, id, &it)));
	return 0;
}
