// SPDX-License-Identifier: MPL-2.0
// Arithmetic, jumps and memory of classic BPF: random programs, whose result becomes an errno.
#include "../lib/seccomp.h"
#include "../lib/t.h"

static uint32_t state = 12345;

static uint32_t rnd(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % n;
}

static struct sock_filter one(unsigned left)
{
	static const uint16_t ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND,
		BPF_LSH, BPF_RSH, BPF_XOR };
	static const uint16_t tests[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };
	uint16_t op = ops[rnd(T_LEN(ops))];
	uint32_t k = rnd(4) ? rnd(64) : state;

	switch (rnd(10)) {
	case 0:
		return (struct sock_filter)LOAD(16 + 4 * rnd(12));
	case 1:
		return (struct sock_filter)BPF_STMT(BPF_LDX | BPF_IMM, k);
	case 2:
		return (struct sock_filter)BPF_STMT(rnd(2) ? BPF_ST : BPF_STX, rnd(16));
	case 3:
		return (struct sock_filter)BPF_STMT((rnd(2) ? BPF_LD : BPF_LDX) | BPF_MEM, rnd(16));
	case 4:
		return (struct sock_filter)BPF_STMT(BPF_MISC | (rnd(2) ? BPF_TAX : BPF_TXA), 0);
	case 5:
		return (struct sock_filter)BPF_JUMP(BPF_JMP | tests[rnd(4)] |
				(rnd(2) ? BPF_X : BPF_K),
			k, rnd(left < 9 ? left : 9), rnd(left < 9 ? left : 9));
	case 6:
		return (struct sock_filter)BPF_STMT(BPF_ALU | BPF_NEG, 0);
	case 7: // shifts by X of 32 and more are undefined
		if (op == BPF_LSH || op == BPF_RSH)
			op = BPF_ADD;
		return (struct sock_filter)BPF_STMT(BPF_ALU | op | BPF_X, 0);
	default:
		if (op == BPF_LSH || op == BPF_RSH)
			k %= 32;
		if (op == BPF_DIV && !k)
			k = 1;
		return (struct sock_filter)BPF_STMT(BPF_ALU | op | BPF_K, k);
	}
}

int main(void)
{
	enum { BODY = 40, HEAD = 16, TAIL = 4 };
	unsigned accepted = 0;

	t_start();
	s_no_new_privs();
	for (unsigned round = 0; round < 120; round++) {
		struct sock_filter f[2 + HEAD + BODY + TAIL + 1];
		unsigned n = 0;

		f[n++] = (struct sock_filter)LOAD(0);
		f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsid, 0,
			HEAD + BODY + TAIL);
		for (unsigned i = 0; i < HEAD; i++)
			f[n++] = (struct sock_filter)BPF_STMT(BPF_ST, i);
		for (unsigned i = 0; i < BODY; i++)
			f[n++] = one(BODY - i);
		f[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x7ff);
		f[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_ADD | BPF_K, 1);
		f[n++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO);
		f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
		f[n++] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
		CHECK(n == T_LEN(f));
		pid_t pid = t_fork();
		int st;
		if (pid == 0) {
			if (INSTALL(0, f) < 0)
				_exit(1); // memory is read that was not written
			// a division by X of 0 kills the thread
			syscall(SYS_getsid, round, ~0UL / (round + 1), 0x123456789abcdefUL, 77,
				round * 3, 5);
			printf("%u: %d\n", round, errno);
			_exit(0);
		}
		CHECK(waitpid(pid, &st, 0) == pid);
		if (st)
			t_status("not run", st);
		accepted += st == 0;
	}
	SHOW(accepted);
	return 0;
}
