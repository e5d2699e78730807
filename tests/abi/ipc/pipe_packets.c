// SPDX-License-Identifier: MPL-2.0
// O_DIRECT pipes keep the borders of writes; a short read drops the rest.
#include "../lib/t.h"

int main(void)
{
	char buf[64];
	int p[2], n;

	t_start();
	T(pipe2(p, O_DIRECT | O_NONBLOCK));
	T(write(p[1], "one", 3));
	T(write(p[1], "three", 5));
	T(write(p[1], "four", 4));
	T(ioctl(p[0], FIONREAD, &n));
	SHOW(n);
	T(read(p[0], buf, sizeof(buf)));
	T(read(p[0], buf, 2));
	t_text("short", buf, 2);
	T(read(p[0], buf, sizeof(buf)));
	t_text("next", buf, 4);
	T(read(p[0], buf, sizeof(buf)));
	static char big[10000];
	T(write(p[1], big, sizeof(big)));
	T(read(p[0], big, sizeof(big)));
	T(read(p[0], big, sizeof(big)));
	T(read(p[0], big, sizeof(big)));
	return 0;
}
