// SPDX-License-Identifier: MPL-2.0
// A directory that gets another parent changes (its ".."): who moves it must be allowed to write to
// it. Within its parent it need not be writable.
#include "../lib/t.h"
#include <linux/fs.h>

static int exchange(const char *a, const char *b)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE);
}

static void make(const char *path, mode_t mode, uid_t uid)
{
	CHECK(mkdir(path, 0700) == 0);
	CHECK(chown(path, uid, uid) == 0);
	CHECK(chmod(path, mode) == 0);
}

int main(void)
{
	t_start();
	umask(0);
	make("u", 0777, 1000);
	make("u/to", 0777, 1000);
	make("u/closed", 0755, 0);
	make("u/empty", 0755, 0);
	make("u/own_readonly", 0555, 1000);
	make("u/open", 0777, 0);
	make("u/to/open", 0777, 0);
	make("u/to/closed", 0755, 0);
	t_file("u/file", "", 0444);
	CHECK(chmod(".", 0755) == 0);
	t_drop_root(1000);
	T(rename("u/closed", "u/to/new"));
	T(rename("u/closed", "u/renamed"));
	T(rename("u/renamed", "u/empty"));
	T(rename("u/own_readonly", "u/to/new"));
	T(rename("u/open", "u/to/new"));
	T(rename("u/to/new", "u/open"));
	T(exchange("u/open", "u/to/closed"));
	T(exchange("u/empty", "u/to/open"));
	T(exchange("u/open", "u/to/open"));
	T(exchange("u/open", "u/empty"));
	T(exchange("u/file", "u/to/closed"));
	T(exchange("u/file", "u/to/open"));
	T(rename("u/to/open", "u/to/there"));
	return 0;
}
