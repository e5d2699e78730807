// SPDX-License-Identifier: MPL-2.0
// Selectors that a program loads are seen neither by another process, nor by what it executes, and
// do not disturb the bases of fs and gs there.
#include "../lib/t.h"

#include <asm/prctl.h>

static int loaded(void)
{
	unsigned ds, es, fs, gs;

	asm volatile("mov %%ds, %0\n mov %%es, %1\n mov %%fs, %2\n mov %%gs, %3"
		: "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	return (ds | es | fs | gs) != 0;
}

static void load(void)
{
	asm volatile("mov %0, %%ds\n mov %0, %%es\n mov %0, %%gs" : : "r"(0x2b));
}

#define TURNS 100

static void watch(int from, int to)
{
	static unsigned long word = 0x1234;
	unsigned long seen;
	int n = 0;

	syscall(SYS_arch_prctl, ARCH_SET_GS, &word);
	for (int i = 0; i < TURNS; i++) {
		t_get(from);
		n += loaded();
		asm volatile("mov %%gs:0, %0" : "=r"(seen));
		n += seen != word;
		t_put(to);
	}
	printf("seen by another: %d\n", n);
	fflush(stdout);
	_exit(0);
}

int main(int argc, char **argv)
{
	int go[2], back[2];

	if (argc > 1) {
		printf("after execve: %d\n", loaded());
		return 0;
	}
	t_start();
	printf("at first: %d\n", loaded());
	fflush(stdout);
	if (pipe(go) || pipe(back))
		return 1;
	if (!fork())
		watch(go[0], back[1]);
	for (int i = 0; i < TURNS; i++) {
		load();
		t_put(go[1]);
		t_get(back[0]);
	}
	wait(NULL);
	load();
	execl("/proc/self/exe", argv[0], "again", NULL);
	return 1;
}
