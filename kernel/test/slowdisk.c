// SPDX-License-Identifier: MPL-2.0
/*
 * The disk of slowfs.h: blocks in memory, moves that a test can hold, and the space that files
 * reserve and use.
 *
 * A move copies one block between the disk and a page of a page I/O. It is carried out at once, or,
 * while the test holds moves, put on a list and carried out by slow_release, the last one first: a
 * device may complete requests in any order. The disk notices what a right client never does: a
 * write to a block that belongs to no file, and two writes of one block at a time.
 */
#include "slowfs.h"

static void slow_move_release(struct slow_move *v)
{
	obj_put(&v->io);
}
OBJ_TYPE_DECL(slow_move);
OBJ_TYPE(slow_move, slow_move_release);

/* What a freed block holds: nobody may see that. */
void slow_spoil(struct slowfs *fs, u32 block)
{
	u8 some[64];
	size_t at;

	span_fill(span_of(some), 0xaa);
	for (at = 0; at < PAGE_SIZE; at += sizeof(some))
		page_write(*array_at(fs->data, block), at, cspan_of(some));
}

/* Copies a block from one page to another. */
static void copy_block(struct slowfs *fs, struct page *to, u32 to_off, struct page *from,
	u32 from_off)
{
	u8 some[256];
	u32 at;

	for (at = 0; at < fs->block_size; at += sizeof(some)) {
		page_read(from, from_off + at, span_of(some));
		page_write(to, to_off + at, cspan_of(some));
	}
}

/* A part of an I/O ends. A write must not reach a block that belongs to no file. */
static void carry_out(struct slowfs *fs, struct slow_move *v)
{
	struct page *mine = *array_at(fs->data, v->block), *its = *array_at(v->io->page, v->nr);
	int err = v->block == fs->bad_block ? -EIO : 0;

	if (!err && v->io->write) {
		if (!load_once(*array_at(fs->used, v->block)))
			fs->wrong = true;
		copy_block(fs, mine, 0, its, v->off);
	} else if (!err) {
		copy_block(fs, its, v->off, mine, 0);
	}
	page_io_done(v->io, err);
}

/* Whether a write to the block is held. fs->lock held. */
static bool being_written(struct slowfs *fs, u32 block)
{
	struct slow_move *v;

	list_for_each(v, &fs->held, link) {
		if (v->block == block && v->io->write)
			return true;
	}
	return false;
}

/* Moves one block, now or when the test releases it. Holds a part of the I/O. */
bool slow_start_move(struct slowfs *fs, struct page_io *io, u32 nr, u32 off, u32 block)
{
	struct slow_move *v = obj_new(slow_move);
	bool hold;

	if (!v)
		return false;
	v->io = obj_get(io);
	v->nr = nr;
	v->off = off;
	v->block = block;
	page_io_hold(io);
	spin_lock(&fs->lock);
	if (io->write && being_written(fs, block))
		fs->wrong = true;
	hold = fs->hold;
	if (hold) {
		list_push_front(&fs->held, v, link); /* so they are done in the opposite order */
		fs->nr_held++;
	}
	spin_unlock(&fs->lock);
	if (!hold) {
		carry_out(fs, v);
		obj_put(&v);
	}
	return true;
}

/* Without the lock while a move is carried out: its end may begin other moves. */
void slow_release(void)
{
	struct slow_move *v;

	for (;;) {
		spin_lock(&slow->lock);
		v = list_first(&slow->held);
		if (v) {
			list_remove(&slow->held, v, link);
			slow->nr_held--;
		}
		spin_unlock(&slow->lock);
		if (!v)
			return;
		carry_out(slow, v);
		obj_put(&v);
	}
}

u32 slow_held(void)
{
	return load_once(slow->nr_held);
}

void slow_hold(bool on)
{
	spin_lock(&slow->lock);
	slow->hold = on;
	spin_unlock(&slow->lock);
}

/* ---- space ---- */

/* Sets space aside for a block of a file; fs->lock held. @why: SLOW_W or SLOW_P. */
static int reserve(struct slowfs *fs, struct slow_node *const n, u64 index, u8 why)
{
	u8 *const r = index < SLOW_PAGES ? array_at(n->reserved, index) : NULL;

	if (!r)
		return -EFBIG;
	if (n->block[index])
		return 0;
	if (!*r && !fs->nr_free)
		return -ENOSPC;
	if (!*r)
		fs->nr_free--;
	if (!*r && why == SLOW_W)
		why |= SLOW_NEW;
	*r |= why;
	return 0;
}

/* The blocks [first, end) of a file: all of them, or none. */
int slow_reserve_all(struct slowfs *fs, struct slow_node *const n, u64 first, u64 end, u8 why)
{
	u64 i, more = 0;
	int err = 0;

	spin_lock(&fs->lock);
	for (i = first; i < min(end, (u64)SLOW_PAGES); i++)
		more += !n->block[i] && !n->reserved[i];
	if (more > fs->nr_free)
		err = -ENOSPC;
	for (i = first; i < end && !err; i++)
		err = reserve(fs, n, i, why);
	spin_unlock(&fs->lock);
	return err;
}

/*
 * The block that is written: it comes from the space set aside. 0: nobody has asked for any, so it
 * is a hole. fs->lock held.
 */
u32 slow_place(struct slowfs *fs, struct slow_node *const n, u64 index)
{
	u32 *const b = array_at(n->block, index);

	if (*b || !n->reserved[index])
		return *b;
	/* 101 is prime to the number of blocks, so each is found, and no two are neighbours. */
	do {
		fs->next = (fs->next + 101) % SLOW_BLOCKS;
	} while (!fs->next || fs->used[fs->next]);
	*array_at(fs->used, fs->next) = true;
	*array_at(n->reserved, index) = 0;
	*b = fs->next;
	return *b;
}

/*
 * Frees the blocks [first, end) of a file. Returns 1 if more are left than may be freed in a step.
 */
int slow_give_back(struct slowfs *fs, struct slow_node *const n, u64 first, u64 end)
{
	u32 left = fs->step ? fs->step : SLOW_PAGES + 1;
	u64 i;

	spin_lock(&fs->lock);
	fs->nr_steps++;
	for (i = first; i < min(end, (u64)SLOW_PAGES) && left; i++) {
		u32 *const b = array_at(n->block, i);
		if (!*b && !n->reserved[i])
			continue;
		left--;
		if (*b) {
			fs->wrong |= being_written(fs, *b);
			*array_at(fs->used, *b) = false;
			slow_spoil(fs, *b);
		}
		*b = 0;
		*array_at(n->reserved, i) = 0;
		fs->nr_free++;
	}
	spin_unlock(&fs->lock);
	return !left;
}

u32 slow_block(u32 n, u32 index)
{
	struct slow_node *const node = array_at(slow->node, n);

	return load_once(*array_at(node->block, index));
}
