// refuse: tilt: .* leaves with the stack pointer \d+ bytes lower than it came
/* The caller goes on lower than it was: many such calls make a large step. */
void tilt(void)
{
#ifdef __riscv
	__asm__ volatile("addi sp, sp, -64\n\tld ra, 0(sp)\n\tld s0, 8(sp)\n\tret");
#else
	__asm__ volatile("sub $56, %%rsp\n\tret" : : :);
#endif
}
