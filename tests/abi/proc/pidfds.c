// SPDX-License-Identifier: MPL-2.0
// pidfds from clone3 and clone, of threads, of zombies and reaped processes; poll and epoll;
// non-blocking waitid; whose descriptors may be taken.
#include "../lib/t.h"
#include <linux/sched.h>
#include <sys/epoll.h>

#define PIDFD_THREAD_FLAG O_EXCL

static int po(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static int kill_fd(int fd, int sig, siginfo_t *si, unsigned flags)
{
	return (int)syscall(SYS_pidfd_send_signal, fd, sig, si, flags);
}

static void events(const char *what, int fd)
{
	struct pollfd p = { fd, POLLIN | POLLOUT, 0 };
	int n = poll(&p, 1, 0);

	printf("%s: %d %#x\n", what, n, p.revents);
}

static int tid, go[2];
static volatile int got, got_code, got_from_me;

static void show_signal(int n)
{
	IS(UNTIL(got == n));
	printf("%s from me %d\n", t_codename(SIGUSR1, got_code), got_from_me);
}

static void *thread(void *arg)
{
	tid = t_gettid();
	t_put(go[1]);
	while (got < 2)
		t_yield();
	return NULL;
}

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	got_code = si->si_code;
	got_from_me = si->si_pid == getpid();
	__atomic_add_fetch(&got, 1, __ATOMIC_SEQ_CST);
}

static pid_t clone_fd(uint64_t flags, int *fd, int *ptid)
{
	struct clone_args a = { .flags = CLONE_PIDFD | flags,
		.pidfd = (uint64_t)(uintptr_t)fd,
		.exit_signal = SIGCHLD,
		.parent_tid = (uint64_t)(uintptr_t)ptid };

	return (pid_t)syscall(SYS_clone3, &a, sizeof(a));
}

int main(void)
{
	siginfo_t si;
	int fd = -7, end[2];

	t_start();
	t_pipe(go);
	t_pipe(end);
	pid_t pid = clone_fd(0, &fd, NULL);
	if (pid == 0) {
		t_get(end[0]);
		_exit(3);
	}
	IS(fd == end[1] + 1);
	T(fcntl(fd, F_GETFD));
	T((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
	events("running", fd);
	int ep = epoll_create1(0);
	struct epoll_event e = { .events = EPOLLIN };
	T(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	T(epoll_wait(ep, &e, 1, 0));
	memset(&si, 0, sizeof(si));
	T(waitid(P_PIDFD, fd, &si, WEXITED | WNOHANG));
	SHOW(si.si_pid);
	int nb = po(pid, O_NONBLOCK);
	T(waitid(P_PIDFD, nb, &si, WEXITED));
	T(waitid(P_PIDFD, 0, &si, WEXITED));
	T(waitid(P_PIDFD, 99, &si, WEXITED));
	T(waitid(P_PIDFD, -1, &si, WEXITED));
	t_put(end[1]);
	T(epoll_wait(ep, &e, 1, 20000));
	events("zombie", fd);
	T(waitid(P_PIDFD, fd, &si, WEXITED | WNOWAIT));
	T(kill_fd(fd, 0, NULL, 0));
	int z = T(po(pid, 0) > 0);
	(void)z;
	T(waitid(P_PIDFD, nb, &si, WEXITED));
	SHOW(si.si_status);
	events("reaped", fd);
	T(kill_fd(fd, 0, NULL, 0));
	T(syscall(SYS_pidfd_getfd, fd, 0, 0));
	T(po(pid, 0));
	// clone: where the descriptor goes, what goes with it.
	fd = -7;
	pid = (pid_t)syscall(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &fd, 0, 0);
	if (pid == 0)
		_exit(4);
	IS(fd > 0);
	T(waitid(P_PIDFD, fd, &si, WEXITED));
	SHOW(si.si_status);
	T(syscall(SYS_clone, CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0, &fd, 0, 0));
	T(clone_fd(0, (int *)8, NULL));
	T(clone_fd(CLONE_DETACHED, &fd, NULL));
	// Threads.
	pthread_t t;
	pthread_create(&t, NULL, thread, NULL);
	t_get(go[0]);
	T(po(tid, 0) < 0);
	int tf = T(po(tid, PIDFD_THREAD_FLAG) > 0);
	tf = po(tid, PIDFD_THREAD_FLAG);
	events("thread runs", tf);
	t_handle(SIGUSR1, on_sig, 0);
	T(kill_fd(tf, SIGUSR1, NULL, 0));
	show_signal(1);
	int me = po(getpid(), 0);
	T(kill_fd(me, SIGUSR1, NULL, 0));
	show_signal(2);
	pthread_join(t, NULL);
	T(UNTIL(po(tid, PIDFD_THREAD_FLAG) < 0));
	events("thread gone", tf);
	// Signals with information of the sender's.
	memset(&si, 0, sizeof(si));
	si.si_signo = SIGUSR1;
	si.si_code = SI_QUEUE;
	si.si_pid = getpid();
	T(kill_fd(me, SIGUSR1, &si, 0));
	show_signal(3);
	T(kill_fd(me, SIGUSR2, &si, 0));
	T(kill_fd(me, SIGUSR1, (void *)8, 0));
	pid = t_fork();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	int other = po(pid, 0);
	si.si_code = SI_USER;
	T(kill_fd(other, SIGUSR1, &si, 0));
	T(kill_fd(other, 0, NULL, 4));
	T(kill_fd(other, 0, NULL, 3));
	// Descriptors of others.
	int theirs = T(syscall(SYS_pidfd_getfd, other, go[0], 0) >= 0);
	(void)theirs;
	theirs = (int)syscall(SYS_pidfd_getfd, other, go[0], 0);
	T(fcntl(theirs, F_GETFD));
	t_put(go[1]);
	T(t_get(theirs));
	T(syscall(SYS_pidfd_getfd, 0, go[0], 0));
	IN_CHILD("another user", {
		t_drop_root(1000);
		T(syscall(SYS_pidfd_getfd, other, go[0], 0));
		T(kill_fd(other, SIGTERM, NULL, 0));
	});
	T(kill_fd(other, SIGKILL, NULL, 0));
	t_reap("child", pid);
	return 0;
}
