// SPDX-License-Identifier: MPL-2.0
// sendfile to a connection: whole pages and parts of them, holes, the end of the file, a full
// buffer, and changes of the file after it was read.
#include "../lib/net.h"
#include <netinet/in.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define SIZE 700001

static char text[SIZE], got[SIZE];
static int s[2];

static void connection(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(bind(l, (void *)&a, n) == 0 && listen(l, 1) == 0);
	CHECK(getsockname(l, (void *)&a, &n) == 0);
	s[0] = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(s[0], (void *)&a, n) == 0);
	s[1] = accept(l, NULL, NULL);
	CHECK(s[1] >= 0);
	close(l);
}

/* Sends a range while a child reads it and compares. */
static void range(int fd, off_t from, size_t n, size_t there)
{
	off_t at = from;
	int status;
	ssize_t k;

	if (fork() == 0) {
		ssize_t have = recv(s[1], got, there, MSG_WAITALL);
		_exit((have != (ssize_t)there) + 2 * (memcmp(got, text + from, there) != 0));
	}
	while ((size_t)(at - from) < there) {
		k = sendfile(s[0], fd, &at, n - (at - from));
		if (k <= 0)
			break;
	}
	wait(&status);
	printf("from %ld: %ld bytes, reader %d\n", (long)from, (long)(at - from),
		WEXITSTATUS(status));
}

int main(void)
{
	size_t i, all = 0;
	off_t at;
	ssize_t k;

	net_start();
	connection();
	for (i = 0; i < sizeof(text); i++)
		text[i] = (char)(i * 31 + i / 4096);
	memset(text + 40960, 0, 81920); /* a hole */
	int fd = open("f", O_RDWR | O_CREAT | O_TRUNC, 0600);
	CHECK(write(fd, text, 40960) == 40960);
	CHECK(pwrite(fd, text + 122880, SIZE - 122880, 122880) == SIZE - 122880);
	range(fd, 0, SIZE, SIZE);
	range(fd, 1, 1, 1);
	range(fd, 100, 2000, 2000);
	range(fd, 4000, 300, 300);
	range(fd, 3000, 4096, 4096);
	range(fd, 2047, 2049 + 4096 + 2047, 2049 + 4096 + 2047);
	range(fd, 50000, 100000, 100000);
	range(fd, SIZE - 5000, 9000, 5000);
	at = SIZE;
	T(sendfile(s[0], fd, &at, 10));
	at = SIZE + 100000;
	T(sendfile(s[0], fd, &at, 10));

	/* Many small pieces, from a new page each. */
	for (i = 0; i < 150; i++) {
		at = i * 4096 + 17;
		CHECK(sendfile(s[0], fd, &at, 3) == 3);
	}
	CHECK(recv(s[1], got, 450, MSG_WAITALL) == 450);
	for (i = 0, k = 0; i < 150; i++)
		k += memcmp(got + 3 * i, text + i * 4096 + 17, 3) != 0;
	IS(k == 0);

	/* The position of the file, and a descriptor that does not wait. */
	lseek(fd, 5, SEEK_SET);
	T(sendfile(s[0], fd, NULL, 10));
	printf("position %ld\n", (long)lseek(fd, 0, SEEK_CUR));
	CHECK(recv(s[1], got, 10, MSG_WAITALL) == 10);
	fcntl(s[0], F_SETFL, O_NONBLOCK);
	while (at = 0, (k = sendfile(s[0], fd, &at, SIZE)) > 0)
		all += k;
	T(sendfile(s[0], fd, &at, SIZE));
	fcntl(s[0], F_SETFL, 0);
	shutdown(s[0], SHUT_WR);
	while ((k = read(s[1], got, sizeof(got))) > 0)
		all -= k;
	IS(all == 0);
	signal(SIGPIPE, SIG_IGN);
	at = 0;
	T(sendfile(s[0], fd, &at, 10));
	T(sendfile(fd, s[0], NULL, 10));
	return 0;
}
