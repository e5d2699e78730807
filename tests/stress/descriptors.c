// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the stress run of descriptors: threads of several processes make pipes, sockets, epoll
 * instances, watches and files under a few numbers that they share, and do everything to them that
 * comes to mind, at once. Nothing is checked but that the kernel stands, and in the end has
 * everything back.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 3
#define THREADS   4
#define FD_FIRST  10
#define FDS       120
#define BIG       100000

static time_t end;
static char data[THREADS][BIG];

/* The state of one thread. */
struct chance {
	uint64_t rng;
	char *data;
	char name[16], other[16];
};

static uint32_t rnd(struct chance *c, uint32_t n)
{
	c->rng ^= c->rng << 13;
	c->rng ^= c->rng >> 7;
	c->rng ^= c->rng << 17;
	return (uint32_t)(c->rng >> 16) % n;
}

static int any_fd(struct chance *c)
{
	return FD_FIRST + (int)rnd(c, FDS);
}

static size_t any_size(struct chance *c)
{
	return rnd(c, 2) ? rnd(c, 100) : rnd(c, BIG);
}

/* Puts a new descriptor in the place of any other. */
static void place(struct chance *c, int fd)
{
	if (fd < 0)
		return;
	dup2(fd, any_fd(c));
	close(fd);
}

static void place_two(struct chance *c, int err, const int fd[2])
{
	if (err)
		return;
	place(c, fd[0]);
	place(c, fd[1]);
}

static int ticking(void)
{
	struct itimerspec its = { { 0, 1000000 }, { 0, 1000000 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	timerfd_settime(fd, 0, &its, NULL);
	return fd;
}

static void make(struct chance *c)
{
	char fifo[16];
	int p[2];

	switch (rnd(c, 11)) {
	case 0:
		place_two(c, pipe2(p, O_NONBLOCK | (rnd(c, 4) ? 0 : O_DIRECT)), p);
		break;
	case 1:
		place_two(c, socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p), p);
		break;
	case 2:
		place(c, eventfd(rnd(c, 3), EFD_NONBLOCK | (rnd(c, 2) ? EFD_SEMAPHORE : 0)));
		break;
	case 3:
	case 4:
		place(c, epoll_create1(0));
		break;
	case 5:
		place(c, inotify_init1(IN_NONBLOCK));
		break;
	case 6:
		place(c, ticking());
		break;
	case 7:
		place(c, open(c->name, O_RDWR | O_CREAT | O_NONBLOCK, 0600));
		break;
	case 8:
		snprintf(fifo, sizeof(fifo), "p%u", rnd(c, 5));
		mkfifo(fifo, 0600);
		place(c, open(fifo, O_RDWR | O_NONBLOCK));
		break;
	case 9:
		place(c, (int)syscall(SYS_pidfd_open, getpid(), 0));
		break;
	default:
		place(c, open(".", O_RDONLY | O_DIRECTORY));
		break;
	}
}

static void watch(struct chance *c, int ep, int fd)
{
	struct epoll_event e = { .events = rnd(c, 16) * EPOLLEXCLUSIVE | rnd(c, 8), .data.fd = fd };
	static const int ops[] = { EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL };

	epoll_ctl(ep, ops[rnd(c, 4)], fd, &e);
}

static void wait_for(struct chance *c, int a, int b)
{
	struct pollfd p[4] = { { a, 7, 0 }, { b, 7, 0 }, { any_fd(c), 7, 0 }, { any_fd(c), 7, 0 } };
	struct epoll_event e[8];
	int ms = rnd(c, 8) == 0;

	if (rnd(c, 3))
		epoll_wait(a, e, 8, ms);
	else
		poll(p, 4, ms);
}

static void child(struct chance *c)
{
	struct epoll_event e[2];
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < 50; i++) {
			epoll_wait(any_fd(c), e, 2, 0);
			close(any_fd(c));
		}
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/* What moves bytes. */
static void move(struct chance *c, int a, int b)
{
	struct iovec v = { c->data, any_size(c) };
	loff_t off = rnd(c, 1000);

	switch (rnd(c, 10)) {
	case 0:
	case 1:
		write(a, c->data, any_size(c));
		break;
	case 2:
	case 3:
		read(a, c->data, any_size(c));
		break;
	case 4:
		splice(a, NULL, b, NULL, any_size(c), SPLICE_F_NONBLOCK);
		break;
	case 5:
		tee(a, b, any_size(c), SPLICE_F_NONBLOCK);
		break;
	case 6:
		vmsplice(a, &v, 1, SPLICE_F_NONBLOCK);
		break;
	case 7:
		sendfile(a, b, rnd(c, 2) ? &off : NULL, any_size(c));
		break;
	case 8:
		copy_file_range(a, &off, b, NULL, any_size(c), 0);
		break;
	default:
		fcntl(a, F_SETPIPE_SZ, 4096 << rnd(c, 9));
		break;
	}
}

/* What changes files and is told to watchers. */
static void change(struct chance *c, int a)
{
	switch (rnd(c, 8)) {
	case 0:
		inotify_rm_watch(a, (int)rnd(c, 10));
		break;
	case 1:
		inotify_add_watch(a, rnd(c, 2) ? c->name : ".", 1 + rnd(c, 0xfff));
		break;
	case 2:
		rename(c->name, c->other);
		break;
	case 3:
		unlink(c->name);
		break;
	case 4:
		link(c->name, c->other);
		break;
	case 5:
		setxattr(c->name, rnd(c, 2) ? "user.a" : "user.b", c->data, rnd(c, 3000), 0);
		break;
	case 6:
		listxattr(c->name, c->data, 1000);
		removexattr(c->name, "user.b");
		break;
	default:
		ftruncate(a, rnd(c, BIG));
		break;
	}
}

static void step(struct chance *c)
{
	int a = any_fd(c), b = any_fd(c);

	snprintf(c->name, sizeof(c->name), "f%u", rnd(c, 20));
	snprintf(c->other, sizeof(c->other), "f%u", rnd(c, 20));
	switch (rnd(c, 14)) {
	case 0:
		make(c);
		break;
	case 1:
		close(a);
		break;
	case 2:
	case 3:
		watch(c, a, b);
		break;
	case 4:
	case 5:
		wait_for(c, a, b);
		break;
	case 6:
		place(c, dup(a));
		break;
	case 7:
		place(c, (int)syscall(SYS_pidfd_getfd, a, b, 0));
		break;
	case 8:
		if (rnd(c, 50) == 0)
			child(c);
		break;
	case 9:
	case 10:
		change(c, a);
		break;
	default:
		move(c, a, b);
		break;
	}
}

static void *body(void *arg)
{
	long id = (long)arg;
	struct chance c = { .rng = 88172645463325252ul * (uint64_t)(id + 1) +
			(uint64_t)getpid() * 7919,
		.data = data[id] };

	for (unsigned n = 0; n % 256 || time(NULL) < end; n++)
		step(&c);
	return NULL;
}

static void process(void)
{
	pthread_t t[THREADS];

	signal(SIGPIPE, SIG_IGN);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, body, (void *)i);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	_exit(0);
}

