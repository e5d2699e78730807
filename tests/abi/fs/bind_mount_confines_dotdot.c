// SPDX-License-Identifier: MPL-2.0
// ".." from a directory that was moved out of the mounted part of its file system leads nowhere,
// and openat2 keeps its confined walks inside.
#include "../lib/t.h"
#include <linux/openat2.h>

static int open2(int dir, const char *path, unsigned long flags, unsigned long resolve)
{
	struct open_how how = {
		.flags = flags, .mode = flags & O_CREAT ? 0600 : 0, .resolve = resolve
	};

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

int main(void)
{
	char here[PATH_MAX];

	t_start();
	t_tmpfs("");
	mkdir("c", 0777);
	mkdir("c/root", 0777);
	mkdir("c/root/a", 0777);
	mkdir("c/root/a/b", 0777);
	mkdir("jail", 0777);
	close(open("c/secret", O_CREAT | O_WRONLY, 0600));
	T(mount("c/root", "jail", NULL, MS_BIND, NULL));
	T(chdir("jail/a/b"));
	T(access("../../a", F_OK));
	T(rename("../../../c/root/a/b", "../../../c/b"));
	T(access("..", F_OK));
	T(access("../secret", F_OK));
	T(chdir(".."));
	T(access(".", F_OK));
	IS(getcwd(here, sizeof(here)) && !strncmp(here, "(unreachable)", 13));
	chdir(t_tmpfs_path);
	T(umount2("jail", 0));

	int in = open("c/root", O_PATH | O_DIRECTORY);
	symlink("/a", "c/root/abs");
	symlink("../../secret", "c/root/a/out");
	symlink("../new", "c/root/a/up");
	symlink("/new2", "c/root/a/down");
	TOK(open2(in, "a/..", O_RDONLY, RESOLVE_BENEATH));
	TOK(open2(in, "a/../..", O_RDONLY, RESOLVE_BENEATH));
	TOK(open2(in, "a/../..", O_RDONLY, RESOLVE_IN_ROOT));
	TOK(open2(in, "abs", O_RDONLY, RESOLVE_BENEATH));
	TOK(open2(in, "abs", O_RDONLY, RESOLVE_IN_ROOT));
	TOK(open2(in, "a/out", O_RDONLY, RESOLVE_BENEATH));
	TOK(open2(in, "a/out", O_RDONLY, RESOLVE_IN_ROOT));
	TOK(open2(in, "a/out", O_CREAT | O_RDWR, RESOLVE_BENEATH));
	TOK(open2(in, "a/up", O_CREAT | O_RDWR, RESOLVE_BENEATH));
	TOK(open2(in, "a/down", O_CREAT | O_RDWR, RESOLVE_BENEATH));
	TOK(open2(in, "a/down", O_CREAT | O_RDWR, RESOLVE_IN_ROOT));
	T(access("c/root/new", F_OK));
	T(access("c/root/new2", F_OK));
	T(access("c/secret2", F_OK));
	TOK(open2(AT_FDCWD, "/proc/self/cwd", O_RDONLY, RESOLVE_NO_MAGICLINKS));
	TOK(open2(AT_FDCWD, "/proc/self/cwd", O_RDONLY, RESOLVE_NO_SYMLINKS));
	TOK(open2(AT_FDCWD, "/proc/self/cwd", O_RDONLY, RESOLVE_NO_XDEV));
	int proc = open("/proc/self", O_PATH | O_DIRECTORY);
	TOK(open2(proc, "cwd", O_RDONLY, RESOLVE_NO_XDEV));
	TOK(open2(proc, "cwd", O_RDONLY, RESOLVE_BENEATH));
	TOK(open2(proc, "cwd", O_RDONLY, RESOLVE_IN_ROOT));
	return 0;
}
