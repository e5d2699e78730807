// refuse: hide: .* (is no instruction of the compiler|moves the stack pointer where nobody comes)
/* Bytes that are data for this reader, and code for whoever jumps to them. */
void hide(void)
{
#ifdef __riscv
	__asm__ volatile("ebreak\n\tli t0, -32768\n\tadd sp, sp, t0");
#else
	__asm__ volatile("ud2\n\tsub $32768, %%rsp" : : :);
#endif
}
