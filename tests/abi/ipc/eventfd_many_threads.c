// SPDX-License-Identifier: MPL-2.0
// Blocked readers and writers of an eventfd: each unit of a semaphore is taken once, nothing is
// lost at the upper limit.
#include "../lib/t.h"
#include <sys/eventfd.h>

#define UNITS 400

static int sem, full, taken, put;

static void *taker(void *arg)
{
	uint64_t v;

	while (__atomic_add_fetch(&taken, 1, __ATOMIC_SEQ_CST) <= UNITS)
		CHECK(read(sem, &v, 8) == 8 && v == 1);
	return NULL;
}

static void *putter(void *arg)
{
	uint64_t v = 0xfffffffffffffffeul;

	for (int i = 0; i < 20; i++)
		CHECK(write(full, &v, 8) == 8);
	__atomic_add_fetch(&put, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

int main(void)
{
	pthread_t t[4];
	uint64_t v;
	int n = 0;

	t_start();
	sem = eventfd(0, EFD_SEMAPHORE);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, taker, NULL);
	for (int i = 0; i < UNITS / 8; i++)
		eventfd_write(sem, 8);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	struct pollfd p = { sem, POLLIN, 0 };
	T(poll(&p, 1, 0));
	full = eventfd(0, 0);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, putter, NULL);
	while (n < 80 && read(full, &v, 8) == 8)
		n += v == 0xfffffffffffffffeul;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	SHOW(n);
	SHOW(put);
	T(write(full, &(uint64_t){ 1 }, 8));
	IN_CHILD("interrupted", {
		signal(SIGALRM, SIG_DFL);
		ualarm(20000, 0);
		for (;;)
			read(full, &v, 8);
	});
	return 0;
}
