// SPDX-License-Identifier: MPL-2.0
// System calls fill pages that were never touched, copies after fork, read-only zero pages, and
// file pages.
#include "../lib/t.h"

int main(void)
{
	int p[2];

	t_start();
	t_file("f", "the file's text", 0644);
	int fd = open("f", O_RDWR);
	char *fresh = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		0);
	int z = open("/dev/zero", O_RDONLY);
	T(pread(fd, fresh + 4090, 15, 0));
	t_text("straddles", fresh + 4090, 15);
	SHOW(fresh[20 * 4096]);
	T(pread(fd, fresh + 20 * 4096, 8, 0));
	t_text("over the zero page", fresh + 20 * 4096, 8);
	T(read(z, fresh, 64 * 4096));
	t_pipe(p);
	T(write(p[1], fresh + 30 * 4096, 4096));
	char *priv = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	T(read(p[0], priv, 4));
	t_hex("private file page", priv, 6);
	SHOWS(t_slurp("f"));
	strcpy(fresh, "parent");
	IN_CHILD("child reads into a shared copy", {
		T(pread(fd, fresh, 3, 0));
		t_text("child", fresh, 6);
	});
	t_text("parent", fresh, 6);
	char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	T(pread(fd, shared + 4, 4, 0));
	SHOWS(t_slurp("f"));
	T(pwrite(fd, shared, 4, 10));
	SHOWS(t_slurp("f"));
	char *ro = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	T(pread(fd, ro, 1, 0));
	char *beyond = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	T(pread(fd, beyond + 4096, 1, 0));
	T(write(p[1], beyond + 4096, 1));
	mprotect(fresh + 4096, 4096, PROT_NONE);
	T(read(z, fresh, 8192));
	T(read(z, fresh + 4096, 10));
	T(read(z, fresh + 4000, 200));
	return 0;
}
