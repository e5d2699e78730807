// SPDX-License-Identifier: MPL-2.0
// Numbers that are no system call give ENOSYS and change no register but a0.
#include "../lib/t.h"

int main(void)
{
	static const long nrs[] = { 600, 999, 4095, 65535, 1000000, -1, -2, 0x7fffffff, 0x80000000l,
		1l << 40, LONG_MIN };

	t_start();
	for (size_t i = 0; i < T_LEN(nrs); i++) {
		errno = 0;
		long r = syscall(nrs[i], 1, 2, 3, 4, 5, 6);

		printf("%ld: %ld %s\n", nrs[i], r, t_errname(errno));
	}
	T(syscall(SYS_getpid, -1, -1, -1, -1, -1, -1) == getpid());
	return 0;
}
