// SPDX-License-Identifier: MPL-2.0
// /proc/PID/cmdline of a program that overwrites its arguments: without a NUL at their end it goes
// on where the environment was.
#include "../lib/t.h"

static void show(const char *label)
{
	char buf[8192];
	int fd = open("/proc/self/cmdline", O_RDONLY);
	ssize_t n = read(fd, buf, sizeof(buf)), again;

	t_text(label, buf, n);
	for (ssize_t at = 0; at <= n + 2 && at < 60; at += 7) {
		char piece[5];
		again = pread(fd, piece, sizeof(piece), at);
		printf("%zd: ", at);
		t_text("piece", piece, again);
	}
	close(fd);
}

int main(int argc, char **argv, char **envp)
{
	char *end;

	if (argc < 2) {
		char *args[] = { "name", "one", "two", NULL },
		     *env[] = { "FIRST=1", "SECOND=2", NULL };
		t_start();
		IN_CHILD("program", execve("/proc/self/exe", args, env));
		return 0;
	}
	end = argv[argc - 1] + strlen(argv[argc - 1]);
	show("untouched");
	*end = '+';
	show("no NUL at the end");
	memset(argv[0], 'x', 5);
	show("a title");
	argv[0][3] = 0;
	show("a title that is short");
	argv[0][3] = 'x';
	memset(argv[0], 'y', (size_t)(envp[1] + strlen(envp[1]) - argv[0]));
	show("to the end of the environment");
	envp[0][2] = 0;
	show("ends in the environment");
	*end = 0;
	show("a NUL again");
	return 0;
}
