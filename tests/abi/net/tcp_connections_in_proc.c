// SPDX-License-Identifier: MPL-2.0
// /proc/net/tcp and tcp6: the headings, and the lines of a listener, a connection, and TIME_WAIT.
#include "../lib/net.h"

#include <linux/sockios.h>
#include <netinet/tcp.h>

#define SERVER 18090

/*
 * Of the lines with the server's port at the local or the remote end: addresses without other
 * ports, state, queues, user. The order of connections is one of chance.
 */
static void show_end(const char *path, bool at_local)
{
	char line[512], local[80], rem[80], st[8], queues[32], timer[32];
	FILE *f = fopen(path, "r");
	unsigned long uid, inode;
	unsigned retrans, timeout;

	CHECK(f && fgets(line, sizeof(line), f));
	if (at_local)
		printf("---- %s\n%zu %.75s\n", path, strlen(line), line);
	while (fgets(line, sizeof(line), f)) {
		CHECK(sscanf(line, "%*d: %79s %79s %7s %31s %31s %x %lu %u %lu", local, rem, st,
			      queues, timer, &retrans, &uid, &timeout, &inode) == 9);
		if (strcmp((at_local ? local + strlen(local) : rem + strlen(rem)) - 4, "46AA"))
			continue;
		if (strcmp(local + strlen(local) - 4, "46AA"))
			strcpy(local + strlen(local) - 4, "some");
		else if (strcmp(rem + strlen(rem) - 4, "0000"))
			strcpy(rem + strlen(rem) - 4, "some");
		printf("%s %s %s %s timer %.2s user %lu inode %d", local, rem, st, queues, timer,
			uid, inode != 0);
		if (line[5] == ' ' && strchr(path, '6') == NULL)
			printf(" width %zu", strlen(line));
		puts("");
	}
	fclose(f);
}

static void show(const char *path)
{
	show_end(path, true);
	show_end(path, false);
}

static void both(const char *text, const char *path)
{
	union net_addr a = net_addr(text, SERVER);
	int one = 1, family = a.any.sa_family, l = socket(family, SOCK_STREAM, 0), c, s;

	CHECK(setsockopt(l, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	CHECK(bind(l, &a.any, net_len(&a)) == 0 && listen(l, 7) == 0);
	show(path);
	c = socket(family, SOCK_STREAM, 0);
	CHECK(connect(c, &a.any, net_len(&a)) == 0);
	s = accept(l, NULL, NULL);
	CHECK(s >= 0 && send(c, "abcde", 5, 0) == 5);
	UNTIL(({
		int n;
		ioctl(s, FIONREAD, &n);
		n == 5;
	}));
	UNTIL(({
		int n;
		ioctl(c, SIOCOUTQ, &n);
		n == 0;
	}));
	close(l);
	puts("connected");
	show(path);
	CHECK(read(s, &a, 5) == 5);
	close(s);
	CHECK(read(c, &a, 1) == 0);
	close(c);
	puts("closed");
	show(path);
}

int main(void)
{
	net_start();
	both("127.0.0.1", "/proc/net/tcp");
	both("::1", "/proc/net/tcp6");
	return 0;
}
