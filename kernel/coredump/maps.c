// SPDX-License-Identifier: MPL-2.0
/*
 * The mappings of a process for its core file: their places, and how much of each is dumped, by
 * /proc/PID/coredump_filter and madvise (core(5)).
 *
 * They are copied first, so that the headers of the file and its contents agree whatever becomes of
 * the address space. The copies are memory that the user makes the kernel keep for a while: one
 * entry for each mapping, of which vm.max_map_count says how many there are.
 */
#include <kernel/inode.h>
#include <kernel/mm.h>
#include <kernel/uaccess.h>

#include "core.h"

static void core_maps_release(struct core_maps *m)
{
	u32 i;

	for (i = 0; i < m->nr; i++)
		obj_put(&array_at(m->map, i)->file);
}
OBJ_TYPE(core_maps, core_maps_release);

/* The chain is taken apart one by one: a release that drops the next one would be a recursion. */
void core_maps_put(struct core_maps **maps)
{
	struct core_maps *m, *next;

	for (m = *maps; m; m = next) {
		next = m->next;
		m->next = NULL;
		obj_put(&m);
	}
	*maps = NULL;
}

/*
 * A private mapping that was never written to has nothing of its own. The first page of a file's
 * mapping is dumped if it tells what was mapped: of a file that can be executed, or that begins as
 * an ELF file does.
 */
static u64 private_size(struct vma *v, u32 filter, struct core_map *const m)
{
	struct inode *ino = vma_inode(v);

	if ((v->has_anon && (filter & CORE_ANON_PRIVATE)) || (ino && (filter & CORE_FILE_PRIVATE)))
		return v->end - v->start;
	if (!ino || !(filter & CORE_ELF_HEADERS) || v->offset || !(v->prot & PROT_READ))
		return 0;
	if (ino->mode & 0111)
		return PAGE_SIZE;
	m->may_be_elf = true;
	return 0;
}

/* Shared memory without a file, and of a file without a name, counts as anonymous. */
static u64 dump_size(struct vma *v, u32 filter, struct core_map *const m)
{
	if (v->flags & VMA_VDSO)
		return v->end - v->start;
	if ((v->flags & VMA_DONTDUMP) || v->ops)
		return 0;
	if (!(v->flags & VMA_SHARED))
		return private_size(v, filter, m);
	return filter & (v->file && v->file->inode->nlink ? CORE_FILE_SHARED : CORE_ANON_SHARED)
		? v->end - v->start
		: 0;
}

/* Appends a mapping to the last table of the chain, or to a new one. 0 or -ENOMEM. */
static int add_map(struct core_maps **last, const struct core_map *m)
{
	struct core_maps *c = *last;

	if (c->nr == CORE_MAPS) {
		c->next = obj_new(core_maps);
		if (!c->next)
			return -ENOMEM;
		c = *last = c->next;
	}
	struct core_map *const to = array_at(c->map, c->nr);
	*to = *m;
	if (to->file)
		(void)obj_get(to->file);
	c->nr++;
	return 0;
}

/* Whether there is an ELF header is read without mm.lock. */
static void find_elf_headers(struct mm *mm, struct core_maps *c)
{
	u8 magic[4];
	u32 i;

	for (; c; c = c->next) {
		for (i = 0; i < c->nr; i++) {
			struct core_map *const m = array_at(c->map, i);
			if (m->may_be_elf && mm_read(mm, UADDR(m->start), span_of(magic)) == 4 &&
				magic[0] == 0x7f && magic[1] == 'E' && magic[2] == 'L' &&
				magic[3] == 'F')
				m->size = PAGE_SIZE;
		}
		if (loop_should_end())
			return;
	}
}

/* Each round finds the next mapping by its address, since the tree of mappings is kernel/vm's. */
int core_maps_take(struct mm *mm, u32 filter, struct core_maps **out)
{
	struct core_maps *last = obj_new(core_maps);
	struct vma *v;
	int err = 0;

	*out = last;
	if (!last)
		return -ENOMEM;
	rwlock_read_lock(&mm->lock);
	for (v = mm_find_next(mm, 0); v && !err; v = mm_find_next(mm, v->end)) {
		struct core_map m = { .start = v->start,
			.end = v->end,
			.offset = v->offset,
			.prot = v->prot,
			.file = v->file,
			.is_shared_anon = !v->file && v->shared };

		m.size = dump_size(v, filter, &m);
		err = add_map(&last, &m);
		if (loop_should_end())
			err = -EINTR;
	}
	rwlock_read_unlock(&mm->lock);
	if (!err)
		find_elf_headers(mm, *out);
	return err;
}
