// SPDX-License-Identifier: MPL-2.0
/*
 * The identity of a futex word, and the bucket that its waiters queue in (futex.h).
 *
 * A private futex is a word of an address space: its key is the mm and the address. A word in a
 * shared mapping has one key in all processes that map it: the inode and the offset in the file.
 * Memory that is shared without a file has an inode, too (struct vma, shared). Both kinds of owner
 * have a number that no other one ever has, given out at the first use. A key names an inode by
 * that number only, without a reference.
 *
 * Locking: mm.lock for reading, to find the mapping of a shared word.
 */
#include <kernel/file.h>
#include <kernel/futex.h>
#include <kernel/inode.h>
#include <kernel/mm.h>
#include <kernel/random.h>
#include <kernel/stat.h>
#include <kernel/thread.h>
#include <uapi/errno.h>
#include <uapi/fs.h>

#include "futex.h"

/*
 * Whether the words of the VMA can be futexes. A word that can never change cannot: one on a
 * read-only page without a file. See futex(2).
 */
static bool futex_may_share(const struct vma *v, bool write)
{
	if (v->prot & PROT_WRITE)
		return true;
	return !write && (v->prot & PROT_READ) && (v->file || (v->flags & VMA_SHARED));
}

/* Whether the address lies on a page beyond the end of the mapped file: it has no page. */
static bool is_beyond_end(const struct vma *v, const struct inode *ino, u64 va)
{
	return S_IS(ino->mode, S_IFREG) &&
		round_down(v->offset + (va - v->start), PAGE_SIZE) >= load_once(ino->size);
}

/* The number of the mm or inode for keys, no other's ever; the first user of a futex there sets it. */
static u64 id_of(struct atomic *const futex_id)
{
	static struct atomic last;
	u64 id = atomic_load(futex_id);

	if (likely(id))
		return id;
	/* Of two first users, both take the number of the one that has stored it. */
	(void)atomic_cas(futex_id, 0, atomic_add(&last, 1) + 1);
	return atomic_load(futex_id);
}

int futex_key(struct thread *t, struct uaddr a, bool private, bool write, struct futex_key *key)
{
	struct mm *mm = t->mm;
	struct vma *v;
	int err;

	if (a.va & 3)
		return -EINVAL;
	if (a.va >= VM_USER_MAX)
		return -EFAULT;
	key->owner = &mm->obj;
	key->id = id_of(&mm->futex_id);
	key->offset = a.va;
	if (private)
		return 0;
	rwlock_read_lock(&mm->lock);
	v = mm_find(mm, a.va);
	err = v && futex_may_share(v, write) ? 0 : -EFAULT;
	if (!err && (v->flags & VMA_SHARED)) {
		struct inode *ino = v->shared ? v->shared : v->file ? v->file->inode : NULL;
		if (ino && is_beyond_end(v, ino, a.va)) {
			err = -EFAULT;
		} else if (ino) {
			/* The mapping holds the inode while mm.lock is held. */
			key->owner = NULL;
			key->id = id_of(&ino->futex_id);
			key->offset = v->offset + (a.va - v->start);
		}
	}
	rwlock_read_unlock(&mm->lock);
	return err;
}

bool futex_key_equal(const struct futex_key *a, const struct futex_key *b)
{
	return a->owner == b->owner && a->id == b->id && a->offset == b->offset;
}

/*
 * A bucket's waiters are walked under its lock, so a program must not be able to fill the bucket of
 * another program's word. The number of the owner is part of the key, and three secrets of this
 * boot: of two keys nobody can say whether they share a bucket.
 */
static struct futex_secret {
	u64 offset, id, sum;
} secret;

void futex_init(void)
{
	random_bytes(value_span(&secret));
}

u32 futex_hash(const struct futex_key *k)
{
	u64 h = (k->offset >> 2) * (secret.offset | 1) + k->id * (secret.id | 1) + secret.sum;

	return (u32)((h ^ h >> 32) * 0x9e3779b97f4a7c15ul >> 56);
}
static_assert(FUTEX_BUCKETS == 256, "the hash gives 8 bits");
