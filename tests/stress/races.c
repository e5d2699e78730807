// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the races of processes: for the seconds given as last argument, readers of everything
 * below /proc and /sys run while processes, threads, mounts and sockets come and go, and pairs of
 * callers change and read the same thing: exec against exec, exec of a set-user-id program against
 * process_vm_writev, setpgid against kill and wait, SIGCHLD against the wait for that child, a
 * terminal's background check against timers. It ends with power-off; the kernel then counts what
 * it has lost.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

static time_t end;
static volatile int flag = 7; /* what a set-user-id program's user may not change */

static int over(void)
{
	return time(NULL) >= end;
}

static pid_t try_fork(void)
{
	pid_t p = fork();

	if (p < 0 && errno != EAGAIN && errno != ENOMEM)
		die("fork");
	return p;
}

static void drop_root(void)
{
	MUST(!setgroups(0, NULL) && !setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000));
	prctl(PR_SET_DUMPABLE, 1);
}

/* ---- readers of /proc and /sys ---- */

static void read_file(int dir, const char *name)
{
	char b[4096];
	int fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return;
	for (int i = 0; i < 16; i++) {
		if (rnd(4) == 0)
			sched_yield();
		if (read(fd, b, sizeof(b)) <= 0)
			break;
	}
	close(fd);
}

