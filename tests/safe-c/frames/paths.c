// accept
/*
 * Early returns, calls in the place of a return, parts that the compiler puts elsewhere, and calls
 * that do not come back.
 */
typedef unsigned long u64;
void give_up(u64 why) __attribute__((noreturn, cold));
void rare(u64 v) __attribute__((cold));
u64 get(u64 v);
u64 next(u64 v, u64 w);
struct ops { u64 (*go)(u64 v); };
u64 paths(const struct ops *o, u64 v)
{
	u64 a, b;

	if (v == 1)
		return o->go(v);
	if (v == 2)
		return 7;
	a = get(v);
	if (a == 3) {
		rare(a);
		rare(get(a));
		give_up(a);
	}
	b = get(a) + get(v);
	if (b == 5)
		return next(a, b);
	if (b == 6)
		give_up(b);
	return get(b) / v;
}
u64 forever(u64 v)
{
	for (;;)
		v = get(v);
}
