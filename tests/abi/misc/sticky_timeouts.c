// SPDX-License-Identifier: MPL-2.0
// The personality STICKY_TIMEOUTS: pselect6, ppoll and select leave a time-out as it was given;
// without it they write the time that is left.
#include "../lib/t.h"
#include <sys/personality.h>
#include <sys/select.h>

static int ends[2];

static void calls(const char *what)
{
	struct timespec ts = { 1000, 5 };
	struct pollfd p = { .fd = ends[0], .events = POLLIN };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	printf("%s: pselect6 %ld,", what,
		syscall(SYS_pselect6, ends[0] + 1, &set, NULL, NULL, &ts, NULL));
	printf(" unchanged %d;", ts.tv_sec == 1000 && ts.tv_nsec == 5);
	ts = (struct timespec){ 1000, 5 };
	printf(" ppoll %ld,", syscall(SYS_ppoll, &p, 1, &ts, NULL, 8));
	printf(" unchanged %d\n", ts.tv_sec == 1000 && ts.tv_nsec == 5);
#ifdef SYS_select
	{
		struct timeval tv = { 1000, 5 };
		FD_SET(ends[0], &set);
		printf("select %ld,", syscall(SYS_select, ends[0] + 1, &set, NULL, NULL, &tv));
		printf(" unchanged %d\n", tv.tv_sec == 1000 && tv.tv_usec == 5);
	}
#endif
}

int main(void)
{
	t_start();
	CHECK(pipe(ends) == 0 && write(ends[1], "x", 1) == 1);
	calls("as it is");
	CHECK(personality(STICKY_TIMEOUTS) != -1);
	calls("sticky");
	SHOWX(personality(0xffffffff));
	CHECK(personality(0) != -1);
	calls("as before");
	return 0;
}
