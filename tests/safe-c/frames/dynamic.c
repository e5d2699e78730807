// refuse: any: .* by an amount that is no constant|in a way that is not understood
/* An amount that comes from a register. The checker refuses it in the text of a service (P7). */
typedef unsigned long u64;
void use(void *p);
void any(u64 n)
{
	use(__builtin_alloca(n));
}
