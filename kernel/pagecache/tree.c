// SPDX-License-Identifier: MPL-2.0
/*
 * The page cache: a radix tree of 64-way nodes for each inode (kernel/pagecache.h). A small file
 * has just one leaf.
 *
 * Insertion. Nodes cannot be allocated under the spin lock. pagecache_insert tries with the nodes
 * it has; if they do not suffice, it unlocks, allocates spares for a path of any height, and starts
 * again. The tree may have grown meanwhile, so the spares are parts, not a plan, and unused ones
 * are freed.
 *
 * Dirty pages. Each leaf has a bit for each dirty page, each node a bit for each child with a dirty
 * page below, so that write-back finds the next dirty page of a large file without a walk over
 * clean ones. A page is dirty if its tag PAGE_DIRTY and its bit are set; both change together under
 * the lock.
 *
 * The life of a page with a disk behind it: inserted as PAGE_LOADING, loaded, dirty when written
 * to, PAGE_WRITING while write-back writes it (and perhaps dirty again), clean, and evicted when
 * only the cache uses it.
 *
 * Locking: pagecache.lock, a spin lock, guards the tree, the bits and nr_pages. Nothing inside it
 *          sleeps or fails.
 */
#include <frame/cpu.h>
#include <frame/task.h>
#include <kernel/inode.h>
#include <kernel/mapping.h>
#include <kernel/mm.h>
#include <kernel/pagecache.h>
#include <kernel/thread.h>

#define FANOUT_BITS 6
#define FANOUT      (1u << FANOUT_BITS)
#define MAX_HEIGHT  8

/*
 * @dirty has a bit for each dirty page (leaf), or for each child below which a page is dirty
 * (node).
 */
struct radix_leaf {
	struct obj obj;
	u64 dirty;
	struct page *page[FANOUT]; /* references */
};
struct radix_node {
	struct obj obj;
	u64 dirty;
	struct obj *child[FANOUT]; /* references: leaves (height 1) or nodes */
};
static_assert(FANOUT == 64, "a bit for each");

static void radix_leaf_release(struct radix_leaf *l)
{
	u32 i;

	for (i = 0; i < FANOUT; i++)
		page_put(array_at(l->page, i));
}
OBJ_TYPE(radix_leaf, radix_leaf_release);

static void radix_node_release(struct radix_node *n)
{
	u32 i;

	for (i = 0; i < FANOUT; i++)
		obj_put_any(array_at(n->child, i));
}
OBJ_TYPE(radix_node, radix_node_release);

static u32 slot_of(u64 index, u32 height)
{
	return (u32)(index >> (FANOUT_BITS * height)) & (FANOUT - 1);
}

/* Whether a tree of this height has a place for @index. */
static bool covers(u32 height, u64 index)
{
	return FANOUT_BITS * (height + 1) >= 64 || index >> (FANOUT_BITS * (height + 1)) == 0;
}

/* The leaf that holds @index, borrowed; NULL if there is none. pc->lock held. */
static inline struct radix_leaf *find_leaf(struct pagecache *pc, u64 index)
{
	struct obj *o = pc->root;
	u32 h = pc->height;

	if (!o || !covers(h, index))
		return NULL;
	for (; h > 0 && o; h--) {
		struct radix_node *n = obj_cast(radix_node, o);
		if (!n)
			return NULL;
		o = n->child[slot_of(index, h)];
	}
	return obj_cast(radix_leaf, o);
}

/*
 * An empty cache is seen without the lock: a page inserted at the same moment may be missed, as if
 * the call had come first.
 */
struct page *pagecache_find(struct pagecache *pc, u64 index)
{
	struct radix_leaf *l;
	struct page *p = NULL;

	if (!load_once(pc->root))
		return NULL;
	spin_lock(&pc->lock);
	l = find_leaf(pc, index);
	if (l) {
		p = l->page[slot_of(index, 0)];
		if (p)
			(void)page_get(p);
	}
	spin_unlock(&pc->lock);
	return p;
}

/* Spare parts for an insertion: one leaf, and nodes for a path of any height. */
struct spares {
	struct radix_leaf *leaf;
	struct radix_node *node[MAX_HEIGHT + 1];
	u32 nr_nodes;
};

/*
 * Allocates what is missing. On failure the caller drops the parts made so far. Context: pc->lock
 * not held.
 */
