// SPDX-License-Identifier: MPL-2.0
/* Core files: to make one, and to read it. */
#ifndef TESTS_CORE_H
#define TESTS_CORE_H

#include "t.h"

#include <elf.h>
#include <sys/mman.h>
#include <sys/procfs.h>

#ifndef NT_SIGINFO
#define NT_SIGINFO 0x53494749
#endif

#define CORE_PATTERN "/proc/sys/kernel/core_pattern"

/* A core file in memory. */
struct core {
	unsigned char *at;
	size_t size;
	const Elf64_Ehdr *eh;
	const Elf64_Phdr *ph;
};

static inline int core_set(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);
	int n = fd < 0 ? -1 : (int)write(fd, text, strlen(text)), e = errno;

	close(fd);
	errno = e;
	return n;
}

static inline int core_limit(rlim_t limit)
{
	struct rlimit r = { limit, RLIM_INFINITY };

	return setrlimit(RLIMIT_CORE, &r);
}

/* The file in memory; false: there is none. */
static inline bool core_open(const char *path, struct core *c)
{
	struct stat st;
	int fd = open(path, O_RDONLY);

	*c = (struct core){ 0 };
	if (fd < 0 || fstat(fd, &st) || st.st_size < (off_t)sizeof(Elf64_Ehdr)) {
		close(fd);
		return false;
	}
	c->size = (size_t)st.st_size;
	c->at = mmap(NULL, c->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	CHECK(c->at != MAP_FAILED);
	c->eh = (const Elf64_Ehdr *)c->at;
	c->ph = (const Elf64_Phdr *)(c->at + c->eh->e_phoff);
	return true;
}

static inline void core_close(struct core *c)
{
	if (c->at)
		munmap(c->at, c->size);
	*c = (struct core){ 0 };
}

/* The @nr-th note of this type (any: -1) in the order of the file: its contents, or NULL. */
static inline const void *core_note(const struct core *c, long type, int nr, Elf64_Nhdr *h)
{
	const unsigned char *p = c->at + c->ph[0].p_offset, *end = p + c->ph[0].p_filesz;

	while (p + sizeof(*h) <= end) {
		const unsigned char *desc;

		memcpy(h, p, sizeof(*h));
		desc = p + sizeof(*h) + ((h->n_namesz + 3) & ~3u);
		if ((type < 0 || h->n_type == (Elf64_Word)type) && nr-- == 0)
			return desc;
		p = desc + ((h->n_descsz + 3) & ~3u);
	}
	return NULL;
}

/* The program header of the mapping at @va; NULL: none. */
static inline const Elf64_Phdr *core_map(const struct core *c, const void *va)
{
	for (int i = 1; i < c->eh->e_phnum; i++) {
		const Elf64_Phdr *ph = &c->ph[i];
		if ((Elf64_Addr)va >= ph->p_vaddr && (Elf64_Addr)va < ph->p_vaddr + ph->p_memsz)
			return ph;
	}
	return NULL;
}

/* What the file has at @va; NULL: nothing. */
static inline const void *core_at(const struct core *c, const void *va)
{
	const Elf64_Phdr *ph = core_map(c, va);
	size_t off = ph ? (size_t)((Elf64_Addr)va - ph->p_vaddr) : 0;

	return ph && off < ph->p_filesz ? c->at + ph->p_offset + off : NULL;
}

#endif
