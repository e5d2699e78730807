// SPDX-License-Identifier: MPL-2.0
// renameat2: RENAME_NOREPLACE and RENAME_EXCHANGE, and flags that do not go together.
#include "../lib/t.h"

static long r2(const char *a, const char *b, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, flags);
}

int main(void)
{
	t_start();
	t_tmpfs("");
	t_file("a", "A", 0644);
	t_file("b", "B", 0644);
	mkdir("d", 0755);
	t_file("d/x", "X", 0644);
	T(r2("a", "b", RENAME_NOREPLACE));
	T(r2("a", "c", RENAME_NOREPLACE));
	T(r2("c", "c", RENAME_NOREPLACE));
	T(r2("none", "c", RENAME_NOREPLACE));
	T(r2("b", "c", RENAME_EXCHANGE));
	SHOWS(t_slurp("b"));
	SHOWS(t_slurp("c"));
	T(r2("b", "none", RENAME_EXCHANGE));
	T(r2("b", "d", RENAME_EXCHANGE));
	SHOWS(t_slurp("b/x"));
	SHOWS(t_slurp("d"));
	T(r2("b", "b/x", RENAME_EXCHANGE));
	T(r2("b/x", "b", RENAME_EXCHANGE));
	T(r2("b", "c", RENAME_EXCHANGE | RENAME_NOREPLACE));
	T(r2("b", "c", 0x100));
	T(r2("b", "/proc/c", RENAME_EXCHANGE));
	T(r2("b/x", "d", RENAME_EXCHANGE));
	t_list(".", ".");
	t_list("b", "b");
	return 0;
}
