// SPDX-License-Identifier: MPL-2.0
/* What tests do with an open file of slowfs. */
#include <frame/user.h>
#include <kernel/mm.h>
#include <uapi/mman.h>

#include "slowfs.h"

struct mm *slow_mm;
u64 slow_at;

struct mapping *slow_mapping(struct file *f)
{
	return f->host->mapping;
}

/* Without a look at the page's state: also one that is being read is there. */
bool slow_is_cached(struct file *f, u64 index)
{
	struct page *p = pagecache_find(&f->host->pages, index);
	bool there = p;

	page_put(&p);
	return there;
}

/* Tests fill files with blocks of one byte each: what is read must be 64 times the same. */
s64 slow_byte(struct file *f, u64 pos)
{
	u8 some[64];
	ssize_t n = file_read_kernel(f, pos, span_of(some));
	u32 i;

	if (n != sizeof(some))
		return n < 0 ? n : -1;
	for (i = 1; i < sizeof(some); i++) {
		if (some[i] != some[0])
			return -1;
	}
	return some[0];
}

int slow_resize(struct file *f, u64 size)
{
	int err;

	rwlock_write_lock(&f->inode->lock);
	err = inode_truncate(f->inode, size);
	rwlock_write_unlock(&f->inode->lock);
	return err;
}

bool slow_fill(struct file *f, u64 first, u64 n, u8 byte)
{
	u64 pos = first * slow->block_size, end = (first + n) * slow->block_size;
	u8 some[512];

	span_fill(span_of(some), byte);
	for (; pos < end; pos += sizeof(some)) {
		if (file_write_kernel(f, pos, cspan_of(some)) != sizeof(some))
			return false;
	}
	return true;
}

/* The task gets the address space as a program would have it, so user copies reach the mapping. */
bool slow_map(struct file *f, u64 len)
{
	s64 got;

	slow_mm = mm_new(false);
	if (!slow_mm)
		return false;
	mm_join(slow_mm);
	user_set_vmspace(slow_mm->vmspace);
	got = mm_map(slow_mm, 0, len, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
	slow_at = (u64)got;
	return got > 0;
}

void slow_unmap(void)
{
	user_set_vmspace(NULL);
	mm_leave(slow_mm);
	obj_put(&slow_mm);
}
