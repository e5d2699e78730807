// SPDX-License-Identifier: MPL-2.0
// Transfers that end behind the last position; RWF_NOAPPEND; iovecs outside user memory;
// F_CREATED_QUERY and F_DUPFD_QUERY.
#include "../lib/t.h"

#include <sys/sendfile.h>

#ifndef RWF_NOAPPEND
#define RWF_NOAPPEND 0x20
#endif
#define F_CREATED_QUERY 1028
#ifndef F_DUPFD_QUERY
#define F_DUPFD_QUERY 1027
#endif

static void ranges(int in, int out)
{
	static const struct {
		long from, to, len;
	} r[] = { { 0, LONG_MAX, 10 }, { 0, -1, 10 }, { -1, 0, 10 }, { -100, 0, 10 },
		{ 0, -100, 10 }, { 0, LONG_MAX, 0 }, { LONG_MAX, 0, 10 }, { 0, 0, LONG_MAX },
		{ 0, 0, -1 }, { 1, 0, -1 } };
	unsigned i;

	for (i = 0; i < sizeof(r) / sizeof(r[0]); i++) {
		loff_t from = r[i].from, to = r[i].to;
		printf("%u ", i);
		T(syscall(SYS_copy_file_range, in, &from, out, &to, r[i].len, 0));
	}
}

/* The last pages that a file can have. What lseek says of the very last one is left out. */
static void farthest(void)
{
	static const long at[] = { LONG_MAX - 1, LONG_MAX - 3, LONG_MAX - 4095, LONG_MAX - 4096,
		LONG_MAX - 8192, 1l << 62, (1l << 62) - 2, 1l << 55, (1l << 44) - 2, 1l << 44 };
	char buf[3] = "abc", got[3];
	struct stat st;
	unsigned i;
	int fd, app;

	for (i = 0; i < T_LEN(at); i++) {
		printf("%u ", i);
		fd = TOK(open("far", O_RDWR | O_CREAT | O_TRUNC, 0600));
		T(pwrite(fd, buf, 3, at[i]));
		T(pwrite(fd, buf, 1, at[i]));
		memset(got, 0, 3);
		T(pread(fd, got, 1, at[i]));
		IS(got[0] == 'a');
		T(fstat(fd, &st));
		SHOW(st.st_size);
		T(ftruncate(fd, at[i]));
		if (at[i] <= LONG_MAX - 8192)
			T(lseek(fd, 0, SEEK_DATA));
		T(lseek(fd, at[i], SEEK_SET));
		T(write(fd, buf, 2));
		T(fallocate(fd, 0, at[i], 1));
		T(lseek(fd, at[i], SEEK_SET));
		T(read(fd, got, 3));
		T(lseek(fd, 0, SEEK_HOLE));
		if (at[i] <= LONG_MAX - 8192)
			T(lseek(fd, at[i], SEEK_HOLE));
		SHOW(mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, at[i] & ~4095l) != MAP_FAILED);
		T(pwrite(fd, buf, 1, at[i]));
		T(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at[i] - 5000, 5001));
		if (at[i] <= LONG_MAX - 8192)
			T(lseek(fd, 0, SEEK_DATA));
		T(ftruncate(fd, 0));
		T(ftruncate(fd, at[i]));
		app = TOK(open("far", O_RDWR | O_APPEND));
		T(write(app, buf, 3));
		T(write(app, buf, 3));
		T(fstat(app, &st));
		SHOW(st.st_size);
		close(app);
		close(fd);
	}
	unlink("far");
}

