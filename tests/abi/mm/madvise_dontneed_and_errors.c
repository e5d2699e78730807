// SPDX-License-Identifier: MPL-2.0
// madvise: DONTNEED gives zeroes or the file again; advice accepted and refused.
#include "../lib/t.h"

int main(void)
{
	t_start();
	char *m = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(m, 'm', 4 * 4096);
	T(madvise(m + 4096, 4096, MADV_DONTNEED));
	printf("%d %d %d\n", m[4095], m[4096], m[8192]);
	T(madvise(m + 4096, 1, MADV_DONTNEED));
	T(madvise(m + 1, 4096, MADV_DONTNEED));
	T(madvise(m, 0, MADV_DONTNEED));
	T(madvise(m, (size_t)-4096, MADV_DONTNEED));
	T(madvise(m, 4096, 999));
	T(madvise(m, 4096, -1));
	T(madvise(m, 0, 999));
	T(madvise(m, 4096, MADV_NORMAL));
	T(madvise(m, 4096, MADV_RANDOM));
	T(madvise(m, 4096, MADV_SEQUENTIAL));
	T(madvise(m, 4096, MADV_WILLNEED));
	T(madvise(m, 4096, MADV_FREE));
	T(madvise(m, 4096, MADV_DONTFORK));
	T(madvise(m, 4096, MADV_DOFORK));
	T(madvise(m, 4096, MADV_DONTDUMP));
	T(madvise(m, 4096, MADV_DODUMP));
	munmap(m + 2 * 4096, 4096);
	memset(m, 'n', 4096);
	T(madvise(m, 4 * 4096, MADV_DONTNEED));
	printf("%d\n", m[0]);
	T(madvise(m + 2 * 4096, 4096, MADV_DONTNEED));
	t_file("f", "file", 0644);
	int fd = open("f", O_RDWR);
	char *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	p[0] = 'P';
	T(madvise(p, 4096, MADV_DONTNEED));
	t_text("private file", p, 4);
	char *s = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	s[0] = 'S';
	T(madvise(s, 4096, MADV_DONTNEED));
	t_text("shared file", s, 4);
	T(madvise(p, 4096, MADV_FREE));
	char *w = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	w[0] = 'w';
	T(madvise(w, 4096, MADV_WIPEONFORK));
	IN_CHILD("wiped", SHOW(w[0]));
	SHOW(w[0]);
	T(madvise(w, 4096, MADV_KEEPONFORK));
	IN_CHILD("kept", SHOW(w[0]));
	T(madvise(w, 4096, MADV_DONTFORK));
	IN_CHILD("not inherited", SHOW(w[0]));
	return 0;
}
