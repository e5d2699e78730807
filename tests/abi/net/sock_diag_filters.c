// SPDX-License-Identifier: MPL-2.0
// Programs that select in NETLINK_SOCK_DIAG: which sockets they take, and which programs are
// refused.
#include "../lib/diag.h"
#include <netinet/tcp.h>

#define OP(c, y, n) ((struct inet_diag_bc_op){ .code = (c), .yes = (y), .no = (n) })

struct program {
	char bytes[512];
	size_t n;
};

static void op(struct program *p, int code, int yes, int no)
{
	struct inet_diag_bc_op o = { .code = code, .yes = yes, .no = no };

	memcpy(p->bytes + p->n, &o, 4);
	p->n += 4;
}

static void port(struct program *p, int code, int v, int no)
{
	op(p, code, 8, no);
	op(p, 0, 0, v);
}

static void host(struct program *p, int code, const char *addr, int bits, int v, int no)
{
	struct inet_diag_hostcond c = {
		.family = strchr(addr, ':') ? AF_INET6 : AF_INET, .prefix_len = bits, .port = v
	};
	int n = c.family == AF_INET ? 4 : 16;

	op(p, code, 12 + n, no ? no : 12 + n + 4);
	memcpy(p->bytes + p->n, &c, 8);
	CHECK(inet_pton(c.family, addr, p->bytes + p->n + 8) == 1);
	p->n += 8 + n;
}

static int d;

static void ask(const char *what, int family, struct program p)
{
	diag_ask(what, d,
		(struct diag_ask){ .family = family,
			.protocol = IPPROTO_UDP,
			.program = p.bytes,
			.program_len = p.n });
}

static void raw_program(const char *what, const void *bytes, size_t n)
{
	struct program p = { .n = n };

	memcpy(p.bytes, bytes, n);
	ask(what, AF_INET, p);
}
#define BAD(what, ...)                                                \
	do {                                                          \
		const struct inet_diag_bc_op ops[] = { __VA_ARGS__ }; \
		raw_program(what, ops, sizeof(ops));                  \
	} while (0)

static int udp(const char *at, int from, const char *to, int peer, int mark)
{
	union net_addr a = net_addr(at, from), b;
	int s = socket(a.any.sa_family, SOCK_DGRAM, 0);

	CHECK(setsockopt(s, SOL_SOCKET, SO_MARK, &mark, 4) == 0);
	CHECK(bind(s, &a.any, net_len(&a)) == 0);
	if (to) {
		b = net_addr(to, peer);
		CHECK(connect(s, &b.any, net_len(&b)) == 0);
	}
	return s;
}

static void takes(void)
{
	static const int codes[] = { INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE, INET_DIAG_BC_D_GE,
		INET_DIAG_BC_D_LE, 11 /* S_EQ */, 12 /* D_EQ */ };
	struct program p;
	char what[80];

	for (unsigned i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		p.n = 0;
		port(&p, codes[i], 27122, 12);
		snprintf(what, sizeof(what), "ports by code %d", codes[i]);
		ask(what, AF_INET, p);
	}
	p.n = 0;
	host(&p, INET_DIAG_BC_S_COND, "127.0.0.2", 32, -1, 0);
	ask("an address", AF_INET, p);
	p.n = 0;
	host(&p, INET_DIAG_BC_S_COND, "127.0.0.0", 8, 27123, 0);
	ask("a network and a port", AF_INET, p);
	p.n = 0;
	host(&p, INET_DIAG_BC_D_COND, "127.0.0.0", 8, -1, 0);
	ask("a peer in IPv4, of sockets of IPv6", AF_INET6, p);
	p.n = 0;
	host(&p, INET_DIAG_BC_D_COND, "::1", 128, -1, 0);
	ask("a peer in IPv6", AF_INET6, p);
	p.n = 0;
	host(&p, INET_DIAG_BC_S_COND, "::", 0, 27125, 0);
	ask("any address", AF_INET6, p);
	p.n = 0;
	host(&p, INET_DIAG_BC_S_COND, "0.0.0.0", 0, -1, 0);
	ask("any address of IPv4", AF_INET6, p);
	ask("any address of IPv4", AF_INET, p);
	p.n = 0;
	op(&p, INET_DIAG_BC_MARK_COND, 12, 16);
	memcpy(p.bytes + p.n, (uint32_t[]){ 5, 7 }, 8);
	p.n += 8;
	ask("a mark", AF_INET, p);
	p.n = 0;
	op(&p, INET_DIAG_BC_DEV_COND, 8, 12);
	memcpy(p.bytes + p.n, (uint32_t[]){ 0 }, 4);
	p.n += 4;
	ask("no device", AF_INET, p);
	p.n = 0;
	op(&p, INET_DIAG_BC_AUTO, 4, 8);
	ask("ports that nobody chose", AF_INET, p);
	// sport = 27121 or sport = 27124; and not
	p.n = 0;
	port(&p, 11, 27121, 12);
	op(&p, INET_DIAG_BC_JMP, 4, 12);
	port(&p, 11, 27124, 12);
	ask("either", AF_INET, p);
	p.n = 0;
	port(&p, 11, 27121, 12);
	op(&p, INET_DIAG_BC_JMP, 4, 8);
	ask("not", AF_INET, p);
	p.n = 0;
	op(&p, INET_DIAG_BC_NOP, 4, 0);
	ask("all", AF_INET, p);
}

