// SPDX-License-Identifier: MPL-2.0
// A file open for writing is not executed, a running one is not written.
#include "../lib/t.h"

int main(int argc, char **argv)
{
	char *const av[] = { "me", "x", NULL };
	int a[2], b[2];

	if (argc > 1)
		return 6;
	if (argc == 1 && !strcmp(argv[0], "wait")) {
		t_put(11);
		t_get(10);
		return 0;
	}
	t_start();
	int in = open("/proc/self/exe", O_RDONLY);
	int out = open("copy", O_WRONLY | O_CREAT, 0755);
	static char buf[65536];
	ssize_t n;
	while ((n = read(in, buf, sizeof(buf))) > 0)
		CHECK(write(out, buf, (size_t)n) == n);
	IN_CHILD("open for writing", {
		fcntl(out, F_SETFD, FD_CLOEXEC);
		T(execv("copy", av));
	});
	close(out);
	IN_CHILD("closed", T(execv("copy", av)));
	t_pipe(a);
	t_pipe(b);
	pid_t pid = t_fork();
	if (pid == 0) {
		dup2(a[0], 10);
		dup2(b[1], 11);
		execl("copy", "wait", NULL);
		_exit(1);
	}
	CHECK(t_get(b[0]) == 'x');
	T(open("copy", O_WRONLY));
	T(open("copy", O_RDWR));
	T(open("copy", O_RDONLY) >= 0);
	T(truncate("copy", 0));
	T(access("copy", W_OK));
	T(open("copy", O_WRONLY | O_TRUNC));
	T(rename("copy", "moved"));
	T(unlink("moved"));
	t_put(a[1]);
	t_reap("runner", pid);
	return 0;
}
