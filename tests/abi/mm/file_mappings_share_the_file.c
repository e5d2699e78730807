// SPDX-License-Identifier: MPL-2.0
// MAP_SHARED is coherent with read and write; MAP_PRIVATE copies; the last page ends in zeroes.
#include "../lib/t.h"

int main(void)
{
	char buf[16];

	t_start();
	t_file("f", "0123456789", 0644);
	int fd = open("f", O_RDWR);
	char *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char *s2 = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	CHECK(s != MAP_FAILED && p != MAP_FAILED && s2 != MAP_FAILED);
	close(fd);
	fd = open("f", O_RDWR);
	t_text("mapped", s, 10);
	t_hex("tail", s + 8, 8);
	s[0] = 'S';
	pread(fd, buf, 10, 0);
	t_text("read after store", buf, 10);
	pwrite(fd, "W", 1, 1);
	t_text("mapped after write", s2, 10);
	t_text("untouched private sees it", p, 10);
	p[2] = 'P';
	t_text("private", p, 10);
	t_text("shared", s, 10);
	pwrite(fd, "Z", 1, 3);
	t_text("written private does not", p, 4);
	s[20] = 'x';
	pread(fd, buf, 16, 0);
	struct stat st;
	fstat(fd, &st);
	SHOW(st.st_size);
	T(msync(s, 4096, MS_SYNC));
	ftruncate(fd, 5);
	t_hex("shared after truncation", s, 12);
	ftruncate(fd, 10);
	t_hex("and growth", s, 12);
	pid_t pid = t_fork();
	if (pid == 0) {
		s[4] = 'C';
		p[4] = 'c';
		_exit(0);
	}
	t_wait(pid);
	t_text("child's shared store", s, 5);
	t_text("child's private store", p, 5);
	unlink("f");
	s[0] = 'U';
	pread(fd, buf, 5, 0);
	t_text("unlinked", buf, 5);
	T(munmap(s, 4096));
	return 0;
}
