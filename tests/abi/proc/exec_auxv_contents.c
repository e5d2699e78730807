// SPDX-License-Identifier: MPL-2.0
// The auxiliary vector: keys that must be there, values that must agree with the process.
#include "../lib/t.h"
#include <elf.h>
#include <sys/auxv.h>

int main(int argc, char **argv, char **envp)
{
	extern char __ehdr_start[];
	char **p = envp;
	unsigned seen[64] = { 0 };
	int order_ok = 1;

	t_start();
	while (*p)
		p++;
	for (Elf64_auxv_t *a = (Elf64_auxv_t *)(p + 1);; a++) {
		if (a->a_type < 64)
			seen[a->a_type]++;
		if (a->a_type == AT_NULL)
			break;
	}
	static const struct t_name keys[] = { T_N(AT_PHDR), T_N(AT_PHENT), T_N(AT_PHNUM),
		T_N(AT_PAGESZ), T_N(AT_BASE), T_N(AT_FLAGS), T_N(AT_ENTRY), T_N(AT_UID),
		T_N(AT_EUID), T_N(AT_GID), T_N(AT_EGID), T_N(AT_HWCAP), T_N(AT_CLKTCK),
		T_N(AT_SECURE), T_N(AT_RANDOM), T_N(AT_EXECFN), T_N(AT_SYSINFO_EHDR),
		T_N(AT_NULL) };
	for (size_t i = 0; i < T_LEN(keys); i++)
		printf("%s: %u\n", keys[i].name, seen[keys[i].value]);
	(void)order_ok;
	Elf64_Ehdr *eh = (Elf64_Ehdr *)__ehdr_start;
	IS(getauxval(AT_PHDR) == (unsigned long)__ehdr_start + eh->e_phoff);
	SHOW(getauxval(AT_PHENT));
	IS(getauxval(AT_PHNUM) == eh->e_phnum);
	SHOW(getauxval(AT_PAGESZ));
	IS(getauxval(AT_ENTRY) == eh->e_entry);
	SHOW(getauxval(AT_BASE));
	SHOW(getauxval(AT_FLAGS));
	SHOW(getauxval(AT_CLKTCK));
	SHOW(getauxval(AT_SECURE));
	SHOW(getauxval(AT_UID));
	SHOW(getauxval(AT_EGID));
	IS(!strcmp((char *)getauxval(AT_EXECFN), argv[0]));
	unsigned char *r = (unsigned char *)getauxval(AT_RANDOM);
	int zeroes = 0;
	for (int i = 0; i < 16; i++)
		zeroes += r[i] == 0;
	IS(zeroes < 8);
#ifdef __riscv
	IS((getauxval(AT_HWCAP) & (1 << ('i' - 'a'))) != 0);
	IS((getauxval(AT_HWCAP) & (1 << ('m' - 'a'))) != 0);
	IS((getauxval(AT_HWCAP) & (1 << ('a' - 'a'))) != 0);
	IS((getauxval(AT_HWCAP) & (1 << ('f' - 'a'))) != 0);
	IS((getauxval(AT_HWCAP) & (1 << ('d' - 'a'))) != 0);
	IS((getauxval(AT_HWCAP) & (1 << ('c' - 'a'))) != 0);
#else
	// CPUID leaf 1, edx: FPU, FXSR, SSE, SSE2.
	IS((~getauxval(AT_HWCAP) & (1 << 0 | 1 << 24 | 1 << 25 | 1 << 26)) == 0);
	SHOWS((char *)getauxval(AT_PLATFORM));
#endif
	IS(((unsigned long)(argv - 1) & 15) == 0);
	IS((unsigned long)argv[0] > (unsigned long)argv);
	return 0;
}
