// SPDX-License-Identifier: MPL-2.0
// Call numbers with odd bits under a filter; what is checked first.
#include "../lib/seccomp.h"
#include "../lib/t.h"

static const unsigned long high[] = { 0x100000000, 0x8000000000000000, 0xffffffff00000000,
	0x80000000, 0x40000000, 0x20000000, 0x10000 };

static void numbers(void)
{
	for (int i = 0; i < T_LEN(high); i++) {
		char label[60];

		snprintf(label, sizeof(label), "getsid %#lx", high[i]);
		TLOK(label, syscall((long)(SYS_getsid | high[i]), 0));
		snprintf(label, sizeof(label), "getpgid %#lx", high[i]);
		TLOK(label, syscall((long)(SYS_getpgid | high[i]), 0));
		snprintf(label, sizeof(label), "bad call %#lx", high[i]);
		TLOK(label, syscall((long)(SYS_getpgid | high[i]), -1, 0x1234));
	}
	TL("-1", syscall(-1));
	TL("0xffffffff", syscall(0xffffffff));
	TL("none", syscall(2000));
}

// The number that a supervisor and a handler are told.
static long told;
static void on_sigsys(int sig, siginfo_t *si, void *uc)
{
	told = si->si_syscall;
}

static void trapped(void)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	struct sock_filter f[] = { LOAD(OFF(args[0])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xabcde, 0, 1), RET(SECCOMP_RET_TRAP),
		RET(SECCOMP_RET_ALLOW) };

	sigaction(SIGSYS, &sa, NULL);
	CHECK(INSTALL(0, f) == 0);
	for (int i = 0; i < T_LEN(high); i++) {
		syscall((long)(SYS_getsid | high[i]), 0xabcde);
		SHOWX(told);
	}
	syscall(-1, 0xabcde);
	SHOW(told);
}

static void strict(unsigned long bits)
{
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	syscall((long)(SYS_write | bits), 1, "written\n", 8);
	syscall(SYS_exit, 3);
}

static void checks(void)
{
	struct sock_filter ok[] = { RET(SECCOMP_RET_ALLOW) }, bad[] = { LOAD(0) };
	struct {
		unsigned flags;
		struct sock_fprog p;
	} c[] = { { 0, { 0, NULL } }, { 0, { 1, NULL } }, { 0, { 4097, NULL } },
		{ 0, { 1, (void *)8 } }, { 0, { 0, ok } }, { 0, { 1, bad } }, { 0x40, { 1, ok } },
		{ SECCOMP_FILTER_FLAG_NEW_LISTENER, { 1, NULL } },
		{ SECCOMP_FILTER_FLAG_NEW_LISTENER, { 1, bad } },
		{ SECCOMP_FILTER_FLAG_NEW_LISTENER, { 1, (void *)8 } } };

	for (int i = 0; i < T_LEN(c); i++) {
		char label[40];

		snprintf(label, sizeof(label), "case %d", i);
		TL(label, s_seccomp(SECCOMP_SET_MODE_FILTER, c[i].flags, &c[i].p));
	}
	TL("no program", s_seccomp(SECCOMP_SET_MODE_FILTER, 0, NULL));
}

static void no_descriptor(void)
{
	struct rlimit none = { 3, 3 };

	CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
	s_no_new_privs();
	checks();
	TL("listener", s_on(SECCOMP_FILTER_FLAG_NEW_LISTENER, SYS_getsid, SECCOMP_RET_ALLOW));
	TL("mode", prctl(PR_GET_SECCOMP));
}

int main(void)
{
	t_start();
	IN_CHILD("without rights", {
		t_drop_root(1000);
		checks();
	});
	IN_CHILD("with", {
		t_drop_root(1000);
		s_no_new_privs();
		checks();
	});
	IN_CHILD("no descriptor", no_descriptor());
	s_no_new_privs();
	IN_CHILD("error", {
		CHECK(s_on(0, SYS_getsid, SECCOMP_RET_ERRNO | EXDEV) == 0);
		numbers();
	});
	IN_CHILD("error 512", {
		CHECK(s_on(0, SYS_getsid, SECCOMP_RET_ERRNO | 512) == 0);
		T(syscall(SYS_getsid, 0));
	});
	IN_CHILD("error 513 of sigreturn", {
		CHECK(s_on(0, SYS_rt_sigreturn, SECCOMP_RET_ERRNO | EXDEV) == 0);
		T(syscall(SYS_rt_sigreturn, 0));
	});
	IN_CHILD("allowed", {
		struct sock_filter f[] = { RET(SECCOMP_RET_ALLOW | 5) };
		CHECK(INSTALL(0, f) == 0);
		numbers();
	});
	IN_CHILD("logged", {
		struct sock_filter f[] = { RET(SECCOMP_RET_LOG) };
		CHECK(INSTALL(0, f) == 0);
		numbers();
	});
	IN_CHILD("trapped", trapped());
	for (int i = 0; i < 4; i++) {
		char label[40];

		snprintf(label, sizeof(label), "strict %#lx", high[i]);
		IN_CHILD(label, strict(high[i]));
	}
	return 0;
}
