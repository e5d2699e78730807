// SPDX-License-Identifier: MPL-2.0
// futex: a thread that waits on a word of a mapped file does not keep the file, or its mount.
#include "../lib/t.h"
#include <linux/futex.h>
#include <sys/vfs.h>

static pid_t tid;
static unsigned *word;
static volatile long result;

static void *wait_for_word(void *arg)
{
	tid = (pid_t)syscall(SYS_gettid);
	result = syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0) ? -errno : 0;
	return NULL;
}

static void wake(int sig)
{
}

static unsigned *map(const char *path)
{
	int f = open(path, O_RDWR | O_CREAT, 0600);
	unsigned *p;

	CHECK(f >= 0 && ftruncate(f, 64 * 4096) == 0);
	p = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
	CHECK(p != MAP_FAILED);
	for (int i = 0; i < 64; i++)
		p[i * 1024 + 1] = 1;
	close(f);
	return p;
}

static void show(const char *what)
{
	struct statfs s;

	CHECK(statfs("m", &s) == 0);
	printf("%s: %d of %d blocks, %d of %d files used\n", what, (int)(s.f_blocks - s.f_bfree),
		(int)s.f_blocks, (int)(s.f_files - s.f_ffree), (int)s.f_files);
}

int main(void)
{
	struct sigaction sa = { .sa_handler = wake };
	unsigned *again;
	pthread_t t;

	t_start();
	sigaction(SIGUSR1, &sa, NULL);
	T(mkdir("m", 0755));
	CHECK(mount("tmpfs", "m", "tmpfs", 0, "size=1m,nr_inodes=10") == 0);
	word = map("m/x");
	CHECK(pthread_create(&t, NULL, wait_for_word, NULL) == 0);
	UNTIL(tid);
	t_wait_thread(tid, 'S');
	show("mapped");
	// Another mapping of the same file reaches the waiter, also after the first one has gone.
	again = map("m/x");
	T(munmap(word, 64 * 4096));
	T(syscall(SYS_futex, again + 1, FUTEX_WAKE, 1, NULL, NULL, 0));
	T(syscall(SYS_futex, again, FUTEX_WAKE, 1, NULL, NULL, 0));
	pthread_join(t, NULL);
	SHOW(result);
	// A waiter whose file goes.
	tid = 0;
	word = again;
	CHECK(pthread_create(&t, NULL, wait_for_word, NULL) == 0);
	UNTIL(tid);
	t_wait_thread(tid, 'S');
	T(unlink("m/x"));
	T(munmap(word, 64 * 4096));
	show("gone");
	// A new file of the same name is another futex.
	again = map("m/x");
	T(syscall(SYS_futex, again, FUTEX_WAKE, 1, NULL, NULL, 0));
	T(munmap(again, 64 * 4096));
	T(umount("m"));
	T(pthread_kill(t, SIGUSR1));
	pthread_join(t, NULL);
	SHOW(result);
	return 0;
}
