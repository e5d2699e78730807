// SPDX-License-Identifier: MPL-2.0
// Several supervisors at once: each call is received once and answered once; a file that was hung
// on a call is opened; nobody waits for ever.
#include "../lib/seccomp.h"
#include "../lib/t.h"

#define CALLS 1500
#define RACES 600

static volatile int listener = -1, stop;
static int odd[8], received;

static void count(int *n)
{
	__atomic_fetch_add(n, 1, __ATOMIC_SEQ_CST);
}

// Receives and answers: the answer is the argument.
static void *supervisor(void *arg)
{
	for (;;) {
		struct seccomp_notif n = { 0 };
		struct seccomp_notif_resp r = { 0 };

		if (RECV(listener, &n) != 0) {
			if (errno == ENOENT && stop)
				return NULL;
			count(&odd[0]);
			continue;
		}
		count(&received);
		r.id = n.id;
		r.val = (long)n.data.args[0];
		if (SEND(listener, &r) != 0)
			count(&odd[1]);
	}
}

static int asking;

static void *caller(void *arg)
{
	for (int i = 1; i <= CALLS; i++)
		if (syscall(SYS_getsid, (long)i) != i)
			count(&odd[2]);
	if (__atomic_sub_fetch(&asking, 1, __ATOMIC_SEQ_CST) == 0)
		stop = 1;
	return NULL;
}

static void *first_caller(void *arg)
{
	pthread_t th;

	listener = s_listen(0);
	asking = 2;
	CHECK(pthread_create(&th, NULL, caller, NULL) == 0);
	caller(NULL);
	pthread_join(th, NULL);
	return NULL;
}

static void many(void)
{
	pthread_t c, s[3];

	CHECK(pthread_create(&c, NULL, first_caller, NULL) == 0);
	CHECK(UNTIL(listener >= 0));
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&s[i], NULL, supervisor, NULL) == 0);
	pthread_join(c, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(s[i], NULL);
	SHOW(received);
	SHOW(odd[0]);
	SHOW(odd[1]);
	SHOW(odd[2]);
}

// ---- one file and one answer, in any order ----

static pthread_barrier_t begin, end;
static struct seccomp_notif notice;
static unsigned how;
static long added, added_err, result;

static void *adder(void *arg)
{
	int f = open("/dev/null", O_RDONLY);

	for (int i = 0; i < RACES; i++) {
		pthread_barrier_wait(&begin);
		struct seccomp_notif_addfd a = {
			.id = notice.id, .flags = how, .srcfd = (unsigned)f
		};
		added = ADDFD(listener, &a);
		added_err = added < 0 ? errno : 0;
		pthread_barrier_wait(&end);
	}
	return NULL;
}

static void *answered(void *arg)
{
	listener = s_listen(0);
	for (int i = 0; i < RACES; i++) {
		result = syscall(SYS_getsid, 0);
		pthread_barrier_wait(&end);
	}
	return NULL;
}

static void file_and_answer(unsigned flags)
{
	pthread_t a, b;
	unsigned seed = 1;

	how = flags;
	memset(odd, 0, sizeof(odd));
	pthread_barrier_init(&begin, NULL, 2);
	pthread_barrier_init(&end, NULL, 3);
	listener = -1;
	CHECK(pthread_create(&a, NULL, answered, NULL) == 0);
	CHECK(UNTIL(listener >= 0));
	CHECK(pthread_create(&b, NULL, adder, NULL) == 0);
	for (int i = 0; i < RACES; i++) {
		struct seccomp_notif_resp r = { .val = 1000000 };
		long sent, err;

		memset(&notice, 0, sizeof(notice));
		CHECK(RECV(listener, &notice) == 0);
		r.id = notice.id;
		pthread_barrier_wait(&begin);
		for (volatile unsigned k = rand_r(&seed) % 4000; k; k--)
			;
		sent = SEND(listener, &r);
		err = sent < 0 ? errno : 0;
		pthread_barrier_wait(&end);
		if (flags && (added >= 0) == (sent == 0))
			odd[0]++;
		if (!flags && sent != 0)
			odd[1]++;
		if (err && err != EINPROGRESS && err != ENOENT)
			odd[2]++;
		if (added_err && added_err != EINPROGRESS && added_err != ENOENT)
			odd[3]++;
		if (result != (sent == 0 ? 1000000 : added))
			odd[4]++;
		if (added >= 0 && close((int)added) != 0)
			odd[5]++;
	}
	pthread_join(a, NULL);
	pthread_join(b, NULL);
	for (int i = 0; i < 6; i++)
		SHOW(odd[i]);
}

