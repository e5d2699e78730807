// refuse: fill: .* comes \d{4} bytes below its entry
/* Plain locals, which the compiler counts as well. */
typedef unsigned long u64;
void use(u64 (*a)[300]);
u64 fill(u64 v)
{
	u64 a[300];

	use(&a);
	return a[v % 300];
}