static void send_fds(int to, int a, int b)
{
	char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec v = { "x", 1 };
	struct msghdr m = { .msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	int fds[2] = { a, b };

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(h), fds, sizeof(fds));
	if (sendmsg(to, &m, 0) != 1)
		printf("STRESS FAIL sendmsg (errno %d)\n", errno);
}

/*
 * Two sockets that hold each other, and the end of a pipe: the last close of either lets go of all
 * three, without anything else that happens.
 */
static void closed_cycle(void)
{
	struct pollfd poll_fd = { 0 };
	int s[2], p[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) || pipe(p))
		return;
	send_fds(s[0], s[0], p[1]);
	send_fds(s[1], s[1], p[1]);
	close(p[1]);
	close(s[0]);
	close(s[1]);
	poll_fd.fd = p[0];
	if (poll(&poll_fd, 1, 0) != 1 || !(poll_fd.revents & POLLHUP))
		printf("STRESS FAIL a cycle of sockets outlives its last close\n");
	close(p[0]);
}

int main(int argc, char **argv)
{
	int st;

	closed_cycle();
	mkdir("/w", 0755);
	mount("stress", "/w", "tmpfs", 0, "size=20m");
	chdir("/w");
	end = time(NULL) + (argc > 1 ? atoi(argv[argc - 1]) : 20);
	for (int k = 0; k < PROCESSES; k++)
		if (fork() == 0)
			process();
	while (wait(&st) > 0)
		if (st)
			printf("STRESS FAIL status %#x\n", st);
	chdir("/");
	umount2("/w", MNT_DETACH);
	printf("STRESS done\n");
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}
