// SPDX-License-Identifier: MPL-2.0
/*
 * memfd_create and seals. See memfd_create(2), fcntl(2) "File Sealing".
 *
 * Seals are in inode.seals and are only ever added. They are read under inode.lock by writes,
 * truncation and chmod, and changed under it for writing; mmap does not take that lock, and uses
 * the protocol at memfd_mmap.
 *
 * What seals are for: the receiver of a file can rely on that its size and contents stay, and need
 * not copy them first. So a seal must hold against every way to change the file: write, truncate,
 * fallocate, a writable mapping, made before or after.
 */
#include <kernel/file.h>
#include <kernel/files.h>
#include <kernel/inode.h>
#include <kernel/memfd.h>
#include <kernel/mm.h>
#include <kernel/syscall.h>
#include <kernel/thread.h>
#include <kernel/tmpfs.h>
#include <kernel/uaccess.h>
#include <uapi/fs.h>
#include <uapi/mman.h>

#include "../fs.h"

#define MFD_CLOEXEC       1u
#define MFD_ALLOW_SEALING 2u
#define MFD_NOEXEC_SEAL   8u
#define MFD_EXEC          16u

#define SEAL_SEAL         1u
#define SEAL_SHRINK       2u
#define SEAL_GROW         4u
#define SEAL_WRITE        8u
#define SEAL_FUTURE_WRITE 16u
#define SEAL_EXEC         32u
#define SEAL_IS_MEMFD     0x80000000u /* marks an inode that can be sealed */

int memfd_check_write(struct inode *ino, u64 pos, u64 len)
{
	if (ino->seals & (SEAL_WRITE | SEAL_FUTURE_WRITE))
		return -EPERM;
	return (ino->seals & SEAL_GROW) && pos + len > ino->size ? -EPERM : 0;
}

int memfd_check_resize(struct inode *ino, u64 size)
{
	if ((size < ino->size && (ino->seals & SEAL_SHRINK)) ||
		(size > ino->size && (ino->seals & SEAL_GROW)))
		return -EPERM;
	return 0;
}

/* SEAL_EXEC: the three execute bits stay as they are. */
int memfd_check_mode(struct inode *ino, u32 mode)
{
	return (ino->seals & SEAL_EXEC) && ((ino->mode ^ mode) & 0111) ? -EPERM : 0;
}

/*
 * A shared mapping of a file that is sealed against writing never becomes writable. mmap counts the
 * mapping first (mm_map: shared_writable), then reads the seals. F_ADD_SEALS sets the seal first,
 * then reads the count. Each has a full barrier between the two accesses, so at least one of them
 * sees the other: the mmap fails with -EPERM, or the seal with -EBUSY.
 */
int memfd_mmap(struct file *f, struct vma *v)
{
	if (!(v->flags & VMA_SHARED) ||
		!(load_once(f->inode->seals) & (SEAL_WRITE | SEAL_FUTURE_WRITE)))
		return 0;
	if (v->prot & PROT_WRITE)
		return -EPERM;
	v->flags &= ~(u64)VMA_MAYWRITE;
	return 0;
}

/*
 * F_SEAL_WRITE needs the protocol above: the seal is set, and taken back if there is a writable
 * mapping. inode.lock held for writing. SEAL_EXEC of a file that can be executed seals its contents
 * as well, as on Linux.
 */
static s64 add_seals(struct inode *ino, u32 seals)
{
	u32 was = ino->seals;

	if (was & SEAL_SEAL)
		return -EPERM;
	if ((seals & SEAL_EXEC) && (ino->mode & 0111))
		seals |= SEAL_SHRINK | SEAL_GROW | SEAL_WRITE | SEAL_FUTURE_WRITE;
	/* A check before, for the common case: then no task sees a seal that is taken back. */
	if ((seals & ~was & SEAL_WRITE) && atomic_load(&ino->shared_writable))
		return -EBUSY;
	store_once(ino->seals, was | seals);
	memory_barrier();
	if (!(seals & ~was & SEAL_WRITE) || !atomic_load(&ino->shared_writable))
		return 0;
	store_once(ino->seals, was);
	return -EBUSY;
}

s64 memfd_seals(struct file *f, bool add, u32 seals)
{
	struct inode *ino = f->inode;
	s64 err;

	if (!(ino->seals & SEAL_IS_MEMFD)) {
		if (!inode_is_tmpfs_file(ino))
			return -EINVAL;
		return add ? -EPERM : (s64)SEAL_SEAL; /* a file with a name cannot be sealed */
	}
	if (!add)
		return load_once(ino->seals) & ~SEAL_IS_MEMFD;
	if (!(f->mode & FMODE_WRITE))
		return -EPERM;
	if (seals &
		~(SEAL_SEAL | SEAL_SHRINK | SEAL_GROW | SEAL_WRITE | SEAL_FUTURE_WRITE | SEAL_EXEC))
		return -EINVAL;
	rwlock_write_lock(&ino->lock);
	err = add_seals(ino, seals);
	rwlock_write_unlock(&ino->lock);
	return err;
}

/*
 * The file is a tmpfs inode without a name. Without MFD_ALLOW_SEALING it is sealed against seals.
 */
s64 sys_memfd_create(struct thread *t, struct uaddr name, u32 flags)
{
	u8 text[6 + 250] = "memfd:";
	struct inode *ino;
	struct file *f = NULL;
	s64 fd;
	ssize_t n;

	if ((flags & ~(MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL | MFD_EXEC)) ||
		(flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) == (MFD_EXEC | MFD_NOEXEC_SEAL))
		return -EINVAL;
	n = copy_in_str(span_from(span_of(text), 6), name);
	if (n < 0)
		return n == -ENAMETOOLONG ? -EINVAL : n;
	ino = shmem_inode_new(0);
	if (!ino)
		return -ENOMEM;
	ino->mode = S_IFREG | 0777;
	ino->seals = SEAL_IS_MEMFD |
		(flags & (MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL) ? 0 : SEAL_SEAL);
	if (flags & MFD_NOEXEC_SEAL) {
		ino->mode = S_IFREG | 0666;
		ino->seals |= SEAL_EXEC;
	}
	fd = shmem_file_new(cspan_first(cspan_of(text), 6 + (size_t)n), ino, O_RDWR | O_LARGEFILE,
		&f);
	obj_put(&ino);
	if (fd)
		return fd;
	fd = fd_install(t, f, 0, flags & MFD_CLOEXEC);
	obj_put(&f);
	return fd;
}
