// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the run out of memory: who waits for memory gets it from the process that is killed for
 * it, also inside a system call, whoever else is on the way out.
 *
 * A hog fills the memory and stops. A reader then reads a full pipe into fresh memory, which is
 * more than there is, and holds the pipe meanwhile; writers of it have begun to exit and wait for
 * the pipe. The hog must go, and the read must be whole. In every other round the hog waits for the
 * pipe too when it is killed, so that it cannot end before the reader has what it wants; it only
 * copies from it, for it may be there before the reader.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PIPE    (4 << 20)
#define CACHED  (127 * 4096)
#define WRITERS 12
#define ROUNDS  4

struct shared {
	volatile int filled, teed, full, reading;
};
static struct shared *sh;
static uint8_t pattern[4096];

static void adjust(const char *score)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY);

	write(fd, score, strlen(score));
	close(fd);
}

/*
 * Leaves the kernel's cache of free pages full on every CPU: those count as free, but nobody else
 * gets them.
 */
static void fill_caches(void)
{
	for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
		cpu_set_t set;
		uint8_t *m = mmap(NULL, CACHED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
		memset(m, 1, CACHED);
		munmap(m, CACHED);
	}
}

/*
 * Takes memory until little more than the kernel's reserve is left: half of what the reader will
 * want, which is more than CPUs cache.
 */
static void hog(int fd)
{
	size_t size = 1ul << 30;
	struct sysinfo si;
	int other[2];
	uint8_t *m = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	pipe(other);
	adjust("1000");
	while (!sh->teed)
		usleep(1000);
	fill_caches();
	for (size_t at = 0; at < size; at += 4096) {
		m[at] = 1;
		if (at % 65536 == 0)
			sysinfo(&si);
		if (at && si.freeram < si.totalram / 32 + 64 * 4096 + PIPE / 2)
			break;
	}
	sh->full = 1;
	while (fd >= 0 && !sh->reading)
		;
	if (fd >= 0)
		tee(fd, other[1], 1, 0);
	for (;;)
		pause();
}

/* Has the pipe open for itself, fills it (the first one), and leaves while it is read. */
static void writer(int fd, int nr)
{
	char name[32];
	int w;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	w = open(name, O_WRONLY);
	close(fd);
	for (int i = 0; !nr && i < PIPE / 4096; i++)
		if (write(w, pattern, 4096) != 4096)
			_exit(2);
	if (!nr)
		sh->filled = 1;
	while (!sh->reading)
		usleep(500);
	usleep(300 * nr);
	_exit(0);
}

/* What is read stays in a second pipe too, so that reading frees nothing. */
static void reader(int r)
{
	int second[2];
	uint8_t *to = mmap(NULL, PIPE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ssize_t n;

	pipe(second);
	fcntl(second[1], F_SETPIPE_SZ, PIPE);
	while (!sh->filled)
		usleep(1000);
	if (tee(r, second[1], PIPE, 0) != PIPE)
		_exit(3);
	sh->teed = 1;
	while (!sh->full)
		usleep(1000);
	sh->reading = 1;
	n = read(r, to, PIPE);
	if (n != PIPE) {
		printf("STRESS FAIL a read of %d bytes gave %zd (errno %d)\n", PIPE, n, errno);
		_exit(1);
	}
	for (int i = 0; i < PIPE; i += 4096)
		if (memcmp(to + i, pattern, 4096))
			_exit(2);
	_exit(0);
}

static void expect(const char *who, pid_t pid, int want)
{
	int st = -1;

	waitpid(pid, &st, 0);
	if (st != want)
		printf("STRESS FAIL %s ended with %#x, not %#x\n", who, st, want);
}

static void a_round(int stuck)
{
	pid_t h, r, w[WRITERS];
	int p[2];

	memset((void *)sh, 0, sizeof(*sh));
	pipe(p);
	fcntl(p[1], F_SETPIPE_SZ, PIPE);
	for (int i = 0; i < WRITERS; i++) {
		w[i] = fork();
		if (!w[i])
			writer(p[1], i);
	}
	close(p[1]);
	r = fork();
	if (!r)
		reader(p[0]);
	h = fork();
	if (!h)
		hog(stuck ? p[0] : -1);
	close(p[0]);
	for (int i = 0; i < WRITERS; i++)
		expect("a writer", w[i], 0);
	expect("the reader", r, 0);
	kill(h, SIGTERM); /* it should be gone */
	expect("the hog", h, SIGKILL);
}

int main(void)
{
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	memset(pattern, 0x5a, sizeof(pattern));
	sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < ROUNDS; i++)
		a_round(i % 2);
	printf("STRESS done\n");
	fflush(stdout);
	usleep(200000);
	reboot(RB_POWER_OFF);
	return 0;
}
