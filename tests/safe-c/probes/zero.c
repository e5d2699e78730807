// SPDX-License-Identifier: MPL-2.0
/*
 * Locals without an initialiser are zero, again in every turn of a loop, and two locals never share a place. Run on the host;
 * exits with the number of the first thing that is not so.
 */
typedef unsigned long u64;

#define PROBE __attribute__((noinline, noclone))

struct pair {
	void *p;
	u64 n;
};

static PROBE void dirty(volatile u64 *sink)
{
	volatile u64 stack[128];
	for (int i = 0; i < 128; i++)
		stack[i] = 0xdeadbeefdeadbeef;
	*sink = stack[5];
}
static PROBE void *keep(void **p)
{
	return *p;
}
static PROBE void *pointer(void)
{
	void *p;
	return keep(&p);
}
static PROBE u64 structure(int i)
{
	struct pair s[4];
	struct pair *q = &s[i];
	return (u64)keep(&q->p) | q->n;
}
static PROBE u64 loop(void)
{
	u64 sum = 0;
	for (int i = 0; i < 4; i++) {
		struct pair s;
		sum |= (u64)keep(&s.p) | s.n;
		s.p = &sum;
		s.n = 77;
		keep(&s.p);
	}
	return sum & 77;
}
static PROBE int apart(void)
{
	u64 *a, *b;
	{
		u64 x = 1;
		a = &x;
		keep((void **)&a);
	}
	{
		u64 y = 2;
		b = &y;
		keep((void **)&b);
	}
	return keep((void **)&a) != keep((void **)&b);
}

int main(void)
{
	u64 sink;
	dirty(&sink);
	if (pointer())
		return 1;
	dirty(&sink);
	if (structure(2))
		return 2;
	dirty(&sink);
	if (loop())
		return 3;
	return apart() ? 0 : 4;
}
