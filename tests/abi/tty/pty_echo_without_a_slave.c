// SPDX-License-Identifier: MPL-2.0
// What the master of a pty writes is echoed to it, whether a slave is open, was, or never was.
#include "../lib/t.h"

static int readable(int fd)
{
	int n = -1;

	CHECK(ioctl(fd, FIONREAD, &n) == 0);
	return n;
}

int main(void)
{
	char buf[64], name[64];
	int m, s;

	t_start();
	m = T(posix_openpt(O_RDWR | O_NOCTTY));
	T(write(m, "locked\n", 7));
	T(UNTIL(readable(m) == 8));
	T(unlockpt(m));
	strcpy(name, ptsname(m));
	T(write(m, "never\n", 6));
	T(UNTIL(readable(m) == 15));
	T(write(m, "cd", 2));
	T(UNTIL(readable(m) == 17));
	s = T(open(name, O_RDWR | O_NOCTTY));
	t_text("to the master", buf, read(m, buf, sizeof(buf)));
	T(write(m, "\n", 1));
	T(UNTIL(readable(m) == 2));
	t_text("to the slave", buf, read(s, buf, sizeof(buf)));
	CHECK(read(m, buf, sizeof(buf)) == 2);
	close(s);
	T(write(m, "closed\n", 7));
	T(UNTIL(readable(m) == 8));
	s = T(open(name, O_RDWR | O_NOCTTY));
	t_text("to the master", buf, read(m, buf, sizeof(buf)));
	return 0;
}
