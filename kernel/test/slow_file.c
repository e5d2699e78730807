// SPDX-License-Identifier: MPL-2.0
/* What tests do with an open file of slowfs. */
#include "slowfs.h"

struct mapping *slow_mapping(struct file *f)
{
	return f->host->mapping;
}

bool slow_is_cached(struct file *f, u64 index)
{
	struct page *p = pagecache_find(&f->host->pages, index);
	bool there = p;

	page_put(&p);
	return there;
}

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
