// SPDX-License-Identifier: MPL-2.0
// ELF files with one field wrong each, and truncated ones: the errno, or the signal that ends the
// process.
#include "../lib/t.h"
#include <elf.h>

// exit_group(42), and two machines: this one and another.
#ifdef __riscv
static const unsigned char code[] = { 0x13, 0x05, 0xa0, 0x02, 0x93, 0x08, 0xe0, 0x05, 0x73, 0x00,
	0x00, 0x00 };
#define EM_THIS  EM_RISCV
#define EM_OTHER EM_X86_64
#else
static const unsigned char code[] = { 0xbf, 42, 0, 0, 0, 0xb8, 231, 0, 0, 0, 0x0f, 0x05 };
#define EM_THIS  EM_X86_64
#define EM_OTHER EM_RISCV
#endif
static char image[8192];
static size_t image_len;

static void base(void)
{
	Elf64_Ehdr *e = (void *)image;
	Elf64_Phdr *p = (void *)(image + sizeof(*e));

	memset(image, 0, sizeof(image));
	memcpy(e->e_ident, "\177ELF\2\1\1", 7);
	e->e_type = ET_EXEC;
	e->e_machine = EM_THIS;
	e->e_version = 1;
	e->e_phoff = sizeof(*e);
	e->e_ehsize = sizeof(*e);
	e->e_phentsize = sizeof(*p);
	e->e_phnum = 1;
	e->e_entry = 0x10000 + 0x100;
	e->e_flags = 5;
	p->p_type = PT_LOAD;
	p->p_flags = PF_R | PF_X;
	p->p_vaddr = 0x10000;
	p->p_filesz = p->p_memsz = 0x200;
	p->p_align = 0x1000;
	memcpy(image + 0x100, code, sizeof(code));
	image_len = 0x200;
}

static void run(const char *label)
{
	char *const av[] = { "x", NULL };
	int fd = open("prog", O_WRONLY | O_CREAT | O_TRUNC, 0755);

	CHECK(fd >= 0 && write(fd, image, image_len) == (ssize_t)image_len);
	close(fd);
	pid_t pid = t_fork();
	if (pid == 0) {
		execve("prog", av, av + 1);
		printf("%s: %s\n", label, t_errname(errno));
		_exit(0);
	}
	t_reap(label, pid);
	unlink("prog");
}

#define WITH(label, ...)                                               \
	do {                                                           \
		base();                                                \
		Elf64_Ehdr *e T_UNUSED = (void *)image;                \
		Elf64_Phdr *p T_UNUSED = (void *)(image + sizeof(*e)); \
		__VA_ARGS__;                                           \
		run(label);                                            \
	} while (0)

int main(void)
{
	t_start();
	WITH("good", ;);
	WITH("magic", image[1] = 'e');
	WITH("type REL", e->e_type = ET_REL);
	WITH("type CORE", e->e_type = ET_CORE);
	WITH("machine", e->e_machine = EM_OTHER);
	WITH("class 32", e->e_ident[4] = 1);
	WITH("phentsize", e->e_phentsize = 55);
	WITH("phnum 0", e->e_phnum = 0);
	WITH("phnum 2000", e->e_phnum = 2000);
	WITH("phoff beyond", e->e_phoff = 0x100000);
	WITH("phoff huge", e->e_phoff = 0x7ffffffffffff000);
	WITH("cut in header", image_len = 40);
	WITH("cut in program headers", image_len = 80);
	WITH("memsz < filesz", p->p_memsz = 0x100);
	WITH("entry outside", e->e_entry = 0x900000);
	WITH("entry 0", e->e_entry = 0);
	WITH("segment not executable", p->p_flags = PF_R);
	WITH("vaddr in the kernel half", p->p_vaddr = 0xffffffff80000000);
	WITH("vaddr unaligned to offset", p->p_vaddr = 0x10010);
	WITH("memsz huge", p->p_memsz = 0x7fffffffffff0000);
	WITH("interp missing", {
		e->e_phnum = 2;
		p[1].p_type = PT_INTERP;
		p[1].p_offset = 0x1f0;
		p[1].p_filesz = 8;
		strcpy(image + 0x1f0, "./noint");
	});
	WITH("interp without zero", {
		e->e_phnum = 2;
		p[1].p_type = PT_INTERP;
		p[1].p_offset = 0x1f0;
		p[1].p_filesz = 7;
		strcpy(image + 0x1f0, "./noint");
	});
	WITH("interp of one byte", {
		e->e_phnum = 2;
		p[1].p_type = PT_INTERP;
		p[1].p_offset = 0x1f0;
		p[1].p_filesz = 1;
	});
	WITH("interp is text", {
		e->e_phnum = 2;
		p[1].p_type = PT_INTERP;
		p[1].p_offset = 0x1f0;
		p[1].p_filesz = 8;
		strcpy(image + 0x1f0, "./texti");
		t_file("texti",
			"this is text, and long enough to hold an ELF header of sixty-four bytes\n",
			0755);
	});
	WITH("bss", {
		p->p_flags |= PF_W;
		p->p_memsz = 0x5000;
	});
	WITH("load that is cut", p->p_filesz = p->p_memsz = 0x2000);
	WITH("ET_DYN", {
		e->e_type = ET_DYN;
		p->p_vaddr = 0;
		e->e_entry = 0x100;
	});
	return 0;
}
