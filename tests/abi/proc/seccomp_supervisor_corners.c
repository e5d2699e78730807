// SPDX-License-Identifier: MPL-2.0
// Listeners after others, notices that die or cannot be copied, ends that are seen at once.
#include "../lib/seccomp.h"
#include "../lib/t.h"
#include <sys/epoll.h>

static void answer(int fd, uint64_t id, long val)
{
	struct seccomp_notif_resp r = { .id = id, .val = val };

	CHECK(SEND(fd, &r) == 0);
}

static void handler(int s)
{
}

// The thread whose calls are answered by the rest of the process.
struct subject {
	pthread_t th;
	unsigned flags;
	pid_t tid;
	int to[2], from[2], listener;
	long ret;
	int err;
};

static void *subject(void *arg)
{
	struct subject *s = arg;

	s->tid = t_gettid();
	s->listener = s_listen(s->flags);
	t_put(s->from[1]);
	while (t_get(s->to[0]) == 'x') {
		errno = 0;
		s->ret = syscall(SYS_getsid, 0);
		s->err = errno;
		t_put(s->from[1]);
	}
	return NULL;
}

static void start(struct subject *s, unsigned flags)
{
	s->flags = flags;
	t_pipe(s->to);
	t_pipe(s->from);
	CHECK(pthread_create(&s->th, NULL, subject, s) == 0);
	t_get(s->from[0]);
	CHECK(s->listener >= 0);
}

static void call(struct subject *s)
{
	CHECK(write(s->to[1], "x", 1) == 1);
}

static void returned(struct subject *s)
{
	t_get(s->from[0]);
	printf("call: %ld %s\n", s->ret, t_errname(s->err));
}

static void stop(struct subject *s)
{
	CHECK(write(s->to[1], "q", 1) == 1);
	pthread_join(s->th, NULL);
}

// A closed listener makes room for another one.
static void another(void)
{
	int a = s_listen(0);

	IS(a >= 0);
	TL("second", s_listen(0));
	close(a);
	TL("getsid", syscall(SYS_getsid, 0));
	a = s_listen(0);
	IS(a >= 0);
	TL("third", s_listen(0));
	close(a);
	IS(s_listen(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH) >= 0);
}

// A notice whose thread was interrupted still counts as one for RECV.
static void died(void)
{
	struct sigaction sa = { .sa_handler = handler };
	struct seccomp_notif n = { 0 };
	struct subject s;

	sigaction(SIGUSR1, &sa, NULL);
	start(&s, 0);
	call(&s);
	s_until(s.listener, POLLIN);
	syscall(SYS_tgkill, getpid(), s.tid, SIGUSR1);
	returned(&s);
	SHOWX(s_events(s.listener));
	call(&s);
	s_until(s.listener, POLLIN);
	T(RECV(s.listener, &n));
	uint64_t id = n.id;
	memset(&n, 0, sizeof(n));
	T(RECV(s.listener, &n));
	answer(s.listener, id, 3);
	returned(&s);
	stop(&s);
	SHOWX(s_events(s.listener));
	T(RECV(s.listener, &n));
}

// What cannot be copied out is received again, and may be interrupted again.
static void unreadable(unsigned flags)
{
	struct sigaction sa = { .sa_handler = handler };
	struct seccomp_notif n = { 0 };
	void *page = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct subject s;

	sigaction(SIGUSR1, &sa, NULL);
	start(&s, flags);
	call(&s);
	s_until(s.listener, POLLIN);
	T(RECV(s.listener, page));
	SHOWX(s_events(s.listener));
	T(RECV(s.listener, page));
	T(RECV(s.listener, &n));
	SHOWX(s_events(s.listener));
	answer(s.listener, n.id, 4);
	returned(&s);
	call(&s);
	s_until(s.listener, POLLIN);
	t_wait_thread(s.tid, 'S');
	T(RECV(s.listener, page));
	syscall(SYS_tgkill, getpid(), s.tid, SIGUSR1);
	returned(&s);
	SHOWX(s_events(s.listener));
	stop(&s);
}

// When the thread was joined, or the process was reaped, the listener has hung up.
static void ends_at_once(void)
{
	int late = 0;

	for (int i = 0; i < 20; i++) {
		struct subject s;
		int sock[2], fd;

		start(&s, 0);
		stop(&s);
		late += s_events(s.listener) != POLLHUP;
		close(s.listener);
		for (int k = 0; k < 2; k++) {
			close(s.to[k]);
			close(s.from[k]);
		}
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sock) == 0);
		pid_t pid = t_fork();
		if (pid == 0) {
			s_put_fd(sock[1], s_listen(0));
			_exit(0);
		}
		fd = s_get_fd(sock[0]);
		CHECK(waitpid(pid, NULL, 0) == pid);
		late += s_events(fd) != POLLHUP;
		close(fd);
		close(sock[0]);
		close(sock[1]);
	}
	SHOW(late);
}

// A zombie still shows its mode and its filters.
static void zombie(void)
{
	char path[40], *text, *line;
	pid_t pid = t_fork();

	if (pid == 0) {
		s_on(0, SYS_getpgid, SECCOMP_RET_ERRNO | 1);
		_exit(0);
	}
	t_wait_state(pid, 'Z');
	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	text = t_slurp(path);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (!strncmp(line, "Seccomp", 7) || !strncmp(line, "NoNew", 5))
			printf("%s\n", line);
	waitpid(pid, NULL, 0);
}

// The listener is in a message that nobody receives.
static void in_flight(void)
{
	struct subject s;
	int sock[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sock) == 0);
	start(&s, 0);
	s_put_fd(sock[1], s.listener);
	call(&s);
	s_until(s.listener, POLLIN);
	close(s.listener);
	close(sock[0]);
	close(sock[1]);
	returned(&s);
	stop(&s);
}

static void watched(void)
{
	struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET };
	struct seccomp_notif n = { 0 };
	struct subject s;
	int ep = epoll_create1(0);

	start(&s, 0);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, s.listener, &e) == 0);
	T(epoll_wait(ep, &e, 1, 0));
	call(&s);
	T(epoll_wait(ep, &e, 1, 20000));
	SHOWX(e.events);
	T(epoll_wait(ep, &e, 1, 0));
	CHECK(RECV(s.listener, &n) == 0);
	T(epoll_wait(ep, &e, 1, 20000));
	SHOWX(e.events);
	answer(s.listener, n.id, 0);
	returned(&s);
	T(epoll_wait(ep, &e, 1, 0));
	stop(&s);
	T(epoll_wait(ep, &e, 1, 20000));
	SHOWX(e.events);
}

int main(void)
{
	t_start();
	s_no_new_privs();
	IN_CHILD("another", another());
	IN_CHILD("died", died());
	IN_CHILD("unreadable", unreadable(0));
	IN_CHILD("unreadable, killable", unreadable(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV));
	IN_CHILD("ends at once", ends_at_once());
	IN_CHILD("zombie", zombie());
	IN_CHILD("in flight", in_flight());
	IN_CHILD("watched", watched());
	return 0;
}
