// SPDX-License-Identifier: MPL-2.0
/*
 * The directory cache: names and the inodes they stand for.
 *
 * A hash table finds dentries by parent and name. It holds no references: a dentry leaves the table
 * when its last user drops it. A file system without a device (tmpfs) holds a reference on each of
 * its names (pinned), so these stay until they are unlinked.
 *
 * A look-up takes one bucket's lock and no directory's lock. Two cases must not make it miss a
 * file: a rename moves the name that it looks for, or another file takes over that name. So a
 * rename holds both buckets' locks while it takes the dentry out of one bucket and puts it into the
 * other. A look-up for a name that exists before and after the rename finds one of the two
 * dentries.
 *
 * Why a reference may be taken under the bucket's lock. The release of a dentry takes it out of its
 * bucket (unhash), so a dentry in a bucket is not free. But its count may be 0 already, so
 * dcache_find uses obj_tryget and treats such a dentry as absent.
 *
 * Locking: bucket lock (of two, the lower number first), then dentry.lock.
 */
#include <frame/task.h>
#include <kernel/dentry.h>
#include <kernel/inode.h>
#include <kernel/list.h>
#include <kernel/super.h>

#include "fs.h"

#define BUCKETS 2048

struct bucket {
	struct spinlock lock;
	LIST_HEAD(dentry) chain;
};
static struct bucket table[BUCKETS];

static u32 dentry_bucket_of(const struct dentry *parent, u32 hash)
{
	/* The serial number of the parent does not change when the parent is renamed. */
	return (hash ^ parent->serial) & (BUCKETS - 1);
}

/* FNV-1a, with the upper bits folded into the lower ones, which select the bucket. */
u32 name_hash(struct cspan name)
{
	u32 h = NAME_HASH_START;
	size_t i;

	for (i = 0; i < cspan_len(name); i++)
		h = name_hash_step(h, span_byte(name, i));
	return name_hash_end(h);
}

static always_inline bool name_equal(struct dentry *d, struct cspan name)
{
	size_t i, n = cspan_len(name);

	if (d->name_len != n)
		return false;
	if (unlikely(d->long_name))
		return cspan_equal(cspan_first(buf_cspan(d->long_name), n), name);
	struct cspan own = cspan_of(d->name);
	if (n > 16)
		return cspan_equal(cspan_first(own, n), name);
	for (i = 0; i < n && span_byte(own, i) == span_byte(name, i); i++)
		;
	return i == n;
}

size_t dentry_name(struct dentry *d, struct span out)
{
	size_t n;

	spin_lock(&d->lock);
	if (d->long_name)
		n = span_copy(out, cspan_first(buf_cspan(d->long_name), d->name_len));
	else
		n = span_copy(out, cspan_first(cspan_of(d->name), d->name_len));
	spin_unlock(&d->lock);
	return n;
}

/*
 * D_HASHED is checked under the bucket's lock, since two tasks may remove a dentry at the same
 * time.
 */
static void unhash(struct dentry *d)
{
	struct bucket *const b = array_at(table, d->bucket);

	spin_lock(&b->lock);
	if (d->flags & D_HASHED) {
		list_remove(&b->chain, d, hash_link);
		d->flags &= ~(u32)D_HASHED;
	}
	spin_unlock(&b->lock);
}

/*
 * Takes a dentry out of the table for good if the caller's reference is the last one. A look-up
 * takes its reference under the bucket's lock, and each child holds a reference. So if this
 * reference is the last one under that lock, no task can get another.
 */
static bool unhash_last(struct dentry *d)
{
	struct bucket *const b = array_at(table, d->bucket);
	bool last;

	spin_lock(&b->lock);
	last = obj_refs(d) == 1;
	if (last && (d->flags & D_HASHED)) {
		list_remove(&b->chain, d, hash_link);
		d->flags &= ~(u32)D_HASHED;
	}
	spin_unlock(&b->lock);
	return last;
}

