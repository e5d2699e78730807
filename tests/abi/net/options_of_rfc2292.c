// SPDX-License-Identifier: MPL-2.0
// The control messages of RFC 2292, for which tracepath and other old programs ask by their former
// numbers: alone, and beside those of RFC 3542.
#include "../lib/net.h"
#include <netinet/ip6.h>

#define OLD_PKTINFO  2
#define OLD_HOPLIMIT 8

static void show(const char *what, int s)
{
	char data[16], control[256];
	struct iovec io = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };

	net_result(what, recvmsg(s, &m, MSG_DONTWAIT));
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		int v;
		memcpy(&v, CMSG_DATA(c), sizeof(v));
		printf("  level %d type %d length %d", c->cmsg_level, c->cmsg_type,
			(int)c->cmsg_len);
		if (c->cmsg_len == CMSG_LEN(sizeof(v)))
			printf(" value %d", v);
		else
			for (size_t i = 0; i < 16; i++)
				printf(" %02x", CMSG_DATA(c)[i]);
		printf("\n");
	}
}

static void set(int s, int name, int v)
{
	int now = 99;
	socklen_t n = sizeof(now);

	printf("option %d = %d: ", name, v);
	net_result("set", setsockopt(s, IPPROTO_IPV6, name, &v, sizeof(v)));
	net_result("  get", getsockopt(s, IPPROTO_IPV6, name, &now, &n));
	printf("  %d\n", now);
}

static void send_with(const char *what, int s, const union net_addr *to, int type,
	const void *value, size_t n)
{
	char control[64] __attribute__((aligned(8))) = { 0 };
	struct iovec io = { "hello", 5 };
	struct msghdr m = { .msg_name = (void *)&to->any,
		.msg_namelen = net_len(to),
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(n) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	*c = (struct cmsghdr){
		.cmsg_len = CMSG_LEN(n), .cmsg_level = IPPROTO_IPV6, .cmsg_type = type
	};
	memcpy(CMSG_DATA(c), value, n);
	net_result(what, sendmsg(s, &m, 0));
}

int main(void)
{
	union net_addr all = net_addr("::", 7000), to = net_addr("::1", 7000),
		       to4 = net_addr("127.0.0.1", 7000);
	struct in6_pktinfo from = { .ipi6_addr = IN6ADDR_LOOPBACK_INIT };
	int in, out, out4, hops = 9, bad = 256;

	net_start();
	in = socket(AF_INET6, SOCK_DGRAM, 0);
	out = socket(AF_INET6, SOCK_DGRAM, 0);
	out4 = socket(AF_INET, SOCK_DGRAM, 0);
	net_result("bind", bind(in, &all.any, net_len(&all)));
	set(in, OLD_HOPLIMIT, 1);
	net_result("send", sendto(out, "a", 1, 0, &to.any, net_len(&to)));
	show("hops alone", in);
	set(in, OLD_PKTINFO, 1);
	set(in, IPV6_RECVPKTINFO, 1);
	set(in, IPV6_RECVHOPLIMIT, 1);
	set(in, IPV6_RECVTCLASS, 1);
	net_result("send", sendto(out, "b", 1, 0, &to.any, net_len(&to)));
	show("all", in);
	net_result("send over IPv4", sendto(out4, "c", 1, 0, &to4.any, net_len(&to4)));
	show("all, of IPv4", in);
	set(in, OLD_HOPLIMIT, 0);
	set(in, IPV6_RECVPKTINFO, 0);
	send_with("with hops", out, &to, OLD_HOPLIMIT, &hops, sizeof(hops));
	show("the rest", in);
	send_with("with too many hops", out, &to, OLD_HOPLIMIT, &bad, sizeof(bad));
	send_with("with a source", out, &to, OLD_PKTINFO, &from, sizeof(from));
	show("the rest", in);
	send_with("with a short source", out, &to, OLD_PKTINFO, &from, 8);
	set(socket(AF_INET6, SOCK_STREAM, 0), OLD_HOPLIMIT, 1);
	set(out4, OLD_HOPLIMIT, 1);
	return 0;
}
