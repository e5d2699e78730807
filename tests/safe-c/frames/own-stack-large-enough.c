// accept --bounded first=400
/* A stack without a guard: here it is large enough. */
typedef unsigned long u64;
void use(u64 (*a)[16]);
__attribute__((noinline)) static u64 second(u64 v)
{
	u64 a[16];

	use(&a);
	return a[v % 16];
}
u64 first(u64 v)
{
	u64 a[16];

	use(&a);
	return a[v % 16] + second(v) + v;
}
