// SPDX-License-Identifier: MPL-2.0
// Transfers that run into an unmapped page: what was moved before counts.
#include "../lib/t.h"

int main(void)
{
	int p[2];

	t_start();
	char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(m + 4096, 4096);
	strcpy(m + 4090, "hello");
	t_file("f", "0123456789", 0600);
	int fd = open("f", O_RDWR);
	t_pipe(p);
	T(open(m + 4090, O_RDONLY));
	memcpy(m + 4090, "a/b/c/", 6);
	T(open(m + 4090, O_RDONLY));
	T(pread(fd, m + 4096 - 4, 10, 0));
	t_text("read before the hole", m + 4092, 4);
	T(pwrite(fd, m + 4096 - 3, 10, 20));
	struct stat st;
	fstat(fd, &st);
	SHOW(st.st_size);
	struct iovec v[3] = { { m, 2 }, { m + 4096, 4 }, { m + 8, 2 } };
	T(preadv(fd, v, 3, 0));
	t_text("first element", m, 2);
	v[0].iov_base = m + 4096;
	T(preadv(fd, v, 3, 0));
	T(writev(p[1], v, 3));
	T(fstat(fd, (struct stat *)(m + 4096 - 8)));
	T(syscall(SYS_getcwd, m + 4095, 1000));
	T(nanosleep((struct timespec *)(m + 4096 - 8), NULL));
	T(pipe((int *)(m + 4092)));
	SHOW(dup(0));
	memset(m + 4000, 'n', 96);
	T(mkdir(m + 4000, 0700));
	T(syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, m + 4092, 8));
	T(poll((struct pollfd *)(m + 4096 - 8), 2, 0));
	return 0;
}
