// SPDX-License-Identifier: MPL-2.0
// /proc/PID/io counts bytes and calls of a thread, of the process, and of children once waited for.
#include "../lib/t.h"
#include <sys/sendfile.h>
#include <sys/uio.h>

struct io {
	long rchar, wchar, syscr, syscw;
};

/* Reads the file by one call, which counts only after the text was made. */
static struct io get(const char *path)
{
	struct io io = { -1, -1, -1, -1 };
	char text[512];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	close(fd);
	if (n > 0) {
		text[n] = 0;
		sscanf(text, "rchar: %ld\nwchar: %ld\nsyscr: %ld\nsyscw: %ld\n", &io.rchar,
			&io.wchar, &io.syscr, &io.syscw);
	}
	return io;
}

/* What has changed since @was; the reading of the file itself is left out. */
static void show(const char *what, struct io was, struct io now)
{
	printf("%s: read %d in %ld calls, written %ld in %ld\n", what,
		now.rchar - was.rchar >= 0 && was.rchar >= 0, now.syscr - was.syscr,
		now.wchar - was.wchar, now.syscw - was.syscw);
}

static void *work(void *arg)
{
	char b[100] = { 0 };

	return (void *)(write(*(int *)arg, b, sizeof(b)) == 100 ? NULL : b);
}

int main(void)
{
	char b[1000] = { 0 };
	struct iovec v[2] = { { b, 10 }, { b, 20 } };
	pthread_t th;
	struct io was;
	off_t at = 0;

	t_start();
	t_file("f", "", 0600);
	int fd = open("f", O_RDWR), out = open("g", O_RDWR | O_CREAT, 0600);

	fflush(stdout);
	was = get("/proc/self/io");
	CHECK(write(fd, b, 1000) == 1000);
	CHECK(pwritev(fd, v, 2, 0) == 30);
	CHECK(lseek(fd, 0, SEEK_SET) == 0);
	CHECK(read(fd, b, 600) == 600);
	CHECK(read(fd, b, 600) == 400);
	CHECK(read(fd, b, 600) == 0);
	CHECK(pread(fd, b, 1, 5) == 1);
	CHECK(read(-1, b, 1) == -1);
	show("files", was, get("/proc/self/io"));

	was = get("/proc/thread-self/io");
	CHECK(sendfile(out, fd, &at, 500) == 500);
	show("sendfile", was, get("/proc/thread-self/io"));
	fflush(stdout);

	was = get("/proc/self/io");
	CHECK(!pthread_create(&th, NULL, work, &out));
	CHECK(!pthread_join(th, NULL));
	show("a thread that has ended", was, get("/proc/self/io"));
	fflush(stdout);

	was = get("/proc/self/io");
	pid_t pid = t_fork();
	if (pid == 0)
		_exit(write(out, b, 70) == 70 ? 0 : 1);
	CHECK(waitpid(pid, NULL, 0) == pid);
	show("a child", was, get("/proc/self/io"));
	fflush(stdout);

	pid = t_fork();
	if (pid == 0) {
		T(setresgid(1000, 1000, 1000));
		T(setresuid(1000, 1000, 1000));
		T(open("/proc/1/io", O_RDONLY));
		fflush(stdout);
		_exit(0);
	}
	t_reap("another user", pid);
	return 0;
}
