// SPDX-License-Identifier: MPL-2.0
// signalfd: reading records, O_NONBLOCK, changing the mask, poll, and errors.
#include "../lib/t.h"
#include <sys/signalfd.h>

int main(void)
{
	struct signalfd_siginfo info[4];
	sigset_t set;

	t_start();
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, 40);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	int fd = T(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
	T(fcntl(fd, F_GETFD));
	T(read(fd, info, sizeof(info)));
	struct pollfd p = { fd, POLLIN, 0 };
	T(poll(&p, 1, 0));
	raise(SIGUSR1);
	sigqueue(getpid(), 40, (union sigval){ .sival_int = 77 });
	sigqueue(getpid(), 40, (union sigval){ .sival_int = 78 });
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	T(read(fd, info, 10));
	T(read(fd, info, sizeof(info[0]) + 10));
	SHOW(info[0].ssi_signo);
	IS(info[0].ssi_pid == (unsigned)getpid());
	T(read(fd, info, sizeof(info)));
	SHOW(info[0].ssi_signo);
	SHOW(info[0].ssi_int);
	SHOW(info[0].ssi_code);
	SHOW(info[1].ssi_int);
	pid_t pid = t_fork();
	if (pid == 0)
		_exit(9);
	p.revents = 0;
	T(poll(&p, 1, 20000));
	T(read(fd, info, sizeof(info)));
	IS(info[0].ssi_pid == (unsigned)pid);
	SHOW(info[0].ssi_status);
	SHOW(info[0].ssi_code);
	t_wait(pid);
	T(write(fd, info, sizeof(info)));
	T(lseek(fd, 0, SEEK_SET));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	T(signalfd(fd, &set, 0));
	raise(SIGUSR1);
	T(read(fd, info, sizeof(info)));
	T(signalfd(-1, &set, 1));
	T(signalfd(0, &set, 0));
	T(signalfd(99, &set, 0));
	T(syscall(SYS_signalfd4, -1, &set, 4, 0));
	T(syscall(SYS_signalfd4, -1, (void *)8, 8, 0));
	sigaddset(&set, SIGKILL);
	T(signalfd(-1, &set, 0) >= 0);
	return 0;
}
