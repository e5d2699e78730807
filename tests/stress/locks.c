// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the stress run of file locks and mappings: first an ordinary user splits locks until the
 * kernel refuses, and removes them again; then, for the seconds given as last argument, processes
 * of several threads set, split, change and wait for locks of all kinds on few files, close them,
 * map files and sockets and let the mapping be the last to have them, while others read
 * /proc/locks, and pagemap and map_files of all. It ends with power-off; the kernel then counts
 * what it has lost.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "stress.h"

#define PROCESSES 6
#define THREADS   3
#define FILES     3
#define SPLITS    200000 /* more than a file may have locks */

static time_t end;
static int shared_fd[FILES];

static int over(void)
{
	return time(NULL) >= end;
}

/* ---- the limit ---- */

static int set_lock(int fd, int cmd, int type, off_t start, off_t len)
{
	struct flock l = { .l_type = type, .l_whence = SEEK_SET, .l_start = start, .l_len = len };

	return fcntl(fd, cmd, &l);
}

/*
 * A removal in the midst of a lock makes one more. It must come to an end, and what makes none more
 * must be possible even then.
 */
static void split_without_end(void)
{
	int fd = open("/tmp/split", O_RDWR | O_CREAT, 0666);
	long n;

	MUST(fd >= 0 && !setgroups(0, NULL) && !setresgid(1000, 1000, 1000) &&
		!setresuid(1000, 1000, 1000));
	MUST(!set_lock(fd, F_SETLK, F_WRLCK, 0, 0));
	for (n = 0; n < SPLITS; n++) {
		if (set_lock(fd, F_SETLK, F_UNLCK, 2 * n + 1, 1)) {
			MUST(errno == ENOLCK);
			break;
		}
	}
	MUST(n < SPLITS);
	MUST(!set_lock(fd, F_SETLK, F_UNLCK, 0, 1));
	MUST(!set_lock(fd, F_SETLK, F_UNLCK, 1000, 1));
	MUST(!set_lock(fd, F_SETLK, F_UNLCK, 0, 0));
	MUST(!set_lock(fd, F_SETLK, F_WRLCK, 0, 0));
	printf("a file has had %ld parts of locks\n", n);
	fflush(stdout);
	_exit(0);
}

/* ---- locks ---- */

static void nothing(int sig)
{
	(void)sig;
}

static void some_lock(int fd)
{
	static const int cmds[] = { F_SETLK, F_SETLKW, F_OFD_SETLK, F_OFD_SETLKW, F_GETLK,
		F_OFD_GETLK };
	static const int types[] = { F_RDLCK, F_WRLCK, F_UNLCK, F_UNLCK };
	off_t start = rnd(3) ? rnd(64) : 0;

	if (rnd(6) == 0)
		flock(fd, (int[]){ LOCK_SH, LOCK_EX, LOCK_UN }[rnd(3)] | (rnd(3) ? LOCK_NB : 0));
	else
		set_lock(fd, cmds[rnd(6)], types[rnd(4)], start, rnd(3) ? 1 + rnd(16) : 0);
}

static void open_lock_close(void)
{
	char name[32];
	int fd, other;

	snprintf(name, sizeof(name), "/tmp/f%u", rnd(FILES));
	fd = open(name, O_RDWR);
	if (fd < 0)
		return;
	some_lock(fd);
	other = rnd(2) ? dup(fd) : -1;
	some_lock(fd);
	close(fd);
	if (other >= 0) {
		some_lock(other);
		close(other);
	}
}

/* ---- mappings that are the last to have a file ---- */

static void map_last(void)
{
	char name[32];
	struct epoll_event ev = { .events = EPOLLIN };
	int fd, ep = -1;
	void *p;

	if (rnd(3)) {
		snprintf(name, sizeof(name), "/tmp/m%u", rnd(8));
		fd = open(name, O_RDWR | O_CREAT, 0666);
		if (fd < 0 || ftruncate(fd, 16384))
			return;
		if (rnd(2))
			unlink(name);
	} else {
		struct {
			unsigned block_size, block_nr, frame_size, frame_nr;
		} ring = { 4096, 4, 2048, 8 };
		fd = socket(AF_PACKET, SOCK_RAW, 0x0300);
		if (fd < 0)
			return;
		setsockopt(fd, 263 /* SOL_PACKET */, 5 /* PACKET_RX_RING */, &ring, sizeof(ring));
		ep = epoll_create1(0);
		if (ep >= 0)
			epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	}
	p = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (rnd(2))
		some_lock(fd);
	close(fd);
	if (p != MAP_FAILED) {
		*(volatile char *)p = 1;
		if (rnd(2))
			munmap((char *)p + 4096, 4096);
		munmap(p, 16384);
	}
	if (ep >= 0)
		close(ep);
}