/* Transfers inside the kernel; what does not fit leaves the pipe as it is. */
static void moved(int in, int out)
{
	loff_t far = LONG_MAX - 1, off = LONG_MAX - 10, at = 0;
	int p[2], n;

	T(pipe(p));
	T(write(p[1], "abcd", 4));
	T(splice(p[0], NULL, out, &far, 2, 0));
	T(splice(p[0], NULL, out, &at, -1, 0));
	T(ioctl(p[0], FIONREAD, &n));
	SHOW(n);
	T(splice(in, &far, p[1], NULL, 2, 0));
	T(splice(in, &at, p[1], NULL, -1, 0));
	T(splice(in, &far, p[1], NULL, 1, 0));
	T(lseek(in, LONG_MAX - 1, SEEK_SET));
	T(splice(in, NULL, p[1], NULL, 2, 0));
	T(sendfile(out, in, NULL, 2));
	T(lseek(in, 0, SEEK_SET));
	T(sendfile(out, in, &off, 4096));
	T(sendfile(out, in, &off, 5));
	T(sendfile(out, in, NULL, -1));
	T(sendfile(p[1], in, NULL, -1));
	T(lseek(out, LONG_MAX - 1, SEEK_SET));
	T(sendfile(out, in, NULL, 4096));
	T(splice(p[0], NULL, out, NULL, 2, 0));
	T(lseek(in, 0, SEEK_CUR));
	T(sendfile(p[1], in, NULL, LONG_MAX));
	T(lseek(in, 0, SEEK_SET));
	T(lseek(out, 0, SEEK_SET));
	T(ioctl(p[0], FIONREAD, &n));
	SHOW(n);
	close(p[0]);
	close(p[1]);
}

int main(void)
{
	char buf[8] = "abc";
	struct iovec v = { "X", 1 };
	struct iovec outside[2] = { { "Y", 1 }, { (void *)-4096ul, 1 } };
	struct iovec negative[2] = { { (void *)-4096ul, 1 }, { "Y", -1 } };
	struct iovec low[2] = { { "Y", 1 }, { (void *)1ul, 1 } };
	struct stat st;
	int in, out, app, fd;

	t_start();
	t_tmpfs("");
	t_file("in", "abc", 0644);
	in = TOK(open("in", O_RDWR));
	out = TOK(open("out", O_RDWR | O_CREAT, 0600));
	ranges(in, out);
	moved(in, out);
	T(pwrite(out, buf, 3, LONG_MAX - 1));
	T(pwrite(out, buf, 3, LONG_MAX));
	T(pread(out, buf, 3, LONG_MAX - 1));
	T(pread(out, buf, 3, LONG_MAX - 3));
	T(pwritev(out, &v, 1, LONG_MAX));
	T(preadv(out, &v, 1, LONG_MAX));
	farthest();
	fd = TOK(open("in", O_RDONLY));
	T(pwrite(fd, buf, 3, LONG_MAX));
	close(fd);

	app = TOK(open("in", O_RDWR | O_APPEND));
	T(syscall(SYS_pwritev2, app, &v, 1, 0, 0, 0));
	T(syscall(SYS_pwritev2, app, &v, 1, 0, 0, RWF_NOAPPEND));
	T(syscall(SYS_pwritev2, app, &v, 1, 0, 0, RWF_NOAPPEND | RWF_APPEND));
	T(syscall(SYS_pwritev2, in, &v, 1, 1, 0, RWF_NOAPPEND));
	memset(buf, 0, sizeof(buf));
	T(pread(in, buf, 7, 0));
	SHOWS(buf);

	T(writev(out, outside, 2));
	T(writev(out, negative, 2));
	T(readv(in, outside, 2));
	T(pwritev(out, outside, 2, 0));
	T(fstat(out, &st));
	SHOW(st.st_size);
	T(writev(out, low, 2));

	T(fcntl(out, F_CREATED_QUERY));
	T(fcntl(in, F_CREATED_QUERY));
	T(fcntl(app, F_CREATED_QUERY, 5));
	fd = dup(out);
	T(fcntl(out, F_DUPFD_QUERY, fd));
	T(fcntl(out, F_DUPFD_QUERY, in));
	T(fcntl(out, F_DUPFD_QUERY, out));
	T(fcntl(out, F_DUPFD_QUERY, 999));
	T(fcntl(999, F_DUPFD_QUERY, out));
	close(fd);
	fd = TOK(open("out", O_RDWR | O_CREAT, 0600));
	T(fcntl(fd, F_CREATED_QUERY));
	T(fcntl(fd, F_GETFL) == (O_RDWR | O_LARGEFILE));
	close(fd);
	fd = TOK(open("new", O_RDWR | O_CREAT | O_EXCL, 0600));
	T(fcntl(fd, F_CREATED_QUERY));
	T(fcntl(dup(fd), F_CREATED_QUERY));
	fd = TOK(open("new", O_PATH | O_CREAT));
	T(fcntl(fd, F_CREATED_QUERY));
	return 0;
}
