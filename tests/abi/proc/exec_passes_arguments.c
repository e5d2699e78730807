// SPDX-License-Identifier: MPL-2.0
// execve passes argv and envp byte for byte, and gives an empty argv one empty string.
#include "../lib/t.h"

int main(int argc, char **argv, char **envp)
{
	if (getenv("STAGE") || !argv[0][0]) {
		printf("argc %d\n", argc);
		for (int i = 0; i < argc; i++)
			t_text("arg", argv[i], (ssize_t)strlen(argv[i]));
		for (int i = 0; envp[i]; i++)
			t_text("env", envp[i], (ssize_t)strlen(envp[i]));
		IS(argv[argc] == NULL);
		return argc;
	}
	t_start();
	char *av[] = { "zero", "", "with space", "\xff\x01", "last", NULL };
	char *ev[] = { "STAGE=1", "NOEQUALS", "", "A=B=C", "A=second", NULL };
	IN_CHILD("plain", execve("/proc/self/exe", av, ev));
	char *stage[] = { "STAGE=2", NULL };
	char *none[] = { NULL };
	IN_CHILD("empty argv", execve("/proc/self/exe", none, stage));
	IN_CHILD("null argv", syscall(SYS_execve, "/proc/self/exe", NULL, stage));
	IN_CHILD("null envp", syscall(SYS_execve, "/proc/self/exe", none, NULL));
	IN_CHILD("bad argv", T(syscall(SYS_execve, "/proc/self/exe", (void *)8, stage)));
	char *bad[] = { "x", (char *)8, NULL };
	IN_CHILD("bad string", T(execve("/proc/self/exe", bad, stage)));
	IN_CHILD("bad path", T(execve((char *)8, av, stage)));
	return 0;
}
