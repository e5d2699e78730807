// SPDX-License-Identifier: MPL-2.0
// A pipe holds 65536 bytes; PIPE_BUF writes are all or nothing; F_SETPIPE_SZ rounds, refuses, keeps
// the data.
#include "../lib/t.h"

static char buf[300000];

int main(void)
{
	int p[2], n;

	t_start();
	CHECK(pipe2(p, O_NONBLOCK) == 0);
	T(fcntl(p[0], F_GETPIPE_SZ));
	T(fcntl(p[1], F_GETPIPE_SZ));
	T(write(p[1], buf, 100000));
	T(write(p[1], buf, 1));
	T(ioctl(p[0], FIONREAD, &n));
	SHOW(n);
	T(read(p[0], buf, 4095));
	T(write(p[1], buf, 1));
	T(read(p[0], buf, 1));
	T(write(p[1], buf, 4097));
	T(read(p[0], buf, 100000));
	T(read(p[0], buf, 1));
	T(fcntl(p[0], F_SETPIPE_SZ, 4096));
	T(fcntl(p[0], F_GETPIPE_SZ));
	T(write(p[1], buf, 4097));
	T(fcntl(p[0], F_SETPIPE_SZ, 5000));
	T(fcntl(p[0], F_SETPIPE_SZ, 0));
	T(fcntl(p[0], F_SETPIPE_SZ, 100000));
	T(write(p[1], buf, 8192));
	T(fcntl(p[0], F_SETPIPE_SZ, 4096));
	T(ioctl(p[1], FIONREAD, &n));
	SHOW(n);
	T(fcntl(p[0], F_SETPIPE_SZ, 1 << 20));
	T(fcntl(p[0], F_SETPIPE_SZ, -1));
	IN_CHILD("user", {
		t_drop_root(1000);
		T(fcntl(p[0], F_SETPIPE_SZ, 2 << 20));
		T(fcntl(p[0], F_SETPIPE_SZ, 65536));
	});
	T(fcntl(0, F_GETPIPE_SZ));
	t_file("f", "", 0600);
	T(fcntl(open("f", O_RDWR), F_GETPIPE_SZ));
	// Small pieces do not fill a page each: they merge.
	int q[2];
	CHECK(pipe2(q, O_NONBLOCK) == 0);
	for (n = 0; write(q[1], buf, 64) == 64; n += 64)
		;
	SHOW(n);
	return 0;
}
