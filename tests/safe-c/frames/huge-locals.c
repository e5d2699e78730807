// refuse: fill: .* comes \d{7} bytes below its entry
/* An amount that no instruction holds: it is put together in a register. */
typedef unsigned long u64;
void use(u64 (*a)[300000]);
u64 fill(u64 v)
{
	u64 a[300000];

	use(&a);
	return a[v % 300000];
}
