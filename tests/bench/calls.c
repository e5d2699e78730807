// SPDX-License-Identifier: MPL-2.0
/*
 * Small system calls on no, or one, object. The calls are made directly where the C library would
 * do more than call.
 */
#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>

static int fd;
static char byte;
static struct stat st;

static int open_zero(void)
{
	fd = open("/dev/zero", O_RDONLY);
	NEED(fd >= 0);
	return 0;
}
static int open_null(void)
{
	fd = open("/dev/null", O_WRONLY);
	NEED(fd >= 0);
	return 0;
}
/* A file two folders deep on tmpfs, and a link to it. */
static int make_file(void)
{
	mkdir("a", 0755);
	mkdir("a/b", 0755);
	fd = open("a/b/file", O_RDWR | O_CREAT, 0644);
	NEED(fd >= 0 && write(fd, "text", 4) == 4);
	if (symlink("b/file", "a/link"))
		NEED(errno == EEXIST);
	return 0;
}

static u64 run_getppid(unsigned n)
{
	TIMED(n, syscall(SYS_getppid));
}
static u64 run_getpid(unsigned n)
{
	TIMED(n, syscall(SYS_getpid));
}
static u64 run_read(unsigned n)
{
	TIMED(n, NEED(read(fd, &byte, 1) == 1));
}
static u64 run_write(unsigned n)
{
	TIMED(n, NEED(write(fd, &byte, 1) == 1));
}
static u64 run_stat(unsigned n)
{
	TIMED(n, stat("/tmp/a/b/file", &st));
}
static u64 run_fstat(unsigned n)
{
	TIMED(n, fstat(fd, &st));
}
static u64 run_open(unsigned n)
{
	TIMED(n, close(open("/tmp/a/b/file", O_RDONLY)));
}
static u64 run_access(unsigned n)
{
	TIMED(n, access("/tmp/a/b/file", R_OK));
}
static u64 run_dup(unsigned n)
{
	TIMED(n, close(dup(fd)));
}
static u64 run_lseek(unsigned n)
{
	TIMED(n, lseek(fd, 1, SEEK_SET));
}
static u64 run_readlink(unsigned n)
{
	char text[64];

	TIMED(n, NEED(readlink("/tmp/a/link", text, sizeof text) == 6));
}
static u64 run_sigprocmask(unsigned n)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	TIMED(n, sigprocmask(_i & 1 ? SIG_UNBLOCK : SIG_BLOCK, &set, NULL));
}
static u64 run_clock_vdso(unsigned n)
{
	struct timespec ts;

	TIMED(n, clock_gettime(CLOCK_MONOTONIC, &ts));
}
static u64 run_clock_call(unsigned n)
{
	struct timespec ts;

	TIMED(n, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts));
}
static u64 run_gettimeofday(unsigned n)
{
	struct timeval tv;

	TIMED(n, gettimeofday(&tv, NULL));
}

const struct row rows_calls[] = {
	{ "null call (getppid)", NULL, run_getppid },
	{ "getpid", NULL, run_getpid },
	{ "read 1 byte of /dev/zero", open_zero, run_read },
	{ "write 1 byte to /dev/null", open_null, run_write },
	{ "lseek", make_file, run_lseek },
	{ "fstat", make_file, run_fstat },
	{ "stat of a path", make_file, run_stat },
	{ "access", make_file, run_access },
	{ "readlink", make_file, run_readlink },
	{ "open+close", make_file, run_open },
	{ "dup+close", make_file, run_dup },
	{ "sigprocmask", NULL, run_sigprocmask },
	{ "clock_gettime, vDSO", NULL, run_clock_vdso },
	{ "clock_gettime, call", NULL, run_clock_call },
	{ "gettimeofday", NULL, run_gettimeofday },
	{ NULL, NULL, NULL },
};