static bool spares_make(struct spares *s, u32 nodes)
{
	if (!s->leaf)
		s->leaf = obj_new(radix_leaf);
	while (s->leaf && s->nr_nodes < nodes) {
		s->node[s->nr_nodes] = obj_new(radix_node);
		if (!s->node[s->nr_nodes])
			return false;
		s->nr_nodes++;
	}
	return s->leaf != NULL;
}

/* Frees the parts that were not used. pc->lock not held. */
static void spares_drop(struct spares *s)
{
	obj_put(&s->leaf);
	while (s->nr_nodes)
		obj_put(array_at(s->node, --s->nr_nodes));
}

/* Takes a node; the caller has checked that there is one. */
static struct radix_node *spare_node(struct spares *s)
{
	struct radix_node *n = s->node[--s->nr_nodes];

	s->node[s->nr_nodes] = NULL;
	return n;
}

/* The dirty bits of a leaf (@h 0) or node. */
static u64 dirty_bits(struct obj *o, u32 h)
{
	struct radix_leaf *l = h ? NULL : obj_cast(radix_leaf, o);
	struct radix_node *n = h ? obj_cast(radix_node, o) : NULL;

	return n ? n->dirty : l ? l->dirty : 0;
}

/*
 * Grows the tree until it covers @index, and creates the path to its leaf. Returns NULL if the
 * spares run out: the parts added so far stay, as empty subtrees, and the next call continues from
 * them. pc->lock held.
 */
static struct radix_leaf *make_leaf(struct pagecache *pc, u64 index, struct spares *s)
{
	struct radix_node *n;
	u32 h;

	while (pc->root && !covers(pc->height, index)) {
		if (!s->nr_nodes)
			return NULL;
		n = spare_node(s);
		n->child[0] = pc->root;
		n->dirty = dirty_bits(pc->root, pc->height) != 0;
		pc->root = &n->obj;
		pc->height++;
	}
	if (!pc->root) {
		pc->height = 0;
		while (!covers(pc->height, index))
			pc->height++;
		if (pc->height) {
			if (!s->nr_nodes)
				return NULL;
			pc->root = &spare_node(s)->obj;
		} else {
			if (!s->leaf)
				return NULL;
			pc->root = &s->leaf->obj;
			s->leaf = NULL;
		}
	}
	if (pc->height == 0)
		return obj_cast(radix_leaf, pc->root);
	n = obj_cast(radix_node, pc->root);
	for (h = pc->height; h > 1; h--) {
		u32 i = slot_of(index, h);
		if (!n->child[i]) {
			if (!s->nr_nodes)
				return NULL;
			n->child[i] = &spare_node(s)->obj;
		}
		n = obj_cast(radix_node, n->child[i]);
	}
	if (!n->child[slot_of(index, 1)]) {
		if (!s->leaf)
			return NULL;
		n->child[slot_of(index, 1)] = &s->leaf->obj;
		s->leaf = NULL;
	}
	return obj_cast(radix_leaf, n->child[slot_of(index, 1)]);
}

/*
 * Pages in all caches, counted on each CPU: a page may be inserted on one CPU and removed on
 * another, so only the sum is meaningful. Context of count_cached: under a spin lock, so the task
 * stays on its CPU.
 */
static s64 cached[MAX_CPUS];

static void count_cached(s64 n)
{
	s64 *const mine = array_at(cached, cpu_id());

	*mine += n;
}

/* The counts may change during the sum; a negative result is cut to 0. */
u64 pagecache_total(void)
{
	s64 sum = 0;
	u32 i;

	for (i = 0; i < cpu_count(); i++)
		sum += load_once(*array_at(cached, i));
	return (u64)max(sum, 0l);
}

/*
 * -EEXIST: another task was faster, and the caller goes on with that one's page. -EFBIG: the tree
 * does not get that high.
 */
int pagecache_insert(struct pagecache *pc, u64 index, struct page *p)
{
	struct spares s = { 0 };
	struct radix_leaf *l;
	int err = 0;

	if (!covers(MAX_HEIGHT, index))
		return -EFBIG;
	for (;;) {
		spin_lock(&pc->lock);
		l = find_leaf(pc, index);
		if (!l)
			l = make_leaf(pc, index, &s);
		if (l)
			break;
		spin_unlock(&pc->lock);
		if (!spares_make(&s, MAX_HEIGHT)) {
			spares_drop(&s);
			return -ENOMEM;
		}
	}
	if (l->page[slot_of(index, 0)]) {
		err = -EEXIST;
	} else {
		l->page[slot_of(index, 0)] = page_get(p);
		pc->nr_pages++;
		count_cached(1);
	}
	spin_unlock(&pc->lock);
	spares_drop(&s);
	return err;
}

