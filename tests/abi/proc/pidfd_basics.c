// SPDX-License-Identifier: MPL-2.0
// pidfd_open, polling for the end, pidfd_send_signal, waitid by pidfd, pidfd_getfd.
#include "../lib/t.h"
#include <sys/pidfd.h>

static int po(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

int main(void)
{
	siginfo_t si;

	t_start();
	T(po(0, 0));
	T(po(-1, 0));
	T(po(999999, 0));
	T(po(getpid(), 1));
	pid_t pid = t_fork();
	if (pid == 0)
		for (;;)
			pause();
	int fd = T(po(pid, 0));
	T(fcntl(fd, F_GETFD));
	struct pollfd p = { fd, POLLIN, 0 };
	T(poll(&p, 1, 0));
	T(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	T(syscall(SYS_pidfd_send_signal, fd, 65, NULL, 0));
	T(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0x100));
	T(syscall(SYS_pidfd_send_signal, 0, 0, NULL, 0));
	T(read(fd, &si, 1));
	T(syscall(SYS_pidfd_send_signal, fd, SIGTERM, NULL, 0));
	T(poll(&p, 1, 20000));
	SHOWX(p.revents);
	T(waitid(P_PIDFD, fd, &si, WEXITED));
	IS(si.si_pid == pid);
	SHOW(si.si_status);
	T(syscall(SYS_pidfd_send_signal, fd, 0, NULL, 0));
	T(waitid(P_PIDFD, fd, &si, WEXITED));
	int me = T(po(getpid(), 0));
	T(syscall(SYS_pidfd_getfd, me, 1, 0) >= 0);
	T(syscall(SYS_pidfd_getfd, me, 99, 0));
	T(syscall(SYS_pidfd_getfd, me, 1, 1));
	return 0;
}
