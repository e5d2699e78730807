// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the run of signals about files. Workers share sockets, pipes and a terminal, and at the
 * same time change who owns them (F_SETOWN), which signal they send, and whether they send any
 * (O_ASYNC), move data and urgent bytes through them, with descriptors that make circles, and
 * close, fork, execute and die as owners. Nothing may hang, and nothing may be lost at the end.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "stress.h"

#define SHARED  16
#define WORKERS 16

struct common {
	volatile pid_t pids[WORKERS], tids[WORKERS];
	unsigned long signals, urgent, overflows;
};
static struct common *common;
static int shared[SHARED];
static time_t end;

static void on_signal(int sig, siginfo_t *si, void *c)
{
	(void)c;
	if (sig == SIGURG)
		__atomic_add_fetch(&common->urgent, 1, __ATOMIC_RELAXED);
	else if (sig == SIGIO && si->si_code == SI_KERNEL)
		__atomic_add_fetch(&common->overflows, 1, __ATOMIC_RELAXED);
	else
		__atomic_add_fetch(&common->signals, 1, __ATOMIC_RELAXED);
}

/* Somebody: this process, another worker, one that is gone, a group, a thread. */
static void owner(int fd)
{
	struct f_owner_ex o = { (int)rnd(3), common->tids[rnd(WORKERS)] };
	pid_t who = common->pids[rnd(WORKERS)];

	switch (rnd(5)) {
	case 0:
		fcntl(fd, F_SETOWN, getpid());
		break;
	case 1:
		fcntl(fd, F_SETOWN, who);
		break;
	case 2:
		fcntl(fd, F_SETOWN, -getpgrp());
		break;
	case 3:
		fcntl(fd, F_SETOWN_EX, &o);
		break;
	default:
		fcntl(fd, F_SETOWN, rnd(4) ? getpid() : 0);
		break;
	}
	fcntl(fd, F_SETSIG, rnd(3) ? SIGRTMIN + (int)rnd(4) : 0);
	fcntl(fd, F_SETFL, O_NONBLOCK | (rnd(4) ? O_ASYNC : 0));
	fcntl(fd, F_GETOWN_EX, &o);
}