static void *locker(void *arg)
{
	sigset_t set;

	rng = (uintptr_t)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	for (int i = 0; i < 300 && !over(); i++) {
		switch (rnd(4)) {
		case 0:
			open_lock_close();
			break;
		case 1:
			map_last();
			break;
		default:
			some_lock(shared_fd[rnd(FILES)]);
		}
	}
	return NULL;
}

/* Threads share rng: they race for it, which does no harm but to its period. */
static void locker_process(uint64_t seed)
{
	struct sigaction a = { .sa_handler = nothing };
	struct itimerval tick = { { 0, 20000 }, { 0, 20000 } };
	pthread_t t[THREADS];
	sigset_t set;
	int i, n = 0;

	/* The waits for locks are interrupted, so no deadlock lasts. */
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGALRM, &a, NULL);
	setitimer(ITIMER_REAL, &tick, NULL);
	for (i = 0; i < THREADS; i++)
		n += !pthread_create(&t[n], NULL, locker, (void *)(uintptr_t)(seed * 7 + i + 1));
	if (rnd(4) == 0) {
		usleep(rnd(50000));
		_exit(0); /* with all that they hold */
	}
	for (i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	_exit(0);
}

/* ---- readers ---- */

static void read_all(const char *name)
{
	char b[4096];
	int fd = open(name, O_RDONLY);

	while (fd >= 0 && read(fd, b, 1 + rnd(sizeof(b))) > 0 && !over())
		;
	if (fd >= 0)
		close(fd);
}

static void look_at(const char *pid)
{
	uint64_t words[512];
	char name[400], link[256];
	struct dirent *e;
	DIR *d;
	int fd;

	snprintf(name, sizeof(name), "/proc/%s/pagemap", pid);
	fd = open(name, O_RDONLY);
	for (int i = 0; fd >= 0 && i < 32; i++)
		pread(fd, words, sizeof(words), (uint64_t)rnd(1u << 26) * (rnd(2) ? 8 : 512));
	if (fd >= 0)
		close(fd);
	snprintf(name, sizeof(name), "/proc/%s/map_files", pid);
	d = opendir(name);
	while (d && (e = readdir(d)) != NULL) {
		if (readlinkat(dirfd(d), e->d_name, link, sizeof(link)) > 0 && rnd(2)) {
			fd = openat(dirfd(d), e->d_name, O_RDONLY | O_NONBLOCK);
			if (fd >= 0)
				close(fd);
		}
	}
	if (d)
		closedir(d);
}

static void reader(void)
{
	struct dirent *e;
	DIR *d;

	while (!over()) {
		read_all("/proc/locks");
		d = opendir("/proc");
		while (d && (e = readdir(d)) != NULL && !over()) {
			if (e->d_name[0] >= '1' && e->d_name[0] <= '9')
				look_at(e->d_name);
		}
		if (d)
			closedir(d);
	}
	_exit(0);
}

static void worker(int k)
{
	char name[32];
	int i;

	rng = (uint64_t)time(NULL) * 1000 + k + 1;
	if (k >= PROCESSES - 2)
		reader();
	while (!over()) {
		for (i = 0; i < FILES; i++) {
			snprintf(name, sizeof(name), "/tmp/f%d", i);
			shared_fd[i] = open(name, O_RDWR | O_CREAT, 0666);
		}
		pid_t p = fork();
		if (!p)
			locker_process(rng);
		if (p > 0) {
			if (rnd(5) == 0) {
				usleep(rnd(100000));
				kill(p, SIGKILL);
			}
			waitpid(p, NULL, 0);
		}
		for (i = 0; i < FILES; i++)
			close(shared_fd[i]);
		(void)rnd(2);
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	int i, status, bad = 0;

	mkdir("/tmp", 0777);
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	rng = 1;
	if (!fork())
		split_without_end();
	MUST(wait(&status) > 0 && !status);
	end = time(NULL) + (argc > 1 ? atoi(argv[argc - 1]) : 20);
	for (i = 0; i < PROCESSES; i++) {
		if (!fork())
			worker(i);
	}
	while (wait(&status) > 0)
		bad |= status;
	printf(bad ? "STRESS FAIL status %x\n" : "STRESS done\n", bad);
	fflush(stdout);
	umount("/tmp");
	reboot(RB_POWER_OFF);
	return 1;
}