/*
 * Drops a reference on a directory's dentry, and on those ancestors that have no other reference. A
 * user can make such a chain arbitrarily long (removed directories with the deepest one open). So a
 * loop releases one after the other; a release inside the release of the child would recurse.
 */
static void put_parents(struct dentry *d)
{
	u32 n = 0;

	while (d && !obj_put_unless_last(&d)) {
		struct dentry *up;
		if (!unhash_last(d))
			continue;
		up = d->parent != d ? d->parent : NULL;
		d->parent = d; /* so its release has no parent to drop */
		obj_put(&d);
		d = up;
		if (++n % 64 == 0)
			task_cond_resched();
	}
}

static void dentry_release(struct dentry *d)
{
	struct dentry *parent = d->parent != d ? d->parent : NULL;

	unhash(d);
	inode_put_name(&d->inode);
	buf_put(&d->long_name);
	obj_put(&d->sb);
	put_parents(parent);
}
OBJ_TYPE(dentry, dentry_release);

/* Steps of 2^32 / golden ratio spread consecutive serial numbers over the buckets. */
static struct atomic next_serial;

static int dentry_set_name(struct dentry *d, struct cspan name)
{
	struct buf *b = NULL;

	if (cspan_len(name) > DNAME_INLINE) {
		b = buf_alloc_dirty(cspan_len(name));
		if (!b)
			return -ENOMEM;
		span_copy(buf_span(b), name);
	}
	buf_put(&d->long_name);
	d->long_name = b;
	d->name_len = (u16)cspan_len(name);
	if (!b)
		span_copy(span_of(d->name), name);
	d->name_hash = name_hash(name);
	return 0;
}

/*
 * The dentry is not hashed: nobody else sees it until dcache_insert, so its fields are set without
 * locks.
 */
struct dentry *dentry_new(struct dentry *parent, struct cspan name)
{
	struct dentry *d = obj_new(dentry);

	if (!d)
		return NULL;
	if (dentry_set_name(d, name)) {
		obj_put(&d);
		return NULL;
	}
	d->serial = (u32)atomic_add(&next_serial, 0x9e3779b1);
	d->parent = obj_get(parent);
	d->sb = obj_get(parent->sb);
	return d;
}

struct dentry *dentry_new_root(struct super *sb, struct inode *ino)
{
	struct dentry *d = obj_new(dentry);

	if (!d)
		return NULL;
	d->serial = (u32)atomic_add(&next_serial, 0x9e3779b1);
	d->parent = d;
	d->sb = obj_get(sb);
	d->inode = obj_get(ino);
	d->flags = D_ROOT;
	return d;
}

/*
 * Under d->lock, although nobody else sees the dentry before it is hashed: the bucket's lock then
 * orders the store before any look-up that finds it.
 */
void dentry_instantiate(struct dentry *d, struct inode *ino)
{
	spin_lock(&d->lock);
	d->inode = obj_get(ino);
	spin_unlock(&d->lock);
}

struct dentry *dcache_find(struct dentry *parent, struct cspan name, u32 hash)
{
	struct bucket *const b = array_at(table, dentry_bucket_of(parent, hash));
	struct dentry *d;

	spin_lock(&b->lock);
	list_for_each(d, &b->chain, hash_link) {
		if (d->name_hash == hash && d->parent == parent && name_equal(d, name) &&
			obj_tryget(d))
			break;
	}
	spin_unlock(&b->lock);
	return d;
}

void dcache_insert(struct dentry *d)
{
	u32 n = dentry_bucket_of(d->parent, d->name_hash);
	struct bucket *const b = array_at(table, n);

	spin_lock(&b->lock);
	d->bucket = n;
	d->flags |= D_HASHED;
	list_push_front(&b->chain, d, hash_link);
	spin_unlock(&b->lock);
}

void dentry_drop(struct dentry *d)
{
	unhash(d);
}