/* The first index after the leaf, or the missing subtree, that contains @from. pc->lock held. */
static u64 skip_empty(struct pagecache *pc, u64 from)
{
	struct obj *o = pc->root;
	u32 h = pc->height;

	for (; h > 0; h--) {
		struct radix_node *n = obj_cast(radix_node, o);
		o = n ? n->child[slot_of(from, h)] : NULL;
		if (!o)
			return (from >> (FANOUT_BITS * h) << (FANOUT_BITS * h)) +
				(1ul << (FANOUT_BITS * h));
	}
	return (from & ~(u64)(FANOUT - 1)) + FANOUT;
}

/* Holes are skipped subtree by subtree, so a sparse file costs no more than its pages. */
u64 pagecache_next(struct pagecache *pc, u64 from)
{
	u64 found = ~0ul;

	spin_lock(&pc->lock);
	while (pc->root && covers(pc->height, from)) {
		struct radix_leaf *l = find_leaf(pc, from);
		u32 i;
		if (l) {
			for (i = slot_of(from, 0); i < FANOUT && !l->page[i]; i++)
				;
			if (i < FANOUT) {
				found = (from & ~(u64)(FANOUT - 1)) + i;
				break;
			}
		}
		/* Skip the largest empty subtree that starts here. */
		from = skip_empty(pc, from);
	}
	spin_unlock(&pc->lock);
	return found;
}

/* ---- caches with a disk behind them: dirty pages, eviction ---- */

/* Sets or clears the dirty bit of the page, and the bits on the path above it. pc->lock held. */
static void mark(struct pagecache *pc, u64 index, bool dirty)
{
	struct radix_node *path[MAX_HEIGHT + 1] = { 0 };
	struct radix_leaf *l = find_leaf(pc, index);
	struct obj *o = pc->root;
	bool some = dirty;
	u32 h;

	if (!l)
		return;
	for (h = pc->height; h > 0; h--) {
		path[h] = obj_cast(radix_node, o);
		o = path[h]->child[slot_of(index, h)];
	}
	l->dirty = dirty ? l->dirty | bit(slot_of(index, 0)) : l->dirty & ~bit(slot_of(index, 0));
	some = l->dirty;
	for (h = 1; h <= pc->height; h++) {
		struct radix_node *n = path[h];
		n->dirty = some ? n->dirty | bit(slot_of(index, h))
				: n->dirty & ~bit(slot_of(index, h));
		some = n->dirty;
	}
}

/* The common case is a page that is dirty already: it takes no lock. */
bool pagecache_set_dirty(struct pagecache *pc, u64 index, struct page *p)
{
	struct radix_leaf *l;
	bool fresh;

	/*
	 * Orders the stores to the page before the load of the tag. The partner is
	 * pagecache_take_dirty, which clears the tag before the device reads the page: so either
	 * this load finds the tag cleared and sets it again, or the device sees the stores.
	 */
	memory_barrier();
	if (page_tag(p) & PAGE_DIRTY)
		return false;
	spin_lock(&pc->lock);
	l = find_leaf(pc, index);
	fresh = l && l->page[slot_of(index, 0)] == p && !(page_tag_or(p, PAGE_DIRTY) & PAGE_DIRTY);
	if (fresh)
		mark(pc, index, true);
	spin_unlock(&pc->lock);
	return fresh;
}

/* The first index of child @slot of the node of height @h that contains @index. */
static u64 at_slot(u64 index, u32 h, u32 slot)
{
	u32 shift = FANOUT_BITS * (h + 1);

	return (index >> shift << shift) + ((u64)slot << (FANOUT_BITS * h));
}

/*
 * Descends along the dirty bits to the first dirty page at or after @from. Where a subtree has no
 * bit left, it climbs to the next slot of the lowest ancestor that has one. pc->lock held.
 */
