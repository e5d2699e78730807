// SPDX-License-Identifier: MPL-2.0
// Sends of many requests, of more than 64 KiB, and what is still answered when one of them is cut.
#include "../lib/netlink.h"

#define BIG (160 * 1024)

static char big[BIG];

/* Requests of odd sizes, so that some lie across any border; the last wants an acknowledgement. */
static size_t fill(size_t room, int *n)
{
	static const size_t sizes[] = { 16, 20, 52, 1036, 16, 4100, 24, 8008 };
	size_t at = 0, len;

	for (*n = 0;; ++*n) {
		struct nlmsghdr *h = (void *)(big + at);
		len = sizes[*n % 8];
		if (at + len + 16 > room)
			break;
		memset(h, 0, len);
		h->nlmsg_len = len;
		h->nlmsg_type = *n % 8 == 4 ? RTM_GETLINK : NLMSG_NOOP;
		h->nlmsg_flags = NLM_F_REQUEST;
		at += NLMSG_ALIGN(len);
	}
	*(struct nlmsghdr *)(big + at) = (struct nlmsghdr){ .nlmsg_len = 16,
		.nlmsg_type = NLMSG_NOOP,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		.nlmsg_seq = 77 };
	return at + 16;
}

/* How many answers there are, and of which the last one is. */
static void count(int s)
{
	static char buf[32768];
	unsigned last = 0;
	int answers = 0, err = 1;
	ssize_t n;

	while ((n = recv(s, buf, sizeof(buf), MSG_DONTWAIT)) > 0)
		for (struct nlmsghdr *h = (void *)buf; NLMSG_OK(h, n); h = NLMSG_NEXT(h, n)) {
			answers++;
			last = h->nlmsg_seq;
			err = h->nlmsg_type == NLMSG_ERROR
				? ((struct nlmsgerr *)NLMSG_DATA(h))->error
				: 1;
		}
	printf("%d answers, the last to %u: %d\n", answers, last, err);
}

int main(void)
{
	int size = 1 << 20, s, n;
	struct iovec v[2];
	size_t len;

	net_start();
	s = nl_socket(NETLINK_ROUTE, 0);
	T(setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)));
	len = fill(60000, &n);
	SHOW(n);
	IS(send(s, big, len, 0) == (ssize_t)len);
	count(s);
	len = fill(BIG, &n);
	SHOW(n);
	IS(send(s, big, len, 0) == (ssize_t)len);
	count(s);
	// the last request is cut
	IS(send(s, big, len - 1, 0) == (ssize_t)len - 1);
	count(s);
	// a part of it cannot be read: nothing is done
	v[0] = (struct iovec){ big, len };
	v[1] = (struct iovec){ (void *)8, 16 };
	T(writev(s, v, 2));
	count(s);
	// more than the send buffer takes
	size = 4608;
	T(setsockopt(s, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
	T(send(s, big, len, 0));
	count(s);
	return 0;
}