/* ---- the shape of the tree ---- */

/*
 * Two counters: changes begun and changes ended. tree_state reads the ended ones first. If it then
 * finds the same number begun, no change was in progress. A later change raises the first counter,
 * with a full barrier, before it takes the lock under which it changes a place. So a reader that
 * has seen the change under that lock also sees the raised counter, and tree_has_changed returns
 * true.
 */
static struct atomic changes_begun, changes_ended;
#define CHANGING (~0ul)

u64 tree_state(void)
{
	u64 ended = atomic_load(&changes_ended);

	return atomic_load(&changes_begun) == ended ? ended : CHANGING;
}

bool tree_has_changed(u64 since)
{
	return since == CHANGING || atomic_load(&changes_begun) != since;
}

void tree_change_begin(void)
{
	atomic_add(&changes_begun, 1);
}

void tree_change_end(void)
{
	atomic_add(&changes_ended, 1);
}

/* ---- names that stay ---- */

/*
 * The order matters: the dentry is complete (inode, cookie, list) before the hash table shows it,
 * so a look-up that finds it needs no lock of the directory.
 */
void dentry_pin(struct dentry *d, struct inode *ino)
{
	struct dentry *parent = d->parent;

	dentry_instantiate(d, ino);
	d->flags |= D_PINNED;
	d->cookie = ++parent->next_cookie;
	list_push_back(&parent->children, d, child_link);
	(void)obj_get(d);
	dcache_insert(d);
}

/*
 * Hash table first, so that no look-up finds the dentry after it has left the list of children.
 * Other holders keep the dentry with its name and inode; path_is_unlinked then reports it as
 * unlinked.
 */
void dentry_unpin(struct dentry *d)
{
	struct dentry *parent = d->parent;
	struct dentry *ref = d;

	unhash(d);
	list_remove(&parent->children, d, child_link);
	d->flags &= ~(u32)D_PINNED;
	obj_put(&ref);
}

/* Locks two buckets, the lower number first, so two renames cannot deadlock. */
static void lock_buckets(u32 a, u32 b)
{
	struct bucket *const first = array_at(table, min(a, b));
	struct bucket *const second = array_at(table, max(a, b));

	spin_lock(&first->lock);
	if (a != b)
		spin_lock(&second->lock);
}

static void unlock_buckets(u32 a, u32 b)
{
	struct bucket *const one = array_at(table, a);
	struct bucket *const other = array_at(table, b);

	spin_unlock(&one->lock);
	if (a != b)
		spin_unlock(&other->lock);
}

/*
 * Moves @d to bucket @to; both buckets are locked. D_HASHED stays set, so path_is_unlinked, which
 * takes no lock, never sees a moving name as unlinked.
 */
static void rehash(struct dentry *d, u32 to)
{
	list_remove(&table[d->bucket].chain, d, hash_link);
	d->bucket = to;
	list_push_front(&table[to].chain, d, hash_link);
}

/*
 * Gives @d the name and parent of @like. Returns the old long name, which the caller puts without
 * locks. Both buckets' locks held.
 */
static struct buf *take_name(struct dentry *d, struct dentry *like)
{
	struct buf *old = d->long_name;

	spin_lock(&d->lock);
	/* The bytes of a long name never change, so both may share them. */
	d->long_name = like->long_name ? buf_get(like->long_name) : NULL;
	if (!d->long_name)
		span_copy(span_of(d->name), cspan_of(like->name));
	d->name_len = like->name_len;
	d->name_hash = like->name_hash;
	d->parent = obj_get(like->parent);
	spin_unlock(&d->lock);
	return old;
}

/*
 * How a rename moves a name. Both directories are locked, so their lists of children are the
 * caller's alone. Under both buckets' locks @d leaves its old bucket, takes the name and parent of
 * @to, and enters the new bucket; a replaced dentry leaves the table in the same critical section.
 * Nothing here can fail. References are dropped last, without spinlocks: of the old name, of the
 * old parent, and that of the file system on the replaced dentry.
 */
