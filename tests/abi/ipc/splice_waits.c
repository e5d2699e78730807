// SPDX-License-Identifier: MPL-2.0
// splice, tee and vmsplice sleep for data and for room, and are woken; O_NONBLOCK of either end
// counts.
#include "../lib/t.h"
#include <sys/sendfile.h>

static char page[65536];

int main(void)
{
	int a[2], b[2];
	struct iovec v = { page, 100 };

	t_start();
	t_pipe(a);
	t_pipe(b);
	pid_t pid = t_fork();
	if (pid == 0)
		_exit((int)splice(a[0], NULL, b[1], NULL, 100, 0));
	t_wait_state(pid, 'S');
	write(a[1], "hello", 5);
	t_reap("splice waits for data", pid);
	T(read(b[0], page, 100));
	pid = t_fork();
	if (pid == 0)
		_exit((int)tee(a[0], b[1], 100, 0));
	t_wait_state(pid, 'S');
	write(a[1], "tea", 3);
	t_reap("tee waits for data", pid);
	T(read(a[0], page, 100));
	T(read(b[0], page, 100));
	CHECK(write(b[1], page, 65536) == 65536);
	pid = t_fork();
	if (pid == 0) {
		write(a[1], "more", 4);
		_exit((int)splice(a[0], NULL, b[1], NULL, 100, 0));
	}
	t_wait_state(pid, 'S');
	T(read(b[0], page, 4096));
	t_reap("splice waits for room", pid);
	T(read(b[0], page, 65536));
	CHECK(write(b[1], page, 65536) == 65536);
	pid = t_fork();
	if (pid == 0)
		_exit((int)vmsplice(b[1], &v, 1, 0));
	t_wait_state(pid, 'S');
	T(read(b[0], page, 8192));
	t_reap("vmsplice waits for room", pid);
	T(read(b[0], page, 65536));
	T(vmsplice(a[0], &v, 1, SPLICE_F_NONBLOCK));
	write(a[1], "to the user", 11);
	memset(page, 0, 16);
	T(vmsplice(a[0], &v, 1, 0));
	t_text("vmsplice reads", page, 11);
	T(vmsplice(a[1], NULL, 1, 0));
	T(vmsplice(a[1], &v, 0, 0));
	T(vmsplice(a[1], &v, 1, 0x100));
	T(vmsplice(a[1], &v, 5000, 0));
	T(vmsplice(99, &v, 1, 0));
	T(vmsplice(1, &v, 1, 0));
	v.iov_base = (void *)8;
	T(vmsplice(a[1], &v, 1, 0));
	fcntl(a[0], F_SETFL, O_NONBLOCK);
	T(splice(a[0], NULL, b[1], NULL, 1, 0));
	T(tee(a[0], b[1], 1, 0));
	fcntl(a[0], F_SETFL, 0);
	T(splice(a[0], NULL, b[1], NULL, 1, SPLICE_F_NONBLOCK));
	t_file("f", "file", 0600);
	int f = open("f", O_RDONLY);
	fcntl(b[1], F_SETFL, O_NONBLOCK);
	write(b[1], page, 65536);
	T(splice(f, NULL, b[1], NULL, 1, 0));
	// sendfile fills a pipe and reports what went in.
	int big = open("big", O_RDWR | O_CREAT, 0600);
	ftruncate(big, 200000);
	T(read(b[0], page, 65536));
	T(sendfile(b[1], big, NULL, 200000));
	T(sendfile(b[1], big, NULL, 200000));
	SHOW(lseek(big, 0, SEEK_CUR));
	return 0;
}
