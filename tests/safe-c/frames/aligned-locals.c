// accept
/* The stack pointer is aligned by hand. */
typedef unsigned long u64;
void use(void *p);
u64 aligned(u64 v)
{
	u64 a[8] __attribute__((aligned(64)));

	use(a);
	return a[v % 8];
}
