// SPDX-License-Identifier: MPL-2.0
// /proc/net/sockstat and sockstat6: their lines, and what sockets that come and go add to them.
#include "../lib/net.h"
#include "../lib/tap.h"

static long before[32], after[32];

/* The numbers of both files but for memory; prints the words around them if @show. */
static int look(long *v, bool show)
{
	static const char *const paths[] = { "/proc/net/sockstat", "/proc/net/sockstat6" };
	char line[256], *word, *save, last[32] = "";
	int n = 0;

	for (int i = 0; i < 2; i++) {
		FILE *f = fopen(paths[i], "r");
		CHECK(f);
		while (fgets(line, sizeof(line), f)) {
			for (word = strtok_r(line, " \n", &save); word;
				word = strtok_r(NULL, " \n", &save)) {
				if (!isdigit(*word)) {
					snprintf(last, sizeof(last), "%s", word);
					if (show)
						printf("%s ", word);
				} else if (strcmp(last, "mem") && strcmp(last, "memory")) {
					v[n++] = atol(word);
				}
			}
			if (show)
				printf("\n");
		}
		fclose(f);
	}
	return n;
}

static void grown(const char *what)
{
	int n = look(after, false);

	printf("%s:", what);
	for (int i = 0; i < n; i++)
		printf(" %ld", after[i] - before[i]);
	printf("\n");
}

static int bound(int family, int type, const char *address, int port)
{
	union net_addr a = net_addr(address, port);
	int s = socket(family, type, 0), one = 1;

	setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	CHECK(bind(s, &a.any, net_len(&a)) == 0);
	return s;
}

int main(void)
{
	union net_addr a = net_addr("127.0.0.1", 7500);
	int u, u6, l, l6, c, s, raw, loose, pair[2];

	net_start();
	look(before, true);
	u = bound(AF_INET, SOCK_DGRAM, "127.0.0.1", 7501);
	u6 = bound(AF_INET6, SOCK_DGRAM, "::1", 7501);
	grown("two of UDP");
	raw = socket(AF_INET, SOCK_RAW, 99);
	grown("a raw one");
	loose = socket(AF_INET, SOCK_STREAM, 0);
	grown("one of TCP");
	l = bound(AF_INET, SOCK_STREAM, "127.0.0.1", 7500);
	l6 = bound(AF_INET6, SOCK_STREAM, "::1", 7500);
	grown("two with a port");
	CHECK(listen(l, 5) == 0 && listen(l6, 5) == 0);
	grown("they listen");
	s = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(connect(s, &a.any, sizeof(a.in)) == 0);
	c = accept(l, NULL, NULL);
	grown("a connection");
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	grown("two of AF_UNIX");
	close(pair[0]);
	close(pair[1]);
	close(u);
	close(u6);
	close(raw);
	close(loose);
	close(l);
	close(l6);
	grown("they are closed");
	close(s);
	close(c);
	CHECK(UNTIL((look(after, false), after[3] == before[3] + 1))); // one in TIME_WAIT
	return 0;
}