// ---- a flood of files does not keep a killed process alive ----

static void *flood(void *arg)
{
	struct seccomp_notif_addfd a = {
		.id = notice.id, .flags = SECCOMP_ADDFD_FLAG_SETFD, .srcfd = 0, .newfd = 41
	};

	while (ADDFD(listener, &a) >= 0 || errno == ESRCH)
		;
	if (errno != ENOENT)
		count(&odd[0]);
	return arg;
}

static void *asker(void *arg)
{
	for (;;)
		syscall(SYS_getsid, 0);
	return arg;
}

static pid_t subject(unsigned flags, int threads)
{
	int sock[2];
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sock) == 0);
	pid = t_fork();
	if (pid == 0) {
		int fd = s_listen(flags);
		s_put_fd(sock[1], fd);
		close(fd);
		for (int i = 0; i < threads; i++) {
			pthread_t th;
			CHECK(pthread_create(&th, NULL, asker, NULL) == 0);
		}
		for (;;)
			syscall(SYS_getsid, 0);
	}
	listener = s_get_fd(sock[0]);
	close(sock[0]);
	close(sock[1]);
	return pid;
}

static void killed(unsigned flags)
{
	pthread_t th[3];
	pid_t pid = subject(flags, 0);

	memset(odd, 0, sizeof(odd));
	memset(&notice, 0, sizeof(notice));
	CHECK(RECV(listener, &notice) == 0);
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&th[i], NULL, flood, NULL) == 0);
	for (volatile int i = 0; i < 1000000; i++)
		;
	kill(pid, SIGKILL);
	t_reap("flooded", pid);
	for (int i = 0; i < 3; i++)
		pthread_join(th[i], NULL);
	SHOW(odd[0]);
	close(listener);
}

// ---- ends at any moment ----

static void ends(void)
{
	unsigned seed = 1;
	double t0 = (double)t_now_ns();
	int strange = 0;

	while ((double)t_now_ns() < t0 + 2e9) {
		unsigned killable = SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
		pid_t pid = subject(rand_r(&seed) % 2 ? killable : 0, 3);
		pid_t sup = t_fork();
		int st;

		if (sup == 0) {
			for (;;) {
				struct seccomp_notif n = { 0 };
				struct seccomp_notif_resp r = { 0 };
				if (RECV(listener, &n) != 0)
					continue;
				struct seccomp_notif_addfd a = { .id = n.id,
					.flags = rand_r(&seed) % 4,
					.srcfd = 1,
					.newfd = 50 };
				ADDFD(listener, &a);
				r.id = n.id;
				SEND(listener, &r);
			}
		}
		if (rand_r(&seed) % 2)
			close(listener);
		for (volatile unsigned k = rand_r(&seed) % 200000; k; k--)
			;
		kill(sup, rand_r(&seed) % 2 ? SIGKILL : SIGTERM);
		for (volatile unsigned k = rand_r(&seed) % 20000; k; k--)
			;
		kill(pid, rand_r(&seed) % 2 ? SIGKILL : SIGTERM);
		close(listener);
		CHECK(waitpid(sup, &st, 0) == sup);
		CHECK(waitpid(pid, &st, 0) == pid);
		strange += !WIFSIGNALED(st);
	}
	SHOW(strange);
}

int main(void)
{
	t_start();
	s_no_new_privs();
	IN_CHILD("many", many());
	IN_CHILD("file and answer", file_and_answer(0));
	IN_CHILD("file as answer", file_and_answer(SECCOMP_ADDFD_FLAG_SEND));
	IN_CHILD("killed", killed(0));
	IN_CHILD("killed, killable", killed(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV));
	ends();
	return 0;
}
