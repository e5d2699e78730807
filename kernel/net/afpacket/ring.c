// SPDX-License-Identifier: MPL-2.0
/*
 * Rings of mapped memory: PACKET_RX_RING, PACKET_TX_RING, and their mapping
 * (Documentation/networking/packet_mmap).
 *
 * A ring is pages that the kernel allocates and a program maps. Both write into them at any time,
 * so the kernel copies in and out, and never looks at a word twice. Who may use a frame or a block
 * is said by its status word: the side that has it writes all else first, then the word.
 *
 * How a ring lives. The socket has a reference to it, and so has each view, the object behind a
 * mapping. A ring is replaced only while the socket's is the only one (-EBUSY otherwise): packets
 * reach it through the socket under packet_sock.lock. The close of the socket drops its rings: a
 * packet that it has sent may keep the struct socket, and go under a send queue's lock, where so
 * many pages must not be freed. A mapping keeps the memory, and not the
 * socket, which may be closed before it: the last close must not happen in munmap, under mm.lock.
 *
 * The pages are charged to the user who made the ring (USER_RING_PAGES): a quarter of the memory.
 */
#include <frame/task.h>
#include <kernel/file.h>
#include <kernel/mm.h>
#include <kernel/thread.h>
#include <kernel/user_limit.h>

#include "afpacket.h"

static void ring_chunk_release(struct ring_chunk *c)
{
	u32 i;

	for (i = 0; i < c->nr; i++)
		page_put(array_at(c->page, i));
}
OBJ_TYPE(ring_chunk, ring_chunk_release);

static void packet_ring_release(struct packet_ring *r)
{
	u32 i;

	for (i = 0; i < RING_CHUNKS; i++)
		obj_put(array_at(r->chunk, i));
	user_uncharge(USER_RING_PAGES, r->uid, r->nr_pages);
}
OBJ_TYPE(packet_ring, packet_ring_release);

static void packet_view_release(struct packet_view *v)
{
	obj_put(&v->in);
	obj_put(&v->out);
}
OBJ_TYPE(packet_view, packet_view_release);

/*
 * Puts a ring that no socket has any more. If it is not mapped, it is the caller's alone: views get
 * it from the socket only. Then its pages, up to 65536, go by chunks, and others run in between.
 */
static void drop_ring(struct packet_ring **rp)
{
	struct packet_ring *r = *rp;
	u32 i;

	for (i = 0; r && obj_refs(r) == 1 && i < RING_CHUNKS; i++) {
		obj_put(array_at(r->chunk, i));
		task_cond_resched();
	}
	obj_put(rp);
}

void packet_drop_rings(struct packet_sock *ps)
{
	struct packet_ring *in, *out;

	spin_lock(&ps->lock);
	in = ps->in;
	out = ps->out;
	ps->in = NULL;
	store_once(ps->out, NULL);
	spin_unlock(&ps->lock);
	drop_ring(&in);
	drop_ring(&out);
}

/* ---- its memory ---- */

static struct page *page_of(const struct packet_ring *r, u64 i)
{
	return *array_at((*array_at(r->chunk, i / CHUNK_PAGES))->page, i % CHUNK_PAGES);
}

void ring_write(const struct packet_ring *r, u64 at, struct cspan from)
{
	size_t n;

	while (cspan_len(from)) {
		n = min(cspan_len(from), PAGE_SIZE - (at & PAGE_MASK));
		page_write(page_of(r, at >> PAGE_SHIFT), at & PAGE_MASK, cspan_first(from, n));
		from = cspan_from(from, n);
		at += n;
	}
}

void ring_read(const struct packet_ring *r, u64 at, struct span to)
{
	size_t n;

	while (span_len(to)) {
		n = min(span_len(to), PAGE_SIZE - (at & PAGE_MASK));
		page_read(page_of(r, at >> PAGE_SHIFT), at & PAGE_MASK, span_first(to, n));
		to = span_from(to, n);
		at += n;
	}
}

