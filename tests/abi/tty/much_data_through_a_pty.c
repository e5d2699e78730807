// SPDX-License-Identifier: MPL-2.0
// Much data each way, raw and in lines, with blocking and polling ends; nothing is lost, doubled or
// changed.
#include "../lib/t.h"
#include <termios.h>

static int m, s;
static unsigned char block[7919];
#define TOTAL (33 * sizeof(block)) // whole blocks: the last line has an end

static unsigned sum(unsigned h, const unsigned char *p, ssize_t n)
{
	for (ssize_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

static void fill(unsigned seed, bool lines)
{
	for (size_t i = 0; i < sizeof(block); i++) {
		seed = seed * 1103515245 + 12345;
		block[i] = lines ? (seed >> 16) % 61 ? 'a' + (seed >> 8) % 26 : '\n' : seed >> 16;
	}
	if (lines)
		block[sizeof(block) - 1] = '\n';
}

static void transfer(const char *what, int from, int to, bool lines, bool nonblock)
{
	unsigned sent = 1, got = 1;
	size_t left = TOTAL;
	unsigned char buf[3000];

	fcntl(from, F_SETFL, nonblock ? O_NONBLOCK : 0);
	fcntl(to, F_SETFL, nonblock ? O_NONBLOCK : 0);
	pid_t pid = t_fork();
	if (pid == 0) {
		unsigned seed = 0;
		while (left) {
			fill(seed++, lines);
			size_t n = left < sizeof(block) ? left : sizeof(block), done = 0;
			while (done < n) {
				ssize_t k = write(from, block + done, n - done);
				if (k < 0 && errno == EAGAIN) {
					poll(&(struct pollfd){ from, POLLOUT, 0 }, 1, 20000);
					continue;
				}
				CHECK(k > 0);
				done += (size_t)k;
			}
			left -= n;
		}
		_exit(0);
	}
	for (unsigned seed = 0; left; seed++) {
		fill(seed, lines);
		size_t n = left < sizeof(block) ? left : sizeof(block);
		sent = sum(sent, block, (ssize_t)n);
		left -= n;
	}
	for (left = TOTAL; left;) {
		ssize_t k = read(to, buf, left < sizeof(buf) ? left : sizeof(buf));
		if (k < 0 && errno == EAGAIN) {
			poll(&(struct pollfd){ to, POLLIN, 0 }, 1, 20000);
			continue;
		}
		CHECK(k > 0);
		got = sum(got, buf, k);
		left -= (size_t)k;
	}
	printf("%s: %s\n", what, sent == got ? "same" : "different");
	t_reap(what, pid);
}

int main(void)
{
	struct termios t, raw;

	t_start();
	m = posix_openpt(O_RDWR | O_NOCTTY);
	unlockpt(m);
	s = open(ptsname(m), O_RDWR | O_NOCTTY);
	tcgetattr(s, &t);
	raw = t;
	cfmakeraw(&raw);
	tcsetattr(s, TCSANOW, &raw);
	transfer("raw, slave to master", s, m, false, false);
	transfer("raw, master to slave", m, s, false, false);
	transfer("raw, slave to master, polling", s, m, false, true);
	transfer("raw, master to slave, polling", m, s, false, true);
	t.c_lflag = ICANON;
	t.c_iflag = 0;
	t.c_oflag = OPOST;
	tcsetattr(s, TCSANOW, &t);
	transfer("lines, slave to master", s, m, true, false);
	transfer("lines, master to slave", m, s, true, false);
	transfer("lines, master to slave, polling", m, s, true, true);
	return 0;
}
