// SPDX-License-Identifier: MPL-2.0
// openat2: sizes of the structure, unknown bits, modes and the RESOLVE flags.
#include "../lib/t.h"
#include <linux/openat2.h>

static long o2(const char *path, struct open_how *how, size_t size)
{
	return syscall(SYS_openat2, AT_FDCWD, path, how, size);
}

static int with(const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };
	int fd = (int)o2(path, &how, sizeof(how));

	if (fd >= 0) {
		close(fd);
		return 0;
	}
	return fd;
}

int main(void)
{
	struct {
		struct open_how how;
		char more[64];
	} big = { .how = { .flags = O_RDONLY } };

	t_start();
	t_file("f", "x", 0644);
	mkdir("d", 0755);
	symlink("f", "l");
	symlink("../f", "d/up");
	symlink("/proc/self/exe", "magic");
	T(o2("f", &big.how, 0));
	T(o2("f", &big.how, 8));
	T(o2("f", &big.how, 23));
	T(o2("f", NULL, 24));
	T(o2("f", &big.how, sizeof(big)) >= 0);
	big.more[5] = 1;
	T(o2("f", &big.how, sizeof(big)));
	T(o2("f", &big.how, 1 << 20));
	T(with("f", O_RDONLY, 0, 0));
	T(with("f", O_RDONLY, 0600, 0));
	T(with("g", O_RDWR | O_CREAT, 0600, 0));
	T(with("g", O_RDWR | O_CREAT, 0600 | 0100000, 0));
	T(with("f", 1ull << 40, 0, 0));
	T(with("f", 1u << 30, 0, 0));
	T(with("f", O_RDONLY, 0, 1ull << 20));
	T(with("f", O_PATH | O_RDWR, 0, 0));
	T(with("l", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
	T(with("f", O_RDONLY, 0, RESOLVE_NO_SYMLINKS));
	T(with("l", O_RDONLY, 0, RESOLVE_BENEATH));
	T(with("d/up", O_RDONLY, 0, RESOLVE_BENEATH));
	T(with("../x", O_RDONLY, 0, RESOLVE_BENEATH));
	T(with("/proc", O_RDONLY, 0, RESOLVE_BENEATH));
	T(with("/f", O_RDONLY, 0, RESOLVE_IN_ROOT));
	T(with("../../f", O_RDONLY, 0, RESOLVE_IN_ROOT));
	T(with("f", O_RDONLY, 0, RESOLVE_IN_ROOT | RESOLVE_BENEATH));
	T(with("/proc/self/stat", O_RDONLY, 0, RESOLVE_NO_XDEV));
	T(with("magic", O_RDONLY, 0, RESOLVE_NO_MAGICLINKS));
	return 0;
}