/*
 * Copies never tear an aligned word. What follows in the program's memory is read after the word:
 * the barrier keeps later loads behind it.
 */
u32 ring_get32(const struct packet_ring *r, u64 at)
{
	u32 v;

	ring_read(r, at, value_span(&v));
	memory_barrier();
	return v;
}

/* The program that sees the word sees all that was written before it: the barrier orders both. */
void ring_put32(const struct packet_ring *r, u64 at, u32 v)
{
	memory_barrier();
	ring_write(r, at, value_cspan(&v));
}

/* Frames do not cross the end of a block. */
u64 ring_frame(const struct packet_ring *r, u32 i)
{
	return (u64)(i / r->frames_per_block) * r->block_size +
		(u64)(i % r->frames_per_block) * r->frame_size;
}

u32 tpacket_header(u32 version)
{
	return version == TPACKET_V3 ? (u32)sizeof(struct tpacket3_header)
				     : (u32)sizeof(struct tpacket2_header);
}

u32 tpacket_header_len(u32 version)
{
	return tpacket_header(version) + (u32)sizeof(struct sockaddr_ll);
}

/* ---- making one ---- */

/*
 * All numbers come from a program: products are computed in 64 bits or compared by division, and
 * what passes makes each frame lie in one block, and each block in the ring.
 */
static bool shape_ok(const struct packet_sock *ps, bool out, const struct tpacket_req *r)
{
	u64 least = (u64)tpacket_header_len(ps->version) + ps->reserve;
	u32 per_block;

	if (!r->block_size || r->block_size > 0x7fffffffu || (r->block_size & PAGE_MASK))
		return false;
	if (ps->version == TPACKET_V3 &&
		r->block_size <
			sizeof(struct tpacket_block) + round_up((u64)r->sizeof_priv, 8) + least)
		return false;
	if (r->frame_size < least || (r->frame_size & (TPACKET_ALIGNMENT - 1)))
		return false;
	per_block = r->block_size / r->frame_size;
	if (!per_block || per_block > 0xffffffffu / r->block_nr ||
		per_block * r->block_nr != r->frame_nr)
		return false;
	/* Blocks are retired on the way in only. */
	return !out || ps->version != TPACKET_V3 ||
		!(r->retire_ms || r->sizeof_priv || r->features);
}

/* Adds pages until the ring has all. False: no memory, or the task is being killed. */
static bool ring_fill(struct packet_ring *r, u64 nr)
{
	struct ring_chunk *c = NULL;
	u64 i;

	for (i = 0; i < nr; i++) {
		if (!(i % CHUNK_PAGES)) {
			c = obj_new(ring_chunk);
			*array_at(r->chunk, i / CHUNK_PAGES) = c;
			task_cond_resched();
		}
		if (!c)
			return false;
		*array_at(c->page, c->nr) = page_alloc(PAGE_ZEROED | PAGE_USER);
		if (!*array_at(c->page, c->nr))
			return false;
		c->nr++;
	}
	return true;
}

/*
 * The charge comes before the pages, and is given back by the release, also after a failure in the
 * middle.
 */
static struct packet_ring *ring_new(const struct packet_sock *ps, const struct tpacket_req *q)
{
	u64 nr = (u64)q->block_size / PAGE_SIZE * q->block_nr;
	u32 uid = thread_current()->cred->uid;
	struct page_stats mem;
	struct packet_ring *r;

	page_get_stats(&mem);
	if (nr > (u64)CHUNK_PAGES * RING_CHUNKS)
		return NULL;
	r = obj_new(packet_ring);
	if (r && !user_charge(USER_RING_PAGES, uid, nr, mem.total / 4))
		obj_put(&r);
	if (!r)
		return NULL;
	r->uid = uid;
	r->nr_pages = (u32)nr;
	r->version = ps->version;
	r->block_size = q->block_size;
	r->block_nr = q->block_nr;
	r->frame_size = q->frame_size;
	r->frames_per_block = q->block_size / q->frame_size;
	r->nr_frames = q->frame_nr;
	r->priv = q->sizeof_priv;
	r->features = q->features;
	r->retire_ms = q->retire_ms ? q->retire_ms : 8;
	if (!ring_fill(r, nr))
		obj_put(&r);
	return r;
}

