// refuse: push: .* (comes \d{4} bytes below its entry|in a way that is not understood|by an amount that is no constant)
/* Each time round the stack pointer is lower. */
typedef unsigned long u64;
void use(void *p);
void push(u64 n)
{
	while (n--)
		use(__builtin_alloca(64));
}
