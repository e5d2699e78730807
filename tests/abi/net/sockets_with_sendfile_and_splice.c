// SPDX-License-Identifier: MPL-2.0
// sendfile into a socket, splice from and to one.
#include "../lib/t.h"
#include <sys/sendfile.h>
#include <sys/socket.h>

int main(void)
{
	static char text[100000], got[100000];
	int s[2], p[2];
	off_t off = 5;

	t_start();
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (char)('a' + i % 23);
	int fd = open("f", O_RDWR | O_CREAT, 0600);
	CHECK(write(fd, text, sizeof(text)) == sizeof(text));
	lseek(fd, 0, SEEK_SET);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	T(sendfile(s[0], fd, &off, 10));
	SHOW(off);
	T(read(s[1], got, sizeof(got)));
	t_text("text", got, 10);
	T(sendfile(s[0], fd, NULL, sizeof(text)));
	T(recv(s[1], got, sizeof(got), MSG_WAITALL));
	IS(memcmp(text, got, sizeof(text)) == 0);
	T(sendfile(fd, s[0], NULL, 10));
	T(sendfile(s[0], s[1], NULL, 10));
	t_pipe(p);
	write(p[1], "through a pipe", 14);
	T(splice(p[0], NULL, s[0], NULL, 100, 0));
	T(read(s[1], got, sizeof(got)));
	t_text("text", got, 14);
	write(s[0], "and back", 8);
	T(splice(s[1], NULL, p[1], NULL, 100, 0));
	T(read(p[0], got, sizeof(got)));
	t_text("text", got, 8);
	T(splice(s[1], NULL, s[0], NULL, 100, 0));
	T(splice(s[1], NULL, p[1], NULL, 100, SPLICE_F_NONBLOCK));
	signal(SIGPIPE, SIG_IGN);
	close(s[1]);
	T(sendfile(s[0], fd, NULL, 10));
	lseek(fd, 0, SEEK_SET);
	T(sendfile(s[0], fd, NULL, 10));
	return 0;
}
