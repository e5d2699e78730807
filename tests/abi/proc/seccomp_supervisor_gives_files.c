// SPDX-License-Identifier: MPL-2.0
// SECCOMP_IOCTL_NOTIF_ADDFD: a supervisor opens a file in the process that it answers.
#include "../lib/seccomp.h"
#include "../lib/t.h"

static int p[2], listener;

// A thread's calls are answered by the main thread, which shares the listener but not the filter.
static void *subject(void *arg)
{
	int *out = arg;

	listener = s_listen(0);
	CHECK(write(p[1], "r", 1) == 1);
	for (int i = 0; i < 3; i++)
		out[i] = (int)syscall(SYS_getsid, i);
	return NULL;
}

static void answer(struct seccomp_notif *n, long val)
{
	struct seccomp_notif_resp r = { .id = n->id, .val = val };

	T(SEND(listener, &r));
}

static void next(struct seccomp_notif *n)
{
	memset(n, 0, sizeof(*n));
	CHECK(RECV(listener, n) == 0);
}

int main(void)
{
	struct seccomp_notif n;
	struct seccomp_notif_addfd a = { 0 };
	struct {
		struct seccomp_notif_addfd a;
		uint64_t more;
	} longer = { 0 };
	pthread_t th;
	int out[3], f;
	char c;

	t_start();
	s_no_new_privs();
	CHECK(pipe(p) == 0);
	f = open("file", O_RDWR | O_CREAT, 0600);
	CHECK(write(f, "hello", 5) == 5);
	CHECK(pthread_create(&th, NULL, subject, out) == 0);
	CHECK(read(p[0], &c, 1) == 1);
	next(&n);
	a.id = n.id;
	a.srcfd = 99;
	T(ADDFD(listener, &a));
	a.srcfd = f;
	a.flags = 8;
	T(ADDFD(listener, &a));
	a.flags = 0;
	a.newfd = 5;
	T(ADDFD(listener, &a));
	a.newfd = 0;
	a.newfd_flags = O_APPEND;
	T(ADDFD(listener, &a));
	a.newfd_flags = 0;
	a.id++;
	T(ADDFD(listener, &a));
	T(ioctl(listener, _IOC(_IOC_READ, '!', 3, sizeof(a)), &a));
	T(ioctl(listener, _IOC(_IOC_READ | _IOC_WRITE, '!', 3, sizeof(a)), &a));
	T(ioctl(listener, _IOC(_IOC_NONE, '!', 3, 0), &a));
	a.id--;
	T(ADDFD(listener, NULL));
	T(ioctl(listener, _IOC(_IOC_WRITE, '!', 3, 16), &a));
	longer.a = a;
	longer.more = 1;
	T(ioctl(listener, _IOC(_IOC_WRITE, '!', 3, sizeof(longer)), &longer));
	// the lowest number
	int got = (int)ADDFD(listener, &a);
	IS(got > f);
	T(fcntl(got, F_GETFD));
	T(lseek(got, 0, SEEK_CUR));
	// a number of its own, twice
	a.flags = SECCOMP_ADDFD_FLAG_SETFD;
	a.newfd = 50;
	a.newfd_flags = O_CLOEXEC;
	T(ADDFD(listener, &a));
	T(fcntl(50, F_GETFD));
	a.newfd_flags = 0;
	T(ADDFD(listener, &a));
	T(fcntl(50, F_GETFD));
	a.newfd = 1u << 30;
	T(ADDFD(listener, &a));
	answer(&n, 7);
	// file and answer in one
	next(&n);
	a.id = n.id;
	a.newfd = 51;
	a.flags = SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND;
	T(ADDFD(listener, &a));
	T(ADDFD(listener, &a) < 0);
	next(&n);
	answer(&n, 9);
	pthread_join(th, NULL);
	SHOW(out[0]);
	SHOW(out[1]);
	SHOW(out[2]);
	T(fcntl(51, F_GETFD));
	a.id = n.id;
	T(ADDFD(listener, &a));
	return 0;
}
