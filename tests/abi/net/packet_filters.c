// SPDX-License-Identifier: MPL-2.0
// Filters of packet sockets: every class of instruction, by how much of a packet is kept.
#include "../lib/packet.h"

static int s;

#define MAX 24
#define RUN(...)                                                            \
	do {                                                                \
		struct sock_filter prog_[] = { __VA_ARGS__ };               \
		run(#__VA_ARGS__, prog_, sizeof(prog_) / sizeof(prog_[0])); \
	} while (0)
#define ST(c, k)         BPF_STMT(c, k)
#define JP(c, k, jt, jf) BPF_JUMP(c, k, jt, jf)
#define KEEP_A           BPF_STMT(BPF_RET | BPF_A, 0)

/* Sends a packet whose data is known, and shows how much of it the program lets pass. */
static void run(const char *text, struct sock_filter *prog, int n)
{
	char b[300];
	long got;

	if (pk_filter(s, prog, n)) {
		printf("%s: refused: %s\n", text, t_errname(errno));
		return;
	}
	CHECK(pk_send(s, PK_TYPE, 200) == 214);
	got = recv(s, b, sizeof(b), MSG_DONTWAIT);
	printf("%s: %ld\n", text, got);
}

static void loads(void)
{
	RUN(ST(BPF_RET | BPF_K, 0));
	RUN(ST(BPF_RET | BPF_K, 1));
	RUN(ST(BPF_RET | BPF_K, 0xffffffff));
	RUN(ST(BPF_LD | BPF_IMM, 33), KEEP_A);
	RUN(ST(BPF_LD | BPF_W | BPF_LEN, 0), ST(BPF_ALU | BPF_SUB | BPF_K, 14), KEEP_A);
	RUN(ST(BPF_LDX | BPF_W | BPF_LEN, 0), ST(BPF_MISC | BPF_TXA, 0), KEEP_A);
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, 14), KEEP_A);
	RUN(ST(BPF_LD | BPF_H | BPF_ABS, 12), ST(BPF_ALU | BPF_SUB | BPF_K, 0x88a0), KEEP_A);
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, 14), ST(BPF_ALU | BPF_SUB | BPF_K, 0x61626300), KEEP_A);
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, 213), KEEP_A);
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, 214), ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LD | BPF_H | BPF_ABS, 213), ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, 210), ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, 211), ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, 0x7fffffff), ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, 0x80000000), ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, 0xffdfffff), ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LDX | BPF_IMM, 10), ST(BPF_LD | BPF_B | BPF_IND, 10), KEEP_A);
	RUN(ST(BPF_LDX | BPF_IMM, 10), ST(BPF_LD | BPF_H | BPF_IND, 2),
		ST(BPF_ALU | BPF_SUB | BPF_K, 0x88a0), KEEP_A);
	RUN(ST(BPF_LDX | BPF_IMM, 10), ST(BPF_LD | BPF_W | BPF_IND, 4),
		ST(BPF_ALU | BPF_AND | BPF_K, 0xff), KEEP_A);
	RUN(ST(BPF_LDX | BPF_IMM, 0xffffffff), ST(BPF_LD | BPF_B | BPF_IND, 15), KEEP_A);
	RUN(ST(BPF_LDX | BPF_IMM, 300), ST(BPF_LD | BPF_B | BPF_IND, 0), ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LDX | BPF_B | BPF_MSH, 14), ST(BPF_MISC | BPF_TXA, 0),
		ST(BPF_ALU | BPF_ADD | BPF_K, 20), KEEP_A);
	RUN(ST(BPF_LDX | BPF_B | BPF_MSH, 999), ST(BPF_RET | BPF_K, 9));
}

static void headers(void)
{
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF), KEEP_A);
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, SKF_NET_OFF + 3), KEEP_A);
	RUN(ST(BPF_LD | BPF_H | BPF_ABS, SKF_LL_OFF + 12), ST(BPF_ALU | BPF_SUB | BPF_K, 0x88a0),
		KEEP_A);
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, SKF_LL_OFF + 14), ST(BPF_ALU | BPF_AND | BPF_K, 0x7f),
		KEEP_A);
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, SKF_LL_OFF + 9000), ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LDX | BPF_B | BPF_MSH, SKF_NET_OFF), ST(BPF_MISC | BPF_TXA, 0),
		ST(BPF_ALU | BPF_ADD | BPF_K, 20), KEEP_A);
	RUN(ST(BPF_LDX | BPF_IMM, 3), ST(BPF_LD | BPF_B | BPF_IND, SKF_NET_OFF), KEEP_A);
	RUN(ST(BPF_LDX | BPF_IMM, 0), ST(BPF_LD | BPF_B | BPF_IND, SKF_AD_OFF),
		ST(BPF_RET | BPF_K, 9));
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PROTOCOL),
		ST(BPF_ALU | BPF_SUB | BPF_K, 0x88a0), KEEP_A);
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		ST(BPF_ALU | BPF_ADD | BPF_K, 20), KEEP_A);
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_IFINDEX),
		ST(BPF_ALU | BPF_ADD | BPF_K, 20), KEEP_A);
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_HATYPE),
		ST(BPF_ALU | BPF_SUB | BPF_K, 700), KEEP_A);
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_MARK),
		ST(BPF_ALU | BPF_ADD | BPF_K, 20), KEEP_A);
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT),
		ST(BPF_ALU | BPF_ADD | BPF_K, 20), KEEP_A);
	RUN(ST(BPF_LD | BPF_B | BPF_ABS, SKF_AD_OFF + SKF_AD_PKTTYPE),
		ST(BPF_ALU | BPF_ADD | BPF_K, 21), KEEP_A);
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_CPU),
		JP(BPF_JMP | BPF_JGT | BPF_K, 64, 0, 1), ST(BPF_RET | BPF_K, 5),
		ST(BPF_RET | BPF_K, 6));
	RUN(ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_RANDOM), ST(BPF_RET | BPF_K, 7));
	RUN(ST(BPF_LDX | BPF_IMM, 12), ST(BPF_LD | BPF_IMM, 40),
		ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_ALU_XOR_X), KEEP_A);
	RUN(ST(BPF_LDX | BPF_IMM, 12), ST(BPF_LD | BPF_IMM, 14),
		ST(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF + SKF_AD_NLATTR),
		ST(BPF_ALU | BPF_ADD | BPF_K, 20), KEEP_A);
}

