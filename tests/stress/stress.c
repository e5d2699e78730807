// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the stress run: for the seconds given as last argument, workers on all harts fork,
 * execute, map, write, signal, thread and create files, checking what they read. It ends with
 * power-off; the kernel then counts what it has lost.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

static time_t end;
static volatile sig_atomic_t got_signal;

/* Running out of something is allowed; wrong results are not. */
static int scarce(void)
{
	return errno == EAGAIN || errno == ENOMEM || errno == ENFILE || errno == EMFILE ||
		errno == ENOSPC;
}

static pid_t try_fork(void)
{
	pid_t p = fork();

	if (p < 0 && !scarce())
		die("fork");
	return p;
}

static void reap(pid_t p, int want)
{
	int st;

	MUST(waitpid(p, &st, 0) == p);
	if (want >= 0 && (!WIFEXITED(st) || WEXITSTATUS(st) != want)) {
		fprintf(stderr, "STRESS FAIL child status 0x%x, not exit %d\n", st, want);
		_exit(1);
	}
}

static void do_fork_tree(void)
{
	pid_t kids[4];
	int n = 1 + (int)rnd(4);

	for (int i = 0; i < n; i++) {
		kids[i] = try_fork();
		if (kids[i] == 0) {
			if (rnd(2)) {
				pid_t p = try_fork();
				if (p == 0)
					_exit(3);
				if (p > 0)
					reap(p, 3);
			}
			_exit(7);
		}
	}
	for (int i = 0; i < n; i++)
		if (kids[i] > 0)
			reap(kids[i], 7);
}

static void do_exec(void)
{
	pid_t p = rnd(2) ? try_fork() : vfork();

	if (p == 0) {
		execl("/init", "init", "exec-child", NULL);
		_exit(errno == ENOMEM ? 42 : 43);
	}
	if (p > 0) {
		int st;
		MUST(waitpid(p, &st, 0) == p);
		MUST(WIFEXITED(st) && (WEXITSTATUS(st) == 42));
	}
}

static void do_maps(void)
{
	size_t pages = 1 + rnd(64);
	int shared = (int)rnd(2); /* such memory does not grow with its mapping */
	uint8_t *m = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE,
		(shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);

	if (m == MAP_FAILED) {
		MUST(scarce());
		return;
	}
	for (size_t i = 0; i < pages; i++)
		m[i * 4096] = (uint8_t)i;
	pid_t p = try_fork();
	if (p == 0) {
		for (size_t i = 0; i < pages; i++)
			if (m[i * 4096] != (uint8_t)i)
				_exit(1);
		memset(m, 0xaa, pages * 2048);
		_exit(0);
	}
	if (p > 0)
		reap(p, 0);
	mprotect(m, 4096 * (1 + rnd((uint32_t)pages)), PROT_READ);
	if (pages > 4) {
		munmap(m + 4096, 8192);
		uint8_t *n = mremap(m + 3 * 4096, (pages - 3) * 4096, (pages + 5) * 4096,
			MREMAP_MAYMOVE);
		if (n != MAP_FAILED) {
			if (!shared && mprotect(n, (pages + 5) * 4096, PROT_READ | PROT_WRITE) == 0)
				n[(pages + 4) * 4096] = 1;
			munmap(n, (pages + 5) * 4096);
		} else {
			munmap(m + 3 * 4096, (pages - 3) * 4096);
		}
		munmap(m, 4096);
	} else {
		munmap(m, pages * 4096);
	}
}

static void do_pipes(void)
{
	static uint8_t out[70000], in[70000];
	int p[2];
	size_t n = 1 + rnd(sizeof(out));
	uint32_t seed = rnd(1 << 20);

	if (rnd(2) ? pipe(p) : socketpair(AF_UNIX, SOCK_STREAM, 0, p)) {
		if (errno != ENOSYS)
			MUST(scarce());
		return;
	}
	int flip = 0;
	struct stat st;
	fstat(p[0], &st);
	flip = S_ISSOCK(st.st_mode) && rnd(2);
	pid_t kid = try_fork();
	if (kid == 0) {
		close(p[flip]);
		for (size_t i = 0; i < n; i++)
			out[i] = (uint8_t)(seed + i * 7);
		for (size_t done = 0; done < n;) {
			ssize_t k = write(p[!flip], out + done, 1 + rnd((uint32_t)(n - done)));
			if (k < 0)
				_exit(scarce() || errno == ENOBUFS ? 9 : 2);
			done += (size_t)k;
		}
		_exit(0);
	}
	close(p[!flip]);
	size_t got = 0;
	while (kid > 0) {
		ssize_t k = read(p[flip], in + got, sizeof(in) - got);
		if (k < 0)
			die("read of a pipe or socket");
		if (!k)
			break;
		got += (size_t)k;
	}
	close(p[flip]);
	if (kid > 0) {
		int st;
		MUST(waitpid(kid, &st, 0) == kid && WIFEXITED(st));
		if (WEXITSTATUS(st) == 9)
			return;
		if (WEXITSTATUS(st) || got != n)
			fprintf(stderr,
				"STRESS FAIL transfer: writer's status 0x%x, %zu of %zu bytes\n",
				st, got, n);
		MUST(WEXITSTATUS(st) == 0 && got == n);
		for (size_t i = 0; i < n; i++)
			MUST(in[i] == (uint8_t)(seed + i * 7));
	}
}