static void send_some(int fd, int flags)
{
	char control[CMSG_SPACE(2 * sizeof(int))] = { 0 }, text[600] = { 0 };
	struct iovec iov = { text, 1 + rnd(sizeof(text) - 1) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	int fds[2] = { shared[rnd(SHARED)], fd };

	if (rnd(2)) {
		m.msg_control = control;
		m.msg_controllen = sizeof(control);
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(fds));
		memcpy(CMSG_DATA(c), fds, sizeof(fds));
	}
	if (sendmsg(fd, &m, flags | MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		write(fd, text, iov.iov_len);
}

static void recv_some(int fd, int flags)
{
	char control[CMSG_SPACE(8 * sizeof(int))], text[900];
	struct iovec iov = { text, 1 + rnd(sizeof(text) - 1) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	if (recvmsg(fd, &m, flags | MSG_DONTWAIT) < 0) {
		read(fd, text, sizeof(text));
		return;
	}
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
				close(((int *)CMSG_DATA(c))[i]);
}

static void traffic(int fd)
{
	static const int kinds[] = { 0, MSG_PEEK, MSG_OOB, MSG_OOB | MSG_PEEK, MSG_TRUNC };
	int at, on = (int)rnd(2);

	switch (rnd(8)) {
	case 0:
	case 1:
		send_some(fd, 0);
		break;
	case 2:
		send_some(fd, MSG_OOB);
		break;
	case 3:
		ioctl(fd, 0x8905 /* SIOCATMARK */, &at);
		ioctl(fd, FIONREAD, &at);
		break;
	case 4:
		setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
		setsockopt(fd, SOL_SOCKET, 76 /* SO_PASSPIDFD */, &on, sizeof(on));
		at = rnd(2) ? -1 : (int)rnd(300);
		setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &at, sizeof(at));
		break;
	default:
		recv_some(fd, kinds[rnd(5)]);
		break;
	}
}

/* A pair of its own, whose ends close in any order while it has an owner and data. */
static void short_life(void)
{
	int s[2];

	if (rnd(3) == 0) {
		MUST(pipe(s) == 0);
	} else {
		MUST(socketpair(AF_UNIX, rnd(3) ? SOCK_STREAM : SOCK_DGRAM, 0, s) == 0);
	}
	owner(s[0]);
	owner(s[1]);
	for (int i = (int)rnd(6); i > 0; i--)
		traffic(s[rnd(2)]);
	/* Perhaps it becomes a circle that only the collector ends. */
	if (rnd(3) == 0) {
		send_some(s[0], MSG_OOB);
		send_some(s[1], 0);
	}
	close(s[rnd(2)]);
	close(s[0]);
	close(s[1]);
}

static void *thread(void *arg)
{
	common->tids[(size_t)arg] = (pid_t)syscall(SYS_gettid);
	owner(shared[rnd(SHARED)]);
	if (rnd(4) == 0 && fork() == 0)
		execl("/init", "init", "exec-child", NULL);
	return NULL;
}

/* Owners that end in all ways. */
static void dying(int id)
{
	pthread_t th;
	pid_t p = fork();
	int st;

	if (!p) {
		common->pids[id] = getpid();
		if (rnd(2))
			setpgid(0, 0);
		for (int i = 0; i < 4; i++)
			owner(shared[rnd(SHARED)]);
		switch (rnd(3)) {
		case 0:
			execl("/init", "init", "exec-child", NULL);
			_exit(1);
		case 1:
			if (!pthread_create(&th, NULL, thread, (void *)(size_t)id) && rnd(2))
				pthread_join(th, NULL);
			_exit(0);
		default:
			kill(getpid(), SIGKILL);
		}
	}
	if (p > 0)
		while (waitpid(p, &st, 0) < 0 && errno == EINTR)
			;
	while (waitpid(-1, &st, WNOHANG) > 0)
		;
}

static void worker(int id)
{
	struct rlimit few = { 64, 64 };
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART };

	rng = 88172645463325252ull * (unsigned)(id + 1) + (unsigned)time(NULL);
	for (int i = 0; i < 4; i++)
		sigaction(SIGRTMIN + i, &sa, NULL);
	sigaction(SIGIO, &sa, NULL);
	sigaction(SIGURG, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (id % 2)
		setrlimit(RLIMIT_SIGPENDING, &few);
	common->pids[id] = getpid();
	common->tids[id] = getpid();
	while (time(NULL) < end) {
		for (int i = 0; i < 20; i++)
			traffic(shared[rnd(SHARED)]);
		owner(shared[rnd(SHARED)]);
		short_life();
		if (rnd(20) == 0)
			dying(id);
	}
	_exit(0);
}

/* Streams, datagrams, pipes, and a terminal. */
static void share(void)
{
	struct stat st;
	int unlock = 0, i;
	char name[64];

	for (i = 0; i < SHARED - 6; i += 2)
		MUST(socketpair(AF_UNIX, i % 3 ? SOCK_STREAM : SOCK_DGRAM, 0, &shared[i]) == 0);
	MUST(pipe(&shared[i]) == 0);
	MUST(pipe(&shared[i + 2]) == 0);
	MUST((shared[i + 4] = open("/dev/pts/ptmx", O_RDWR | O_NOCTTY)) >= 0);
	ioctl(shared[i + 4], TIOCSPTLCK, &unlock);
	ioctl(shared[i + 4], TIOCGPTN, &unlock);
	snprintf(name, sizeof(name), "/dev/pts/%d", unlock);
	MUST(!stat(name, &st) && (shared[i + 5] = open(name, O_RDWR | O_NOCTTY)) >= 0);
	for (i = 0; i < SHARED; i++)
		fcntl(shared[i], F_SETFL, O_NONBLOCK);
}

int main(int argc, char **argv)
{
	int seconds, failed = 0, st, workers;
	pid_t p;

	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return 0;
	seconds = argc > 1 ? atoi(argv[argc - 1]) : 20;
	end = time(NULL) + (seconds ? seconds : 20);
	mkdir("/dev/pts", 0755);
	mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=666");
	common = mmap(NULL, sizeof(*common), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		0);
	MUST(common != MAP_FAILED);
	share();
	workers = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (workers > WORKERS)
		workers = WORKERS;
	signal(SIGIO, SIG_IGN);
	for (int i = 0; i < 4; i++)
		signal(SIGRTMIN + i, SIG_IGN);
	for (int i = 0; i < workers; i++) {
		p = fork();
		if (!p)
			worker(i);
		common->pids[i] = p;
	}
	while ((p = wait(&st)) > 0 || errno == EINTR) {
		for (int i = 0; p > 0 && i < workers; i++)
			if (p == common->pids[i] && st) {
				fprintf(stderr, "STRESS FAIL worker status 0x%x\n", st);
				failed = 1;
			}
	}
	printf("%lu signals, %lu of urgent bytes, %lu without details\n", common->signals,
		common->urgent, common->overflows);
	if (!common->signals || !common->urgent || !common->overflows) {
		printf("STRESS FAIL a kind of signal never came\n");
		failed = 1;
	}
	printf("STRESS %s\n", failed ? "FAILED" : "done");
	fflush(stdout);
	usleep(200000);
	reboot(RB_POWER_OFF);
	return 0;
}
