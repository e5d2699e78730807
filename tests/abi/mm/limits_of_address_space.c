// SPDX-License-Identifier: MPL-2.0
// RLIMIT_AS, lengths that never fit, and memory that is reserved but not touched.
#include "../lib/t.h"

int main(void)
{
	t_start();
	IN_CHILD("RLIMIT_AS", {
		struct rlimit rl = { 64 << 20, 64 << 20 };

		T(setrlimit(RLIMIT_AS, &rl));
		TOK(mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0));
		TOK(mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0));
		TOK(mmap(NULL, 64 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			0));
		char *b = sbrk(0);
		IS((char *)syscall(SYS_brk, b + (64 << 20)) == b);
		IS(malloc(128 << 20) == NULL);
		TOK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	});
	char *big = mmap(NULL, 1ul << 32, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		-1, 0);
	IS(big != MAP_FAILED);
	T(mprotect(big + (1ul << 31), 4096, PROT_READ | PROT_WRITE));
	big[1ul << 31] = 1;
	T(munmap(big, 1ul << 32));
	TOK(mmap(NULL, 1ul << 56, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
	return 0;
}
