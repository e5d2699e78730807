// SPDX-License-Identifier: MPL-2.0
// Which blocked calls restart under SA_RESTART and which give EINTR always.
#include "../lib/t.h"
#include <linux/futex.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/select.h>
#include <sys/socket.h>

static int pfd[2], sv[2], ready[2];
static volatile int caught;

static void on_sig(int sig, siginfo_t *si, void *uc)
{
	caught++;
	t_put(ready[1]);
	if (caught == 2)
		_exit(50);
}

static long do_read(void)
{
	char c;
	return read(pfd[0], &c, 1);
}

static long do_recv(void)
{
	char c;
	return recv(sv[0], &c, 1, 0);
}

static long do_recv_timeout(void)
{
	struct timeval tv = { 20, 0 };
	char c;

	setsockopt(sv[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return recv(sv[0], &c, 1, 0);
}

static long do_wait(void)
{
	pid_t pid = t_fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return waitpid(pid, NULL, 0);
}

static long do_nanosleep(void)
{
	struct timespec ts = { 20, 0 }, rem = { 0, 0 };
	long r = nanosleep(&ts, &rem);

	return rem.tv_sec > 0 ? r : -2;
}

static long do_pause(void)
{
	return pause();
}

static long do_poll(void)
{
	struct pollfd p = { pfd[0], POLLIN, 0 };
	return poll(&p, 1, 20000);
}

static long do_select(void)
{
	fd_set set;
	FD_ZERO(&set);
	FD_SET(pfd[0], &set);
	return select(pfd[0] + 1, &set, NULL, NULL, NULL);
}

static long do_epoll(void)
{
	struct epoll_event e;
	return epoll_wait(epoll_create1(0), &e, 1, -1);
}

static long do_sigsuspend(void)
{
	sigset_t set;
	sigemptyset(&set);
	return sigsuspend(&set);
}

static long do_sigtimedwait(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, NULL);
}

static long do_futex(void)
{
	int word = 0;
	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static long do_futex_timeout(void)
{
	int word = 0;
	struct timespec ts = { 20, 0 };
	return syscall(SYS_futex, &word, FUTEX_WAIT, 0, &ts, NULL, 0);
}

static long do_open_fifo(void)
{
	return open("fifo", O_RDONLY);
}

static long do_flock(void)
{
	return flock(open("lock", O_RDWR), LOCK_EX);
}

static long do_setlkw(void)
{
	struct flock fl = { .l_type = F_WRLCK };
	return fcntl(open("lock2", O_RDWR), F_SETLKW, &fl);
}

static long do_accept(void)
{
	int s = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(s, &(struct sockaddr){ .sa_family = AF_UNIX }, sizeof(sa_family_t));
	listen(s, 1);
	return accept(s, NULL, NULL);
}

static long do_write(void)
{
	static char big[200000];
	return write(pfd[1], big, sizeof(big));
}

static void one(const char *name, long (*fn)(void), int flags)
{
	t_pipe(ready);
	t_pipe(pfd);
	socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	pid_t pid = t_fork();
	if (pid == 0) {
		t_handle(SIGUSR1, on_sig, flags);
		t_put(ready[1]);
		long r = fn();

		printf("%s%s: %ld %s\n", name, flags ? " SA_RESTART" : "", r,
			r < 0 ? t_errname(errno) : "");
		_exit(0);
	}
	t_get(ready[0]);
	t_wait_state(pid, 'S');
	kill(pid, SIGUSR1);
	t_get(ready[0]);
	// A call that goes on sleeps again; a second signal then ends it with 50.
	UNTIL(t_state(pid) == 'Z' || t_state(pid) == 'S');
	kill(pid, SIGUSR1);
	int st = t_wait(pid);
	if (WIFEXITED(st) && WEXITSTATUS(st) == 50)
		printf("%s%s: restarted\n", name, flags ? " SA_RESTART" : "");
	else if (st)
		t_status(name, st);
	close(ready[0]);
	close(ready[1]);
	close(pfd[0]);
	close(pfd[1]);
	close(sv[0]);
	close(sv[1]);
}

#define BOTH(fn)                               \
	do {                                   \
		one(#fn, do_##fn, 0);          \
		one(#fn, do_##fn, SA_RESTART); \
	} while (0)

int main(void)
{
	t_start();
	mkfifo("fifo", 0600);
	t_file("lock", "", 0600);
	t_file("lock2", "", 0600);
	int l = open("lock", O_RDWR), l2 = open("lock2", O_RDWR);
	struct flock fl = { .l_type = F_WRLCK };
	CHECK(flock(l, LOCK_EX) == 0 && fcntl(l2, F_SETLK, &fl) == 0);
	BOTH(read);
	BOTH(recv);
	BOTH(recv_timeout);
	BOTH(wait);
	BOTH(nanosleep);
	BOTH(pause);
	BOTH(poll);
	BOTH(select);
	BOTH(epoll);
	BOTH(sigsuspend);
	BOTH(sigtimedwait);
	BOTH(futex);
	BOTH(futex_timeout);
	BOTH(open_fifo);
	BOTH(flock);
	BOTH(setlkw);
	BOTH(accept);
	BOTH(write);
	return 0;
}
