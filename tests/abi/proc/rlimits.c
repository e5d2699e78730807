// SPDX-License-Identifier: MPL-2.0
// getrlimit, setrlimit and prlimit64: raising, lowering, inheritance, NOFILE and FSIZE at work.
#include "../lib/t.h"

static volatile int xfsz;

static void on_xfsz(int sig, siginfo_t *si, void *uc)
{
	xfsz++;
}

static int set(int what, rlim_t cur, rlim_t max)
{
	struct rlimit rl = { cur, max };

	return setrlimit(what, &rl);
}

int main(void)
{
	struct rlimit rl;

	t_start();
	IN_CHILD("limits", {
		T(set(RLIMIT_NOFILE, 10, 20));
		T(getrlimit(RLIMIT_NOFILE, &rl));
		SHOW(rl.rlim_cur);
		SHOW(rl.rlim_max);
		T(set(RLIMIT_NOFILE, 21, 20));
		T(set(RLIMIT_NOFILE, 20, 20));
		T(set(RLIMIT_NOFILE, 10, 30));
		T(set(99, 1, 1));
		T(getrlimit(99, &rl));
		T(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, NULL));
		T(syscall(SYS_prlimit64, 999999, RLIMIT_NOFILE, NULL, &rl));
		T(syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, (void *)8, NULL));
		T(syscall(SYS_prlimit64, getpid(), RLIMIT_NOFILE, NULL, &rl));
		SHOW(rl.rlim_max);
		T(set(RLIMIT_NOFILE, 5, 20));
		T(open("/dev/null", O_RDONLY));
		T(open("/dev/null", O_RDONLY));
		T(open("/dev/null", O_RDONLY));
		T(pipe((int[2]){ 0 }));
		T(dup(0));
		T(fcntl(0, F_DUPFD, 5));
		T(dup2(0, 4));
		T(set(RLIMIT_NOFILE, 3, 20));
		T(write(4, "x", 1) >= 0 || errno == EBADF);
		T(close(4));
		T(dup(0));
		t_drop_root(1000);
		T(set(RLIMIT_NOFILE, 15, 30));
		T(set(RLIMIT_NOFILE, 15, 15));
		T(set(RLIMIT_NOFILE, 15, 20));
		T(syscall(SYS_prlimit64, 1, RLIMIT_NOFILE, NULL, &rl));
	});
	IN_CHILD("file size", {
		t_handle(SIGXFSZ, on_xfsz, 0);
		int fd = open("f", O_RDWR | O_CREAT, 0600);
		T(set(RLIMIT_FSIZE, 10, 1000));
		T(write(fd, "0123456", 7));
		T(write(fd, "0123456", 7));
		T(write(fd, "0123456", 7));
		SHOW(xfsz);
		T(ftruncate(fd, 11));
		SHOW(xfsz);
		T(pwrite(fd, "0", 1, 100));
		SHOW(xfsz);
		T(ftruncate(fd, 5));
		T(write(fd, "", 0));
	});
	IN_CHILD("file size by default", {
		int fd = open("f", O_RDWR | O_CREAT, 0600);
		T(set(RLIMIT_FSIZE, 0, 0));
		T(write(fd, "x", 1));
	});
	IN_CHILD("inherited", {
		T(set(RLIMIT_STACK, 1 << 20, 2 << 20));
		IN_CHILD("child", {
			getrlimit(RLIMIT_STACK, &rl);
			SHOW(rl.rlim_cur);
			SHOW(rl.rlim_max);
		});
	});
	return 0;
}
