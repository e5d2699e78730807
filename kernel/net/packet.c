// SPDX-License-Identifier: MPL-2.0
/*
 * Packets (kernel/packet.h): making, sharing, growing and shrinking them.
 *
 * Data of the user goes into pages that several packets share: each CPU keeps a page and a position
 * in it, from which ranges are handed out. A range is taken before the copy, because the copy may
 * sleep; a range that is not used after a fault is lost until the page goes.
 *
 * The shape of a packet. data[] holds the head, from `head` to `tail`; headers are pushed in front
 * of it and pulled off, and mac, net and transport are places in data[] that stay valid where the
 * head has passed them. Behind the head come frag[], ranges of pages. `len` is both together. All
 * functions here keep these sums; a caller that reads beyond is told so by false.
 *
 * Sharing. A clone copies the head and shares the pages, so heads may be written and pages may not,
 * once a packet has been cloned; a range is written only by whoever made it, before others see it.
 * Appending to a page behind what others know of it is no such write (packet_append, TCP's
 * collect).
 *
 * A packet belongs to one holder. Who passes it on has it no longer; the last put frees pages and
 * gives the sender's buffer back.
 */
#include <frame/boot.h>
#include <frame/cpu.h>
#include <kernel/packet.h>
#include <kernel/socket.h>

static noinline void put_frags(struct packet *p)
{
	u32 i;

	for (i = 0; i < p->nr_frags && i < PACKET_FRAGS; i++)
		page_put(&p->frag[i].page);
}

/* Wherever a packet ends, its sender may go on: the charge is the packet's. */
static void packet_release(struct packet *p)
{
	if (p->nr_frags)
		put_frags(p);
	if (unlikely(p->socket != NULL)) {
		socket_uncharge(p->socket, p->charge);
		obj_put(&p->socket);
	}
}
OBJ_TYPE(packet, packet_release);

struct packet *packet_new(u32 room)
{
	struct packet *p = obj_new(packet);

	if (p)
		p->head = p->tail = (u16)min(room, PACKET_DATA);
	return p;
}

void packet_drop(struct packet **pp)
{
	obj_put(pp);
}

/* Field by field: the head of the object must not be copied. */
static void packet_copy_fields(struct packet *c, const struct packet *p)
{
	c->dev = p->dev;
	c->len = p->len;
	c->head = p->head;
	c->tail = p->tail;
	c->mac = p->mac;
	c->net = p->net;
	c->transport = p->transport;
	c->ethertype = p->ethertype;
	c->vlan = p->vlan;
	c->csum_start = p->csum_start;
	c->csum_offset = p->csum_offset;
	c->gso_size = p->gso_size;
	c->gso = p->gso;
	c->csum = p->csum;
	c->kind = p->kind;
	c->hash = p->hash;
	c->mark = p->mark;
	c->priority = p->priority;
	c->time_ns = p->time_ns;
	span_copy(value_span(&c->control), value_cspan(&p->control));
}

static noinline void share_frags(struct packet *c, const struct packet *p)
{
	u32 i;

	for (i = 0; i < p->nr_frags && i < PACKET_FRAGS; i++) {
		c->frag[i].page = page_get(p->frag[i].page);
		c->frag[i].off = p->frag[i].off;
		c->frag[i].len = p->frag[i].len;
	}
	c->nr_frags = p->nr_frags;
}

/* Gives a new packet the bytes of another one: those of the head from data[@from] on, and pages. */
static void packet_share(struct packet *c, const struct packet *p, u32 from)
{
	if (from < p->tail)
		span_copy(span_from(span_of(c->data), from),
			cspan_sub(cspan_of(p->data), from, p->tail - from));
	if (p->nr_frags)
		share_frags(c, p);
}

/*
 * What is pulled off stays readable in the clone, too. Nothing of it is there before a packet has
 * been received or sent.
 */
struct packet *packet_clone(const struct packet *p)
{
	struct packet *c = obj_new(packet);

	if (!c)
		return NULL;
	packet_copy_fields(c, p);
	packet_share(c, p, p->net || p->mac ? 0 : p->head);
	return c;
}

struct packet *packet_clone_data(const struct packet *p)
{
	struct packet *c = obj_new(packet);

	if (!c)
		return NULL;
	c->len = p->len;
	c->head = p->head;
	c->tail = p->tail;
	packet_share(c, p, p->head);
	return c;
}