static u64 next_dirty(struct pagecache *pc, u64 from)
{
	struct radix_node *path[MAX_HEIGHT + 1] = { 0 };
	struct obj *o = pc->root;
	u32 h = pc->height, slot;

	if (!o || !covers(h, from))
		return ~0ul;
	for (;;) {
		u64 bits = dirty_bits(o, h) & ~(bit(slot_of(from, h)) - 1);
		if (bits) {
			slot = bit_lowest(bits);
			if (slot != slot_of(from, h))
				from = at_slot(from, h, slot);
			if (!h)
				return from;
			path[h] = obj_cast(radix_node, o);
			o = path[h]->child[slot];
			h--;
			continue;
		}
		do {
			if (h == pc->height)
				return ~0ul;
			h++;
		} while (slot_of(from, h) == FANOUT - 1);
		from = at_slot(from, h, slot_of(from, h) + 1);
		o = &path[h]->obj;
	}
}

u64 pagecache_next_dirty(struct pagecache *pc, u64 from)
{
	u64 found;

	spin_lock(&pc->lock);
	found = next_dirty(pc, from);
	spin_unlock(&pc->lock);
	return found;
}

/*
 * Release: a fault that sees the new number sees what was done before, such as a new size, or a page
 * that is not dirty any more. pc->lock held.
 */
static void count_cut(struct pagecache *pc)
{
	store_release(pc->nr_cuts, pc->nr_cuts + 1);
}

/*
 * A page at the edge of a cut is held by PAGE_WRITING, so that write-back leaves it alone. False:
 * write-back has it now, and the caller waits for that.
 */
bool pagecache_unreserve(struct pagecache *pc, struct page *p, bool hold)
{
	bool ok;

	spin_lock(&pc->lock);
	ok = !hold || !(page_tag(p) & PAGE_WRITING);
	if (ok) {
		if (hold)
			(void)page_tag_or(p, PAGE_WRITING);
		(void)page_tag_and(p, ~(u32)PAGE_RESERVED);
		count_cut(pc);
	}
	spin_unlock(&pc->lock);
	return ok;
}

/*
 * PAGE_WRITING is set before PAGE_DIRTY is cleared, so at no moment does the page look clean and
 * evictable.
 */
void pagecache_take_dirty(struct pagecache *pc, u64 first, u64 last, struct page_run *run)
{
	u64 i;

	run->first = first;
	run->nr = 0;
	spin_lock(&pc->lock);
	for (i = first; i <= last && run->nr < PAGE_RUN; i++) {
		struct radix_leaf *l = find_leaf(pc, i);
		struct page *p = l && (l->dirty & bit(slot_of(i, 0))) ? l->page[slot_of(i, 0)]
								      : NULL;
		if (!p || (page_tag(p) & PAGE_WRITING))
			break;
		(void)page_tag_or(p, PAGE_WRITING);
		(void)page_tag_and(p, ~(u32)(PAGE_DIRTY | PAGE_RESERVED));
		mark(pc, i, false);
		*array_at(run->page, run->nr) = page_get(p);
		run->nr++;
	}
	count_cut(pc);
	spin_unlock(&pc->lock);
}

/* Frees the empty parts of the tree on the path from the leaf of @index up. pc->lock held. */
static void prune(struct pagecache *pc, u64 index)
{
	struct radix_node *path[MAX_HEIGHT + 1] = { 0 };
	struct radix_leaf *l = find_leaf(pc, index);
	struct obj *o = pc->root;
	u32 h, i;

	if (!l || !pc->height)
		return;
	for (i = 0; i < FANOUT; i++) {
		if (l->page[i])
			return;
	}
	for (h = pc->height; h > 0; h--) {
		path[h] = obj_cast(radix_node, o);
		o = path[h]->child[slot_of(index, h)];
	}
	for (h = 1; h <= pc->height; h++) {
		struct radix_node *n = path[h];
		obj_put_any(array_at(n->child, slot_of(index, h)));
		for (i = 0; i < FANOUT; i++) {
			if (n->child[i])
				return;
		}
	}
	obj_put_any(&pc->root);
	pc->height = 0;
}

/*
 * nr_cuts changes under the lock, after the pages have left the tree: a fault that reads an old
 * nr_cuts and then finds a page here has a change of nr_cuts still to see (vm/fault.c,
 * map_file_pages). A dirty page becomes clean under the lock, so write-back cannot take it.
 */
