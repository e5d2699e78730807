// SPDX-License-Identifier: MPL-2.0
// SECCOMP_RET_USER_NOTIF: a supervisor receives calls and answers them.
#include "../lib/seccomp.h"
#include "../lib/t.h"

static int sock[2];

static void handler(int s)
{
}

// The child: passes its listener on, makes calls, and tells what they gave.
static void subject(int calls, unsigned flags, int catch)
{
	struct sigaction sa = { .sa_handler = handler };
	int fd = s_listen(flags);

	CHECK(fd >= 0);
	if (catch)
		sigaction(SIGUSR1, &sa, NULL);
	SHOW(fcntl(fd, F_GETFD));
	TL("a second listener", s_listen(0));
	s_put_fd(sock[1], fd);
	close(fd);
	for (int i = 0; i < calls; i++) {
		long r = syscall(SYS_getsid, i, 0x1122334455667788L);
		if (catch == 2)
			IS(r > 0);
		else
			TL("call", r);
	}
	_exit(0);
}

static int begin(pid_t *pid, int calls, unsigned flags, int catch)
{
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sock) == 0);
	*pid = t_fork();
	if (*pid == 0)
		subject(calls, flags, catch);
	close(sock[1]);
	int fd = s_get_fd(sock[0]);
	close(sock[0]);
	return fd;
}

static void finish(pid_t pid, int fd)
{
	int st;

	CHECK(waitpid(pid, &st, 0) == pid);
	t_status("subject", st);
	if (fd >= 0) {
		s_until(fd, POLLIN);
		SHOWX(s_events(fd));
		struct seccomp_notif n = { 0 };
		T(RECV(fd, &n));
		close(fd);
	}
}

static void answers(void)
{
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp r = { 0 };
	pid_t pid;
	int fd = begin(&pid, 4, 0, 0);
	uint64_t id;
	char link[100] = { 0 }, path[40];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(readlink(path, link, sizeof(link) - 1) > 0);
	SHOWS(link);
	s_until(fd, POLLIN);
	SHOWX(s_events(fd));
	T(ioctl(fd, 0x1234, 0));
	T(read(fd, &n, 8));
	n.pid = 1;
	T(RECV(fd, &n));
	n.pid = 0;
	T(RECV(fd, NULL));
	T(RECV(fd, &n));
	SHOWX(s_events(fd));
	IS(n.pid == (unsigned)pid);
	SHOW(n.flags);
	IS(n.data.nr == SYS_getsid);
	IS(n.data.arch == MY_ARCH);
	SHOW(n.data.args[0]);
	SHOWX(n.data.args[1]);
	id = n.id;
	T(VALID(fd, &id));
	id++;
	T(VALID(fd, &id));
	T(VALID(fd, NULL));
	T(SEND(fd, NULL));
	r.id = n.id + 1;
	T(SEND(fd, &r));
	r.id = n.id;
	r.flags = 2;
	T(SEND(fd, &r));
	r.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	r.val = 1;
	T(SEND(fd, &r));
	r.flags = 0;
	r.val = 42;
	CHECK(SEND(fd, &r) == 0);
	for (int i = 0; i < 3; i++) {
		memset(&n, 0, sizeof(n));
		memset(&r, 0, sizeof(r));
		CHECK(RECV(fd, &n) == 0);
		r.id = n.id;
		if (i == 0)
			r.error = -EXDEV;
		if (i == 1)
			r.val = 0x123456789L;
		if (i == 2)
			r.val = 5;
		CHECK(SEND(fd, &r) == 0);
	}
	finish(pid, fd);
}

static void go_on(void)
{
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp r = { .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	pid_t pid;
	int fd = begin(&pid, 1, 0, 2);

	CHECK(RECV(fd, &n) == 0);
	r.id = n.id;
	CHECK(SEND(fd, &r) == 0);
	int st;
	CHECK(waitpid(pid, &st, 0) == pid);
	t_status("subject", st);
	close(fd);
}

// Before RECV, and after it, the supervisor goes away.
static void closed(int received)
{
	struct seccomp_notif n = { 0 };
	pid_t pid;
	int fd = begin(&pid, 2, 0, 0);

	s_until(fd, POLLIN);
	if (received)
		CHECK(RECV(fd, &n) == 0);
	close(fd);
	finish(pid, -1);
}

// A signal interrupts a call that waits.
static void interrupted(int received)
{
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp r = { 0 };
	uint64_t id;
	pid_t pid;
	int fd = begin(&pid, 1, 0, 1);

	s_until(fd, POLLIN);
	if (received)
		CHECK(RECV(fd, &n) == 0);
	id = n.id;
	CHECK(kill(pid, SIGUSR1) == 0);
	int st;
	CHECK(waitpid(pid, &st, 0) == pid);
	t_status("subject", st);
	if (received)
		T(VALID(fd, &id));
	r.id = id;
	T(SEND(fd, &r));
	close(fd);
}

static void killable(void)
{
	struct seccomp_notif n = { 0 };
	struct seccomp_notif_resp r = { .val = 77 };
	pid_t pid;
	int fd = begin(&pid, 1, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 1);

	CHECK(RECV(fd, &n) == 0);
	CHECK(kill(pid, SIGUSR1) == 0);
	T(VALID(fd, &n.id));
	r.id = n.id;
	CHECK(SEND(fd, &r) == 0);
	finish(pid, fd);
	fd = begin(&pid, 1, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 1);
	memset(&n, 0, sizeof(n));
	CHECK(RECV(fd, &n) == 0);
	CHECK(kill(pid, SIGKILL) == 0);
	finish(pid, fd);
}

int main(void)
{
	t_start();
	s_no_new_privs();
	answers();
	go_on();
	closed(0);
	closed(1);
	interrupted(0);
	interrupted(1);
	killable();
	return 0;
}
