// SPDX-License-Identifier: MPL-2.0
// The vDSO is an ELF image with the names the C library looks for, and its clock agrees with the
// system call.
#include "../lib/t.h"
#include <elf.h>
#include <link.h>
#include <sys/auxv.h>

#ifdef __riscv
#define EM_THIS EM_RISCV
#else
#define EM_THIS EM_X86_64
#endif

static const char *strtab;
static const Elf64_Sym *symtab;
static size_t nsyms;

static void *find(char *base, const char *name)
{
	for (size_t i = 0; i < nsyms; i++)
		if (symtab[i].st_shndx != SHN_UNDEF && !strcmp(strtab + symtab[i].st_name, name))
			return base + symtab[i].st_value;
	return NULL;
}

int main(void)
{
	static const char *const names[] = { "__vdso_clock_gettime", "__vdso_gettimeofday",
		"__vdso_clock_getres", "__vdso_getcpu",
#ifdef __riscv
		"__vdso_flush_icache", "__vdso_rt_sigreturn"
#else
		"__vdso_time", "time", "clock_gettime", "gettimeofday", "clock_getres", "getcpu"
#endif
	};

	t_start();
	char *base = (char *)getauxval(AT_SYSINFO_EHDR);
	CHECK(base);
	Elf64_Ehdr *eh = (void *)base;
	IS(!memcmp(eh->e_ident, ELFMAG, 4) && eh->e_type == ET_DYN && eh->e_machine == EM_THIS);
	Elf64_Phdr *ph = (void *)(base + eh->e_phoff);
	Elf64_Dyn *dyn = NULL;
	for (int i = 0; i < eh->e_phnum; i++)
		if (ph[i].p_type == PT_DYNAMIC)
			dyn = (void *)(base + ph[i].p_vaddr);
	CHECK(dyn);
	unsigned *hash = NULL, *gnu = NULL;
	for (; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_STRTAB)
			strtab = base + dyn->d_un.d_ptr;
		if (dyn->d_tag == DT_SYMTAB)
			symtab = (void *)(base + dyn->d_un.d_ptr);
		if (dyn->d_tag == DT_HASH)
			hash = (void *)(base + dyn->d_un.d_ptr);
		if (dyn->d_tag == DT_GNU_HASH)
			gnu = (void *)(base + dyn->d_un.d_ptr);
	}
	CHECK(strtab && symtab && (hash || gnu));
	// The string table follows the symbols in every vDSO that is linked as usual.
	nsyms = hash ? hash[1] : (size_t)((char *)strtab - (char *)symtab) / sizeof(Elf64_Sym);
	for (size_t i = 0; i < T_LEN(names); i++)
		printf("%s: %s\n", names[i], find(base, names[i]) ? "there" : "missing");
	int (*gettime)(clockid_t, struct timespec *) = find(base, "__vdso_clock_gettime");
	CHECK(gettime);
	int backwards = 0;
	for (int i = 0; i < 1000; i++) {
		struct timespec a, b, c;

		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &a);
		gettime(CLOCK_MONOTONIC, &b);
		syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &c);
		uint64_t x = (uint64_t)a.tv_sec * 1000000000u + (uint64_t)a.tv_nsec;
		uint64_t y = (uint64_t)b.tv_sec * 1000000000u + (uint64_t)b.tv_nsec;
		uint64_t z = (uint64_t)c.tv_sec * 1000000000u + (uint64_t)c.tv_nsec;
		backwards += y < x || z < y;
	}
	SHOW(backwards);
	unsigned cpu = 9999, node = 9999;
	int (*getcpu)(unsigned *, unsigned *, void *) = find(base, "__vdso_getcpu");
	CHECK(getcpu);
	T(getcpu(&cpu, &node, NULL));
	IS(cpu < 1024 && node == 0);
	struct timespec ts;
	SHOW(gettime(99, &ts));
	return 0;
}
