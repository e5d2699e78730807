// SPDX-License-Identifier: MPL-2.0
// Programs that SO_ATTACH_FILTER refuses, and every code of an instruction: which are accepted.
#include "../lib/packet.h"

static int s;

#define ST(c, k)         BPF_STMT(c, k)
#define JP(c, k, jt, jf) BPF_JUMP(c, k, jt, jf)
#define TRY(...)                                                                      \
	do {                                                                          \
		struct sock_filter prog_[] = { __VA_ARGS__ };                         \
		int r_ = pk_filter(s, prog_, sizeof(prog_) / sizeof(prog_[0]));       \
		printf("%s: %s\n", #__VA_ARGS__, r_ ? t_errname(errno) : "accepted"); \
	} while (0)

static void shapes(void)
{
	TRY(ST(BPF_LD | BPF_IMM, 1));
	TRY(ST(BPF_RET | BPF_K, 1), ST(BPF_LD | BPF_IMM, 1));
	TRY(ST(BPF_JMP | BPF_JA, 0), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_JMP | BPF_JA, 1), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_JMP | BPF_JA, 0xffffffff), ST(BPF_RET | BPF_K, 1));
	TRY(JP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), ST(BPF_RET | BPF_K, 1));
	TRY(JP(BPF_JMP | BPF_JEQ | BPF_K, 1, 1, 0), ST(BPF_RET | BPF_K, 1));
	TRY(JP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0), ST(BPF_RET | BPF_K, 1));
	TRY(JP(BPF_JMP | BPF_JEQ | BPF_K, 1, 255, 255), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_ALU | BPF_DIV | BPF_K, 0), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_ALU | BPF_MOD | BPF_K, 0), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_ALU | BPF_LSH | BPF_K, 32), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_ALU | BPF_RSH | BPF_K, 31), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_ST, 16), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_STX, 15), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_LD | BPF_MEM, 16), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_LD | BPF_MEM, 0), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_LDX | BPF_MEM, 3), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_ST, 3), ST(BPF_LDX | BPF_MEM, 3), ST(BPF_RET | BPF_K, 1));
	TRY(JP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), ST(BPF_ST, 3), ST(BPF_LD | BPF_MEM, 3),
		ST(BPF_RET | BPF_K, 1));
	TRY(JP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 2), ST(BPF_ST, 3), ST(BPF_JMP | BPF_JA, 1),
		ST(BPF_ST, 3), ST(BPF_LD | BPF_MEM, 3), ST(BPF_RET | BPF_K, 1));
	for (unsigned k = 0; k < 72; k += 2) {
		struct sock_filter p[] = { ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + k),
			ST(BPF_RET | BPF_K, 1) };
		int r = pk_filter(s, p, 2);
		printf("known %u: %s\n", k, r ? t_errname(errno) : "accepted");
	}
	TRY(ST(BPF_LD | BPF_H | BPF_ABS, 0xffffffff), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_LD | BPF_H | BPF_IND, 0xffffffff), ST(BPF_RET | BPF_K, 1));
	TRY(ST(BPF_LDX | BPF_B | BPF_MSH, 0xffffffff), ST(BPF_RET | BPF_K, 1));
}

static void codes(void)
{
	for (int code = 0; code < 0x110; code++) {
		struct sock_filter p[] = { ST(BPF_LD | BPF_IMM, 1), ST(BPF_ST, 1), ST(code, 1),
			ST(BPF_RET | BPF_K, 1), ST(BPF_RET | BPF_K, 1) };
		if (!pk_filter(s, p, 5))
			printf("%02x ", code);
		else if (errno != EINVAL)
			printf("%02x gives %s ", code, t_errname(errno));
	}
	printf("\n");
}

static void arguments(void)
{
	struct sock_filter ret[] = { ST(BPF_RET | BPF_K, 1) };
	struct sock_fprog p = { .len = 1, .filter = ret }, none = { .len = 1 },
			  bad = { .len = 1, .filter = (void *)16 };

	T(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)));
	T(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &p, 2));
	T(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p) - 1));
	T(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p) + 1));
	T(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, NULL, sizeof(p)));
	T(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, (void *)16, sizeof(p)));
	T(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &none, sizeof(p)));
	T(setsockopt(s, SOL_SOCKET, SO_ATTACH_FILTER, &bad, sizeof(p)));
}

int main(void)
{
	static const int kinds[][2] = { { AF_PACKET, SOCK_RAW }, { AF_INET, SOCK_DGRAM },
		{ AF_UNIX, SOCK_DGRAM } };

	net_start();
	for (size_t i = 0; i < T_LEN(kinds); i++) {
		s = socket(kinds[i][0], kinds[i][1], 0);
		CHECK(s >= 0);
		shapes();
		codes();
		arguments();
		close(s);
	}
	return 0;
}
