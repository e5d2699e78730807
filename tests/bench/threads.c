// SPDX-License-Identifier: MPL-2.0
/* Threads and futexes. */
#include "bench.h"

#include <linux/futex.h>
#include <pthread.h>

static uint32_t turn;
static pthread_t partner;

static void *nothing(void *arg)
{
	return arg;
}
static u64 run_thread(unsigned n)
{
	pthread_t t;

	TIMED(n, {
		NEED(pthread_create(&t, NULL, nothing, NULL) == 0);
		pthread_join(t, NULL);
	});
}

static long futex(int op, uint32_t val)
{
	return syscall(SYS_futex, &turn, op | FUTEX_PRIVATE_FLAG, val, NULL, NULL, 0);
}
/* Waits until the turn is @mine, then gives it to the other. */
static void take_turn(uint32_t mine)
{
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != mine)
		futex(FUTEX_WAIT, !mine);
	__atomic_store_n(&turn, !mine, __ATOMIC_RELEASE);
	futex(FUTEX_WAKE, 1);
}
static void *play(void *arg)
{
	for (;;)
		take_turn(1);
	return arg;
}
static int start_partner(void)
{
	NEED(pthread_create(&partner, NULL, play, NULL) == 0);
	return 0;
}
static u64 run_ping_pong(unsigned n)
{
	TIMED(n, take_turn(0));
}
static u64 run_futex_wake(unsigned n)
{
	TIMED(n, futex(FUTEX_WAKE, 1));
}

const struct row rows_thread[] = {
	{ "pthread create+join", NULL, run_thread },
	{ "futex ping-pong, there and back", start_partner, run_ping_pong },
	{ "futex wake of nobody", NULL, run_futex_wake },
	{ NULL, NULL, NULL },
};
