// SPDX-License-Identifier: MPL-2.0
// Over execve: close-on-exec, handlers to default, ignored and masked signals stay, the alternate
// stack and timers.
#include "../lib/t.h"

static void nothing(int sig, siginfo_t *si, void *uc)
{
}

int main(int argc, char **argv)
{
	struct sigaction sa;
	sigset_t set;
	stack_t ss;
	char name[32] = "";

	if (argc > 1) {
		setvbuf(stdout, NULL, _IONBF, 0);
		for (int fd = 3; fd < 9; fd++)
			printf("fd %d: %s\n", fd, fcntl(fd, F_GETFD) < 0 ? "closed" : "open");
		sigaction(SIGUSR1, NULL, &sa);
		IS(sa.sa_handler == SIG_DFL);
		SHOWX(sa.sa_flags);
		sigaction(SIGUSR2, NULL, &sa);
		IS(sa.sa_handler == SIG_IGN);
		sigaction(SIGCHLD, NULL, &sa);
		IS(sa.sa_handler == SIG_IGN);
		sigprocmask(SIG_BLOCK, NULL, &set);
		IS(sigismember(&set, SIGTERM));
		IS(sigismember(&set, SIGINT));
		sigpending(&set);
		IS(sigismember(&set, SIGTERM));
		sigaltstack(NULL, &ss);
		IS(ss.ss_flags == SS_DISABLE);
		IS(getpid() == atoi(argv[1]));
		IS(alarm(0) > 0);
		SHOWO(umask(0));
		prctl(PR_GET_NAME, name);
		SHOWS(name);
		SHOW(prctl(PR_GET_PDEATHSIG, &argc) == 0 ? argc : -1);
		SHOW(getpriority(PRIO_PROCESS, 0));
		struct rlimit rl;
		getrlimit(RLIMIT_NOFILE, &rl);
		SHOW(rl.rlim_cur);
		SHOW(prctl(PR_GET_DUMPABLE));
		return 0;
	}
	t_start();
	IN_CHILD("exec", {
		open("/dev/null", O_RDONLY);
		open("/dev/null", O_RDONLY | O_CLOEXEC);
		dup(4);
		fcntl(3, F_DUPFD_CLOEXEC, 3);
		t_handle(SIGUSR1, nothing, SA_RESTART | SA_ONSTACK);
		signal(SIGUSR2, SIG_IGN);
		signal(SIGCHLD, SIG_IGN);
		t_block(SIG_BLOCK, SIGTERM);
		raise(SIGTERM);
		stack_t st = { .ss_sp = malloc(65536), .ss_size = 65536 };
		CHECK(sigaltstack(&st, NULL) == 0);
		umask(051);
		prctl(PR_SET_NAME, "othername");
		prctl(PR_SET_PDEATHSIG, SIGHUP);
		setpriority(PRIO_PROCESS, 0, 5);
		struct rlimit rl = { 77, 1024 };
		setrlimit(RLIMIT_NOFILE, &rl);
		char self[PATH_MAX];
		char pid[16];
		ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
		self[n] = 0;
		snprintf(pid, sizeof(pid), "%d", getpid());
		symlink(self, "averylongnameforaprogram");
		execl("averylongnameforaprogram", "arg0", pid, NULL);
	});
	return 0;
}
