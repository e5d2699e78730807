// SPDX-License-Identifier: MPL-2.0
/*
 * Pid 1 of the run of page tables: who fills the memory with them is killed for it, and nobody else.
 *
 * A program that touches one byte in each 2 MiB of its address space has a page table for each. In
 * every round such a mapper runs until it is killed, each in its own way to have tables; most have
 * hardly anything else. Beside it a bystander has some MiB, which are more pages than the mapper has
 * in most rounds, and verifies them. It must see the mapper die, and everything must go on: fork,
 * files, the bystander.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPAN  (200ul << 30)
#define LEAF  (2ul << 20)
#define PAGE  4096ul
#define OWN   (12ul << 20) /* the bystander's: more than a child of forks() maps, less than it has */
#define FORKS 200
#define FEW   2000 /* tables of a program that forks */
#define AREAS 200  /* and its areas: a fork makes them anew, and drops them if it fails */

static uint8_t *reserve(int flags, int fd)
{
	uint8_t *m = mmap(NULL, SPAN, PROT_READ | PROT_WRITE, flags | MAP_NORESERVE, fd, 0);

	if (m == MAP_FAILED) {
		printf("STRESS FAIL mmap: errno %d\n", errno);
		_exit(1);
	}
	return m;
}

static uint8_t *anonymous(void)
{
	return reserve(MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

/* A page and a table for each 2 MiB. */
static void writes(void)
{
	uint8_t *m = anonymous();

	for (size_t at = 0; at < SPAN; at += LEAF)
		m[at] = 1;
}

/* Tables alone: the pages go again. */
static void drops(void)
{
	uint8_t *m = anonymous();

	for (size_t at = 0; at < SPAN; at += LEAF) {
		m[at] = 1;
		madvise(m + at, PAGE, MADV_DONTNEED);
	}
}

/* Tables that show the page of zeroes. */
static void reads(void)
{
	volatile uint8_t *m = anonymous();

	for (size_t at = 0; at < SPAN; at += LEAF)
		(void)m[at];
}

/* Tables that show the holes of a file. */
static void shares(void)
{
	int fd = memfd_create("holes", 0);
	volatile uint8_t *m;

	ftruncate(fd, SPAN);
	m = reserve(MAP_PRIVATE, fd);
	for (size_t at = 0; at < SPAN; at += LEAF) {
		(void)m[at];
		madvise((void *)(m + at), PAGE, MADV_DONTNEED);
	}
}

/* The same tables in each of many children, which share the pages. */
static void forks(void)
{
	uint8_t *m = anonymous();

	for (size_t at = 0; at < FEW * LEAF; at += LEAF)
		m[at] = 1;
	for (size_t i = 0; i < AREAS; i++)
		mprotect(m + FEW * LEAF + 2 * i * PAGE, PAGE, PROT_NONE);
	for (int i = 0; i < FORKS; i++) {
		pid_t p = fork();
		if (p < 0) {
			printf("STRESS FAIL fork: errno %d\n", errno);
			_exit(1);
		}
		if (!p)
			for (;;)
				pause();
	}
}

/* mremap makes tables, too: a page is carried through the address space. */
static void moves(void)
{
	uint8_t *m = anonymous(), *p = m;

	munmap(m + PAGE, SPAN - PAGE);
	*p = 1;
	for (size_t at = LEAF; at < SPAN; at += LEAF) {
		p = mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, m + at);
		if (p == MAP_FAILED) {
			printf("STRESS FAIL mremap: errno %d\n", errno);
			_exit(1);
		}
	}
}

struct way {
	const char *name;
	void (*run)(void);
};
static const struct way ways[] = {
	{ "writes", writes },
	{ "drops", drops },
	{ "reads", reads },
	{ "shares", shares },
	{ "forks", forks },
	{ "moves", moves },
};

static void small_things(const uint8_t *own)
{
	int fd = open("/file", O_RDWR | O_CREAT | O_TRUNC, 0600), st = -1;
	char c = 0;
	pid_t p = fork();

	if (!p)
		_exit(own[PAGE] == 7 ? 42 : 1);
	if (p < 0 || waitpid(p, &st, 0) != p || WEXITSTATUS(st) != 42)
		printf("STRESS FAIL a child of the bystander: %d, %#x\n", p, st);
	if (write(fd, "x", 1) != 1 || pread(fd, &c, 1, 0) != 1 || c != 'x')
		printf("STRESS FAIL a file of the bystander\n");
	close(fd);
}

/* Until the mapper's end of the pipe is closed, that is, all of them are dead. */
static void bystander(int gone)
{
	uint8_t *own = mmap(NULL, OWN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char c;

	memset(own, 7, OWN);
	fcntl(gone, F_SETFL, O_NONBLOCK);
	while (read(gone, &c, 1) < 0)
		small_things(own);
	for (size_t i = 0; i < OWN; i++)
		if (own[i] != 7) {
			printf("STRESS FAIL the bystander's memory at %#zx\n", i);
			break;
		}
	_exit(0);
}

static void a_round(const struct way *w)
{
	int p[2], st;
	pid_t b, m;

	pipe(p);
	b = fork();
	if (!b) {
		close(p[1]);
		bystander(p[0]);
	}
	m = fork();
	if (!m) {
		setpgid(0, 0);
		close(p[0]);
		w->run();
		_exit(77);
	}
	setpgid(m, m);
	close(p[0]);
	close(p[1]);
	waitpid(m, &st, 0);
	if (w->run == forks) {
		if (st != SIGKILL && WEXITSTATUS(st) != 77)
			printf("STRESS FAIL %s: %#x\n", w->name, st);
		for (int i = 0; i < FORKS; i++) /* this process reaps the children */
			kill(-m, SIGKILL);
	} else if (st != SIGKILL) {
		printf("STRESS FAIL %s: the mapper ended with %#x\n", w->name, st);
	}
	st = -1;
	waitpid(b, &st, 0);
	if (st)
		printf("STRESS FAIL %s: the bystander ended with %#x\n", w->name, st);
	while (waitpid(-1, &st, WNOHANG) > 0)
		;
	printf("STRESS %s done\n", w->name);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		a_round(&ways[i]);
	printf("STRESS done\n");
	fflush(stdout);
	usleep(200000);
	reboot(RB_POWER_OFF);
	return 0;
}