/* ---- its two ends ---- */

/*
 * A protocol that pushes without room is a bug of this kernel; lengths of strangers never come here
 * unchecked.
 */
void packet_lacks_room(void)
{
	kernel_panic("a packet has no room for a header");
}

void packet_lacks_header(void)
{
	kernel_panic("a packet's head is shorter than its header");
}

/* Takes the first @n bytes off the fragments; they are there. */
static void packet_eat(struct packet *p, u32 n)
{
	u32 gone = 0, i;

	for (i = 0; i < p->nr_frags && n; i++) {
		struct packet_frag *const f = array_at(p->frag, i);
		u32 k = min(n, f->len);
		f->off += k;
		f->len -= k;
		n -= k;
		if (!f->len) {
			page_put(&f->page);
			gone++;
		}
	}
	if (!gone)
		return;
	for (i = gone; i < p->nr_frags; i++) {
		p->frag[i - gone].page = p->frag[i].page;
		p->frag[i - gone].off = p->frag[i].off;
		p->frag[i - gone].len = p->frag[i].len;
		p->frag[i].page = NULL;
	}
	p->nr_frags -= (u8)gone;
}

/*
 * Headers are read from the head only, so each protocol first asks that its header be there. False
 * also for a header that no head has room for: such packets are dropped as malformed.
 */
bool packet_linear_rest(struct packet *p, u32 n)
{
	u32 have = (u32)p->tail - p->head, more = n - have;

	if (n > p->len || more > PACKET_DATA - p->tail)
		return false;
	if (!packet_read(p, have, span_sub(span_of(p->data), p->tail, more)))
		return false;
	packet_eat(p, more);
	p->tail += (u16)more;
	return true;
}

/* From the end on; pages that nothing is left of are put. */
void packet_trim(struct packet *p, u32 len)
{
	u32 have = (u32)p->tail - p->head, at = have, i;

	if (len >= p->len)
		return;
	for (i = 0; i < p->nr_frags; i++) {
		struct packet_frag *const f = array_at(p->frag, i);
		u32 keep = len > at ? min(f->len, len - at) : 0;
		at += f->len;
		f->len = keep;
		if (!keep)
			page_put(&f->page);
	}
	while (p->nr_frags && !p->frag[p->nr_frags - 1].page)
		p->nr_frags--;
	p->tail = (u16)(p->head + min(have, len));
	p->len = len;
}

void packet_drop_front(struct packet *p, u32 n)
{
	u32 k = min(n, (u32)p->tail - p->head);

	if (n > p->len)
		kernel_panic("a packet is shorter than what is dropped of it");
	p->head += (u16)k;
	p->len -= n;
	if (n > k)
		packet_eat(p, n - k);
}

/*
 * @p keeps the first @len bytes, the result has the rest. Nothing is copied but what lies in the
 * head.
 */
struct packet *packet_split(struct packet *p, u32 len, u32 room)
{
	u32 have = (u32)p->tail - p->head, at = have, i;
	u32 in_head = len < have ? have - len : 0;
	struct packet *c = packet_new(min(room, PACKET_DATA - in_head));

	if (!c)
		return NULL;
	if (in_head) {
		span_copy(span_sub(span_of(c->data), c->tail, in_head),
			cspan_sub(cspan_of(p->data), p->head + len, in_head));
		c->tail += (u16)in_head;
		c->len = in_head;
	}
	for (i = 0; i < p->nr_frags && i < PACKET_FRAGS; i++) {
		const struct packet_frag *const f = array_at(p->frag, i);
		u32 skip = len > at ? min(f->len, len - at) : 0;
		at += f->len;
		/* It has no more fragments than the first, so this cannot fail. */
		if (f->len > skip && packet_add_page(c, f->page, f->off + skip, f->len - skip))
			break;
	}
	packet_trim(p, len);
	return c;
}

/* ---- data ---- */

/*
 * Ranges that follow each other in one page become one: the bytes of small writes take one of the
 * 17 places.
 */
static bool extend_last(struct packet *p, const struct page *page, u32 off, u32 len)
{
	struct packet_frag *const last = p->nr_frags ? array_at(p->frag, p->nr_frags - 1u) : NULL;

	if (!last || last->page != page || last->off + last->len != off)
		return false;
	last->len += len;
	p->len += len;
	return true;
}

