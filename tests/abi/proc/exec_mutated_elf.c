// SPDX-License-Identifier: MPL-2.0
// A small program with each field of its ELF header and program headers changed in many ways, and
// cut off at many places: how exec ends.
#include "../lib/t.h"
#include <elf.h>

#if defined(__riscv)
__asm__(".pushsection .rodata\ncode_start: li a0, 42\nli a7, 93\necall\ncode_end:\n.popsection");
#define MACHINE EM_RISCV
#elif defined(__x86_64__)
__asm__(".pushsection .rodata\ncode_start: mov $42, %edi\nmov $60, %eax\nsyscall\ncode_end:\n.popsection");
#define MACHINE EM_X86_64
#endif
extern const char code_start[], code_end[];

#define BASE 0x10000000ul
struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[3];
	char code[64];
	char interp[64];
};

static void make(struct image *m, int interp)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->eh.e_ident, ELFMAG, SELFMAG);
	m->eh.e_ident[EI_CLASS] = ELFCLASS64;
	m->eh.e_ident[EI_DATA] = ELFDATA2LSB;
	m->eh.e_ident[EI_VERSION] = EV_CURRENT;
	m->eh.e_type = ET_EXEC;
	m->eh.e_machine = MACHINE;
	m->eh.e_version = EV_CURRENT;
	m->eh.e_entry = BASE + offsetof(struct image, code);
	m->eh.e_phoff = offsetof(struct image, ph);
	m->eh.e_ehsize = sizeof(m->eh);
	m->eh.e_phentsize = sizeof(m->ph[0]);
	m->eh.e_phnum = 3;
	m->ph[0] = (Elf64_Phdr){ .p_type = PT_LOAD,
		.p_flags = PF_R | PF_X,
		.p_vaddr = BASE,
		.p_paddr = BASE,
		.p_filesz = sizeof(*m),
		.p_memsz = sizeof(*m),
		.p_align = 4096 };
	m->ph[1] = (Elf64_Phdr){ .p_type = PT_LOAD,
		.p_flags = PF_R | PF_W,
		.p_vaddr = BASE + 0x2000,
		.p_paddr = BASE + 0x2000,
		.p_filesz = 64,
		.p_memsz = 8192,
		.p_align = 4096 };
	m->ph[2] = (Elf64_Phdr){ .p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_align = 16 };
	if (interp)
		m->ph[2] = (Elf64_Phdr){ .p_type = PT_INTERP,
			.p_flags = PF_R,
			.p_offset = offsetof(struct image, interp),
			.p_filesz = 9,
			.p_memsz = 9,
			.p_align = 1 };
	memcpy(m->code, code_start, (size_t)(code_end - code_start));
	strcpy(m->interp, "./interp");
}

static void put(const char *path, const void *data, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	CHECK(fd >= 0 && write(fd, data, n) == (ssize_t)n);
	close(fd);
}

// Runs it: the error of exec, or how the program ended.
static void outcome(const char *path)
{
	char *const none[] = { NULL };
	int p[2], e = 0, st;
	pid_t pid;

	t_pipe(p);
	fcntl(p[1], F_SETFD, FD_CLOEXEC);
	pid = t_fork();
	if (pid == 0) {
		execve(path, none, none);
		e = errno;
		write(p[1], &e, sizeof(e));
		_exit(0);
	}
	close(p[1]);
	if (read(p[0], &e, sizeof(e)) != sizeof(e))
		e = 0;
	close(p[0]);
	st = t_wait(pid);
	if (e)
		printf(" %s", t_errname(e));
	else if (WIFSIGNALED(st))
		printf(" %s", t_signame(WTERMSIG(st)));
	else
		printf(" %d", WEXITSTATUS(st));
}

struct field {
	const char *name;
	unsigned at, size;
};
#define E(f) { #f, offsetof(Elf64_Ehdr, f), sizeof(((Elf64_Ehdr *)0)->f) }
#define P(f) { #f, offsetof(Elf64_Phdr, f), sizeof(((Elf64_Phdr *)0)->f) }
static const struct field head[] = {
	{ "class", EI_CLASS, 1 },
	{ "data", EI_DATA, 1 },
	{ "identversion", EI_VERSION, 1 },
	{ "osabi", EI_OSABI, 1 },
	{ "magic0", 0, 1 },
	{ "magic3", 3, 1 },
	E(e_type),
	E(e_machine),
	E(e_version),
	E(e_entry),
	E(e_phoff),
	E(e_shoff),
	E(e_flags),
	E(e_ehsize),
	E(e_phentsize),
	E(e_phnum),
	E(e_shnum),
};
static const struct field prog[] = { P(p_type), P(p_flags), P(p_offset), P(p_vaddr), P(p_filesz),
	P(p_memsz), P(p_align) };

