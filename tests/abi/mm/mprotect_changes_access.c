// SPDX-License-Identifier: MPL-2.0
// mprotect: splitting a mapping, errors, write after read-only, execution of written code.
#include "../lib/t.h"

static int can_write(char *p)
{
	int st, fd[2];

	// The kernel's own copy reports what a store would do, without a signal.
	t_pipe(fd);
	write(fd[1], p, 0);
	write(fd[1], "x", 1);
	st = read(fd[0], p, 1) == 1;
	close(fd[0]);
	close(fd[1]);
	return st;
}

static int can_read(char *p)
{
	int fd[2], ok;

	t_pipe(fd);
	ok = write(fd[1], p, 1) == 1;
	close(fd[0]);
	close(fd[1]);
	return ok;
}

static void show(const char *what, char *m)
{
	printf("%s:", what);
	for (int i = 0; i < 6; i++)
		printf(" %c%c", can_read(m + i * 4096) ? 'r' : '-',
			can_write(m + i * 4096) ? 'w' : '-');
	printf("\n");
}

int main(void)
{
	t_start();
	char *m = mmap(NULL, 6 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	strcpy(m + 2 * 4096, "kept");
	show("all", m);
	T(mprotect(m + 4096, 3 * 4096, PROT_READ));
	show("middle ro", m);
	T(mprotect(m + 2 * 4096, 4096, PROT_NONE));
	show("page 2 none", m);
	T(mprotect(m + 2 * 4096, 1, PROT_READ | PROT_WRITE));
	show("page 2 rw", m);
	SHOWS(m + 2 * 4096 + 1);
	T(mprotect(m, 6 * 4096, PROT_WRITE));
	show("write only", m);
	T(mprotect(m, 6 * 4096, PROT_READ | PROT_WRITE));
	T(mprotect(m + 1, 4096, PROT_READ));
	T(mprotect(m, 0, PROT_READ));
	T(mprotect(m, 4096, 0x100));
	T(mprotect(m, (size_t)-4096, PROT_READ));
	munmap(m + 3 * 4096, 4096);
	T(mprotect(m, 6 * 4096, PROT_READ));
	show("stops at a hole", m);
	T(mprotect(m + 3 * 4096, 4096, PROT_READ));
	t_file("f", "file", 0644);
	char *s = mmap(NULL, 4096, PROT_READ, MAP_SHARED, open("f", O_RDONLY), 0);
	T(mprotect(s, 4096, PROT_READ | PROT_WRITE));
	char *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open("f", O_RDONLY), 0);
	T(mprotect(p, 4096, PROT_READ | PROT_WRITE));
	p[0] = 'F';
	t_text("file", t_slurp("f"), 4);
	// li a0, 77; ret
	static const unsigned code[] = { 0x04d00513, 0x00008067 };
	char *x = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(x, code, sizeof(code));
	IN_CHILD("not executable", _exit(((int (*)(void))x)()));
	T(mprotect(x, 4096, PROT_READ | PROT_EXEC));
	__builtin___clear_cache(x, x + 64);
	IN_CHILD("executable", _exit(((int (*)(void))x)()));
	IN_CHILD("no longer writable", { x[0] = 1; });
	T(mprotect(x, 4096, PROT_EXEC));
	IN_CHILD("execute only", _exit(((int (*)(void))x)()));
	return 0;
}
