// SPDX-License-Identifier: MPL-2.0
/*
 * Signals: setting a handler, catching one sent to oneself, and catching a store to a page that may
 * not be written.
 */
#include "bench.h"

#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

static char *page;
static volatile unsigned caught;

static void count(int sig)
{
	(void)sig;
	caught++;
}
/* Goes on behind the store. */
static void skip(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;

	(void)sig, (void)info;
	CONTEXT_PC(u) += STORE_BYTE_LEN;
}

static int set_count(void)
{
	struct sigaction sa = { .sa_handler = count };

	return sigaction(SIGUSR1, &sa, NULL);
}
static int set_skip(void)
{
	struct sigaction sa = { .sa_sigaction = skip, .sa_flags = SA_SIGINFO };

	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	NEED(page != MAP_FAILED);
	*page = 1;
	NEED(mprotect(page, 4096, PROT_READ) == 0);
	return sigaction(SIGSEGV, &sa, NULL);
}

static u64 run_install(unsigned n)
{
	struct sigaction sa = { .sa_handler = count };

	TIMED(n, sigaction(SIGUSR2, &sa, NULL));
}
static u64 run_catch(unsigned n)
{
	pid_t me = getpid();

	TIMED(n, kill(me, SIGUSR1));
}
static u64 run_fault(unsigned n)
{
	TIMED(n, STORE_BYTE(page));
}

const struct row rows_signal[] = {
	{ "signal install", NULL, run_install },
	{ "signal catch (kill self)", set_count, run_catch },
	{ "protection fault caught", set_skip, run_fault },
	{ NULL, NULL, NULL },
};