/* The reference goes from the variable to the packet, if there is a place for it. */
static int add_frag(struct packet *p, struct page **page, u32 off, u32 len)
{
	struct packet_frag *const f = array_at(p->frag, min(p->nr_frags, PACKET_FRAGS - 1));

	if (p->nr_frags == PACKET_FRAGS)
		return -EMSGSIZE;
	f->page = *page;
	*page = NULL;
	f->off = off;
	f->len = len;
	p->nr_frags++;
	p->len += len;
	return 0;
}

int packet_give_page(struct packet *p, struct page **page, u32 off, u32 len)
{
	if (!extend_last(p, *page, off, len))
		return add_frag(p, page, off, len);
	page_put(page);
	return 0;
}

int packet_add_page(struct packet *p, struct page *page, u32 off, u32 len)
{
	struct page *own = NULL;

	if (extend_last(p, page, off, len))
		return 0;
	if (p->nr_frags == PACKET_FRAGS)
		return -EMSGSIZE;
	own = page_get(page);
	return add_frag(p, &own, off, len);
}

/* For TCP's queues. All or nothing: the room is looked at first. */
bool packet_append(struct packet *tail, const struct packet *p)
{
	u32 have = (u32)p->tail - p->head, i;

	if (have > packet_tailroom(tail) || tail->nr_frags + p->nr_frags > (s32)PACKET_FRAGS)
		return false;
	if (have) {
		span_copy(span_sub(span_of(tail->data), tail->tail, have), packet_headers(p));
		tail->tail += (u16)have;
		tail->len += have;
	}
	for (i = 0; i < p->nr_frags && i < PACKET_FRAGS; i++) {
		if (packet_add_page(tail, p->frag[i].page, p->frag[i].off, p->frag[i].len))
			break; /* there is room: see above */
	}
	return true;
}

/* The page that this CPU hands out ranges of. */
static struct room {
	struct page *page; /* reference */
	u32 used;
} rooms[MAX_CPUS];

/*
 * A range of up to @want bytes: a reference to its page; NULL: no memory. Nothing sleeps between
 * the look at the CPU's number and the return, so two tasks never get the same bytes. Ranges begin
 * at multiples of 64 bytes: neighbours do not share cache lines.
 */
static struct page *take_range(u32 want, u32 *off, u32 *len)
{
	struct room *const r = array_at(rooms, cpu_id());

	if (!r->page || r->used == PAGE_SIZE) {
		page_put(&r->page);
		r->page = page_alloc(PAGE_USER);
		r->used = 0;
	}
	if (!r->page)
		return NULL;
	*off = r->used;
	*len = min(want, (u32)PAGE_SIZE - r->used);
	r->used = (u32)min(PAGE_SIZE, round_up((u64)(r->used + *len), 64));
	return page_get(r->page);
}

int packet_add_range(struct packet *p, u32 want, struct page **page, u32 *off, u32 *len)
{
	bool whole = want >= PAGE_SIZE;
	struct page *own = whole ? page_alloc(PAGE_USER) : take_range(want, off, len);
	int err;

	if (whole) {
		*off = 0;
		*len = PAGE_SIZE;
	}
	*page = own;
	if (!own)
		return -ENOBUFS;
	err = packet_give_page(p, &own, *off, *len);
	page_put(&own);
	return err;
}

void packet_shutdown(void)
{
	u32 i;

	for (i = 0; i < MAX_CPUS; i++)
		page_put(&rooms[i].page);
}

/*
 * Copies bytes of @p's head behind those of @c's, and into a page what does not fit. False: no
 * memory.
 */
static bool add_bytes(struct packet *c, const struct packet *p, u32 at, u32 len)
{
	u32 n = min(len, PACKET_DATA - c->tail), off;

	span_copy(span_sub(span_of(c->data), c->tail, n), cspan_sub(cspan_of(p->data), at, n));
	c->tail += (u16)n;
	c->len += n;
	if (likely(n == len))
		return true;
	off = c->len;
	return !packet_add_room(c, len - n) &&
		packet_write(c, off, cspan_sub(cspan_of(p->data), at + n, len - n));
}

