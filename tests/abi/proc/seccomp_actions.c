// SPDX-License-Identifier: MPL-2.0
// What each result of a filter does; the strictest of several counts.
#include "../lib/seccomp.h"
#include "../lib/t.h"

static siginfo_t got;
static long reg_nr;

static void on_sigsys(int sig, siginfo_t *si, void *uc)
{
	got = *si;
#ifdef __x86_64__
	reg_nr = ((ucontext_t *)uc)->uc_mcontext.gregs[REG_RAX];
#else
	reg_nr = (long)((ucontext_t *)uc)->uc_mcontext.__gregs[17];
#endif
}

static void with(const char *what, unsigned ret, int handler)
{
	pid_t pid = t_fork();
	int st;

	if (pid == 0) {
		struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

		if (handler == 1)
			sigaction(SIGSYS, &sa, NULL);
		if (handler == 2)
			signal(SIGSYS, SIG_IGN);
		if (handler == 3) {
			sigset_t set;
			sigemptyset(&set);
			sigaddset(&set, SIGSYS);
			sigaction(SIGSYS, &sa, NULL);
			sigprocmask(SIG_BLOCK, &set, NULL);
		}
		CHECK(s_on(0, SYS_getsid, ret) == 0);
		TL(what, syscall(SYS_getsid, 0) > 0 ? 1 : syscall(SYS_getsid, 0));
		_exit(0);
	}
	CHECK(waitpid(pid, &st, 0) == pid);
	t_status(what, st);
}

// What the handler is told. The registers are those of the call, so the handler could make it
// again.
static void trap(void)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

	if (t_fork() == 0) {
		sigaction(SIGSYS, &sa, NULL);
		CHECK(s_on(0, SYS_getsid, SECCOMP_RET_TRAP | 0x1234) == 0);
		syscall(SYS_getsid, -514);
		SHOW(got.si_signo);
		SHOW(got.si_code);
		SHOWX(got.si_errno);
		IS(got.si_syscall == SYS_getsid);
		IS(got.si_arch == MY_ARCH);
		IS(got.si_call_addr != NULL);
		IS(reg_nr == SYS_getsid);
		_exit(0);
	}
	wait(NULL);
}

static void pair(unsigned a, unsigned b)
{
	char label[64];
	pid_t pid = t_fork();
	int st;

	snprintf(label, sizeof(label), "%#x and %#x", a, b);
	if (pid == 0) {
		CHECK(s_on(0, SYS_getsid, a) == 0);
		CHECK(s_on(0, SYS_getsid, b) == 0);
		TL(label, syscall(SYS_getsid, 0) > 0);
		_exit(0);
	}
	CHECK(waitpid(pid, &st, 0) == pid);
	t_status(label, st);
}

// The arguments, in words, low word first.
static void arguments(void)
{
	struct sock_filter f[] = { IF_NR(SYS_getsid, 9), LOAD(OFF(args[5]) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x11223344, 0, 7), LOAD(OFF(args[1])),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 100, 1, 0), RET(SECCOMP_RET_ERRNO | 101),
		LOAD(OFF(args[2])), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80, 0, 1),
		RET(SECCOMP_RET_ERRNO | 102), RET(SECCOMP_RET_ERRNO | 103),
		RET(SECCOMP_RET_ALLOW) };

	if (t_fork() == 0) {
		CHECK(INSTALL(0, f) == 0);
		T(syscall(SYS_getsid, 0, 0, 0, 0, 0, 0x55667788L) > 0);
		T(syscall(SYS_getsid, 0, 100L, 0, 0, 0, 0x1122334455667788L));
		T(syscall(SYS_getsid, 0, 0x700000065L, 0x180L, 0, 0, 0x1122334455667788L));
		T(syscall(SYS_getsid, 0, -1L, 0x7fL, 0, 0, 0x1122334455667788L));
		_exit(0);
	}
	wait(NULL);
}

static void numbers(void)
{
	struct sock_filter f[] = { LOAD(OFF(nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffff, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5000, 0, 1), RET(SECCOMP_RET_ERRNO | 5),
		LOAD(OFF(arch)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MY_ARCH, 1, 0),
		RET(SECCOMP_RET_KILL_PROCESS), RET(SECCOMP_RET_ALLOW) };

	if (t_fork() == 0) {
		CHECK(INSTALL(0, f) == 0);
		T(syscall(5000));
		T(syscall(5001));
		T(syscall(-1));
		_exit(0);
	}
	wait(NULL);
}

static void *kill_this_thread(void *arg)
{
	syscall(SYS_getsid, 0);
	return arg;
}

static void kills(unsigned ret)
{
	pid_t pid = t_fork();
	pthread_t th;
	int st;

	if (pid == 0) {
		CHECK(s_on(0, SYS_getsid, ret) == 0);
		CHECK(pthread_create(&th, NULL, kill_this_thread, NULL) == 0);
		CHECK(UNTIL(s_threads() == 1));
		_exit(3);
	}
	CHECK(waitpid(pid, &st, 0) == pid);
	t_status("after the thread", st);
}

int main(void)
{
	t_start();
	s_no_new_privs();
	with("allow", SECCOMP_RET_ALLOW | 5, 0);
	with("log", SECCOMP_RET_LOG, 0);
	with("errno 0", SECCOMP_RET_ERRNO, 0);
	with("errno 1", SECCOMP_RET_ERRNO | 1, 0);
	with("errno 4095", SECCOMP_RET_ERRNO | 4095, 0);
	with("errno 65535", SECCOMP_RET_ERRNO | 65535, 0);
	with("trace", SECCOMP_RET_TRACE | 3, 0);
	with("user_notif without a listener", SECCOMP_RET_USER_NOTIF, 0);
	with("trap", SECCOMP_RET_TRAP | 7, 0);
	with("trap, ignored", SECCOMP_RET_TRAP, 2);
	with("trap, blocked", SECCOMP_RET_TRAP, 3);
	with("kill thread", SECCOMP_RET_KILL_THREAD, 1);
	with("kill process", SECCOMP_RET_KILL_PROCESS, 1);
	with("unknown", 0x00020000, 1);
	with("unknown, weak", 0x7ffe0000, 1);
	trap();
	arguments();
	numbers();
	static const unsigned all[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
		SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 2, SECCOMP_RET_TRACE,
		SECCOMP_RET_LOG, SECCOMP_RET_ALLOW };
	for (unsigned i = 0; i < T_LEN(all); i++)
		for (unsigned j = 0; j < T_LEN(all); j++)
			pair(all[i], all[j]);
	kills(SECCOMP_RET_KILL_THREAD);
	kills(SECCOMP_RET_KILL_PROCESS);
	return 0;
}