static void walk(int parent, const char *name, int depth)
{
	char link[256];
	struct stat st;
	struct dirent *d;
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((d = readdir(dir)) && !over()) {
		if (d->d_name[0] == '.' || !strcmp(d->d_name, "kmsg"))
			continue;
		if (fstatat(fd, d->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		if (S_ISDIR(st.st_mode) && depth < 8)
			walk(fd, d->d_name, depth + 1);
		else if (S_ISLNK(st.st_mode))
			(void)!readlinkat(fd, d->d_name, link, sizeof(link));
		else if (S_ISREG(st.st_mode))
			read_file(fd, d->d_name);
	}
	closedir(dir);
}

static void reader(int id)
{
	while (!over())
		walk(AT_FDCWD, rnd(8) == 0 ? "/sys" : "/proc", id ? 0 : 1);
}

/* The files of one process from its birth to its end. */
static void do_follow_one(void)
{
	static const char *names[] = { "status", "stat", "statm", "maps", "smaps", "smaps_rollup",
		"cmdline", "environ", "auxv", "mem", "fd", "fdinfo", "task", "limits", "oom_score",
		"io", "mountinfo", "schedstat", "wchan", "comm", "exe", "cwd", "root" };
	char path[64], link[256];
	pid_t p = try_fork();

	if (p == 0) {
		if (rnd(2))
			execl("/init", "init", "exit", NULL);
		_exit(0);
	}
	for (int i = 0; p > 0 && i < 60; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s", p,
			names[rnd(sizeof(names) / sizeof(*names))]);
		read_file(AT_FDCWD, path);
		(void)!readlink(path, link, sizeof(link));
	}
	if (p > 0)
		MUST(waitpid(p, NULL, 0) == p);
}

/* ---- what comes and goes ---- */

static void *short_thread(void *arg)
{
	for (int i = 0; i < 20; i++)
		sched_yield();
	return arg;
}

static void do_come_and_go(int id)
{
	char dir[32];
	pthread_t t[3];
	int n = 0, s[2];
	void *m;
	pid_t p;

	snprintf(dir, sizeof(dir), "/tmp/m%d", id);
	switch (rnd(5)) {
	case 0:
		mkdir(dir, 0755);
		if (!mount("t", dir, "tmpfs", 0, "size=64k"))
			MUST(!umount2(dir, MNT_DETACH));
		break;
	case 1:
		while (n < 3 && !pthread_create(&t[n], NULL, short_thread, NULL))
			n++;
		while (n)
			pthread_join(t[--n], NULL);
		break;
	case 2:
		if (!socketpair(AF_UNIX, SOCK_STREAM, 0, s)) {
			close(s[0]);
			close(s[1]);
		}
		break;
	case 3:
		m = mmap(NULL, 1 << 18, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (m != MAP_FAILED) {
			memset(m, 1, 1 << 17);
			munmap(m, 1 << 18);
		}
		break;
	default:
		p = try_fork();
		if (p == 0)
			execl("/init", "init", "exit", NULL), _exit(42);
		if (p > 0)
			MUST(waitpid(p, NULL, 0) == p);
	}
}

/* ---- pairs ---- */

static void on_signal(int s)
{
	(void)s;
}

/* The SIGCHLD of the child that is waited for never ends the wait. */
static void do_wait_race(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	pid_t p;
	siginfo_t si;
	int st = 0, by_id = (int)rnd(2);

	sigaction(SIGCHLD, &sa, NULL);
	p = try_fork();
	if (p == 0) {
		if (rnd(2))
			sched_yield();
		_exit(9);
	}
	if (p > 0 && by_id)
		MUST(waitid(P_PID, (id_t)p, &si, WEXITED) == 0 && si.si_status == 9);
	else if (p > 0)
		MUST(waitpid(rnd(2) ? p : -1, &st, 0) == p && WIFEXITED(st) &&
			WEXITSTATUS(st) == 9);
	signal(SIGCHLD, SIG_DFL);
}

static pthread_barrier_t barrier;

static void *exec_thread(void *arg)
{
	pthread_barrier_wait(&barrier);
	execl("/init", "init", "exec-child", NULL);
	_exit(errno == ENOMEM ? 42 : 44);
	return arg;
}

/* Of several threads that exec at once one wins, and the process goes on as the new program. */
static void do_exec_race(void)
{
	pid_t p = try_fork();
	int st, n = 2 + (int)rnd(3);

	if (p == 0) {
		pthread_t t;
		pthread_barrier_init(&barrier, NULL, (unsigned)n);
		for (int i = 0; i < n; i++)
			if (pthread_create(&t, NULL, exec_thread, NULL))
				_exit(42);
		for (;;)
			pause();
	}
	if (p > 0) {
		MUST(waitpid(p, &st, 0) == p);
		if (!WIFEXITED(st) || WEXITSTATUS(st) != 42)
			fprintf(stderr, "STRESS FAIL exec race: status 0x%x\n", st);
	}
}

/* A user cannot write into the set-user-id program that a process of his becomes. */
static void do_setuid_race(void)
{
	int st, one = 1;
	struct iovec l = { &one, sizeof(one) }, r = { (void *)&flag, sizeof(flag) };
	pid_t m = try_fork(), p;

	if (m == 0) {
		drop_root();
		p = fork();
		if (p == 0) {
			void *big = mmap(NULL, 4 << 20, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (big != MAP_FAILED)
				memset(big, 1, 4 << 20);
			execl("/tmp/suid", "suid", "flag", NULL);
			_exit(0);
		}
		while (p > 0 && waitpid(p, &st, WNOHANG) == 0)
			process_vm_writev(p, &l, 1, &r, 1, 0);
		_exit(p > 0 && WIFEXITED(st) ? WEXITSTATUS(st) : 0);
	}
	if (m > 0) {
		MUST(waitpid(m, &st, 0) == m);
		if (!WIFEXITED(st) || WEXITSTATUS(st))
			fprintf(stderr,
				"STRESS FAIL memory of a set-user-id program was written: status 0x%x\n",
				st);
	}
}

static void *ask_group(void *arg)
{
	for (;;) {
		kill(0, 0);
		waitpid(0, NULL, WNOHANG);
		getpriority(PRIO_PGRP, 0);
		pthread_testcancel();
	}
	return arg;
}

static void do_group_race(void)
{
	pid_t m = try_fork(), p;
	int st;

	if (m == 0) {
		pthread_t t;
		setpgid(0, 0);
		p = fork();
		if (p == 0) {
			setpgid(0, 0);
			pause();
			_exit(0);
		}
		if (p < 0)
			_exit(0);
		setpgid(p, p);
		if (pthread_create(&t, NULL, ask_group, NULL) == 0)
			for (int i = 0; i < 2000; i++)
				if (setpgid(0, p) || setpgid(0, 0))
					_exit(1);
		kill(p, SIGKILL);
		_exit(0);
	}
	if (m > 0) {
		MUST(waitpid(m, &st, 0) == m);
		MUST(WIFEXITED(st) && WEXITSTATUS(st) == 0);
	}
}

/* Calls of a background process to its terminal, while timers send it signals from interrupts. */
static void do_terminal_race(void)
{
	int m = open("/dev/ptmx", O_RDWR | O_NOCTTY), n, unlock = 0, st;
	char name[32];
	pid_t p;

	if (m < 0 || ioctl(m, TIOCSPTLCK, &unlock) || ioctl(m, TIOCGPTN, &n))
		return;
	snprintf(name, sizeof(name), "/dev/pts/%d", n);
	p = try_fork();
	if (p == 0) {
		int s, d = 0;
		setsid();
		s = open(name, O_RDWR);
		ioctl(s, TIOCSCTTY, 0);
		p = fork();
		if (p == 0) {
			struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
			timer_t t;
			struct sigevent e = { .sigev_notify = SIGEV_SIGNAL,
				.sigev_signo = SIGRTMIN };
			struct itimerspec it = { { 0, 20000 }, { 0, 20000 } };
			setpgid(0, 0);
			signal(SIGTTOU, SIG_IGN);
			sigaction(SIGRTMIN, &sa, NULL);
			for (int i = 0; i < 4; i++)
				if (!timer_create(CLOCK_MONOTONIC, &e, &t))
					timer_settime(t, 0, &it, NULL);
			for (int i = 0; i < 20000; i++)
				ioctl(s, TIOCSETD, &d);
			_exit(0);
		}
		if (p > 0)
			waitpid(p, &st, 0);
		_exit(0);
	}
	if (p > 0)
		MUST(waitpid(p, &st, 0) == p);
	close(m);
}

/* ---- futexes ---- */

static void *from_word; /* private; the word at to_word is shared and always another file's */
static void *const to_word = (void *)0x10000000;

static void *futex_waiter(void *arg)
{
	struct timespec limit = { 0, 3000000 };

	for (;;)
		syscall(SYS_futex, from_word, 0, 0, &limit, NULL, 0);
	return arg;
}

static void *futex_requeuer(void *arg)
{
	for (;;) {
		madvise(from_word, 4096, MADV_DONTNEED);
		syscall(SYS_futex, from_word, 4, 0, 10, to_word, 0);
	}
	return arg;
}

/* Waiters are moved to a word whose mapping goes meanwhile. */
static void do_futex_race(void)
{
	pid_t p = try_fork();
	int st;

	if (p == 0) {
		pthread_t t;
		from_word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
		mmap(to_word, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED,
			-1, 0);
		for (int i = 0; i < 2; i++)
			if (pthread_create(&t, NULL, futex_waiter, NULL) ||
				pthread_create(&t, NULL, futex_requeuer, NULL))
				_exit(0);
		for (int i = 0; i < 20000; i++)
			mmap(to_word, 4096, PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		_exit(0);
	}
	if (p > 0)
		MUST(waitpid(p, &st, 0) == p);
}

/* ---- signals for threads that end ---- */

static volatile pid_t ending;

static void *signal_sender(void *arg)
{
	pid_t me = getpid();

	for (;;)
		syscall(SYS_tgkill, me, ending, SIGRTMIN + 1);
	return arg;
}

static void *signal_target(void *arg)
{
	ending = (pid_t)syscall(SYS_gettid);
	return arg;
}

/* What is sent to a thread that ends is not kept: the count of what is lost, at the end, sees it. */
static void do_signal_race(void)
{
	pid_t p = try_fork();
	int st;

	if (p == 0) {
		pthread_t t;
		sigset_t all;
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
		ending = (pid_t)syscall(SYS_gettid);
		for (int i = 0; i < 2; i++)
			if (pthread_create(&t, NULL, signal_sender, NULL))
				_exit(0);
		for (int i = 0; i < 300 && !pthread_create(&t, NULL, signal_target, NULL); i++)
			pthread_join(t, NULL);
		_exit(0);
	}
	if (p > 0)
		MUST(waitpid(p, &st, 0) == p);
}

/* ---- limits of a process that ends ---- */

static void do_limit_race(void)
{
	struct rlimit r = { 1000, RLIM_INFINITY };
	pid_t p = try_fork();
	int st;

	if (p == 0) {
		struct itimerval it = { { 0, 500 }, { 0, 500 } };
		if (rnd(2))
			setitimer(ITIMER_VIRTUAL, &it, NULL);
		_exit(0);
	}
	if (p > 0) {
		while (waitpid(p, &st, WNOHANG) == 0)
			prlimit(p, RLIMIT_CPU, &r, NULL);
	}
}

static void worker(int id)
{
	long rounds = 0;

	rng = 88172645463325252ull + (uint64_t)id * 7919 + (uint64_t)time(NULL);
	if (id < 2) {
		reader(id);
		_exit(0);
	}
	for (; !over(); rounds++) {
		switch (rnd(15)) {
		case 0:
		case 1:
		case 2:
			do_come_and_go(id);
			break;
		case 3:
		case 4:
			do_follow_one();
			break;
		case 5:
		case 6:
			do_wait_race();
			break;
		case 7:
		case 8:
			do_exec_race();
			break;
		case 9:
			do_setuid_race();
			break;
		case 10:
			do_group_race();
			break;
		case 11:
			do_futex_race();
			break;
		case 12:
			do_signal_race();
			break;
		case 13:
			do_limit_race();
			break;
		default:
			do_terminal_race();
		}
	}
	printf("worker %d: %ld rounds\n", id, rounds);
	fflush(stdout);
	_exit(0);
}

static pid_t worker_pid[64];

static int is_worker(pid_t p)
{
	for (int i = 0; i < 64; i++)
		if (worker_pid[i] == p)
			return 1;
	return 0;
}

static void copy_init(void)
{
	static char b[65536];
	ssize_t n;
	int in = open("/init", O_RDONLY), out = open("/tmp/suid", O_WRONLY | O_CREAT, 0755);

	while ((n = read(in, b, sizeof(b))) > 0)
		MUST(write(out, b, (size_t)n) == n);
	close(in);
	close(out);
	MUST(chmod("/tmp/suid", 04755) == 0);
}

int main(int argc, char **argv)
{
	int seconds, cpus = (int)sysconf(_SC_NPROCESSORS_ONLN),
		     workers = 2 + 2 * (cpus < 31 ? cpus : 31), failed = 0, st;
	pid_t p;

	if (argc > 1 && !strcmp(argv[1], "exec-child"))
		return 42;
	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	if (argc > 1 && !strcmp(argv[1], "flag"))
		return flag != 7;
	seconds = argc > 1 ? atoi(argv[argc - 1]) : 60;
	end = time(NULL) + (seconds ? seconds : 60);
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 0777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mkdir("/dev/pts", 0755);
	mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666");
	mount("tmpfs", "/tmp", "tmpfs", 0, "size=32m,mode=1777");
	copy_init();
	/* Pid 1 has no parent to give a child to. */
	MUST(syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0) == -1 && errno == EINVAL);
	for (int i = 0; i < workers; i++)
		if ((worker_pid[i] = fork()) == 0)
			worker(i);
	/* Orphans come here, too, some of them killed. */
	while ((p = wait(&st)) > 0 || errno == EINTR)
		if (p > 0 && st && is_worker(p)) {
			fprintf(stderr, "STRESS FAIL worker status 0x%x\n", st);
			failed = 1;
		}
	printf("STRESS %s\n", failed ? "FAILED" : "done");
	fflush(stdout);
	reboot(RB_POWER_OFF);
	return 0;
}
