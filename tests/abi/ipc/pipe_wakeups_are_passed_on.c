// SPDX-License-Identifier: MPL-2.0
// Who is woken at a pipe and leaves something for others, bytes or room, wakes the next: whether by
// read, write, splice, tee or vmsplice.
#include "../lib/t.h"

static int p[2], q[2];

static ssize_t read_one(void)
{
	char c;

	return read(p[0], &c, 1);
}

static ssize_t splice_one(void)
{
	return splice(p[0], NULL, q[1], NULL, 1, 0);
}

static ssize_t splice_one_to_file(void)
{
	loff_t at = 0;
	int fd = open("out", O_CREAT | O_RDWR, 0600);

	return splice(p[0], NULL, fd, &at, 1, 0);
}

static ssize_t vmsplice_one_out(void)
{
	char c;
	struct iovec v = { &c, 1 };

	return vmsplice(p[0], &v, 1, 0);
}

static ssize_t write_one(void)
{
	return write(p[1], "w", 1);
}

static ssize_t vmsplice_one_in(void)
{
	struct iovec v = { "v", 1 };

	return vmsplice(p[1], &v, 1, 0);
}

static ssize_t splice_one_in(void)
{
	loff_t at = 0;
	int fd = open("in", O_RDONLY);

	return splice(fd, &at, p[1], NULL, 1, 0);
}

static ssize_t tee_in(void)
{
	write(q[1], "t", 1);
	return tee(q[0], p[1], 1, 0);
}

static pid_t start(ssize_t (*one)(void))
{
	pid_t pid = t_fork();

	if (pid == 0) {
		alarm(10);
		_exit(one() != 1);
	}
	t_wait_state(pid, 'S');
	return pid;
}

/* The first one sleeps before the second: it is the one that is woken. */
static void readers(const char *label, ssize_t (*first)(void), ssize_t (*second)(void))
{
	pid_t a, b;

	t_pipe(p);
	t_pipe(q);
	a = start(first);
	b = start(second);
	CHECK(write(p[1], "ab", 2) == 2);
	printf("%s\n", label);
	t_reap("first reader", a);
	t_reap("second reader", b);
}

static void writers(const char *label, ssize_t (*first)(void), ssize_t (*second)(void))
{
	static char b[65536];
	pid_t x, y;

	t_pipe(p);
	t_pipe(q);
	CHECK(write(p[1], b, sizeof(b)) == sizeof(b));
	x = start(first);
	y = start(second);
	CHECK(read(p[0], b, sizeof(b)) == sizeof(b));
	printf("%s\n", label);
	t_reap("first writer", x);
	t_reap("second writer", y);
}

int main(void)
{
	t_start();
	t_file("in", "in", 0600);
	readers("read, read", read_one, read_one);
	readers("splice, read", splice_one, read_one);
	readers("splice to a file, read", splice_one_to_file, read_one);
	readers("vmsplice, read", vmsplice_one_out, read_one);
	readers("read, splice", read_one, splice_one);
	readers("read, splice to a file", read_one, splice_one_to_file);
	readers("read, vmsplice", read_one, vmsplice_one_out);
	writers("write, write", write_one, write_one);
	writers("vmsplice, write", vmsplice_one_in, write_one);
	writers("splice, write", splice_one_in, write_one);
	writers("tee, write", tee_in, write_one);
	writers("write, vmsplice", write_one, vmsplice_one_in);
	writers("write, splice", write_one, splice_one_in);
	return 0;
}