#define HANGUPS 100
static _Atomic int hangup_fd, hangup_said;

static void *say_and_go(void *arg)
{
	for (int i = 0; i < HANGUPS; i++) {
		int fd;
		while ((fd = hangup_fd) < 0)
			sched_yield();
		hangup_said = (int)write(fd, "x", 1);
		close(fd);
		hangup_fd = -1;
	}
	return arg;
}

/* Who says something and goes has been heard, however short before the listener looks. */
static void do_hangups(void)
{
	pthread_t t;

	hangup_fd = -1;
	if (pthread_create(&t, NULL, say_and_go, NULL))
		return;
	for (int i = 0; i < HANGUPS; i++) {
		char c;
		int p[2];
		if (socketpair(AF_UNIX, rnd(2) ? SOCK_STREAM : SOCK_SEQPACKET, 0, p)) {
			MUST(scarce());
			_exit(0); /* the other would wait for ever */
		}
		hangup_fd = p[1];
		ssize_t n = read(p[0], &c, 1);
		while (hangup_fd >= 0)
			sched_yield();
		MUST(n == (hangup_said == 1));
		close(p[0]);
	}
	MUST(pthread_join(t, NULL) == 0);
}

static void on_signal(int s)
{
	(void)s;
	got_signal++;
}

static void do_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	sigset_t set, old;
	pid_t kid;

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, &old);
	got_signal = 0;
	kid = try_fork();
	if (kid == 0) {
		for (int i = 0; i < 5; i++)
			kill(getppid(), SIGUSR1);
		if (rnd(2))
			raise(SIGSTOP);
		_exit(0);
	}
	if (kid > 0) {
		while (!got_signal)
			sigsuspend(&old);
		int st;
		MUST(waitpid(kid, &st, WUNTRACED) == kid);
		if (WIFSTOPPED(st)) {
			kill(kid, SIGCONT);
			if (rnd(2))
				kill(kid, SIGKILL);
			MUST(waitpid(kid, &st, 0) == kid);
		}
	}
	struct itimerval it = { .it_value.tv_usec = 1000 };
	got_signal = 0;
	setitimer(ITIMER_REAL, &it, NULL);
	while (!got_signal)
		sigsuspend(&old);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static int shared_count, turn;

static void *thread_body(void *arg)
{
	intptr_t me = (intptr_t)arg;

	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&mutex);
		shared_count++;
		pthread_mutex_unlock(&mutex);
	}
	for (int i = 0; i < 10; i++) {
		pthread_mutex_lock(&mutex);
		while (turn % 4 != me)
			pthread_cond_wait(&cond, &mutex);
		turn++;
		pthread_cond_broadcast(&cond);
		pthread_mutex_unlock(&mutex);
	}
	void *m = malloc(100000);
	if (m)
		memset(m, 1, 100000);
	free(m);
	return arg;
}

static void do_threads(void)
{
	pthread_t t[4];
	int n = 0;

	shared_count = turn = 0;
	for (; n < 4; n++)
		if (pthread_create(&t[n], NULL, thread_body, (void *)(intptr_t)n))
			break;
	if (n < 4) {
		/* Not enough of something: the others would wait for ever. */
		_exit(0);
	}
	for (int i = 0; i < n; i++)
		MUST(pthread_join(t[i], NULL) == 0);
	MUST(shared_count == 800 && turn == 40);
}

/* A process whose threads are cut off by exit, a signal or exec. */
static void do_thread_death(void)
{
	pid_t kid = try_fork();

	if (kid == 0) {
		pthread_t t;
		turn = 1; /* they all wait */
		for (intptr_t i = 2; i < 5; i++)
			pthread_create(&t, NULL, thread_body, (void *)i);
		switch (rnd(3)) {
		case 0:
			_exit(5);
		case 1:
			kill(getpid(), SIGKILL);
			pause();
			break;
		default:
			execl("/init", "init", "exec-child", NULL);
			_exit(42);
		}
	}
	if (kid > 0)
		reap(kid, -1);
}

