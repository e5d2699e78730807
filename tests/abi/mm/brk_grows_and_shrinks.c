// SPDX-License-Identifier: MPL-2.0
// The raw brk call: asks and answers, growth of zeroes, refusals that change nothing, RLIMIT_DATA.
#include "../lib/t.h"

static char *rb(void *p)
{
	return (char *)syscall(SYS_brk, p);
}

int main(void)
{
	extern char end[];

	t_start();
	IN_CHILD("brk", {
		char *b = rb(NULL);

		IS(b >= end);
		IS(rb((void *)1) == b);
		IS(rb((void *)-1) == b);
		IS(rb(b + 100000) == b + 100000);
		IS(b[0] == 0 && b[99999] == 0);
		memset(b, 'b', 100000);
		IS(rb(b) == b);
		IS(rb(b + 100000) == b + 100000);
		IS(b[50000] == 0);
		IS(rb(b + 10) == b + 10);
		IS(rb((char *)(1ul << 46)) == b + 10);
		struct rlimit rl = { 1 << 20, 1 << 20 };
		CHECK(setrlimit(RLIMIT_DATA, &rl) == 0);
		IS(rb(b + (64 << 20)) == b + 10);
		IS(rb(b) == b);
	});
	IN_CHILD("sbrk", {
		char *b = sbrk(0);
		IS(sbrk(4096) == b);
		IS(sbrk(0) == b + 4096);
		b[4095] = 1;
		IS(sbrk(-4096) == b + 4096);
		IS(sbrk(0) == b);
	});
	IN_CHILD("beyond the break", {
		char *b = rb(NULL);
		char *page = (char *)(((unsigned long)b + 4095) & ~4095ul);
		*(volatile char *)(page + 65536) = 1;
	});
	return 0;
}
