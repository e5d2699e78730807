// SPDX-License-Identifier: MPL-2.0
// setitimer and getitimer: values, old values, disarming, periodic signals, errors.
#include "../lib/t.h"

static volatile int n;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	n++;
}

static void spin(void)
{
	for (volatile int i = 0; i < 10000; i++)
		;
}

int main(void)
{
	struct itimerval it = { { 0, 0 }, { 100, 0 } }, old;

	t_start();
	alarm(0);
	T(setitimer(ITIMER_REAL, &it, NULL));
	T(getitimer(ITIMER_REAL, &old));
	IS(old.it_value.tv_sec == 99 || old.it_value.tv_sec == 100);
	it.it_value.tv_sec = 0;
	T(setitimer(ITIMER_REAL, &it, &old));
	IS(old.it_value.tv_sec >= 90);
	T(getitimer(ITIMER_REAL, &old));
	SHOW(old.it_value.tv_sec + old.it_value.tv_usec);
	it.it_value.tv_usec = 1000000;
	T(setitimer(ITIMER_REAL, &it, NULL));
	it.it_value.tv_usec = -1;
	T(setitimer(ITIMER_REAL, &it, NULL));
	it.it_value.tv_usec = 0;
	it.it_value.tv_sec = -1;
	T(setitimer(ITIMER_REAL, &it, NULL));
	T(setitimer(3, &it, NULL));
	T(getitimer(3, &old));
	T(getitimer(ITIMER_REAL, NULL));
	T(alarm(100));
	T(getitimer(ITIMER_REAL, &old));
	IS(old.it_value.tv_sec >= 90);
	IS(alarm(0) >= 90);
	T(alarm(0));
	t_handle(SIGALRM, on_sig, 0);
	it = (struct itimerval){ { 0, 2000 }, { 0, 2000 } };
	T(setitimer(ITIMER_REAL, &it, NULL));
	while (n < 3)
		t_yield();
	printf("three SIGALRM\n");
	memset(&it, 0, sizeof(it));
	setitimer(ITIMER_REAL, &it, NULL);
	n = 0;
	alarm(0);
	t_handle(SIGVTALRM, on_sig, 0);
	it.it_value.tv_usec = 20000;
	T(setitimer(ITIMER_VIRTUAL, &it, NULL));
	while (!n)
		spin();
	printf("SIGVTALRM came\n");
	n = 0;
	t_handle(SIGPROF, on_sig, 0);
	T(setitimer(ITIMER_PROF, &it, NULL));
	while (!n)
		spin();
	printf("SIGPROF came\n");
	IN_CHILD("alarm kills", {
		signal(SIGALRM, SIG_DFL);
		ualarm(1000, 0);
		for (;;)
			pause();
	});
	return 0;
}
