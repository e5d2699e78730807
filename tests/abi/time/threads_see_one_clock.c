// SPDX-License-Identifier: MPL-2.0
// CLOCK_MONOTONIC never runs backwards between threads on different harts.
#include "../lib/t.h"

static volatile uint64_t latest;
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int backwards;

static void *look(void *arg)
{
	for (int i = 0; i < 3000; i++) {
		pthread_mutex_lock(&m);
		uint64_t now = t_now_ns();
		if (now < latest)
			backwards++;
		latest = now;
		pthread_mutex_unlock(&m);
	}
	return NULL;
}

int main(void)
{
	pthread_t t[4];

	t_start();
	for (int i = 0; i < 4; i++)
		CHECK(pthread_create(&t[i], NULL, look, NULL) == 0);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	SHOW(backwards);
	return 0;
}
