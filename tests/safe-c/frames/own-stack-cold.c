// refuse --bounded first=4000: first: .* not known: a pointer
/*
 * The call stands in a part of the function that the compiler puts elsewhere, or is a call in the
 * place of the return.
 */
typedef unsigned long u64;
void rare(u64 v) __attribute__((cold));
u64 get(u64 v);
u64 first(u64 (*f)(u64), u64 v)
{
	if (v == 77) {
		rare(f(get(v)));
		rare(v);
	}
	return get(v) + v;
}
