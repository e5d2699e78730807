// SPDX-License-Identifier: MPL-2.0
// access() looks with the real ids for a moment; dumpable and the parent-death signal stay.
#include "../lib/t.h"

static void show(void)
{
	int sig = -1;

	prctl(PR_GET_PDEATHSIG, &sig);
	printf("dumpable %d, signal %d\n", prctl(PR_GET_DUMPABLE), sig);
}

int main(void)
{
	t_start();
	CHECK(mkdir("d", 0700) == 0);
	t_file("d/f", "x", 0644);
	CHECK(setresuid(1000, 0, 0) == 0);
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0);
	CHECK(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
	show();
	T(access("d/f", R_OK));
	show();
	T(faccessat(AT_FDCWD, "d/f", R_OK, AT_EACCESS));
	T(access(".", R_OK));
	show();
	return 0;
}
