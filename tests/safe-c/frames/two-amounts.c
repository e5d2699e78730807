// refuse: either: .* (no constant|not understood|comes \d{5} bytes|leaves with the stack pointer)
/* The amount is one of two, by the path that led there. */
void use(void);
void either(unsigned long large)
{
#ifdef __riscv
	__asm__ volatile("li t0, -32768\n\tbnez %0, 1f\n\tli t0, -16\n1:\tadd sp, sp, t0" : : "r"(large) : "t0", "memory");
#else
	__asm__ volatile("test %0, %0\n\tjz 1f\n\tsub $32768, %%rsp\n1:\tsub $16, %%rsp" : : "r"(large) : "memory");
#endif
	use();
}
