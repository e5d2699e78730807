// SPDX-License-Identifier: MPL-2.0
// mmap refuses zero and huge lengths, unaligned offsets and addresses, wrong kinds, wrong access.
#include "../lib/t.h"

static long mm(void *addr, size_t len, int prot, int flags, int fd, off_t off)
{
	return syscall(SYS_mmap, addr, len, prot, flags, fd, off);
}

#define PA (MAP_PRIVATE | MAP_ANONYMOUS)

int main(void)
{
	int p[2];

	t_start();
	t_file("f", "hello", 0644);
	int ro = open("f", O_RDONLY), wo = open("f", O_WRONLY), rw = open("f", O_RDWR);
	int d = open(".", O_RDONLY);
	t_pipe(p);
	TOK(mm(NULL, 0, PROT_READ, PA, -1, 0));
	TOK(mm(NULL, 1, PROT_READ, PA, -1, 0));
	TOK(mm(NULL, (size_t)-1, PROT_READ, PA, -1, 0));
	TOK(mm(NULL, (size_t)-4096, PROT_READ, PA, -1, 0));
	TOK(mm(NULL, 1ul << 57, PROT_READ, PA, -1, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_ANONYMOUS, -1, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_ANONYMOUS | MAP_SHARED | MAP_PRIVATE, -1, 0));
	TOK(mm(NULL, 4096, PROT_READ, PA, -1, 1));
	TOK(mm(NULL, 4096, PROT_READ, PA, -1, 4096));
	TOK(mm((void *)1, 4096, PROT_READ, PA | MAP_FIXED, -1, 0));
	TOK(mm((void *)(1ul << 62), 4096, PROT_READ, PA | MAP_FIXED, -1, 0));
	TOK(mm((void *)(1ul << 62), 4096, PROT_READ, PA, -1, 0));
	TOK(mm((void *)12345, 4096, PROT_READ, PA, -1, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_PRIVATE, -1, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_PRIVATE, 99, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_PRIVATE, d, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_PRIVATE, p[0], 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_PRIVATE, wo, 0));
	TOK(mm(NULL, 4096, PROT_WRITE, MAP_SHARED, ro, 0));
	TOK(mm(NULL, 4096, PROT_WRITE, MAP_PRIVATE, ro, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_SHARED, wo, 0));
	TOK(mm(NULL, 4096, PROT_WRITE, MAP_SHARED, rw, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_PRIVATE, ro, 100));
	TOK(mm(NULL, 4096, PROT_READ, MAP_PRIVATE, ro, -4096));
	TOK(mm(NULL, 8192, PROT_READ, MAP_PRIVATE, ro, LONG_MAX & ~4095l));
	TOK(mm(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE, ro, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_SHARED_VALIDATE | 0x4000000, ro, 0));
	TOK(mm(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_GROWSDOWN, ro, 0));
	TOK(mm(NULL, 4096, PROT_NONE, MAP_PRIVATE, ro, 0));
	IN_CHILD("page 0 as a user", {
		t_drop_root(1000);
		TOK(mm((void *)4096, 4096, PROT_READ, PA | MAP_FIXED, -1, 0));
	});
	return 0;
}