static void arithmetic(void)
{
	static const unsigned short ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND,
		BPF_LSH, BPF_RSH, BPF_MOD, BPF_XOR };
	static const unsigned values[] = { 0, 1, 5, 31, 32, 33, 0xffffffff };
	char text[80];

	for (size_t i = 0; i < T_LEN(ops); i++) {
		for (size_t j = 0; j < T_LEN(values); j++) {
			struct sock_filter k[] = { ST(BPF_LD | BPF_IMM, 77),
				ST(BPF_ALU | BPF_K | ops[i], values[j]),
				ST(BPF_ALU | BPF_AND | BPF_K, 0x7f),
				ST(BPF_ALU | BPF_ADD | BPF_K, 1), KEEP_A };
			struct sock_filter x[] = { ST(BPF_LD | BPF_IMM, 77),
				ST(BPF_LDX | BPF_IMM, values[j]), ST(BPF_ALU | BPF_X | ops[i], 0),
				ST(BPF_ALU | BPF_AND | BPF_K, 0x7f),
				ST(BPF_ALU | BPF_ADD | BPF_K, 1), KEEP_A };
			/* A shift by X of 32 and more is what the machine makes of it. */
			sprintf(text, "77 op %x %x by K", ops[i], values[j]);
			run(text, k, 5);
			if ((ops[i] == BPF_LSH || ops[i] == BPF_RSH) && values[j] > 31)
				continue;
			sprintf(text, "77 op %x %x by X", ops[i], values[j]);
			run(text, x, 6);
		}
	}
	RUN(ST(BPF_LD | BPF_IMM, 0xffffffd0), ST(BPF_ALU | BPF_NEG, 0), KEEP_A);
	RUN(ST(BPF_LD | BPF_IMM, 0x80000000), ST(BPF_ALU | BPF_RSH | BPF_K, 26), KEEP_A);
}

static void jumps(void)
{
	static const unsigned short ops[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	static const unsigned values[] = { 0, 4, 5, 6, 0x80000000, 0xffffffff };
	char text[80];

	for (size_t i = 0; i < T_LEN(ops); i++) {
		for (size_t j = 0; j < T_LEN(values); j++) {
			struct sock_filter k[] = { ST(BPF_LD | BPF_IMM, 5),
				JP(BPF_JMP | BPF_K | ops[i], values[j], 0, 1),
				ST(BPF_RET | BPF_K, 30), ST(BPF_RET | BPF_K, 40) };
			struct sock_filter x[] = { ST(BPF_LD | BPF_IMM, 5),
				ST(BPF_LDX | BPF_IMM, values[j]),
				JP(BPF_JMP | BPF_X | ops[i], 0, 0, 1), ST(BPF_RET | BPF_K, 30),
				ST(BPF_RET | BPF_K, 40) };
			sprintf(text, "5 jump %x %x by K", ops[i], values[j]);
			run(text, k, 4);
			sprintf(text, "5 jump %x %x by X", ops[i], values[j]);
			run(text, x, 5);
		}
	}
	RUN(ST(BPF_JMP | BPF_JA, 1), ST(BPF_RET | BPF_K, 3), ST(BPF_RET | BPF_K, 4));
	RUN(ST(BPF_JMP | BPF_JA, 0), ST(BPF_RET | BPF_K, 3), ST(BPF_RET | BPF_K, 4));
}

static void memory(void)
{
	RUN(ST(BPF_LD | BPF_IMM, 44), ST(BPF_ST, 15), ST(BPF_LD | BPF_IMM, 1),
		ST(BPF_LD | BPF_MEM, 15), KEEP_A);
	RUN(ST(BPF_LDX | BPF_IMM, 45), ST(BPF_STX, 0), ST(BPF_LDX | BPF_IMM, 1),
		ST(BPF_LDX | BPF_MEM, 0), ST(BPF_MISC | BPF_TXA, 0), KEEP_A);
	RUN(ST(BPF_LD | BPF_IMM, 46), ST(BPF_MISC | BPF_TAX, 0), ST(BPF_LD | BPF_IMM, 0),
		ST(BPF_MISC | BPF_TXA, 0), KEEP_A);
}

static void longest(void)
{
	static struct sock_filter p[4097];

	for (int i = 0; i < 4096; i++)
		p[i] = (struct sock_filter)ST(BPF_ALU | BPF_ADD | BPF_K, 1);
	p[499] = (struct sock_filter)KEEP_A;
	for (int i = 0; i < 420; i++)
		p[i] = (struct sock_filter)ST(BPF_LD | BPF_IMM, 0);
	run("five hundred", p, 500);
	run("none", p, 0);
	run("too many", p, 4097);
}

int main(void)
{
	net_start();
	s = pk_open(SOCK_RAW, "lo", PK_TYPE);
	loads();
	headers();
	arithmetic();
	jumps();
	memory();
	longest();
	close(s);
	return 0;
}
