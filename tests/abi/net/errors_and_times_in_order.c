// SPDX-License-Identifier: MPL-2.0
// One error queue has ICMP's errors and times of sending: order, the pending error, poll, peeks.
#include "../lib/stamps.h"

static int error_of(int s)
{
	int v = -1;
	socklen_t n = sizeof(v);

	CHECK(getsockopt(s, SOL_SOCKET, SO_ERROR, &v, &n) == 0);
	return v;
}

static void revents(const char *what, int s)
{
	struct pollfd p = { s, POLLIN | POLLPRI, 0 };

	CHECK(poll(&p, 1, 0) >= 0);
	printf("%s: revents %#x\n", what, p.revents);
}

int main(void)
{
	union net_addr gone = net_addr("127.0.0.1", 9);
	int s, on = 1, room = 1;
	char c;

	net_start();
	s = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(setsockopt(s, 0, IP_RECVERR, &on, sizeof(on)) == 0);
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_ID | TSONLY) == 0);
	CHECK(sendto(s, "a", 1, 0, &gone.any, net_len(&gone)) == 1);
	stamps_get("a time", s, true, 16);
	stamps_get("an error", s, true, 16);
	stamps_get("no more", s, false, 16);
	revents("empty", s);
	SHOW(error_of(s));
	CHECK(sendto(s, "b", 1, 0, &gone.any, net_len(&gone)) == 1);
	revents("two", s);
	stamps_get("a time", s, true, 16);
	revents("one", s);
	SHOW(error_of(s));
	SHOW(error_of(s));
	revents("one, told", s);
	stamps_get("an error", s, true, 16);
	SHOW(error_of(s));
	CHECK(sendto(s, "c", 1, 0, &gone.any, net_len(&gone)) == 1);
	T(recv(s, &c, 1, MSG_DONTWAIT));
	T(recv(s, &c, 1, MSG_DONTWAIT));
	stamps_get("a time, still", s, true, 16);
	stamps_get("the error, still", s, true, 16);
	/* A time alone is no error of a call. */
	s = net_bound("127.0.0.1", 0);
	gone = net_addr("127.0.0.1", net_port(s));
	CHECK(stamps_on(s, TX_SOFT | SOFT | OPT_ID | TSONLY) == 0);
	CHECK(sendto(s, "d", 1, 0, &gone.any, net_len(&gone)) == 1);
	SHOW(error_of(s));
	T(recv(s, &c, 1, 0));
	T(recv(s, &c, 1, MSG_DONTWAIT));
	revents("a time", s);
	stamps_get("a time", s, true, 16);
	revents("nothing", s);
	/* A read of two messages at once does not mix both queues. */
	T(setsockopt(s, SOL_SOCKET, SO_RCVLOWAT, &room, sizeof(room)));
	CHECK(sendto(s, "e", 1, 0, &gone.any, net_len(&gone)) == 1);
	T(recv(s, &c, 1, MSG_ERRQUEUE | MSG_PEEK));
	T(recv(s, &c, 1, MSG_ERRQUEUE | MSG_DONTWAIT));
	T(recv(s, &c, 1, 0));
	close(s);
	return 0;
}
