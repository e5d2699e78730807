// SPDX-License-Identifier: MPL-2.0
// FIFOs: O_NONBLOCK opens, ENXIO, opens that wait for the other side, end of file and new writers.
#include "../lib/t.h"

int main(void)
{
	char buf[8];

	t_start();
	T(mkfifo("f", 0600));
	T(mkfifo("f", 0600));
	T(open("f", O_WRONLY | O_NONBLOCK));
	int r = T(open("f", O_RDONLY | O_NONBLOCK));
	T(read(r, buf, 1));
	int w = T(open("f", O_WRONLY | O_NONBLOCK));
	T(read(r, buf, 1));
	T(write(w, "hello", 5));
	T(read(r, buf, 8));
	T(close(w));
	T(read(r, buf, 8));
	struct pollfd p = { r, POLLIN, 0 };
	T(poll(&p, 1, 0));
	SHOWX(p.revents);
	w = T(open("f", O_WRONLY));
	T(poll(&p, 1, 0));
	T(write(w, "again", 5));
	T(close(w));
	T(read(r, buf, 8));
	T(close(r));
	int rw = T(open("f", O_RDWR));
	T(write(rw, "self", 4));
	T(read(rw, buf, 8));
	T(lseek(rw, 0, SEEK_SET));
	T(ftruncate(rw, 0));
	T(truncate("f", 0));
	T(open("f", O_RDONLY | O_TRUNC) >= 0);
	close(4);
	close(rw);
	pid_t pid = t_fork();
	if (pid == 0) {
		w = open("f", O_WRONLY);
		write(w, "from the child", 14);
		_exit(0);
	}
	t_wait_state(pid, 'S');
	r = T(open("f", O_RDONLY));
	char text[32];
	ssize_t n = read(r, text, sizeof(text));
	t_text("read", text, n);
	t_reap("writer", pid);
	T(read(r, text, 1));
	T(close(r));
	signal(SIGPIPE, SIG_IGN);
	r = open("f", O_RDONLY | O_NONBLOCK);
	w = open("f", O_WRONLY);
	close(r);
	T(write(w, "x", 1));
	T(unlink("f"));
	T(access("f", F_OK));
	return 0;
}
