// SPDX-License-Identifier: MPL-2.0
// /proc/self/maps shows a mapping with its size, rights, offset and name; neighbours merge.
#include "../lib/t.h"

static void line_of(const char *what, void *p)
{
	char *text = t_slurp("/proc/self/maps");

	for (char *l = strtok(text, "\n"); l; l = strtok(NULL, "\n")) {
		unsigned long a, b, off, ino;
		unsigned maj, min;
		char perm[8], name[PATH_MAX] = "";

		if (sscanf(l, "%lx-%lx %7s %lx %x:%x %lu %4095s", &a, &b, perm, &off, &maj, &min,
			    &ino, name) < 7)
			t_die("bad line %s", l);
		if ((unsigned long)p < a || (unsigned long)p >= b)
			continue;
		printf("%s: %lu pages %s offset %lu ino %s name %s\n", what, (b - a) / 4096, perm,
			off, ino ? "set" : "0", t_base(name));
		return;
	}
	printf("%s: not mapped\n", what);
}

int main(void)
{
	int local;

	t_start();
	char *area = mmap(NULL, 64 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *m = mmap(area + 4096, 4 * 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	line_of("private", m);
	mprotect(m + 4096, 4096, PROT_READ);
	line_of("split", m + 4096);
	line_of("before", m);
	line_of("after", m + 2 * 4096);
	mprotect(m + 4096, 4096, PROT_READ | PROT_WRITE);
	line_of("merged", m);
	munmap(m + 4096, 4096);
	line_of("hole", m + 4096);
	t_file("file", "x", 0644);
	int fd = open("file", O_RDWR);
	ftruncate(fd, 5 * 4096);
	char *s = mmap(area + 16 * 4096, 2 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		fd, 4096);
	line_of("shared file", s);
	char *p = mmap(area + 20 * 4096, 2 * 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED,
		fd, 2 * 4096);
	line_of("private file", p);
	unlink("file");
	line_of("deleted", p);
	IS(strstr(t_slurp("/proc/self/maps"), "file (deleted)\n") != NULL);
	char *x = mmap(area + 30 * 4096, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	line_of("rwx", x);
	char *text = t_slurp("/proc/self/maps");
	IS(strstr(text, "[stack]\n") != NULL);
	IS(strstr(text, "[heap]\n") != NULL);
	IS(strstr(text, "[vdso]\n") != NULL);
	text = strstr(text, "[stack]");
	(void)local;
	unsigned long prev = 0;
	int sorted = 1;
	for (char *l = strtok(t_slurp("/proc/self/maps"), "\n"); l; l = strtok(NULL, "\n")) {
		unsigned long a = strtoul(l, NULL, 16);

		sorted &= a >= prev;
		prev = a;
	}
	SHOW(sorted);
	return 0;
}
