// SPDX-License-Identifier: MPL-2.0
/*
 * Pipes: the ring of slots and its size (pipe.h).
 *
 * Each slot counts as a page of the user that made the pipe, whether it is full or not. A user
 * above pipe-user-pages-soft gets small pipes and cannot enlarge them.
 *
 * Slots are numbered by head and tail, which count all slots ever filled and emptied, modulo 2^32;
 * the place of a number is its remainder by the size of the ring, a power of two. A change of the
 * size keeps the numbers and moves the slots (switch_ring). The ring consists of chunks, so that a
 * large one needs no large allocation.
 */
#include <kernel/cred.h>
#include <kernel/file.h>
#include <kernel/knobs.h>
#include <kernel/locks.h>
#include <kernel/pipe.h>
#include <kernel/poll.h>
#include <kernel/thread.h>
#include <kernel/user_limit.h>
#include <uapi/fs.h>

#include "pipe.h"

#define DEFAULT_SLOTS 16u
#define MIN_SLOTS     2u /* of a pipe whose user has too many pages in pipes already */
#define SIZE_LIMIT    0x80000000u

static u32 max_size = 1048576;

u32 pipe_max_size(void)
{
	return load_once(max_size);
}

/* @size rounded up to a power of two of at least a page; 0 if it is too large. */
static u32 round_size(u32 size)
{
	u32 n = PAGE_SIZE;

	if (size > SIZE_LIMIT)
		return 0;
	while (n < size)
		n *= 2;
	return n;
}

int pipe_set_max_size(u32 size)
{
	u32 n = round_size(size);

	if (!n)
		return -EINVAL;
	store_once(max_size, n);
	return 0;
}

static void pipe_chunk_release(struct pipe_chunk *c)
{
	(void)c;
}
OBJ_TYPE(pipe_chunk, pipe_chunk_release);

/* No file is left. Pages in flight are dropped with the pipe. */
static void pipe_release(struct pipe *p)
{
	u32 i;

	pipe_drain(p);
	page_put(&p->spare);
	for (i = 0; i < PIPE_CHUNKS; i++)
		obj_put(array_at(p->chunk, i));
	user_uncharge(USER_PIPE_PAGES, p->uid, p->nr_slots);
	obj_put(&p->poll);
}
OBJ_TYPE(pipe, pipe_release);

/* Whether the limit per user does not apply to the caller. */
static bool privileged(void)
{
	struct thread *t = thread_current();

	return !t || cred_capable(t->cred, CAP_SYS_RESOURCE) ||
		cred_capable(t->cred, CAP_SYS_ADMIN);
}

/* Whether the caller may make a pipe larger than pipe-max-size. */
static bool above_max(void)
{
	struct thread *t = thread_current();

	return !t || cred_capable(t->cred, CAP_SYS_RESOURCE);
}

/* Whether so many pages of one user's pipes are above a limit; 0: there is none. */
static bool pages_above(u64 pages, enum knob limit)
{
	u64 most = knob_get(limit);

	return most && pages > most;
}

/*
 * The first chunk serves every size up to PIPE_CHUNK slots. Start-up code (no thread) is not
 * limited.
 */
struct pipe *pipe_new(void)
{
	struct pipe *p = obj_new(pipe);
	struct thread *t = thread_current();
	u32 slots = DEFAULT_SLOTS;
	u64 sum;

	if (!p)
		return NULL;
	lock_level(&p->lock, LOCK_PIPE);
	p->uid = t ? t->cred->uid : 0;
	if (slots * PAGE_SIZE > pipe_max_size() && !above_max())
		slots = (u32)(pipe_max_size() / PAGE_SIZE);
	p->nr_slots = slots;
	sum = user_charge_always(USER_PIPE_PAGES, p->uid, slots);
	if (pages_above(sum, KNOB_PIPE_PAGES_SOFT) && slots > MIN_SLOTS && !privileged()) {
		p->nr_slots = MIN_SLOTS;
		user_uncharge(USER_PIPE_PAGES, p->uid, slots - MIN_SLOTS);
		sum -= slots - MIN_SLOTS;
	}
	if (!pages_above(sum, KNOB_PIPE_PAGES_HARD) || privileged())
		p->chunk[0] = obj_new(pipe_chunk);
	if (!p->chunk[0])
		obj_put(&p);
	return p;
}