// Written in place of a field, cut to its size.
static const unsigned long values[] = { 0, 1, 3, 7, 64, 4095, 4096, 65535, 0x80000000, 1ul << 37,
	0x7fffffffffff0000, 1ul << 63, -4096ul, -1ul };

static void each_value(struct image *m, const char *path, const char *what, const struct field *f,
	unsigned at)
{
	struct image bad;
	unsigned long mask = f->size == 8 ? -1ul : (1ul << f->size * 8) - 1, last = 0;

	printf("%s %s:", what, f->name);
	// What goes on in the interpreter is much the same: half as many will do.
	for (unsigned i = 0; i < T_LEN(values); i += strcmp(path, "interp") ? 1 : 2) {
		unsigned long v = values[i] & mask;

		if (i && v == last)
			continue;
		// How much may be promised without being there is another question.
		if (!strcmp(f->name, "p_memsz") && v >= 0x7fffffff && v <= 1ul << 37)
			continue;
		// Linux maps an interpreter that begins with nothing at address 0.
		if (!strcmp(f->name, "p_filesz") && !v && !strcmp(path, "interp"))
			continue;
		// What lies right below an interpreter, which goes wherever there is room, differs.
		if (!strcmp(f->name, "e_entry") && (long)v < 0 && (long)v >= -4096 &&
			!strcmp(path, "interp"))
			continue;
		last = v;
		// What stands just below the interpreter is the kernel's choice.
		if (!strcmp(f->name, "e_entry") && v > 1ul << 63)
			continue;
		bad = *m;
		memcpy((char *)&bad + at + f->at, &v, f->size);
		put(path, &bad, sizeof(bad));
		outcome("./prog");
	}
	printf("\n");
}

#ifndef INTERPRETER
int main(void)
{
	struct image m;
	char cut[32];

	t_start();
	CHECK(chmod(".", 0777) == 0);
	t_drop_root(1000); // root may map page zero on Linux
	make(&m, 0);
	put("prog", &m, sizeof(m));
	printf("whole:");
	outcome("./prog");
	printf("\n");
	for (unsigned i = 0; i < T_LEN(head); i++)
		each_value(&m, "prog", "header", &head[i], 0);
	for (unsigned n = 0; n < 3; n++)
		for (unsigned i = 0; i < T_LEN(prog); i++) {
			snprintf(cut, sizeof(cut), "segment %u", n);
			each_value(&m, "prog", cut, &prog[i],
				(unsigned)(offsetof(struct image, ph) + n * sizeof(Elf64_Phdr)));
		}
	printf("cut off:");
	for (size_t n = 0; n < sizeof(m); n += 36) {
		put("prog", &m, n);
		outcome("./prog");
	}
	printf("\n");
	return 0;
}
#else
int main(void)
{
	struct image m, interp;
	char cut[32];

	t_start();
	CHECK(chmod(".", 0777) == 0);
	t_drop_root(1000);
	make(&m, 1);
	make(&interp, 0);
	interp.eh.e_type = ET_DYN;
	interp.eh.e_entry -= BASE;
	interp.ph[0].p_vaddr -= BASE;
	interp.ph[1].p_vaddr -= BASE;
	put("interp", &interp, sizeof(interp));
	put("prog", &m, sizeof(m));
	printf("with interpreter:");
	outcome("./prog");
	printf("\n");
	for (unsigned i = 0; i < T_LEN(prog); i++)
		each_value(&m, "prog", "interp header", &prog[i],
			(unsigned)(offsetof(struct image, ph) + 2 * sizeof(Elf64_Phdr)));
	put("prog", &m, sizeof(m));
	for (unsigned i = 0; i < T_LEN(head); i++)
		each_value(&interp, "interp", "interpreter", &head[i], 0);
	for (unsigned n = 0; n < 2; n++)
		for (unsigned i = 0; i < T_LEN(prog); i++) {
			snprintf(cut, sizeof(cut), "interpreter's segment %u", n);
			each_value(&interp, "interp", cut, &prog[i],
				(unsigned)(offsetof(struct image, ph) + n * sizeof(Elf64_Phdr)));
		}
	printf("interpreter cut off:");
	for (size_t n = 0; n < sizeof(interp); n += 36) {
		put("interp", &interp, n);
		outcome("./prog");
	}
	printf("\n");
	return 0;
}
#endif
