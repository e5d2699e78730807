// SPDX-License-Identifier: MPL-2.0
/* mprotect against RLIMIT_DATA, and its unusual flags. */
#include "../lib/t.h"

int main(void)
{
	struct rlimit l = { 16 << 20, 16 << 20 };
	char *p, *s;

	t_start();
	p = mmap(NULL, 64 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	s = mmap(NULL, 64 << 20, PROT_READ, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	T(mprotect(p, 4096, PROT_READ | 8));
	T(mprotect(p, 4096, PROT_READ | 16));
	T(mprotect(p, 0, PROT_READ | 16));
	T(mprotect(p + 1, 0, PROT_READ));
	T(mprotect(p, 4096, PROT_READ | PROT_GROWSDOWN));
	T(mprotect(p, 4096, PROT_READ | PROT_GROWSUP));
	T(mprotect(p, 4096, PROT_READ | PROT_GROWSUP | PROT_GROWSDOWN));
	T(setrlimit(RLIMIT_DATA, &l));
	T(mprotect(p, 4 << 20, PROT_READ | PROT_WRITE));
	T(mprotect(p, 48 << 20, PROT_READ | PROT_WRITE));
	T(mprotect(s, 48 << 20, PROT_READ | PROT_WRITE));
	T(mprotect(p, 48 << 20, PROT_READ));
	T(mprotect(p, 8 << 20, PROT_READ | PROT_WRITE));
	T(mprotect(p, 8 << 20, PROT_READ | PROT_WRITE));
	return 0;
}
