// SPDX-License-Identifier: MPL-2.0
// A program for musl, static and dynamic: standard input and output, threads, files, processes,
// time.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int count;

static void *body(void *arg)
{
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&mutex);
		count++;
		pthread_mutex_unlock(&mutex);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t[4];
	struct timespec ts;
	char line[100];
	int st;

	(void)argc;
	printf("%s %s\n", strrchr(argv[0], '/') + 1, getenv("HOME") ? "has a home" : "has none");
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, body, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	printf("count %d\n", count);
	fflush(stdout);
	if (fork() == 0)
		exit(system("exit 5") >> 8);
	wait(&st);
	printf("system %d\n", WEXITSTATUS(st));
	FILE *f = popen("echo from a pipe", "r");
	printf("%s", fgets(line, sizeof(line), f));
	pclose(f);
	printf("clock %d, %s\n", clock_gettime(CLOCK_MONOTONIC, &ts), strerror(ENOENT));
	return 0;
}
