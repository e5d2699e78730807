// SPDX-License-Identifier: MPL-2.0
// A pipe that is resized again and again with data in it, from one page up, loses and changes
// nothing; also between tee and splice.
#include "../lib/t.h"

static unsigned next_in, next_out;

static unsigned put(int fd, unsigned n)
{
	unsigned char b[20000];
	ssize_t w;

	for (unsigned i = 0; i < n; i++)
		b[i] = (unsigned char)((next_in + i) * 7 >> 3);
	w = write(fd, b, n);
	if (w > 0)
		next_in += (unsigned)w;
	return w < 0 ? 0 : (unsigned)w;
}

static bool get(int fd, unsigned n)
{
	unsigned char b[20000];
	ssize_t r = read(fd, b, n);

	for (ssize_t i = 0; i < r; i++)
		if (b[i] != (unsigned char)((next_out + (unsigned)i) * 7 >> 3))
			return false;
	if (r > 0)
		next_out += (unsigned)r;
	return true;
}

int main(void)
{
	static const unsigned sizes[] = { 4096, 8192, 16384, 4096, 65536, 131072, 8192, 1 << 20,
		4096, 32768 };
	unsigned seed = 1, refused = 0, done = 0;
	bool same = true;
	int p[2], q[2];

	t_start();
	CHECK(pipe2(p, O_NONBLOCK) == 0 && pipe2(q, O_NONBLOCK) == 0);
	for (int i = 0; i < 3000; i++) {
		seed = seed * 1103515245 + 12345;
		switch (seed >> 16 & 7) {
		case 0:
			if (fcntl(p[1], F_SETPIPE_SZ, sizes[(seed >> 20) % T_LEN(sizes)]) < 0)
				refused++;
			break;
		case 1:
		case 2:
		case 3:
			done += put(p[1], 1 + (seed >> 19) % 9000);
			break;
		case 4:
			tee(p[0], q[1], 10000, 0);
			break;
		default:
			same = same && get(p[0], 1 + (seed >> 19) % 9000);
			break;
		}
		if (i % 50 == 0) {
			char sink[70000];
			while (read(q[0], sink, sizeof(sink)) > 0)
				;
			fcntl(q[1], F_SETPIPE_SZ, sizes[i / 50 % T_LEN(sizes)]);
		}
	}
	IS(same);
	SHOW(refused);
	SHOW(done);
	SHOW(next_in);
	SHOW(next_out);
	while (next_out < next_in && same)
		same = get(p[0], 20000);
	IS(same);
	SHOW(next_out);
	char sink[70000];
	while (read(q[0], sink, sizeof(sink)) > 0)
		;
	// Round and round through a ring of one page.
	T(fcntl(q[1], F_SETPIPE_SZ, 4096));
	next_in = next_out = 0;
	for (int i = 0; i < 100 && same; i++) {
		put(q[1], 100 + (unsigned)i);
		fcntl(q[1], F_SETPIPE_SZ, i % 3 ? 4096 : 8192);
		same = get(q[0], 20000);
	}
	IS(same);
	SHOW(next_out);
	return 0;
}
