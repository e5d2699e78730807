// SPDX-License-Identifier: MPL-2.0
// The order of a device's addresses of IPv6: wide scopes first, and the newest of a scope; of equal
// ones the first sends.
#include "../lib/virtual.h"

static void change(int type, const char *text)
{
	struct nl_message m;
	struct ifaddrmsg *a = nl_new(&m, type, type == RTM_NEWADDR ? NLM_F_CREATE : 0, sizeof(*a));

	a->ifa_family = AF_INET6;
	a->ifa_prefixlen = 64;
	a->ifa_flags = IFA_F_NODAD;
	a->ifa_index = if_nametoindex("d0");
	nl_attr_addr(&m, IFA_LOCAL, text);
	CHECK(vl_ask(NULL, &m) == 0);
}

static void list(void)
{
	static char buf[32768];
	struct nl_message m;
	struct ifaddrmsg *want = nl_new(&m, RTM_GETADDR, NLM_F_DUMP, sizeof(*want));

	want->ifa_family = AF_INET6;
	nl_send(vl, &m);
	printf("addresses:");
	for (bool end = false; !end;) {
		int len = recv(vl, buf, sizeof(buf), 0);
		CHECK(len > 0);
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, len); h = NLMSG_NEXT(h, len)) {
			const struct ifaddrmsg *a = NLMSG_DATA(h);

			end = h->nlmsg_type == NLMSG_DONE;
			if (!end && a->ifa_index == if_nametoindex("d0"))
				nl_put_addr("", IFA_RTA(a), IFA_PAYLOAD(h), IFA_ADDRESS);
		}
	}
	printf("\n");
}

static void sends(const char *to)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(9) };
	int s = socket(AF_INET6, SOCK_DGRAM, 0);
	char text[INET6_ADDRSTRLEN];
	socklen_t n = sizeof(a);

	inet_pton(AF_INET6, to, &a.sin6_addr);
	a.sin6_scope_id = to[0] == 'f' ? if_nametoindex("d0") : 0;
	CHECK(connect(s, (struct sockaddr *)&a, sizeof(a)) == 0);
	CHECK(getsockname(s, (struct sockaddr *)&a, &n) == 0);
	printf("to %s: %s\n", to, inet_ntop(AF_INET6, &a.sin6_addr, text, sizeof(text)));
	close(s);
}

static void look(void)
{
	list();
	sends("2001:db8:1::99");
	sends("fec0:1::99");
	sends("fe80::99");
}

int main(void)
{
	static const char *const all[] = { "fe80::1", "2001:db8:1::1", "fec0:1::1", "2001:db8:1::2",
		"fe80::2", "fc00:1::1", "fec0:1::2", "2001:db8:2::1" };

	vl_start();
	CHECK(vl_make(NULL, "dummy", "d0") == 0);
	no_link_local(vl, "d0", IN6_ADDR_GEN_MODE_NONE);
	CHECK(vl_up(NULL, "d0", true) == 0);
	for (size_t i = 0; i < T_LEN(all); i++)
		change(RTM_NEWADDR, all[i]);
	look();
	change(RTM_DELADDR, "2001:db8:1::2");
	change(RTM_DELADDR, "fe80::2");
	look();
	CHECK(vl_del(NULL, "d0") == 0);
	return 0;
}
