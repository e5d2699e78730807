// refuse --bounded first=4000: first: .* calls itself
/* A depth that nobody can tell. */
typedef unsigned long u64;
u64 get(u64 v);
__attribute__((noinline)) u64 second(u64 v);
u64 first(u64 v)
{
	return second(get(v)) + 1;
}
u64 second(u64 v)
{
	return v ? first(v - 1) + get(v) : 0;
}
