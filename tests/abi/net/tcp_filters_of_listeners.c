// SPDX-License-Identifier: MPL-2.0
// A listener's filter sees every segment of a handshake: one that wants no ACK lets connections
// begin and not be accepted, until it is gone.
#include "../lib/packet.h"

#define ST(c, k)         BPF_STMT(c, k)
#define JP(c, k, jt, jf) BPF_JUMP(c, k, jt, jf)

static void handshake(const char *address)
{
	union net_addr to = net_addr(address, 0);
	int l = socket(to.any.sa_family, SOCK_STREAM, 0), c, a;
	struct sock_filter no_ack[] = { ST(BPF_LD | BPF_B | BPF_ABS, 13),
		JP(BPF_JMP | BPF_JSET | BPF_K, 0x10, 0, 1), ST(BPF_RET | BPF_K, 0),
		ST(BPF_RET | BPF_K, 0xffff) };
	struct sock_filter no_syn[] = { ST(BPF_LD | BPF_B | BPF_ABS, 13),
		JP(BPF_JMP | BPF_JSET | BPF_K, 0x02, 0, 1), ST(BPF_RET | BPF_K, 0),
		ST(BPF_RET | BPF_K, 0xffff) };
	struct timeval tv = { .tv_sec = 20 };
	struct pollfd p = { .fd = l, .events = POLLIN };
	socklen_t len = sizeof(to);
	char b[8] = "";

	CHECK(bind(l, &to.any, net_len(&to)) == 0 && listen(l, 8) == 0);
	CHECK(getsockname(l, &to.any, &len) == 0);
	CHECK(setsockopt(l, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	TOK(pk_filter(l, no_ack, 4));
	c = socket(to.any.sa_family, SOCK_STREAM, 0);
	T(connect(c, &to.any, net_len(&to)));
	T(poll(&p, 1, 0));
	T(send(c, "late", 4, 0));
	T(poll(&p, 1, 0));
	TOK(setsockopt(l, SOL_SOCKET, SO_DETACH_FILTER, &len, sizeof(len)));
	a = TOK(accept(l, NULL, NULL));
	T(recv(a, b, sizeof(b), 0));
	printf("%s\n", b);
	close(a);
	close(c);
	TOK(pk_filter(l, no_syn, 4));
	c = socket(to.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
	T(connect(c, &to.any, net_len(&to)));
	T(poll(&p, 1, 0));
	close(c);
	close(l);
}

int main(void)
{
	t_start();
	net_start();
	handshake("127.0.0.1");
	handshake("::1");
	return 0;
}
