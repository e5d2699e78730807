// refuse: swap: .* (exchanges the stack pointer|in a way that is not understood)
/* An instruction that writes two places. */
void swap(unsigned long *with)
{
#ifdef __riscv
	__asm__ volatile("amoswap.d sp, sp, (%0)" : : "r"(with) : "memory");
#else
	__asm__ volatile("xchgq %%rsp, (%0)" : : "r"(with) : "memory");
#endif
}
