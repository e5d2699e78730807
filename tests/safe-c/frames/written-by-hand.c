// refuse: pivot: .* in a way that is not understood
/* Any other way to give the stack pointer a value. */
typedef unsigned long u64;
void use(void);
void pivot(u64 to)
{
#ifdef __riscv
	__asm__ volatile("mv sp, %0" : : "r"(to) : "memory");
#else
	__asm__ volatile("mov %0, %%rsp" : : "r"(to) : "memory");
#endif
	use();
}