/* A page that nobody else has is kept as the spare for the next write. */
void pipe_drop_tail(struct pipe *p)
{
	struct pipe_slot *const s = pipe_slot(p, p->tail);

	if (s->page && (s->flags & SLOT_MERGE) && !p->spare && page_refs(s->page) == 1) {
		p->spare = s->page;
		s->page = NULL;
	}
	page_put(&s->page);
	store_once(p->tail, p->tail + 1);
}

void pipe_drain(struct pipe *p)
{
	while (!pipe_empty(p))
		pipe_drop_tail(p);
}

/* Walks all full slots, at most PIPE_MAX_SLOTS. */
u64 pipe_bytes(struct pipe *p)
{
	u64 n = 0;
	u32 i;

	for (i = p->tail; i != p->head; i++) {
		struct pipe_slot *const s = pipe_slot(p, i);
		n += s->len;
	}
	return n;
}

/* ---- F_SETPIPE_SZ ---- */

/* The chunks of a new ring. */
struct pipe_chunks {
	struct pipe_chunk *chunk[PIPE_CHUNKS];
};

/* false: no memory; the chunks made so far are in @c. */
static bool make_chunks(struct pipe_chunks *c, u32 nr_slots)
{
	u32 i;

	for (i = 0; i * PIPE_CHUNK < nr_slots; i++) {
		c->chunk[i] = obj_new(pipe_chunk);
		if (!c->chunk[i])
			return false;
	}
	return true;
}

static void free_chunks(struct pipe_chunks *c)
{
	u32 i;

	for (i = 0; i < PIPE_CHUNKS; i++)
		obj_put(array_at(c->chunk, i));
}

/*
 * Moves the full slots to the new chunks, under the same numbers, and exchanges the chunks:
 * afterwards @c has the old ones. 0, or -EBUSY if the full and reserved slots do not fit. Lock
 * held.
 */
static s64 switch_ring(struct pipe *p, struct pipe_chunks *c, u32 nr_slots)
{
	u32 i, used = p->head - p->tail;

	if (used + p->reserved > nr_slots)
		return -EBUSY;
	for (i = 0; i < used; i++) {
		struct pipe_slot *const from = pipe_slot(p, p->tail + i);
		u32 at = (p->tail + i) & (nr_slots - 1);
		struct pipe_slot *const to = array_at(c->chunk[at / PIPE_CHUNK]->slot,
			at % PIPE_CHUNK);
		*to = *from;
		from->page = NULL;
	}
	for (i = 0; i < PIPE_CHUNKS; i++) {
		struct pipe_chunk *old = p->chunk[i];
		p->chunk[i] = c->chunk[i];
		c->chunk[i] = old;
	}
	p->nr_slots = nr_slots;
	return 0;
}

/*
 * The new size is charged in full first, and the old one is uncharged afterwards; if the exchange
 * fails, the new one is. So two calls at the same time leave the right sum.
 */
static s64 set_size(struct pipe *p, u32 size)
{
	u32 nr = round_size(size) / PAGE_SIZE, old;
	struct pipe_chunks c = { 0 };
	u64 sum;
	s64 err;

	if (!nr)
		return -EINVAL;
	old = load_once(p->nr_slots);
	if (nr > old && nr * PAGE_SIZE > pipe_max_size() && !above_max())
		return -EPERM;
	if (nr > PIPE_MAX_SLOTS)
		return -ENOMEM;
	sum = user_charge_always(USER_PIPE_PAGES, p->uid, nr) - old;
	if ((pages_above(sum, KNOB_PIPE_PAGES_SOFT) || pages_above(sum, KNOB_PIPE_PAGES_HARD)) &&
		nr > old && !privileged()) {
		user_uncharge(USER_PIPE_PAGES, p->uid, nr);
		return -EPERM;
	}
	err = make_chunks(&c, nr) ? 0 : -ENOMEM;
	mutex_lock(&p->lock);
	old = p->nr_slots;
	if (!err)
		err = switch_ring(p, &c, nr);
	mutex_unlock(&p->lock);
	user_uncharge(USER_PIPE_PAGES, p->uid, err ? nr : old);
	free_chunks(&c);
	if (!err && nr > old)
		pipe_emptied(p, true);
	return err ? err : (s64)nr * (s64)PAGE_SIZE;
}

/* The size is read without the lock: a hint, as a change by another thread may follow at once. */
s64 pipe_fcntl(struct file *f, u32 cmd, u64 arg)
{
	struct pipe *p = pipe_of(f);

	if (!p)
		return -EBADF;
	return cmd == F_GETPIPE_SZ ? (s64)p->nr_slots * (s64)PAGE_SIZE : set_size(p, (u32)arg);
}
