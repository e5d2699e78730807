// refuse --bounded first=4000: first: .* not known: a pointer
/* Nor of what a pointer tells. */
typedef unsigned long u64;
u64 first(u64 (*f)(u64), u64 v)
{
	return f(v) + 1;
}
