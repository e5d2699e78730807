// SPDX-License-Identifier: MPL-2.0
// While one call reads much, others run on the same CPU, and it ends when it is killed. The memory
// is one small file that is mapped again and again, what is read is a hole: so the first byte of
// the file becomes zero again and again, and who sets it to one each time sees how the call gets
// on.
#include "../lib/t.h"

#define PIECE (1L << 20)
#define ALL   (128L << 20)

static volatile char *piece;
static volatile long *passes;

static void on_cpu_0(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
}

static void watch(void)
{
	if (!*piece) {
		*piece = 1;
		++*passes;
	}
}

static char *alias(int fd)
{
	char *buf = mmap(NULL, ALL, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	long i;

	for (i = 0; i < ALL; i += PIECE)
		CHECK(mmap(buf + i, PIECE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) !=
			MAP_FAILED);
	return buf;
}

static void beside(const char *label, int from, char *buf)
{
	pid_t pid;

	*piece = 1;
	*passes = 0;
	on_cpu_0();
	pid = t_fork();
	if (pid == 0)
		for (;;)
			watch();
	CHECK(pread(from, buf, ALL, 0) == ALL);
	printf("%s: others have run meanwhile: %s\n", label, *passes >= 3 ? "yes" : "no");
	kill(pid, SIGKILL);
	t_reap(label, pid);
}

static void killed(const char *label, int from, char *buf)
{
	pid_t pid;
	int st;

	*piece = 1;
	*passes = 0;
	pid = t_fork();
	if (pid == 0) {
		on_cpu_0();
		pread(from, buf, ALL, 0);
		for (;;)
			pause();
	}
	while (*passes < 2)
		watch();
	kill(pid, SIGKILL);
	*passes = 0;
	while (waitpid(pid, &st, WNOHANG) == 0)
		watch();
	printf("%s: it went on for long: %s\n", label, *passes > 20 ? "yes" : "no");
	t_status(label, st);
}

int main(void)
{
	int hole, zero, fd;
	char *buf;

	t_start();
	t_tmpfs("");
	passes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	hole = open("hole", O_CREAT | O_RDWR, 0600);
	zero = open("/dev/zero", O_RDONLY);
	fd = open("piece", O_CREAT | O_RDWR, 0600);
	CHECK(ftruncate(hole, ALL) == 0 && ftruncate(fd, PIECE) == 0);
	piece = mmap(NULL, PIECE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	buf = alias(fd);
	killed("zero", zero, buf);
	beside("hole", hole, buf);
	return 0;
}
