// SPDX-License-Identifier: MPL-2.0
// mincore, msync and the mlock family: results for touched memory, argument errors.
#include "../lib/t.h"

int main(void)
{
	unsigned char v[8];

	t_start();
	char *m = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	m[0] = 1;
	m[2 * 4096] = 1;
	T(mincore(m, 4 * 4096, v));
	printf("%d %d %d %d\n", v[0] & 1, v[1] & 1, v[2] & 1, v[3] & 1);
	T(mincore(m, 1, v));
	T(mincore(m, 0, v));
	T(mincore(m + 1, 4096, v));
	T(mincore(m, 4096, NULL));
	munmap(m + 3 * 4096, 4096);
	T(mincore(m, 4 * 4096, v));
	T(mincore((void *)(1ul << 62), 4096, v));
	T(msync(m, 4096, MS_SYNC));
	T(msync(m, 4096, MS_ASYNC));
	T(msync(m, 4096, MS_INVALIDATE));
	T(msync(m, 4096, MS_SYNC | MS_ASYNC));
	T(msync(m, 4096, 0x100));
	T(msync(m + 1, 4096, MS_SYNC));
	T(msync(m, 4 * 4096, MS_SYNC));
	T(msync(m, 0, MS_SYNC));
	T(mlock(m, 4096));
	T(mincore(m + 4096, 4096, v));
	T(mlock(m + 4096, 4096));
	T(mincore(m + 4096, 4096, v));
	SHOW(v[0] & 1);
	T(msync(m, 4096, MS_INVALIDATE));
	T(munlock(m, 8192));
	T(mlock(m, 4 * 4096));
	T(munlock(m + 3 * 4096, 4096));
	T(mlock((void *)8, 0));
	T(syscall(SYS_mlock2, m, 4096, 2));
	T(syscall(SYS_mlock2, m, 4096, 1));
	T(mlockall(0));
	T(mlockall(8));
	T(mlockall(MCL_ONFAULT));
	T(munlockall());
	IN_CHILD("limit", {
		struct rlimit rl = { 8192, 8192 };

		setrlimit(RLIMIT_MEMLOCK, &rl);
		t_drop_root(1000);
		char *p = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
		T(mlock(p, 8192));
		T(mlock(p, 3 * 4096));
		rl.rlim_cur = 0;
		setrlimit(RLIMIT_MEMLOCK, &rl);
		T(mlock(p + 3 * 4096, 4096));
	});
	return 0;
}