/* Shares the @len bytes from @off of the fragments. False: no fragment is free. */
static bool add_frags(struct packet *c, const struct packet *p, u32 off, u32 len)
{
	u32 i, n;

	for (i = 0; i < p->nr_frags && i < PACKET_FRAGS && len; i++) {
		const struct packet_frag *const f = array_at(p->frag, i);
		if (off >= f->len) {
			off -= f->len;
			continue;
		}
		n = min(len, f->len - off);
		if (packet_add_page(c, f->page, f->off + off, n))
			return false;
		len -= n;
		off = 0;
	}
	return !len;
}

/*
 * A part of a packet as a packet of its own, with room before it: fragments, segments, quotes of
 * ICMP.
 */
struct packet *packet_slice(const struct packet *p, u32 off, u32 len, u32 room)
{
	u32 have = (u32)p->tail - p->head, n = off < have ? min(len, have - off) : 0;
	struct packet *c;

	if (off > p->len || len > p->len - off)
		return NULL;
	c = packet_new(room);
	if (!c)
		return NULL;
	c->dev = p->dev;
	c->ethertype = p->ethertype;
	c->kind = p->kind;
	c->hash = p->hash;
	c->mark = p->mark;
	c->priority = p->priority;
	if ((n && !add_bytes(c, p, p->head + off, n)) ||
		(n < len && !add_frags(c, p, off + n - have, len - n)))
		packet_drop(&c);
	return c;
}

/*
 * For a link whose header is longer than the one by which the packet came. All places move with the
 * head.
 */
struct packet *packet_with_room(const struct packet *p, u32 room)
{
	struct packet *c = packet_slice(p, 0, p->len, room);
	u32 moved;

	if (!c)
		return NULL;
	moved = (u32)c->head - p->head;
	c->net = (u16)(p->net + moved);
	c->transport = (u16)(p->transport + moved);
	c->csum_start = (u16)(p->csum_start + moved);
	c->csum_offset = p->csum_offset;
	c->csum = p->csum;
	c->gso = p->gso;
	c->gso_size = p->gso_size;
	c->vlan = p->vlan;
	c->time_ns = p->time_ns;
	return c;
}

/* Copies from head and pages alike; false leads the caller to treat the packet as too short. */
bool packet_read(const struct packet *p, u32 off, struct span to)
{
	u32 have = (u32)p->tail - p->head, i;
	size_t n;

	if (off > p->len || span_len(to) > p->len - off)
		return false;
	if (off < have) {
		n = span_copy(to,
			cspan_from(cspan_first(cspan_of(p->data), p->tail), p->head + off));
		to = span_from(to, n);
		off = have;
	}
	off -= have;
	for (i = 0; i < p->nr_frags && span_len(to); i++) {
		const struct packet_frag *const f = array_at(p->frag, i);
		if (off < f->len) {
			n = min(span_len(to), (size_t)(f->len - off));
			page_read(f->page, f->off + off, span_first(to, n));
			to = span_from(to, n);
			off = f->len;
		}
		off -= f->len;
	}
	return true;
}

int packet_add_room(struct packet *p, u32 len)
{
	while (len) {
		struct page *page;
		u32 off, n;
		int err = packet_add_range(p, len, &page, &off, &n);
		if (err)
			return err;
		len -= n;
	}
	return 0;
}

bool packet_write(struct packet *p, u32 off, struct cspan from)
{
	u32 have = (u32)p->tail - p->head, i;
	size_t n;

	if (off > p->len || cspan_len(from) > p->len - off)
		return false;
	if (off < have) {
		n = span_copy(span_from(span_first(span_of(p->data), p->tail), p->head + off),
			from);
		from = cspan_from(from, n);
		off = have;
	}
	off -= have;
	for (i = 0; i < p->nr_frags && cspan_len(from); i++) {
		const struct packet_frag *const f = array_at(p->frag, i);
		if (off < f->len) {
			n = min(cspan_len(from), (size_t)(f->len - off));
			page_write(f->page, f->off + off, cspan_first(from, n));
			from = cspan_from(from, n);
			off = f->len;
		}
		off -= f->len;
	}
	return true;
}

bool packet_copy(struct packet *to, u32 at, const struct packet *from)
{
	u32 off, n;
	u8 b[256];

	for (off = 0; off < from->len; off += n) {
		n = min(from->len - off, (u32)sizeof(b));
		if (!packet_read(from, off, span_first(span_of(b), n)) ||
			!packet_write(to, at + off, cspan_first(cspan_of(b), n)))
			return false;
	}
	return true;
}
