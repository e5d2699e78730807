// SPDX-License-Identifier: MPL-2.0
// select and pselect: the three sets, bad descriptors, sizes, the time limit that Linux writes
// back.
#include "../lib/t.h"
#include <sys/select.h>

int main(void)
{
	fd_set r, w, x;
	int p[2], q[2];
	struct timeval tv;

	t_start();
	t_pipe(p);
	t_pipe(q);
	write(p[1], "x", 1);
	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(p[0], &r);
	FD_SET(q[0], &r);
	FD_SET(p[1], &w);
	FD_SET(q[1], &w);
	FD_SET(p[0], &x);
	tv = (struct timeval){ 5, 0 };
	T(select(q[1] + 1, &r, &w, &x, &tv));
	printf("r %d %d w %d %d x %d\n", FD_ISSET(p[0], &r), FD_ISSET(q[0], &r), FD_ISSET(p[1], &w),
		FD_ISSET(q[1], &w), FD_ISSET(p[0], &x));
	IS(tv.tv_sec == 4 || tv.tv_sec == 5);
	FD_ZERO(&r);
	FD_SET(q[0], &r);
	tv = (struct timeval){ 0, 2000 };
	T(select(q[0] + 1, &r, NULL, NULL, &tv));
	IS(!FD_ISSET(q[0], &r) && tv.tv_sec == 0 && tv.tv_usec == 0);
	FD_SET(60, &r);
	T(select(61, &r, NULL, NULL, NULL));
	IS(FD_ISSET(60, &r));
	T(select(-1, NULL, NULL, NULL, NULL));
	tv = (struct timeval){ -1, 0 };
	T(select(0, NULL, NULL, NULL, &tv));
	tv = (struct timeval){ 0, 0 };
	T(select(0, NULL, NULL, NULL, &tv));
	T(select(5, (void *)8, NULL, NULL, &tv));
	close(p[1]);
	FD_ZERO(&r);
	FD_ZERO(&x);
	FD_SET(p[0], &r);
	FD_SET(p[0], &x);
	read(p[0], &(char){ 0 }, 1);
	T(select(p[0] + 1, &r, NULL, &x, NULL));
	printf("hung up: r %d x %d\n", FD_ISSET(p[0], &r), FD_ISSET(p[0], &x));
	struct timespec ts = { 0, 1000000 };
	FD_ZERO(&r);
	FD_SET(q[0], &r);
	T(pselect(q[0] + 1, &r, NULL, NULL, &ts, NULL));
	SHOW(ts.tv_nsec);
	return 0;
}
