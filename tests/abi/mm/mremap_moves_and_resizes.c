// SPDX-License-Identifier: MPL-2.0
// mremap: shrink, grow in place, move, fixed targets, and the errors.
#include "../lib/t.h"
#define RW (PROT_READ | PROT_WRITE)
#define PA (MAP_PRIVATE | MAP_ANONYMOUS)

static int hole(char *p)
{
	unsigned char v;

	return mincore(p, 4096, &v) < 0 && errno == ENOMEM;
}

int main(void)
{
	t_start();
	char *base = mmap(NULL, 64 * 4096, PROT_NONE, PA, -1, 0);
	CHECK(base != MAP_FAILED);
	char *m = mmap(base, 4 * 4096, RW, PA | MAP_FIXED, -1, 0);
	for (int i = 0; i < 4; i++)
		m[i * 4096] = (char)('0' + i);
	IS(mremap(m, 4 * 4096, 2 * 4096, 0) == m);
	IS(hole(m + 2 * 4096));
	IS(mremap(m, 2 * 4096, 4 * 4096, 0) == m);
	printf("%c %c %d\n", m[0], m[4096], m[2 * 4096]);
	T(mremap(m, 4 * 4096, 8 * 4096, 0) == MAP_FAILED);
	SHOWS(t_errname((mremap(m, 4 * 4096, 8 * 4096, 0), errno)));
	char *n = mremap(m, 4 * 4096, 8 * 4096, MREMAP_MAYMOVE);
	IS(n != MAP_FAILED && n != m);
	IS(hole(m));
	printf("%c %c %d\n", n[0], n[4096], n[7 * 4096]);
	char *k = mremap(n, 8 * 4096, 4 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, base + 16 * 4096);
	IS(k == base + 16 * 4096);
	IS(hole(n));
	printf("%c %c\n", k[0], k[4096]);
	TOK(mremap(k, 4 * 4096, 4 * 4096, MREMAP_FIXED, base));
	TOK(mremap(k, 4 * 4096, 4 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, k + 4096));
	TOK(mremap(k, 4 * 4096, 4 * 4096, MREMAP_MAYMOVE | MREMAP_FIXED, base + 1));
	TOK(mremap(k, 4 * 4096, 0, MREMAP_MAYMOVE));
	TOK(mremap(k + 1, 4096, 4096, MREMAP_MAYMOVE));
	TOK(mremap(k, 4096, 4096, 0x100));
	TOK(mremap(m, 4096, 8192, MREMAP_MAYMOVE));
	TOK(mremap(k, 8 * 4096, 9 * 4096, MREMAP_MAYMOVE));
	TOK(mremap(k, 0, 4096, MREMAP_MAYMOVE));
	char *s = mmap(NULL, 4096, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	s[0] = 's';
	char *d = mremap(s, 0, 4096, MREMAP_MAYMOVE);
	IS(d != MAP_FAILED && d != s && d[0] == 's');
	d[1] = 'd';
	IS(s[1] == 'd');
	char *dt = mremap(k, 4096, 4096, MREMAP_MAYMOVE | MREMAP_DONTUNMAP);
	IS(dt != MAP_FAILED && dt[0] == '0' && k[0] == 0);
	t_file("f", "file", 0644);
	char *f = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open("f", O_RDONLY), 0);
	f = mremap(f, 4096, 8192, MREMAP_MAYMOVE);
	IS(f != MAP_FAILED && !memcmp(f, "file", 4));
	return 0;
}
