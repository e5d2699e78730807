// SPDX-License-Identifier: MPL-2.0
// Error queues with the times at which packets were sent (SO_TIMESTAMPING).
#ifndef TESTS_ABI_LIB_STAMPS_H
#define TESTS_ABI_LIB_STAMPS_H

#include "net.h"
#include <linux/errqueue.h>

#define TSING   37
#define TSI_NEW 65

enum {
	TX_SOFT = 2,
	RX_SOFT = 8,
	SOFT = 16,
	OPT_ID = 128,
	TX_SCHED = 256,
	TX_ACK = 512,
	OPT_CMSG = 1024,
	TSONLY = 2048,
	ID_TCP = 65536,
};

T_UNUSED static int stamps_on(int s, int flags)
{
	return setsockopt(s, SOL_SOCKET, TSING, &flags, sizeof(flags));
}

static bool stamps_recent(const void *at)
{
	struct timespec now, t;

	memcpy(&t, at, sizeof(t));
	clock_gettime(CLOCK_REALTIME, &now);
	return t.tv_sec <= now.tv_sec && t.tv_sec > now.tv_sec - 60;
}

static void stamps_show_cmsg(const struct cmsghdr *c)
{
	struct sock_extended_err ee;
	struct sockaddr_in from;
	size_t n = c->cmsg_len - CMSG_LEN(0);

	printf("  %d %d length %zu", c->cmsg_level, c->cmsg_type, n);
	if (c->cmsg_level == SOL_SOCKET && n >= sizeof(struct timespec)) {
		printf(" %s", stamps_recent(CMSG_DATA(c)) ? "recent" : "wrong");
	} else if ((c->cmsg_level == 0 && c->cmsg_type == 11) ||
		(c->cmsg_level == 41 && c->cmsg_type == 25) ||
		(c->cmsg_level == 263 && c->cmsg_type == 16)) {
		memcpy(&ee, CMSG_DATA(c), sizeof(ee));
		printf(" %s origin %d type %d code %d info %u data %u", t_errname(ee.ee_errno),
			ee.ee_origin, ee.ee_type, ee.ee_code, ee.ee_info, ee.ee_data);
		if (n >= sizeof(ee) + sizeof(from)) {
			memcpy(&from, (char *)CMSG_DATA(c) + sizeof(ee), sizeof(from));
			printf(" offender %d", from.sin_family);
		}
	}
	printf("\n");
}

/* Shows the next entry of the error queue, which the test knows to come if @wait. */
static int stamps_get(const char *what, int s, bool wait, size_t room)
{
	char control[512] = { 0 }, buf[4096];
	struct sockaddr_storage name = { 0 };
	struct iovec iov = { buf, room };
	struct msghdr m = { .msg_name = &name,
		.msg_namelen = sizeof(name),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct pollfd p = { s, 0, 0 };
	struct cmsghdr *c;
	ssize_t n;

	if (wait) {
		CHECK(poll(&p, 1, 20000) == 1);
		CHECK(p.revents & POLLERR);
	}
	n = recvmsg(s, &m, MSG_ERRQUEUE);
	if (n < 0) {
		printf("%s: %s\n", what, t_errname(errno));
		return -1;
	}
	printf("%s: %zd bytes, flags %#x, name %d of %u\n", what, n, m.msg_flags, name.ss_family,
		m.msg_namelen);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		stamps_show_cmsg(c);
	return (int)n;
}

#endif