void dentry_move(struct dentry *d, struct dentry *to)
{
	struct dentry *from = d->parent, *to_parent = to->parent;
	struct dentry *victim = to->flags & D_PINNED ? to : NULL;
	u32 was = d->bucket, now = dentry_bucket_of(to_parent, to->name_hash);
	struct buf *old_name;

	list_remove(&from->children, d, child_link);
	if (victim) {
		list_remove(&to_parent->children, victim, child_link);
		victim->flags &= ~(u32)D_PINNED;
	}
	if (from != to_parent)
		tree_change_begin();
	lock_buckets(was, now);
	if (victim) {
		list_remove(&table[now].chain, victim, hash_link);
		victim->flags &= ~(u32)D_HASHED;
	}
	old_name = take_name(d, to);
	rehash(d, now);
	unlock_buckets(was, now);
	if (from != to_parent)
		tree_change_end();
	d->cookie = ++to_parent->next_cookie;
	list_push_back(&to_parent->children, d, child_link);
	buf_put(&old_name);
	obj_put(&from);
	obj_put(&victim);
}

/*
 * An exchange: both dentries stay hashed and only change their keys and buckets, so a look-up of
 * either name finds one of the two. The references on the parents change owners and need no
 * counting.
 */
void dentry_swap(struct dentry *a, struct dentry *b)
{
	struct dentry *pa = a->parent;
	struct dentry *pb = b->parent;
	struct buf *long_name = a->long_name;
	u8 name[DNAME_INLINE];
	u16 len = a->name_len;
	u32 hash = a->name_hash, of_a = a->bucket, of_b = b->bucket;

	list_remove(&pa->children, a, child_link);
	list_remove(&pb->children, b, child_link);
	if (pa != pb)
		tree_change_begin();
	lock_buckets(of_a, of_b);
	spin_lock(&a->lock);
	span_copy(span_of(name), cspan_of(a->name));
	span_copy(span_of(a->name), cspan_of(b->name));
	a->long_name = b->long_name;
	a->name_len = b->name_len;
	a->name_hash = b->name_hash;
	a->parent = pb;
	spin_unlock(&a->lock);
	spin_lock(&b->lock);
	span_copy(span_of(b->name), cspan_of(name));
	b->long_name = long_name;
	b->name_len = len;
	b->name_hash = hash;
	b->parent = pa;
	spin_unlock(&b->lock);
	rehash(a, of_b);
	rehash(b, of_a);
	unlock_buckets(of_a, of_b);
	if (pa != pb)
		tree_change_end();
	a->cookie = ++pb->next_cookie;
	b->cookie = ++pa->next_cookie;
	list_push_back(&pb->children, a, child_link);
	list_push_back(&pa->children, b, child_link);
}

struct dentry *dentry_parent(struct dentry *d)
{
	struct dentry *p;

	spin_lock(&d->lock);
	p = obj_get(d->parent);
	spin_unlock(&d->lock);
	return p;
}

/*
 * Walks up without references: rename_lock keeps all parents, see struct dentry. A user can make
 * the tree deep, so the loop gives way to other tasks.
 */
bool dentry_is_ancestor(struct dentry *a, struct dentry *d)
{
	struct dentry *at;
	u32 n = 0;

	for (at = d;; at = at->parent) {
		if (at == a)
			return true;
		if (at->parent == at)
			return false;
		if (++n % 256 == 0)
			task_cond_resched();
	}
}

bool dentry_is_below(struct dentry *d, struct dentry *top)
{
	bool below;

	if (d->sb != top->sb)
		return false;
	mutex_lock(&d->sb->rename_lock);
	below = dentry_is_ancestor(top, d);
	mutex_unlock(&d->sb->rename_lock);
	return below;
}
