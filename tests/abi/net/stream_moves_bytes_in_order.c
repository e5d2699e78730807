// SPDX-License-Identifier: MPL-2.0
// A stream carries megabytes in odd pieces between two processes, vectors and single bytes mixed,
// and nothing changes or gets lost.
#include "../lib/t.h"
#include <sys/socket.h>

#define TOTAL 3000000

static unsigned char byte_at(unsigned long i)
{
	return (unsigned char)(i * 2654435761u >> 13);
}

static void writer(int fd)
{
	static unsigned char buf[70000];
	unsigned long at = 0, seed = 7;

	while (at < TOTAL) {
		seed = seed * 6364136223846793005ul + 1442695040888963407ul;
		unsigned long n = 1 + (seed >> 33) % (seed & 0x10000 ? sizeof(buf) : 300);
		if (n > TOTAL - at)
			n = TOTAL - at;
		for (unsigned long i = 0; i < n; i++)
			buf[i] = byte_at(at + i);
		struct iovec v[3] = { { buf, n / 3 }, { buf + n / 3, n / 3 },
			{ buf + n / 3 * 2, n - n / 3 * 2 } };
		ssize_t r = seed & 0x100000 ? writev(fd, v, 3) : send(fd, buf, n, 0);
		if (r != (ssize_t)n)
			t_die("short write: %zd of %lu", r, n);
		at += n;
	}
	_exit(0);
}

static void reader(int fd, const char *label, int flags)
{
	static unsigned char buf[50000];
	unsigned long at = 0, seed = 11, wrong = 0;
	ssize_t n;

	for (;;) {
		size_t want = 1 +
			(seed = seed * 6364136223846793005ul + 1442695040888963407ul) % sizeof(buf);
		n = recv(fd, buf, want, flags);
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++)
			wrong += buf[i] != byte_at(at + (unsigned long)i);
		at += (unsigned long)n;
	}
	printf("%s: %lu bytes, %lu wrong, then %zd\n", label, at, wrong, n);
}

int main(void)
{
	const int flags[] = { 0, MSG_WAITALL };
	int s[2];

	t_start();
	for (int i = 0; i < 2; i++) {
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
		pid_t pid = t_fork();
		if (pid == 0) {
			close(s[1]);
			writer(s[0]);
		}
		close(s[0]);
		reader(s[1], i ? "waiting for all" : "as it comes", flags[i]);
		t_reap("writer", pid);
		close(s[1]);
	}
	// Both directions at once, each filled beyond its buffer before the other side reads.
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	pid_t a = t_fork();
	if (a == 0) {
		close(s[1]);
		pid_t w = t_fork();
		if (w == 0)
			writer(s[0]);
		reader(s[0], "a", 0);
		t_wait(w);
		_exit(0);
	}
	close(s[0]);
	pid_t w = t_fork();
	if (w == 0)
		writer(s[1]);
	t_wait(w);
	shutdown(s[1], SHUT_WR);
	unsigned long n = 0;
	static char sink[65536];
	ssize_t r;
	while (n < TOTAL && (r = read(s[1], sink, sizeof(sink))) > 0)
		n += (unsigned long)r;
	SHOW(n);
	shutdown(s[1], SHUT_RDWR);
	t_reap("a", a);
	return 0;
}
