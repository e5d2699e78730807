// SPDX-License-Identifier: MPL-2.0
// execveat: by descriptor, relative to a directory, AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW, scripts by
// descriptor.
#include "../lib/t.h"

static char *ev[] = { "SHOW=1", NULL };

static long xat(int dfd, const char *path, int flags)
{
	char *av[] = { "zero", "one", NULL };

	return syscall(SYS_execveat, dfd, path, av, ev, flags);
}

int main(int argc, char **argv)
{
	if (getenv("SHOW")) {
		printf("argc %d\n", argc);
		return 3;
	}
	t_start();
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	self[n] = 0;
	symlink(self, "link");
	mkdir("d", 0755);
	symlink(self, "d/prog");
	t_file("script", "#!link\n", 0755);
	t_file("noexec", "x", 0644);
	int fd = T(open("link", O_RDONLY | O_CLOEXEC));
	int path = T(open("link", O_PATH));
	int d = T(open("d", O_RDONLY | O_DIRECTORY));
	int s = T(open("script", O_RDONLY));
	int sc = T(open("script", O_RDONLY | O_CLOEXEC));
	int nx = T(open("noexec", O_RDONLY));
	IN_CHILD("empty path", T(xat(fd, "", AT_EMPTY_PATH)));
	IN_CHILD("empty path, O_PATH", T(xat(path, "", AT_EMPTY_PATH)));
	IN_CHILD("no flag", T(xat(fd, "", 0)));
	IN_CHILD("relative", T(xat(d, "prog", 0)));
	IN_CHILD("absolute", T(xat(99, self, 0)));
	IN_CHILD("nofollow", T(xat(d, "prog", AT_SYMLINK_NOFOLLOW)));
	IN_CHILD("cwd", T(xat(AT_FDCWD, "link", 0)));
	IN_CHILD("bad fd", T(xat(99, "prog", 0)));
	IN_CHILD("bad fd, empty", T(xat(99, "", AT_EMPTY_PATH)));
	IN_CHILD("bad flag", T(xat(d, "prog", 0x8000)));
	IN_CHILD("directory", T(xat(d, "", AT_EMPTY_PATH)));
	IN_CHILD("not executable", T(xat(nx, "", AT_EMPTY_PATH)));
	IN_CHILD("script", T(xat(s, "", AT_EMPTY_PATH)));
	IN_CHILD("script, close-on-exec", T(xat(sc, "", AT_EMPTY_PATH)));
	IN_CHILD("fexecve", T(fexecve(fd, (char *[]){ "f", NULL }, ev)));
	return 0;
}
