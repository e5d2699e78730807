// refuse --bounded first=4000: first: .* not known: a pointer
/* A call in the place of the return. */
typedef unsigned long u64;
u64 get(u64 v);
u64 first(u64 (*f)(u64), u64 v)
{
	return f(get(v));
}
