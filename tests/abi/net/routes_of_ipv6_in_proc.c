// SPDX-License-Identifier: MPL-2.0
// /proc/net/ipv6_route: routes that a test makes, with their flags; the form of softnet_stat.
#include "../lib/virtual.h"

#include <net/route.h>

// The lines about an address, sorted, without the count of references.
static void collect(const char *having, char *out, size_t room)
{
	char *text = t_slurp("/proc/net/ipv6_route"), *line;
	char *found[64];
	size_t n = 0, len = 0;

	CHECK(text);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strstr(line, having) || n == T_LEN(found))
			continue;
		CHECK(strlen(line) > 132);
		memset(line + 32 + 1 + 2 + 1 + 32 + 1 + 2 + 1 + 32 + 1 + 8 + 1, '*', 17);
		found[n++] = line;
	}
	qsort(found, n, sizeof(found[0]), t_compare_strings);
	out[0] = 0;
	for (size_t i = 0; i < n; i++)
		len += snprintf(out + len, room - len, "%s|\n", found[i]);
	CHECK(len < room);
}

// Linux adds the routes of the new interface's addresses a little later. A reader who meets that
// may be told of a route twice, so the file is read until it says the same again.
static void lines(const char *what, const char *having)
{
	char now[16384], before[16384];

	printf("-- %s\n", what);
	collect(having, now, sizeof(now));
	do {
		memcpy(before, now, sizeof(now));
		usleep(20000);
		collect(having, now, sizeof(now));
	} while (strcmp(now, before));
	fputs(now, stdout);
}

static void route(const char *what, int s, int cmd, const char *to, int bits, int flags)
{
	struct in6_rtmsg r = { .rtmsg_dst_len = bits,
		.rtmsg_metric = 7,
		.rtmsg_flags = RTF_UP | flags,
		.rtmsg_ifindex = if_nametoindex(flags & RTF_REJECT ? "lo" : "d7") };

	CHECK(inet_pton(AF_INET6, to, &r.rtmsg_dst) == 1);
	net_result(what, ioctl(s, cmd, &r));
}

int main(void)
{
	int s;
	char *text;
	unsigned lines_seen = 0, fields = 0;

	vl_start();
	CHECK(vl_make(NULL, "dummy", "d7") == 0);
	CHECK(vl_up(NULL, "d7", true) == 0);
	s = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(s >= 0);
	route("add", s, SIOCADDRT, "2001:db8:7::", 48, 0);
	route("reject", s, SIOCADDRT, "2001:db8:8::1", 128, RTF_REJECT);
	lines("made here", "20010db80007");
	lines("made here", "20010db80008");
	route("delete", s, SIOCDELRT, "2001:db8:7::", 48, 0);
	route("delete", s, SIOCDELRT, "2001:db8:8::1", 128, RTF_REJECT);
	lines("gone", "20010db8000");
	lines("loopback", "00000000000000000000000000000001 80");
	lines("none", " ffffffff ");
	vl_del(NULL, "d7");
	text = t_slurp("/proc/net/softnet_stat");
	CHECK(text);
	for (char *p = text; *p; p++) {
		lines_seen += *p == '\n';
		fields += *p == ' ' && lines_seen == 0;
	}
	IS(lines_seen == (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
	SHOW(fields);
	return 0;
}
