// SPDX-License-Identifier: MPL-2.0
// SO_PEERPIDFD, and SO_PASSPIDFD with SCM_PIDFD.
#include "../lib/t.h"

#include <sys/socket.h>
#include <sys/un.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#define SO_PEERPIDFD 77
#endif
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

static const char *whose(int fd, pid_t child)
{
	char path[64], *at;
	pid_t pid;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	at = t_slurp(path);
	at = at ? strstr(at, "Pid:") : NULL;
	pid = at ? atoi(at + 4) : 0;
	return pid == getpid() ? "mine" : pid == child ? "the child's" : pid == -1 ? "gone" : "?";
}

static void peer(const char *what, int s, pid_t child)
{
	int fd = -77, r;
	socklen_t n = sizeof(fd);

	errno = 0;
	r = getsockopt(s, SOL_SOCKET, SO_PEERPIDFD, &fd, &n);
	printf("%s: %s", what, r ? t_errname(errno) : "0");
	if (!r) {
		printf(" %u %s cloexec %d", n, whose(fd, child), fcntl(fd, F_GETFD));
		close(fd);
	}
	printf("\n");
}

static void get(const char *what, int s, pid_t child, int room)
{
	char control[200] = { 0 }, buf[64];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = room ? control : NULL,
		.msg_controllen = room };
	struct cmsghdr *c;
	ssize_t n = recvmsg(s, &m, MSG_DONTWAIT);

	printf("%s: %zd flags %#x", what, n, m.msg_flags);
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		int fd = *(int *)CMSG_DATA(c);
		printf(" type %d len %zu", c->cmsg_type, c->cmsg_len);
		if (c->cmsg_type == SCM_PIDFD) {
			printf(" %s", fd < 0 ? t_errname(-fd) : whose(fd, child));
			if (fd >= 0) {
				printf(" cloexec %d", fcntl(fd, F_GETFD));
				close(fd);
			}
		}
	}
	printf("\n");
}

static void types(int type)
{
	int s[2], on = 1, v = -1;
	socklen_t n = sizeof(v);
	pid_t child;

	printf("---- type %d\n", type);
	CHECK(socketpair(AF_UNIX, type, 0, s) == 0);
	T(setsockopt(s[1], SOL_SOCKET, SO_PASSPIDFD, &on, sizeof(on)));
	T(getsockopt(s[1], SOL_SOCKET, SO_PASSPIDFD, &v, &n));
	SHOW(v);
	write(s[0], "a", 1);
	get("own", s[1], 0, 200);
	child = t_fork();
	if (!child) {
		write(s[0], "b", 1);
		pause();
	}
	UNTIL(recv(s[1], &v, 1, MSG_PEEK | MSG_DONTWAIT) == 1);
	get("from a child", s[1], child, 200);
	write(s[0], "c", 1);
	get("too little room", s[1], child, 16);
	write(s[0], "c", 1);
	get("room for less", s[1], child, 19);
	write(s[0], "c", 1);
	get("room", s[1], child, 20);
	write(s[0], "c", 1);
	get("no control", s[1], child, 0);
	T(setsockopt(s[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)));
	write(s[0], "c", 1);
	get("with credentials", s[1], child, 200);
	if (type == SOCK_STREAM) {
		kill(child, SIGKILL);
		t_wait(child);
		child = t_fork();
		if (!child) {
			write(s[0], "b", 1);
			_exit(0);
		}
		UNTIL(recv(s[1], &v, 1, MSG_PEEK | MSG_DONTWAIT) == 1);
		write(s[0], "c", 1);
		get("two writers: the child", s[1], child, 200);
		get("two writers: this one", s[1], child, 200);
	}
	kill(child, SIGKILL);
	t_wait(child);
	close(s[0]);
	close(s[1]);
}

int main(void)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "name" };
	int s[2], l, a, b, p[2], q[2];
	pid_t child;

	t_start();
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
	peer("pair", s[0], 0);
	close(s[0]);
	close(s[1]);
	peer("none", l = socket(AF_UNIX, SOCK_STREAM, 0), 0);
	peer("datagrams", a = socket(AF_UNIX, SOCK_DGRAM, 0), 0);
	close(a);
	peer("IPv4", a = socket(AF_INET, SOCK_STREAM, 0), 0);
	close(a);
	CHECK(bind(l, (void *)&at, sizeof(at)) == 0 && listen(l, 3) == 0);
	peer("listener", l, 0);
	t_pipe(p);
	t_pipe(q);
	child = t_fork();
	if (!child) {
		a = socket(AF_UNIX, SOCK_STREAM, 0);
		CHECK(connect(a, (void *)&at, sizeof(at)) == 0);
		peer("the child's peer", a, getppid());
		t_put(p[1]);
		t_get(q[0]);
		_exit(0);
	}
	t_get(p[0]);
	b = accept(l, NULL, NULL);
	peer("accepted", b, child);
	t_put(q[1]);
	siginfo_t si;
	waitid(P_PID, child, &si, WEXITED | WNOWAIT);
	peer("a zombie's", b, child);
	t_wait(child);
	close(b);
	types(SOCK_STREAM);
	types(SOCK_DGRAM);
	types(SOCK_SEQPACKET);
	return 0;
}