static void do_files(int id)
{
	char a[64], b[64];
	uint8_t buf[5000], back[5000];
	size_t n = 1 + rnd(sizeof(buf));
	int fd;

	snprintf(a, sizeof(a), "/tmp/w%d-%u", id, rnd(20));
	snprintf(b, sizeof(b), "/tmp/w%d-%u", id, rnd(20));
	fd = open(a, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0) {
		MUST(scarce() || errno == ELOOP);
		return;
	}
	memset(buf, (int)rnd(256), n);
	off_t at = rnd(100000);
	if (pwrite(fd, buf, n, at) == (ssize_t)n) {
		MUST(pread(fd, back, n, at) == (ssize_t)n);
		MUST(!memcmp(buf, back, n));
	}
	/* A hole of a full file system cannot be filled through a mapping: SIGBUS. */
	uint8_t *m = pwrite(fd, "y", 1, 0) == 1
		? mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
		: MAP_FAILED;
	if (m != MAP_FAILED) {
		m[0] = 9;
		munmap(m, 4096);
	}
	if (rnd(3) == 0)
		ftruncate(fd, rnd(50000));
	close(fd);
	switch (rnd(4)) {
	case 0:
		rename(a, b);
		break;
	case 1:
		link(a, b);
		break;
	case 2:
		unlink(b);
		break;
	default:
		symlink(a, b);
	}
	snprintf(a, sizeof(a), "/tmp/d%d", id);
	if (!mkdir(a, 0700))
		rmdir(a);
}

static void do_events(void)
{
	int e = eventfd(0, EFD_NONBLOCK), p = epoll_create1(0),
	    t = timerfd_create(CLOCK_MONOTONIC, 0);
	struct itimerspec its = { .it_value.tv_nsec = 500000 };
	struct epoll_event ev = { .events = EPOLLIN }, got;
	uint64_t one = 1;

	if (e >= 0 && p >= 0 && t >= 0) {
		epoll_ctl(p, EPOLL_CTL_ADD, e, &ev);
		epoll_ctl(p, EPOLL_CTL_ADD, t, &ev);
		timerfd_settime(t, 0, &its, NULL);
		int n;
		while ((n = epoll_wait(p, &got, 1, 10000)) < 0 && errno == EINTR)
			; /* a late SIGALRM of do_signals; epoll_wait is never restarted */
		MUST(n == 1);
		write(e, &one, 8);
		MUST(epoll_wait(p, &got, 1, 0) == 1);
	}
	close(e);
	close(p);
	close(t);
}

/* More memory than there may be: the kernel kills us, or not. */
static void do_memory_hog(void)
{
	pid_t kid = try_fork();

	if (kid == 0) {
		struct rlimit core = { 0, 0 };
		setrlimit(RLIMIT_CORE, &core);
		int adj = open("/proc/self/oom_score_adj", O_WRONLY);
		write(adj, "500", 3);
		close(adj);
		for (int i = 0; i < 64; i++) {
			uint8_t *m = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (m == MAP_FAILED)
				break;
			memset(m, i, 4 << 20);
		}
		_exit(0);
	}
	if (kid > 0)
		reap(kid, -1);
}

static void worker(int id)
{
	long rounds = 0;
	int adj = open("/proc/self/oom_score_adj", O_WRONLY);

	write(adj, "-500", 4); /* the hogs are to be killed, not the workers */
	close(adj);

	rng = 88172645463325252ull + (uint64_t)id * 7919 + (uint64_t)time(NULL);
	while (time(NULL) < end) {
		switch (rnd(20)) {
		case 0:
		case 1:
		case 2:
			do_fork_tree();
			break;
		case 3:
		case 4:
			do_exec();
			break;
		case 5:
		case 6:
		case 7:
			do_maps();
			break;
		case 8:
		case 9:
			do_pipes();
			break;
		case 10:
		case 11:
			do_signals();
			break;
		case 12:
		case 13:
			do_threads();
			break;
		case 14:
			do_thread_death();
			break;
		case 15:
		case 16:
			do_files(id);
			break;
		case 17:
			do_events();
			break;
		case 18:
			do_hangups();
			break;
		default:
			if (rnd(20) == 0)
				do_memory_hog();
		}
		rounds++;
	}
	printf("worker %d: %ld rounds\n", id, rounds);
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	int seconds, workers = 2 * (int)sysconf(_SC_NPROCESSORS_ONLN), failed = 0, st;
	pid_t p;

	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return 42;
	seconds = argc > 1 ? atoi(argv[argc - 1]) : 60;
	end = time(NULL) + (seconds ? seconds : 60);
	mkdir("/proc", 0755);
	mkdir("/tmp", 0777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, "size=32m");
	for (int i = 0; i < workers; i++)
		if (fork() == 0)
			worker(i);
	while ((p = wait(&st)) > 0 || errno == EINTR)
		if (p > 0 && st) {
			fprintf(stderr, "STRESS FAIL worker status 0x%x\n", st);
			failed = 1;
		}
	printf("STRESS %s\n", failed ? "FAILED" : "done");
	fflush(stdout);
	usleep(200000);
	reboot(RB_POWER_OFF);
	return 0;
}