/*
 * Puts the ring in its place, if the one that is there, if any, is mapped by nobody. On success
 * *@ring is the old one. What waits in the queue is dropped, as on Linux.
 */
static s64 exchange(struct packet_sock *ps, bool out, struct packet_ring **ring)
{
	struct packet_ring *old;
	s64 err = 0;

	spin_lock(&ps->lock);
	old = out ? ps->out : ps->in;
	if ((ps->in && obj_refs(ps->in) > 1) || (ps->out && obj_refs(ps->out) > 1) ||
		(*ring && (old || (*ring)->version != ps->version))) {
		err = -EBUSY;
	} else {
		if (out)
			store_once(ps->out, *ring);
		else
			ps->in = *ring;
		if (*ring && !out && (*ring)->version == TPACKET_V3)
			packet_blocks_start(ps, *ring);
		*ring = old;
	}
	spin_unlock(&ps->lock);
	return err;
}

s64 packet_set_ring(struct packet_sock *ps, bool out, const struct tpacket_req *q)
{
	struct packet_ring *r = NULL;
	bool blocks = false;
	s64 err = 0;

	mutex_lock(&ps->send_lock);
	if (q->block_nr && (out ? ps->out : ps->in))
		err = -EBUSY;
	else if (q->block_nr ? !shape_ok(ps, out, q) : q->frame_nr != 0)
		err = -EINVAL;
	if (!err && q->block_nr) {
		r = ring_new(ps, q);
		err = r ? 0 : -ENOMEM;
		/* The socket's version may change until exchange() has compared it with the ring's. */
		blocks = r && !out && r->version == TPACKET_V3;
	}
	if (!err)
		err = exchange(ps, out, &r);
	if (!err) {
		packet_flush(ps);
		if (!out)
			packet_blocks_list(ps, blocks);
	}
	mutex_unlock(&ps->send_lock);
	drop_ring(&r);
	return err;
}

/* ---- the mapping ---- */

/*
 * A page of the ring that receives, or behind it one of the ring that sends. No lock: a view's
 * rings do not change.
 */
static int view_fault(struct vma *v, u64 index, struct page **out)
{
	const struct packet_view *w = obj_cast(packet_view, v->private);
	const struct packet_ring *r = w->in;

	if (r && index >= r->nr_pages) {
		index -= r->nr_pages;
		r = w->out;
	} else if (!r) {
		r = w->out;
	}
	if (!r || index >= r->nr_pages)
		return -EFAULT;
	*out = page_get(page_of(r, index));
	return 0;
}
static const struct vma_ops view_ops = { .fault = view_fault, .name = LIT("socket:[packet]") };

/* Both rings are mapped as a whole, at once. */
int packet_mmap(struct socket *s, struct vma *v)
{
	struct packet_sock *ps = packet_sock_of(s);
	struct packet_view *w;
	u64 nr;
	int err = 0;

	if (v->offset || !(v->flags & VMA_SHARED))
		return -EINVAL;
	w = obj_new(packet_view);
	if (!w)
		return -ENOMEM;
	spin_lock(&ps->lock);
	w->in = ps->in ? obj_get(ps->in) : NULL;
	w->out = ps->out ? obj_get(ps->out) : NULL;
	spin_unlock(&ps->lock);
	nr = (w->in ? w->in->nr_pages : 0u) + (w->out ? w->out->nr_pages : 0u);
	if (!nr || v->end - v->start != nr * PAGE_SIZE)
		err = -EINVAL;
	if (err) {
		obj_put(&w);
		return err;
	}
	obj_put(&v->file); /* the caller has it open */
	v->ops = &view_ops;
	v->private = &w->obj;
	return 0;
}
