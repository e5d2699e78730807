// SPDX-License-Identifier: MPL-2.0
// glibc threads at work: mutex kinds, conditions with timeouts, barriers, once, semaphores, thread-
// local data.
#include "../lib/t.h"
#include <semaphore.h>

#define THREADS 8
#define ROUNDS  500

static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t c = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t bar;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static __thread int local = 5;
static int counter, ran_once, turn;
static sem_t sem;

static void init(void)
{
	ran_once++;
}

static void *count(void *arg)
{
	pthread_once(&once, init);
	pthread_barrier_wait(&bar);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&m);
		counter++;
		pthread_mutex_unlock(&m);
		local++;
	}
	return (void *)(long)local;
}

static void *ring(void *arg)
{
	int me = (int)(long)arg;

	for (int i = 0; i < 20; i++) {
		pthread_mutex_lock(&m);
		while (turn % THREADS != me)
			pthread_cond_wait(&c, &m);
		turn++;
		pthread_cond_broadcast(&c);
		pthread_mutex_unlock(&m);
	}
	sem_post(&sem);
	return NULL;
}

static void *robust(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

int main(void)
{
	pthread_t t[THREADS];
	void *r;
	int sum = 0;

	t_start();
	pthread_barrier_init(&bar, NULL, THREADS);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&t[i], NULL, count, NULL) == 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(t[i], &r);
		sum += (int)(long)r;
	}
	SHOW(counter);
	SHOW(sum);
	SHOW(local);
	SHOW(ran_once);
	sem_init(&sem, 0, 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&t[i], NULL, ring, (void *)(long)i) == 0);
	for (int i = 0; i < THREADS; i++)
		sem_wait(&sem);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	SHOW(turn);
	struct timespec ts;
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec = 0;
	pthread_mutex_lock(&m);
	printf("timedwait: %s\n", t_errname(pthread_cond_timedwait(&c, &m, &ts)));
	printf("trylock held: %s\n", t_errname(pthread_mutex_trylock(&m)));
	printf("timedlock held: %s\n", t_errname(pthread_mutex_timedlock(&m, &ts)));
	pthread_mutexattr_t at;
	pthread_mutex_t e;
	pthread_mutexattr_init(&at);
	pthread_mutexattr_settype(&at, PTHREAD_MUTEX_ERRORCHECK);
	pthread_mutex_init(&e, &at);
	pthread_mutex_lock(&e);
	printf("errorcheck relock: %s\n", t_errname(pthread_mutex_lock(&e)));
	pthread_mutexattr_settype(&at, PTHREAD_MUTEX_NORMAL);
	pthread_mutexattr_setrobust(&at, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_t ro;
	pthread_mutex_init(&ro, &at);
	pthread_create(&t[0], NULL, robust, &ro);
	pthread_join(t[0], NULL);
	printf("robust: %s\n", t_errname(pthread_mutex_lock(&ro)));
	printf("consistent: %s\n", t_errname(pthread_mutex_consistent(&ro)));
	pthread_mutexattr_setprotocol(&at, PTHREAD_PRIO_INHERIT);
	pthread_mutex_t pi;
	printf("PI init: %s\n", t_errname(pthread_mutex_init(&pi, &at)));
	pthread_create(&t[0], NULL, robust, &pi);
	pthread_join(t[0], NULL);
	printf("PI robust: %s\n", t_errname(pthread_mutex_lock(&pi)));
	printf("PI consistent: %s\n", t_errname(pthread_mutex_consistent(&pi)));
	printf("PI unlock: %s\n", t_errname(pthread_mutex_unlock(&pi)));
	printf("sem_timedwait: %d %s\n", sem_timedwait(&sem, &ts), t_errname(errno));
	return 0;
}
