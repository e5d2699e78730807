// SPDX-License-Identifier: MPL-2.0
// Large pipes, resizing with data in flight, O_DIRECT switched by F_SETFL, opening through
// /proc/self/fd, poll at the limits.
#include "../lib/t.h"

static char big[1 << 20];

static void events(const char *what, int r, int w)
{
	struct pollfd p[2] = { { r, POLLIN, 0 }, { w, POLLOUT, 0 } };
	int n = poll(p, 2, 0);

	printf("%s: %d %#x %#x\n", what, n, p[0].revents, p[1].revents);
}

int main(void)
{
	int p[2], n;
	ssize_t r;

	t_start();
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 4096);
	CHECK(pipe2(p, O_NONBLOCK) == 0);
	T(fcntl(p[1], F_SETPIPE_SZ, 1 << 20));
	T(write(p[1], big, sizeof(big)));
	T(write(p[1], big, 1));
	events("full", p[0], p[1]);
	T(fcntl(p[1], F_SETPIPE_SZ, 1 << 19));
	size_t got = 0;
	bool same = true;
	char part[30000];
	for (int i = 0; i < 20 && (r = read(p[0], part, sizeof(part))) > 0; i++) {
		same = same && memcmp(part, big + got, (size_t)r) == 0;
		got += (size_t)r;
	}
	SHOW(got);
	T(fcntl(p[1], F_SETPIPE_SZ, 1 << 19));
	T(fcntl(p[1], F_GETPIPE_SZ));
	events("half", p[0], p[1]);
	T(write(p[1], "end", 3));
	while ((r = read(p[0], part, sizeof(part))) > 0) {
		if (got + (size_t)r <= sizeof(big))
			same = same && memcmp(part, big + got, (size_t)r) == 0;
		got += (size_t)r;
	}
	SHOW(got);
	IS(same);
	events("empty", p[0], p[1]);
	T(fcntl(p[1], F_SETPIPE_SZ, 8192));
	// Merging stops at the page; the room that is left is whole pages.
	T(write(p[1], big, 4000));
	T(write(p[1], big, 100));
	T(write(p[1], big, 3996));
	T(write(p[1], big, 1));
	events("two pages", p[0], p[1]);
	T(read(p[0], part, 3999));
	T(write(p[1], big, 1));
	T(read(p[0], part, 2));
	T(write(p[1], big, 4097));
	T(read(p[0], part, sizeof(part)));
	// Packets.
	T(fcntl(p[1], F_SETFL, O_NONBLOCK | O_DIRECT));
	T(fcntl(p[1], F_GETFL) == (O_WRONLY | O_NONBLOCK | O_DIRECT));
	T(write(p[1], "one", 3));
	T(fcntl(p[1], F_SETFL, O_NONBLOCK));
	T(write(p[1], "two", 3));
	T(write(p[1], "three", 5));
	T(write(p[1], "three", 5));
	T(read(p[0], part, sizeof(part)));
	T(read(p[0], part, sizeof(part)));
	T(read(p[0], part, sizeof(part)));
	// Another file on the same pipe.
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/fd/%d", p[0]);
	int w = T(open(path, O_WRONLY | O_NONBLOCK));
	T(write(w, "by name", 7));
	T(read(p[0], part, 100));
	close(p[1]);
	T(read(p[0], part, 1));
	events("one writer left", p[0], w);
	close(w);
	T(read(p[0], part, 1));
	events("none left", p[0], p[0]);
	w = T(open(path, O_RDWR));
	T(write(w, "again", 5));
	T(ioctl(w, FIONREAD, &n));
	SHOW(n);
	T(read(p[0], part, 100));
	return 0;
}
