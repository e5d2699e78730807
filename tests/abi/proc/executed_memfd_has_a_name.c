// SPDX-License-Identifier: MPL-2.0
// What an executed memfd is called: comm, exe, cmdline; by its descriptor and by /proc/self/fd.
#include "../lib/t.h"

#ifndef MFD_EXEC
#define MFD_EXEC 16
#endif

static void copy(int to)
{
	char buf[4096];
	int from = open("/proc/self/exe", O_RDONLY), n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		CHECK(write(to, buf, n) == n);
	close(from);
}

static void show(const char *path)
{
	char text[300] = "";
	int fd = open(path, O_RDONLY), n = read(fd, text, sizeof(text) - 1);

	for (int i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	printf("%s: %s\n", path, text);
	close(fd);
}

int main(int argc, char **argv)
{
	static const char *names[] = { "tool", "", "a name of more than fifteen bytes", "x/y" };
	char path[64], *env[] = { NULL };

	if (argc > 1) {
		char name[16] = "";

		prctl(PR_GET_NAME, name);
		printf("%s: comm %s\n", argv[1], name);
		show("/proc/self/comm");
		int n = readlink("/proc/self/exe", path, sizeof(path) - 1);
		path[n > 0 ? n : 0] = 0;
		printf("exe %s\n", path);
		return 0;
	}
	t_start();
	for (size_t i = 0; i < T_LEN(names); i++) {
		for (int way = 0; way < 3; way++) {
			int fd = memfd_create(names[i], MFD_EXEC);

			CHECK(fd >= 0);
			copy(fd);
			fflush(stdout);
			if (!t_fork()) {
				char *args[] = { "zero",
					way == 0           ? "by descriptor"
						: way == 1 ? "by proc"
							   : "by link",
					NULL };

				/* Also while the parent has it open for writing. */
				snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
				int r = open(path, O_RDONLY);
				close(fd);
				CHECK(dup2(r, 20) == 20);
				if (r != 20)
					close(r);
				if (way == 2) {
					unlink("link");
					CHECK(!symlink("/proc/self/fd/20", "link"));
				}
				syscall(SYS_execveat, way ? AT_FDCWD : 20,
					way == 0           ? ""
						: way == 1 ? "/proc/self/fd/20"
							   : "link",
					args, env, way ? 0 : AT_EMPTY_PATH);
				printf("%s\n", t_errname(errno));
				exit(1);
			}
			close(fd);
			t_status("child", t_wait(-1));
		}
	}
	/* A file without a memfd. */
	int fd = open("/proc/self/exe", O_RDONLY);
	if (!t_fork()) {
		char *args[] = { "zero", "by file", NULL };

		CHECK(dup2(fd, 20) == 20);
		if (fd != 20)
			close(fd);
		syscall(SYS_execveat, 20, "", args, env, AT_EMPTY_PATH);
		exit(1);
	}
	t_status("child", t_wait(-1));
	return 0;
}