bool pagecache_cut(struct pagecache *pc, u64 first, u64 last, struct page_run *run)
{
	u32 i;

	run->first = pagecache_next(pc, first);
	if (run->first > last || run->first == ~0ul)
		return false;
	run->nr = (u32)min(last - run->first + 1, (u64)PAGE_RUN);
	run->nr_dirty = 0;
	spin_lock(&pc->lock);
	for (i = 0; i < run->nr; i++) {
		struct radix_leaf *l = find_leaf(pc, run->first + i);
		struct page **const p = array_at(run->page, i);
		*p = l ? l->page[slot_of(run->first + i, 0)] : NULL;
		if (!*p)
			continue;
		if ((page_tag(*p) & (PAGE_DIRTY | PAGE_RESERVED)) &&
			(page_tag_and(*p, ~(u32)(PAGE_DIRTY | PAGE_RESERVED)) & PAGE_DIRTY)) {
			mark(pc, run->first + i, false);
			run->nr_dirty++;
		}
		l->page[slot_of(run->first + i, 0)] = NULL;
		pc->nr_pages--;
		count_cached(-1);
	}
	count_cut(pc);
	prune(pc, run->first);
	prune(pc, run->first + run->nr - 1);
	spin_unlock(&pc->lock);
	return true;
}

/*
 * Whether the page may be evicted: clean, not in I/O, and used by the cache only. A first look
 * without @force only marks it PAGE_IDLE; a use clears that. A new reference or mapping cannot
 * appear meanwhile, because a lookup takes the lock. pc->lock held.
 */
static bool page_may_go(struct page *p, bool force)
{
	u32 tag = page_tag(p);

	if ((tag & (PAGE_DIRTY | PAGE_LOADING | PAGE_WRITING)) || page_refs(p) != 1 ||
		page_map_count(p))
		return false;
	if (force || (tag & PAGE_IDLE))
		return true;
	(void)page_tag_or(p, PAGE_IDLE);
	return false;
}

/*
 * Evicts from one leaf, from @index on. Returns the number of pages evicted; *@seen grows by the
 * number of pages looked at.
 */
static u64 evict_leaf(struct pagecache *pc, u64 index, u64 last, bool force, u32 *seen)
{
	struct radix_leaf *l;
	u64 n = 0;
	u32 i;

	spin_lock(&pc->lock);
	l = find_leaf(pc, index);
	for (i = slot_of(index, 0); l && i < FANOUT && (index & ~(u64)(FANOUT - 1)) + i <= last;
		i++) {
		struct page *p = l->page[i];
		*seen += p != NULL;
		if (!p || !page_may_go(p, force))
			continue;
		l->page[i] = NULL;
		page_put(&p);
		n++;
	}
	pc->nr_pages -= n;
	count_cached(-(s64)n);
	if (n)
		prune(pc, index);
	spin_unlock(&pc->lock);
	return n;
}

/*
 * Leaf by leaf: the lock is released in between, and the hand is always at the beginning of a leaf.
 */
u64 pagecache_evict(struct pagecache *pc, u64 *hand, u64 last, u32 scan, bool force)
{
	u32 seen = 0;
	u64 n = 0;

	while (seen < scan) {
		u64 at = pagecache_next(pc, *hand);
		if (at == ~0ul || at > last) {
			*hand = 0;
			break;
		}
		n += evict_leaf(pc, at, last, force, &seen);
		*hand = (at | (FANOUT - 1)) + 1;
	}
	return n;
}

/* Releases what is below a node of height @h, leaf by leaf; others run in between. */
static void free_below(struct radix_node *n, u32 h)
{
	u32 i;

	for (i = 0; i < FANOUT; i++) {
		if (!n->child[i])
			continue;
		if (h > 1)
			free_below(obj_cast(radix_node, n->child[i]), h - 1);
		obj_put_any(array_at(n->child, i));
		if (h == 1)
			task_cond_resched();
	}
}

/*
 * The tree is detached under the lock and released outside it, because the release of a large tree
 * takes long. The recursion is as deep as the tree, MAX_HEIGHT at most.
 */
void pagecache_free(struct pagecache *pc)
{
	struct obj *root;
	u32 height;
	u64 n;

	spin_lock(&pc->lock);
	root = pc->root;
	height = pc->height;
	n = pc->nr_pages;
	pc->root = NULL;
	pc->height = 0;
	pc->nr_pages = 0;
	count_cached(-(s64)n);
	spin_unlock(&pc->lock);
	if (root && height)
		free_below(obj_cast(radix_node, root), height);
	obj_put_any(&root);
}
