// SPDX-License-Identifier: MPL-2.0
// chdir, fchdir and getcwd: small buffers, removed directories, renamed parents.
#include "../lib/t.h"

int main(void)
{
	char here[PATH_MAX], buf[PATH_MAX];

	t_start();
	CHECK(getcwd(here, sizeof(here)));
	size_t len = strlen(here);
	mkdir("d", 0755);
	mkdir("d/e", 0755);
	t_file("f", "", 0644);
	T(chdir("d/e"));
	T(syscall(SYS_getcwd, buf, sizeof(buf)) - (long)len);
	SHOWS(buf + len);
	T(syscall(SYS_getcwd, buf, len + 5) - (long)len);
	T(syscall(SYS_getcwd, buf, len + 4));
	T(syscall(SYS_getcwd, buf, 0));
	T(syscall(SYS_getcwd, buf, 1));
	T(rename("../../d", "../../D"));
	T(syscall(SYS_getcwd, buf, sizeof(buf)) > 0);
	SHOWS(buf + len);
	T(chdir("../../f"));
	T(chdir("none"));
	T(chdir(""));
	T(rmdir("../e"));
	T(syscall(SYS_getcwd, buf, sizeof(buf)));
	T(open("x", O_RDWR | O_CREAT, 0600));
	T(mkdir("x", 0700));
	T(open(".", O_RDONLY));
	T(chdir("."));
	T(chdir(".."));
	T(syscall(SYS_getcwd, buf, sizeof(buf)) > 0);
	SHOWS(buf + len);
	int fd = T(open("../f", O_RDONLY));
	T(fchdir(fd));
	T(fchdir(99));
	int root = T(open("/", O_RDONLY | O_DIRECTORY));
	T(fchdir(root));
	T(syscall(SYS_getcwd, buf, sizeof(buf)));
	SHOWS(buf);
	T(chdir(".."));
	T(syscall(SYS_getcwd, buf, sizeof(buf)));
	T(chdir(here));
	char link[64];
	T(readlink("/proc/self/cwd", link, sizeof(link)) == (ssize_t)len || len >= sizeof(link));
	return 0;
}
