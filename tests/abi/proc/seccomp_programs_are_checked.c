// SPDX-License-Identifier: MPL-2.0
// What seccomp(2) refuses: flags, sizes, addresses, programs.
#include "../lib/seccomp.h"
#include "../lib/t.h"

static void try_program(const char *what, struct sock_filter *f, size_t n)
{
	pid_t pid = t_fork();

	if (pid == 0) {
		TL(what, s_install(0, f, n));
		_exit(0);
	}
	CHECK(waitpid(pid, NULL, 0) == pid);
}
#define TRY(what, ...)                                     \
	do {                                               \
		struct sock_filter f_[] = { __VA_ARGS__ }; \
		try_program(what, f_, T_LEN(f_));          \
	} while (0)
#define OK RET(SECCOMP_RET_ALLOW)

// Every code, alone before a return: which ones are known. The accepted filters pile up.
static void every_code(void)
{
	if (t_fork() == 0) {
		for (unsigned code = 0; code < 0x300; code++) {
			struct sock_filter f[] = { BPF_STMT(BPF_ST, 0), BPF_JUMP(code, 0, 0, 0), OK,
				OK };
			if (INSTALL(0, f) == 0)
				printf("code %#x\n", code);
		}
		_exit(0);
	}
	wait(NULL);
}

int main(void)
{
	static struct sock_filter many[4100];
	struct sock_fprog prog = { 0 };
	unsigned action;

	t_start();
	// arguments
	if (t_fork() == 0) {
		CHECK(setresuid(1000, 1000, 1000) == 0);
		TL("no privilege", s_on(0, SYS_getsid, SECCOMP_RET_ALLOW));
		_exit(0);
	}
	wait(NULL);
	s_no_new_privs();
	T(s_seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL));
	T(s_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog));
	prog.len = 1;
	T(s_seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog));
	T(s_seccomp(SECCOMP_SET_MODE_FILTER, 0x100, &prog));
	T(s_seccomp(SECCOMP_SET_MODE_FILTER,
		SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog));
	T(s_seccomp(SECCOMP_SET_MODE_FILTER, 0x20, &prog));
	for (unsigned i = 0; i < T_LEN(many); i++)
		many[i] = (struct sock_filter)OK;
	try_program("4096 instructions", many, 4096);
	try_program("4097 instructions", many, 4097);
	// what there is
	static const unsigned actions[] = { 0, 0x80000000, 0x30000, 0x50000, 0x7fc00000, 0x7ff00000,
		0x7ffc0000, 0x7fff0000, 0x10000, 0x7fff0001, 0xffffffff };
	for (unsigned i = 0; i < T_LEN(actions); i++)
		T(s_seccomp(SECCOMP_GET_ACTION_AVAIL, 0, (void *)&actions[i]));
	T(s_seccomp(SECCOMP_GET_ACTION_AVAIL, 1, &action));
	T(s_seccomp(SECCOMP_GET_ACTION_AVAIL, 0, NULL));
	struct seccomp_notif_sizes sizes;
	T(s_seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes));
	SHOW(sizes.seccomp_notif);
	SHOW(sizes.seccomp_notif_resp);
	SHOW(sizes.seccomp_data);
	T(s_seccomp(SECCOMP_GET_NOTIF_SIZES, 0, NULL));
	T(s_seccomp(SECCOMP_GET_NOTIF_SIZES, 1, &sizes));
	// programs
	TRY("no return", BPF_STMT(BPF_LD | BPF_IMM, 0));
	TRY("return in the middle only", OK, BPF_STMT(BPF_LD | BPF_IMM, 0));
	TRY("load at 60", LOAD(60), OK);
	TRY("load at 64", LOAD(64), OK);
	TRY("load at 2", LOAD(2), OK);
	TRY("load at -4", LOAD(-4), OK);
	TRY("half word", BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), OK);
	TRY("indirect", BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), OK);
	TRY("length", BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0), OK);
	TRY("jump to the last", BPF_STMT(BPF_JMP | BPF_JA, 0), OK);
	TRY("jump behind the last", BPF_STMT(BPF_JMP | BPF_JA, 1), OK);
	TRY("jump far", BPF_STMT(BPF_JMP | BPF_JA, 0xffffffff), OK);
	TRY("true jump outside", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), OK);
	TRY("false jump outside", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1), OK);
	TRY("divide by 0", BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), OK);
	TRY("divide by 1", BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 1), OK);
	TRY("shift by 31", BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 31), OK);
	TRY("shift by 32", BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 32), OK);
	TRY("modulo", BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3), OK);
	TRY("memory 15", BPF_STMT(BPF_ST, 15), BPF_STMT(BPF_LD | BPF_MEM, 15), OK);
	TRY("memory 16", BPF_STMT(BPF_ST, 16), OK);
	TRY("memory not written", BPF_STMT(BPF_LD | BPF_MEM, 0), OK);
	TRY("written on one way", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_ST, 1),
		BPF_STMT(BPF_LD | BPF_MEM, 1), OK);
	TRY("written on both ways", BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 2),
		BPF_STMT(BPF_ST, 1), BPF_STMT(BPF_JMP | BPF_JA, 1), BPF_STMT(BPF_STX, 1),
		BPF_STMT(BPF_LDX | BPF_MEM, 1), OK);
	TRY("return A", BPF_STMT(BPF_LD | BPF_IMM, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_A, 0));
	TRY("return X", BPF_STMT(BPF_RET | BPF_X, 0));
	every_code();
	// All filters of a thread have a limit. How many instructions count differs from Linux,
	// which translates them first.
	if (t_fork() == 0) {
		T(s_install(0, many, 4096));
		T(s_install(0, many, 4096));
		for (int i = 0; i < 6; i++)
			s_install(0, many, 4096);
		T(s_install(0, many, 4096));
		_exit(0);
	}
	wait(NULL);
	return 0;
}
