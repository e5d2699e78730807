// SPDX-License-Identifier: MPL-2.0
// The flags F_GETFL reports and the ones F_SETFL changes; F_SETFD knows one bit.
#include "../lib/t.h"

static void flags(const char *what, int fd)
{
	int f = fcntl(fd, F_GETFL);

	printf("%s: mode %d%s%s%s%s%s%s\n", what, f & O_ACCMODE, f & O_APPEND ? " APPEND" : "",
		f & O_NONBLOCK ? " NONBLOCK" : "", f & O_CREAT ? " CREAT" : "",
		f & O_EXCL ? " EXCL" : "", f & O_TRUNC ? " TRUNC" : "",
		f & O_CLOEXEC ? " CLOEXEC" : "");
}

int main(void)
{
	int p[2];

	t_start();
	int fd = T(open("f", O_RDWR | O_CREAT | O_EXCL | O_TRUNC | O_CLOEXEC, 0600));
	flags("file", fd);
	T(fcntl(fd, F_SETFL, O_NONBLOCK | O_APPEND | O_CREAT | O_WRONLY));
	flags("file", fd);
	int d = T(dup(fd));
	flags("dup shares", d);
	T(fcntl(d, F_SETFL, 0));
	flags("file", fd);
	T(fcntl(fd, F_GETFD));
	T(fcntl(d, F_GETFD));
	T(fcntl(d, F_SETFD, -1));
	T(fcntl(d, F_GETFD));
	T(fcntl(d, F_SETFD, 2));
	T(fcntl(d, F_GETFD));
	t_pipe(p);
	flags("pipe read", p[0]);
	flags("pipe write", p[1]);
	int on = 1;
	T(ioctl(p[0], FIONBIO, &on));
	flags("FIONBIO", p[0]);
	on = 0;
	T(ioctl(p[0], FIONBIO, &on));
	flags("FIONBIO 0", p[0]);
	T(ioctl(p[0], FIOCLEX));
	T(fcntl(p[0], F_GETFD));
	T(ioctl(p[0], FIONCLEX));
	T(fcntl(p[0], F_GETFD));
	T(fcntl(fd, 9999, 0));
	T(fcntl(99, F_GETFL));
	T(fcntl(-1, F_SETFL, 0));
	T(open("f", O_RDONLY | O_DIRECTORY));
	return 0;
}
