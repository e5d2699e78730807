// SPDX-License-Identifier: MPL-2.0
/*
 * The core file: ELF header, program headers, notes, then from the next page on the memory. See
 * elf(5).
 *
 * Each mapping has a program header, also one of which nothing is dumped. More than PN_XNUM headers
 * do not fit the ELF header's field: their number is then in a section header at the end, as the ABI
 * says.
 */
#include <abi/core.h>
#include <kernel/mm.h>
#include <uapi/elf.h>

#include "core.h"

#define PN_XNUM 0xffffu
enum { ET_CORE = 4, PT_NOTE = 4 };

struct elf64_shdr {
	u32 name, type;
	u64 flags, addr, offset, size;
	u32 link, info;
	u64 addralign, entsize;
};

/* The contents of the mappings follow each other from @offset on, in the order of the headers. */
static void write_map_headers(struct core_out *o, struct core_maps *c, u64 offset)
{
	u32 i;

	for (; c; c = c->next) {
		for (i = 0; i < c->nr; i++) {
			const struct core_map *const m = array_at(c->map, i);
			struct elf64_phdr ph = { .type = PT_LOAD,
				.flags = (m->prot & PROT_READ ? PF_R : 0u) |
					(m->prot & PROT_WRITE ? PF_W : 0u) |
					(m->prot & PROT_EXEC ? PF_X : 0u),
				.offset = offset,
				.vaddr = m->start,
				.filesz = m->size,
				.memsz = m->end - m->start,
				.align = PAGE_SIZE };

			core_emit(o, value_cspan(&ph));
			offset += m->size;
		}
	}
}

/*
 * The pages of one mapping. What is not there becomes a hole. A page is copied before it is written:
 * a write may last as long as a reader of a pipe likes, and no page is kept for that time.
 */
static void write_map(struct core_out *o, struct mm *mm, struct buf *page, const struct core_map *m)
{
	u64 va = m->start, end = m->start + m->size, next;
	struct page *p;

	while (va < end && !o->failed) {
		next = mm_dump_skip(mm, va, end);
		core_skip(o, next - va);
		va = next;
		p = NULL;
		if (va < end) {
			mm_dump_page(mm, va, &p);
			va += PAGE_SIZE;
			if (!p)
				core_skip(o, PAGE_SIZE);
		}
		if (p) {
			page_read(p, 0, buf_span(page));
			page_put(&p);
			core_emit(o, buf_cspan(page));
		}
		if (loop_should_end())
			o->failed = true;
	}
}

/* The same order as that of the headers, so the places that those tell are right. */
static void write_memory(struct core_out *o, struct mm *mm, struct core_maps *c)
{
	struct buf *page = buf_alloc_dirty(PAGE_SIZE);
	u32 i;

	if (!page)
		o->failed = true;
	for (; c && !o->failed; c = c->next) {
		for (i = 0; i < c->nr && !o->failed; i++)
			write_map(o, mm, page, array_at(c->map, i));
	}
	buf_put(&page);
}

/* How many mappings there are, and how many bytes are dumped of them. */
static u64 count_maps(struct core_maps *c, u64 *bytes)
{
	u64 n = 0;
	u32 i;

	*bytes = 0;
	for (; c; c = c->next) {
		for (i = 0; i < c->nr; i++)
			*bytes += array_at(c->map, i)->size;
		n += c->nr;
	}
	return n;
}

/*
 * All places in the file are known before the first byte is written, so a pipe does as well. Errors
 * are kept in the output: nothing is written after one.
 */
void core_elf_write(struct core_out *o, struct core_notes *n)
{
	u64 bytes, nr = count_maps(n->maps, &bytes) + 1; /* the notes have a header, too */
	struct elf64_ehdr eh = { .ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		.type = ET_CORE,
		.machine = ABI_CORE_MACHINE,
		.version = 1,
		.phoff = sizeof(eh),
		.ehsize = sizeof(eh),
		.phentsize = sizeof(struct elf64_phdr),
		.phnum = (u16)min(nr, (u64)PN_XNUM) };
	struct elf64_phdr ph = { .type = PT_NOTE,
		.offset = sizeof(eh) + nr * sizeof(ph),
		.filesz = n->size,
		.align = 4 };
	struct elf64_shdr sh = { .info = (u32)nr, .size = 1 };
	u64 data = round_up(ph.offset + ph.filesz, PAGE_SIZE);

	if (eh.phnum == PN_XNUM) {
		eh.shoff = data + bytes;
		eh.shentsize = sizeof(sh);
		eh.shnum = 1;
	}
	core_emit(o, value_cspan(&eh));
	core_emit(o, value_cspan(&ph));
	write_map_headers(o, n->maps, data);
	core_notes_write(n, o);
	core_skip(o, data - core_out_pos(o));
	write_memory(o, n->mm, n->maps);
	if (eh.phnum == PN_XNUM)
		core_emit(o, value_cspan(&sh));
}
