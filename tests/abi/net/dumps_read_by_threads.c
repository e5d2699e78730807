// SPDX-License-Identifier: MPL-2.0
// Two threads read one dump: no message is lost or comes twice, and the end is the last one.
#include "../lib/virtual.h"

#define DUMPS  40
#define ROUTES 900

static int nl;
static unsigned seen[ROUTES], done, after_done;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void take(struct nlmsghdr *h)
{
	const struct rtmsg *r = NLMSG_DATA(h);
	const struct rtattr *a = RTM_RTA(r);
	int left = RTM_PAYLOAD(h);

	if (done)
		after_done++;
	if (h->nlmsg_type == NLMSG_DONE)
		done++;
	if (h->nlmsg_type != RTM_NEWROUTE || r->rtm_table != 77)
		return;
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left)) {
		uint32_t to;
		if (a->rta_type != RTA_DST)
			continue;
		memcpy(&to, RTA_DATA(a), 4);
		to = ntohl(to) - 0x0a640000;
		if (to < ROUTES)
			__atomic_add_fetch(&seen[to], 1, __ATOMIC_RELAXED);
	}
}

/* The read and the look at what it got are one step, so that the order of pieces is seen. */
static void *reader(void *arg)
{
	static __thread char buf[65536];
	bool over = false;

	while (!over) {
		pthread_mutex_lock(&lock);
		ssize_t n = done ? -1 : recv(nl, buf, sizeof(buf), MSG_DONTWAIT);
		struct nlmsghdr *h = (void *)buf;
		for (; n > 0 && NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n))
			take(h);
		over = done;
		pthread_mutex_unlock(&lock);
	}
	return arg;
}

/* Reads without a lock: only that all has come is known. */
static void *free_reader(void *arg)
{
	static __thread char buf[65536];

	for (;;) {
		ssize_t n = recv(nl, buf, sizeof(buf), MSG_DONTWAIT);
		struct nlmsghdr *h = (void *)buf;
		if (n < 0 && __atomic_load_n(&done, __ATOMIC_ACQUIRE))
			return arg;
		for (; n > 0 && NLMSG_OK(h, (size_t)n); h = NLMSG_NEXT(h, n)) {
			if (h->nlmsg_type == NLMSG_DONE)
				__atomic_add_fetch(&done, 1, __ATOMIC_RELEASE);
			else
				take(h);
		}
		sched_yield();
	}
}

static void dump(const char *what, void *(*read)(void *))
{
	unsigned wrong = 0, ends = 0, late = 0;
	pthread_t t[2];
	struct nl_message m;

	for (int i = 0; i < DUMPS; i++) {
		memset(seen, 0, sizeof(seen));
		done = after_done = 0;
		struct rtmsg *r = nl_new(&m, RTM_GETROUTE, NLM_F_DUMP, sizeof(*r));
		r->rtm_family = AF_INET;
		nl_send(nl, &m);
		for (int k = 0; k < 2; k++)
			CHECK(pthread_create(&t[k], NULL, read, NULL) == 0);
		for (int k = 0; k < 2; k++)
			pthread_join(t[k], NULL);
		for (int k = 0; k < ROUTES; k++)
			wrong += seen[k] != 1;
		ends += done;
		late += after_done;
	}
	printf("%s: %u wrong, %u ends\n", what, wrong, ends);
	if (read == reader)
		SHOW(late);
}

int main(void)
{
	struct nl_message m;

	vl_start();
	nl = nl_socket(NETLINK_ROUTE, 0);
	for (int i = 0; i < ROUTES; i++) {
		struct rtmsg *r = nl_new(&m, RTM_NEWROUTE, NLM_F_CREATE, sizeof(*r));
		r->rtm_family = AF_INET;
		r->rtm_dst_len = 32;
		r->rtm_table = 77;
		r->rtm_protocol = RTPROT_STATIC;
		r->rtm_scope = RT_SCOPE_LINK;
		r->rtm_type = RTN_UNICAST;
		nl_attr_u32(&m, RTA_DST, htonl(0x0a640000 + i));
		nl_attr_u32(&m, RTA_OIF, if_nametoindex("lo"));
		CHECK(vl_ask(NULL, &m) == 0);
	}
	dump("in turns", reader);
	dump("at once", free_reader);
	for (int i = 0; i < ROUTES; i++) {
		struct rtmsg *r = nl_new(&m, RTM_DELROUTE, 0, sizeof(*r));
		r->rtm_family = AF_INET;
		r->rtm_dst_len = 32;
		r->rtm_table = 77;
		r->rtm_scope = RT_SCOPE_NOWHERE;
		nl_attr_u32(&m, RTA_DST, htonl(0x0a640000 + i));
		CHECK(vl_ask(NULL, &m) == 0);
	}
	return 0;
}
