// SPDX-License-Identifier: MPL-2.0
// /proc/net/sockstat and sockstat6: their lines, and by how much sockets change their numbers.
#include "../lib/net.h"

/* A number of a file: "TCP: inuse" is "TCP:", "inuse". -1: there is none. */
static long number(const char *path, const char *line, const char *word)
{
	char text[300], *at = NULL;
	FILE *f = fopen(path, "r");

	CHECK(f);
	while (!at && fgets(text, sizeof(text), f))
		if (!strncmp(text, line, strlen(line)))
			at = strstr(text, word);
	fclose(f);
	return at ? atol(at + strlen(word)) : -1;
}

static const struct {
	const char *path, *line, *word;
} all[] = {
	{ "/proc/net/sockstat", "sockets:", "used" },
	{ "/proc/net/sockstat", "TCP:", "inuse" },
	{ "/proc/net/sockstat", "UDP:", "inuse" },
	{ "/proc/net/sockstat", "RAW:", "inuse" },
	{ "/proc/net/sockstat6", "TCP6:", "inuse" },
	{ "/proc/net/sockstat6", "UDP6:", "inuse" },
	{ "/proc/net/sockstat6", "RAW6:", "inuse" },
};
#define NR (int)(sizeof(all) / sizeof(*all))

static long before[NR];

static void look(void)
{
	for (int i = 0; i < NR; i++)
		before[i] = number(all[i].path, all[i].line, all[i].word);
}

static void changes(const char *what)
{
	printf("%s:", what);
	for (int i = 0; i < NR; i++)
		printf(" %s%+ld", all[i].line,
			number(all[i].path, all[i].line, all[i].word) - before[i]);
	printf("\n");
}

/* Numbers are left out. */
static void shape(const char *path)
{
	char text[300];
	FILE *f = fopen(path, "r");

	CHECK(f);
	while (fgets(text, sizeof(text), f))
		for (char *p = text; *p; p++)
			if (!isdigit(*p) || (p > text && isalpha(p[-1])))
				putchar(*p);
	fclose(f);
}

int main(void)
{
	union net_addr a = net_addr("127.0.0.1", 27141), b = net_addr("::1", 27142);
	int s[12], n = 0;

	net_start();
	shape("/proc/net/sockstat");
	shape("/proc/net/sockstat6");
	look();
	s[n++] = socket(AF_UNIX, SOCK_STREAM, 0);
	s[n++] = socket(AF_INET, SOCK_STREAM, 0);
	changes("not bound");
	CHECK(bind(s[1], &a.any, net_len(&a)) == 0 && listen(s[1], 3) == 0);
	changes("a listener");
	s[n++] = socket(AF_INET6, SOCK_STREAM, 0);
	CHECK(bind(s[2], &b.any, net_len(&b)) == 0 && listen(s[2], 3) == 0);
	s[n++] = socket(AF_INET6, SOCK_STREAM, 0);
	CHECK(connect(s[3], &b.any, net_len(&b)) == 0);
	s[n++] = accept(s[2], NULL, NULL);
	changes("a connection of IPv6");
	s[n++] = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(bind(s[5], &a.any, net_len(&a)) == 0);
	s[n++] = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(bind(s[6], &b.any, net_len(&b)) == 0);
	s[n++] = socket(AF_INET, SOCK_RAW, 254);
	s[n++] = socket(AF_INET6, SOCK_RAW, 254);
	changes("all kinds");
	while (n)
		close(s[--n]);
	UNTIL(number("/proc/net/sockstat6", "TCP6:", "inuse") == before[4]);
	changes("at last");
	return 0;
}