int main(void)
{
	int s[8], n = 0;

	net_start();
	d = nl_socket(NETLINK_SOCK_DIAG, 0);
	diag_low = 27120, diag_high = 27129;
	s[n++] = udp("127.0.0.1", 27121, NULL, 0, 0);
	s[n++] = udp("127.0.0.2", 27122, "127.0.0.1", 27121, 5);
	s[n++] = udp("127.0.0.1", 27123, "127.0.0.1", 27122, 13);
	s[n++] = udp("0.0.0.0", 27124, NULL, 0, 0);
	s[n++] = udp("::1", 27125, "::1", 27126, 0);
	s[n++] = udp("::", 27126, "::ffff:127.0.0.1", 27121, 0);
	takes();
	raw_program("nothing", "", 0);
	raw_program("less than an operation", "\0\0\0", 3);
	BAD("an unknown code", OP(99, 4, 4));
	BAD("too long a step", OP(INET_DIAG_BC_NOP, 8, 0));
	BAD("no step", OP(INET_DIAG_BC_NOP, 0, 0));
	BAD("an odd step", OP(INET_DIAG_BC_NOP, 6, 0), OP(0, 4, 0));
	BAD("a port without a number", OP(11, 4, 4));
	BAD("a number that is cut", OP(11, 8, 8));
	BAD("backwards", OP(INET_DIAG_BC_NOP, 4, 0), OP(INET_DIAG_BC_JMP, 4, 0));
	BAD("far beyond the end", OP(INET_DIAG_BC_JMP, 4, 12));
	BAD("beyond the end", OP(INET_DIAG_BC_JMP, 4, 8));
	BAD("into a number", OP(INET_DIAG_BC_JMP, 4, 8), OP(11, 8, 8), OP(0, 0, 1));
	BAD("onto an operation", OP(INET_DIAG_BC_JMP, 4, 4), OP(11, 8, 8), OP(0, 0, 27121));
	BAD("a host without one", OP(INET_DIAG_BC_S_COND, 4, 4));
	BAD("a host of no family", OP(INET_DIAG_BC_S_COND, 12, 12), OP(9, 0, 0),
		OP(255, 255, 0xffff));
	BAD("too many bits", OP(INET_DIAG_BC_S_COND, 16, 16), OP(AF_INET, 33, 0),
		OP(255, 255, 0xffff), OP(127, 0, 0));
	BAD("a host of any family", OP(INET_DIAG_BC_S_COND, 12, 16), OP(0, 0, 0),
		OP(255, 255, 0xffff));
	if (fork() == 0) {
		struct program p = { .n = 0 };

		CHECK(setuid(65534) == 0);
		d = nl_socket(NETLINK_SOCK_DIAG, 0);
		op(&p, INET_DIAG_BC_MARK_COND, 12, 16);
		memcpy(p.bytes + p.n, (uint32_t[]){ 5, 7 }, 8);
		p.n += 8;
		ask("a mark, not for everybody", AF_INET, p);
		p.n = 0;
		op(&p, INET_DIAG_BC_NOP, 4, 0);
		ask("all for everybody", AF_INET, p);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
	while (n)
		close(s[--n]);
	return 0;
}
