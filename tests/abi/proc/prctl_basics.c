// SPDX-License-Identifier: MPL-2.0
// prctl: names, the death signal, dumpable, timer slack, and options that do not exist.
#include "../lib/t.h"

static void *thread(void *arg)
{
	char name[32] = "";

	prctl(PR_GET_NAME, name);
	SHOWS(name);
	prctl(PR_SET_NAME, "worker");
	prctl(PR_GET_NAME, name);
	SHOWS(name);
	return NULL;
}

int main(void)
{
	char name[32] = "";
	int sig = -1;
	pthread_t t;

	t_start();
	T(prctl(PR_SET_NAME, "short"));
	T(prctl(PR_GET_NAME, name));
	SHOWS(name);
	T(prctl(PR_SET_NAME, "a name of more than sixteen bytes"));
	T(prctl(PR_GET_NAME, name));
	SHOWS(name);
	SHOWS(strtok(t_slurp("/proc/self/comm"), "\n"));
	int fd = open("/proc/self/comm", O_WRONLY);
	T(write(fd, "byfile", 6));
	T(prctl(PR_GET_NAME, name));
	SHOWS(name);
	pthread_create(&t, NULL, thread, NULL);
	pthread_join(t, NULL);
	T(prctl(PR_GET_NAME, name));
	SHOWS(name);
	T(prctl(PR_SET_NAME, NULL));
	T(prctl(PR_GET_NAME, 8));
	T(prctl(PR_GET_PDEATHSIG, &sig));
	SHOW(sig);
	T(prctl(PR_SET_PDEATHSIG, SIGUSR1));
	T(prctl(PR_GET_PDEATHSIG, &sig));
	SHOW(sig);
	T(prctl(PR_SET_PDEATHSIG, 65));
	T(prctl(PR_SET_PDEATHSIG, -1));
	IN_CHILD("not inherited", {
		T(prctl(PR_GET_PDEATHSIG, &sig));
		SHOW(sig);
	});
	T(prctl(PR_SET_PDEATHSIG, 0));
	T(prctl(PR_GET_DUMPABLE));
	T(prctl(PR_SET_DUMPABLE, 0));
	T(prctl(PR_GET_DUMPABLE));
	T(prctl(PR_SET_DUMPABLE, 2));
	T(prctl(PR_SET_DUMPABLE, 1));
	T(prctl(PR_SET_TIMERSLACK, 100000));
	T(prctl(PR_GET_TIMERSLACK));
	T(prctl(PR_GET_NO_NEW_PRIVS, 1, 0, 0, 0));
	T(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	T(prctl(9999));
	T(prctl(-1));
	return 0;
}
