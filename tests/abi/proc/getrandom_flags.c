// SPDX-License-Identifier: MPL-2.0
// getrandom: sizes, flags, bad buffers; two reads differ.
#include "../lib/t.h"
#include <sys/random.h>

int main(void)
{
	unsigned char a[256] = { 0 }, b[256] = { 0 };

	t_start();
	T(getrandom(a, sizeof(a), 0));
	T(getrandom(b, sizeof(b), GRND_NONBLOCK));
	IS(memcmp(a, b, sizeof(a)) != 0);
	T(getrandom(a, 0, 0));
	T(getrandom(a, 16, GRND_RANDOM));
	T(getrandom(a, 16, GRND_INSECURE));
	T(getrandom(a, 16, GRND_RANDOM | GRND_INSECURE));
	T(getrandom(a, 16, 8));
	T(getrandom((void *)8, 16, 0));
	T(getrandom(NULL, 0, 0));
	char *big = malloc(1 << 20);
	T(getrandom(big, 1 << 20, 0));
	int fd = T(open("/dev/urandom", O_RDWR));
	T(read(fd, a, 256));
	T(read(fd, b, 256));
	IS(memcmp(a, b, sizeof(a)) != 0);
	T(write(fd, "seed", 4));
	T(lseek(fd, 0, SEEK_CUR));
	return 0;
}
