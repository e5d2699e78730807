// accept
/* As much as -Wframe-larger-than lets through. */
typedef unsigned long u64;
void use(u64 (*a)[110]);
u64 fill(u64 v)
{
	u64 a[110];

	use(&a);
	return a[v % 110];
}
