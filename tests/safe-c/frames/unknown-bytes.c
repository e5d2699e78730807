// refuse: bytes: .* is no instruction of the compiler
/* An instruction that the disassembler does not know may write any register. */
void bytes(void)
{
#ifdef __riscv
	__asm__ volatile(".4byte 0x0000017b"); /* custom-3, destination sp */
#else
	__asm__ volatile(".byte 0x06");
#endif
}
