// refuse: attack: .* comes \d{4,} bytes below its entry
/*
 * The area for outgoing arguments is taken at the start of the function, also for a call that is
 * never made; -Wframe-larger-than does not count it.
 */
typedef unsigned long u64;
#define T4(x)    x, x, x, x
#define T16(x)   T4(x), T4(x), T4(x), T4(x)
#define T64(x)   T16(x), T16(x), T16(x), T16(x)
#define T256(x)  T64(x), T64(x), T64(x), T64(x)
#define T1024(x) T256(x), T256(x), T256(x), T256(x)
#define T4096(x) T1024(x), T1024(x), T1024(x), T1024(x)
struct calls { u64 (*sink)(T4096(u64)); };
u64 harmless(u64 v);
u64 attack(const struct calls *never, u64 v)
{
	harmless(v);
	if (never)
		return never->sink(T4096(v));
	return 0;
}
