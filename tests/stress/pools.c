// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the run that fills the kernel's pools: processes of very many areas of memory take most
 * of it for the objects that describe the areas. When they are gone, the memory is free again, and
 * a program that needs it gets it: nobody is killed for it. And again: the pools use the same
 * addresses for the next processes.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "stress.h"

#define AREAS  60000 /* a process has at most 65530 */
#define FORKS  10
#define ROUNDS 3
/* What may stay: some pages of each pool, tables, what is in the caches of CPUs. */
#define SLACK_KB 16384

static long meminfo(const char *name)
{
	char text[4096];
	FILE *f = fopen("/proc/meminfo", "r");
	size_t n = fread(text, 1, sizeof(text) - 1, f);
	const char *at;

	fclose(f);
	text[n] = 0;
	at = strstr(text, name);
	MUST(at);
	return atol(at + strlen(name) + 1);
}

/* Every other page may be read: an area for each page. */
static void make_areas(void)
{
	char *p = mmap(NULL, AREAS * 4096ul, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);

	MUST(p != MAP_FAILED);
	for (long i = 0; i < AREAS; i += 2)
		MUST(!mprotect(p + i * 4096, 4096, PROT_READ));
}

/* Returns the kB that are free while the processes are there. */
static void fork_all(int result)
{
	pid_t child[FORKS];
	long low;

	make_areas();
	for (int i = 0; i < FORKS; i++) {
		child[i] = fork();
		MUST(child[i] >= 0);
		if (!child[i]) {
			pause();
			_exit(0);
		}
	}
	low = meminfo("MemFree:");
	write(result, &low, sizeof(low));
	for (int i = 0; i < FORKS; i++)
		kill(child[i], SIGKILL);
	for (int i = 0; i < FORKS; i++)
		MUST(waitpid(child[i], NULL, 0) == child[i]);
	_exit(0);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Touches nearly all of the memory that was free at the start, in a process of its own. */
static void use_memory(long kb)
{
	pid_t user = fork();
	int status;

	if (!user) {
		size_t size = (size_t)kb << 10;
		char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0);
		MUST(p != MAP_FAILED);
		memset(p, 1, size);
		_exit(0);
	}
	MUST(waitpid(user, &status, 0) == user && status == 0);
}

static void a_round(void)
{
	long before = meminfo("MemFree:"), low = 0, after;
	double deadline;
	int p[2], status;
	pid_t child;

	MUST(!pipe(p));
	child = fork();
	if (!child)
		fork_all(p[1]);
	close(p[1]);
	MUST(waitpid(child, &status, 0) == child && status == 0);
	MUST(read(p[0], &low, sizeof(low)) == sizeof(low));
	close(p[0]);
	/* A process that was waited for may still be freeing what it had. */
	deadline = now() + 30;
	do {
		after = meminfo("MemFree:");
	} while (after < before - SLACK_KB && now() < deadline);
	printf("%ld kB free before, %ld with the processes, %ld after\n", before, low, after);
	MUST(low < before - 60000); /* the round has filled pools */
	MUST(after >= before - SLACK_KB);
	use_memory(before - 2 * SLACK_KB);
}

int main(void)
{
	mkdir("/proc", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	for (int i = 0; i < ROUNDS; i++)
		a_round();
	printf("STRESS done\n");
	fflush(stdout);
	usleep(200000);
	reboot(RB_POWER_OFF);
	return 0;
}
