// SPDX-License-Identifier: MPL-2.0
/*
 * Memory that the boot loader and the build left: the initial ramdisk, the seed, the vDSO image.
 *
 * Trust: the ramdisk's pages go to the page allocator only when no read is in progress, and only if
 *        no other reservation lies in them (fdt.c).
 */
#include <frame/sync.h>

#include "boot_private.h"

static struct rwlock initrd_lock; /* guards the ramdisk against being freed under a reader */

u64 boot_initrd_size(void)
{
	return boot_facts.initrd_end - boot_facts.initrd_start;
}

size_t boot_initrd_read(u64 off, struct span dst)
{
	u64 size, n = 0;

	rwlock_read_lock(&initrd_lock);
	size = boot_initrd_size();
	if (off < size) {
		n = min(size - off, (u64)dst._n);
		memcpy(dst._p, (const u8 *)arch_phys_to_virt(boot_facts.initrd_start) + off, n);
	}
	rwlock_read_unlock(&initrd_lock);
	return n;
}

void boot_initrd_free(void)
{
	paddr_t start, end;

	rwlock_write_lock(&initrd_lock);
	start = boot_facts.initrd_start;
	end = boot_facts.initrd_end;
	boot_facts.initrd_start = 0;
	boot_facts.initrd_end = 0;
	rwlock_write_unlock(&initrd_lock);
	if (end > start && !boot_facts.initrd_stays)
		page_add_range(start, end);
}

size_t boot_entropy(struct span out)
{
	size_t n = min((size_t)boot_facts.seed_len, out._n);

	memcpy(out._p, boot_facts.seed, n);
	memset(boot_facts.seed, 0, sizeof(boot_facts.seed));
	boot_facts.seed_len = 0;
	return n;
}

extern const u8 _vdso_start[], _vdso_end[];

u64 boot_vdso_size(void)
{
	return (u64)(_vdso_end - _vdso_start);
}

size_t boot_vdso_read(u64 off, struct span dst)
{
	u64 size = boot_vdso_size(), n;

	if (off >= size)
		return 0;
	n = min(size - off, (u64)dst._n);
	memcpy(dst._p, _vdso_start + off, n);
	return n;
}
