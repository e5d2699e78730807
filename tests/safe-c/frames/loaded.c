// refuse: load: .* in a way that is not understood
/* The same from memory. */
void load(unsigned long *from)
{
#ifdef __riscv
	__asm__ volatile("ld sp, 0(%0)" : : "r"(from) : "memory");
#else
	__asm__ volatile("movq (%0), %%rsp" : : "r"(from) : "memory");
#endif
}
