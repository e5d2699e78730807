// SPDX-License-Identifier: MPL-2.0
/*
 * Between processes: round trips of one byte, streams (for each 64 KiB), and rings of processes
 * that pass a token (for each switch).
 */
#include "bench.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static char data[KIB64];
static int to, from; /* this side's ends */

static void die_with_parent(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* A child that sends each byte back. */
static void echo(int in, int out)
{
	char c;

	die_with_parent();
	while (read(in, &c, 1) == 1) {
		if (write(out, &c, 1) != 1)
			break;
	}
	_exit(0);
}
/* A child that writes for ever. */
static void source(int out)
{
	die_with_parent();
	while (write(out, data, sizeof data) > 0)
		;
	_exit(0);
}

static int pipe_echo(void)
{
	int there[2], back[2];

	NEED(pipe(there) == 0 && pipe(back) == 0);
	if (fork() == 0) {
		close(there[1]);
		close(back[0]);
		echo(there[0], back[1]);
	}
	to = there[1];
	from = back[0];
	return 0;
}
static int unix_echo(void)
{
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		return -1;
	if (fork() == 0) {
		close(s[0]);
		echo(s[1], s[1]);
	}
	to = from = s[0];
	return 0;
}
static int pipe_source(void)
{
	int p[2];

	NEED(pipe(p) == 0);
	if (fork() == 0) {
		close(p[0]);
		source(p[1]);
	}
	from = p[0];
	return 0;
}
static int unix_source(void)
{
	int s[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, s))
		return -1;
	if (fork() == 0) {
		close(s[0]);
		source(s[1]);
	}
	from = s[0];
	return 0;
}
/*
 * A ring of @n processes, this one included: each reads from the one before and writes to the next.
 */
static int ring(unsigned n)
{
	int first[2], in, p[2];
	unsigned i;

	NEED(pipe(first) == 0);
	in = first[0];
	for (i = 1; i < n; i++) {
		NEED(pipe(p) == 0);
		if (fork() == 0) {
			close(p[0]);
			close(first[1]);
			echo(in, p[1]);
		}
		close(in);
		close(p[1]);
		in = p[0];
	}
	to = first[1];
	from = in;
	return 0;
}
static int ring_2(void)
{
	return ring(2);
}
static int ring_8(void)
{
	return ring(8);
}

static u64 run_round_trip(unsigned n)
{
	char c = 'x';

	TIMED(n, NEED(write(to, &c, 1) == 1 && read(from, &c, 1) == 1));
}
/* Far more than fits between the two, so that what was there before does not count. */
#define ROUNDS 16
static u64 run_stream(unsigned n)
{
	u64 left = (u64)n * KIB64 * ROUNDS, start = timed_start();
	ssize_t got;

	while (left) {
		got = read(from, data, left < sizeof data ? left : sizeof data);
		NEED(got > 0);
		left -= (u64)got;
	}
	return timed_end(start) / ROUNDS;
}
/* A token's way round is as many switches as there are members. */
static u64 run_ring_2(unsigned n)
{
	return run_round_trip(n) / 2;
}
static u64 run_ring_8(unsigned n)
{
	return run_round_trip(n) / 8;
}

/* The pipes alone: a byte through a pipe within one process. */
static int pipe_self(void)
{
	int p[2];

	NEED(pipe(p) == 0);
	to = p[1];
	from = p[0];
	return 0;
}

const struct row rows_ipc[] = {
	{ "pipe write+read, one process", pipe_self, run_round_trip },
	{ "pipe round trip", pipe_echo, run_round_trip },
	{ "pipe stream, 64 KiB", pipe_source, run_stream },
	{ "AF_UNIX round trip", unix_echo, run_round_trip },
	{ "AF_UNIX stream, 64 KiB", unix_source, run_stream },
	{ "switch, ring of 2", ring_2, run_ring_2 },
	{ "switch, ring of 8", ring_8, run_ring_8 },
	{ NULL, NULL, NULL },
};
