// refuse: either: .* (no constant|not understood|comes \d{5} bytes|leaves with the stack pointer)
/* As before, with the small amount on the way that is looked at first. */
void use(void);
void either(unsigned long small)
{
#ifdef __riscv
	__asm__ volatile("li t0, -32768\n\tbeqz %0, 1f\n\tli t0, -16\n\tj 1f\n1:\tadd sp, sp, t0" : : "r"(small) : "t0", "memory");
#else
	__asm__ volatile("test %0, %0\n\tjz 1f\n\tjmp 2f\n1:\tsub $32768, %%rsp\n2:\tsub $16, %%rsp" : : "r"(small) : "memory");
#endif
	use();
}
