// SPDX-License-Identifier: MPL-2.0
/*
 * Reassembly of fragments, for IPv4 and IPv6 (RFC 791, RFC 8200 4.5, RFC 5722).
 *
 * A queue for each datagram has its fragments by offset. A fragment that is there already is dropped;
 * one that overlaps others is an attack, and the whole datagram is dropped (RFC 5722; also for IPv4,
 * as on Linux). When all are there, their data is copied into one packet.
 *
 * What strangers can make this machine keep is bounded: FRAG_MEMORY bytes in all, FRAGS_MAX fragments
 * a datagram, and the time that a datagram may take. Queues stand in the order of their age. Each
 * fragment that comes first drops the queues that are too old; for room, the oldest go.
 *
 * Locking: frag_lock guards all; a leaf but for the pools.
 */
#include <frame/sync.h>
#include <frame/time.h>

#include "ip.h"

#define FRAG_MEMORY  (4u << 20)
#define FRAGS_MAX    128u
#define FRAG_TIME_NS (30 * NSEC_PER_SEC)
#define FRAG_BUCKETS 64u
#define HEAD_BYTES   128u /* of the data, in the head of the whole packet */

struct frag_queue {
	struct obj obj;
	struct frag_key key;
	u64 until_ns;
	u32 nr, bytes; /* fragments, and how much of the datagram they are */
	u32 total;     /* of the datagram; 0: the last fragment is not there */
	u32 charge;
	LIST_HEAD(packet) packets; /* by offset, control[0]; length: packet.len */
	LIST_LINK(frag_queue) age, link;
};

static void frag_queue_release(struct frag_queue *q)
{
	struct packet *p;

	while ((p = list_first(&q->packets)) != NULL) {
		list_remove(&q->packets, p, link);
		packet_drop(&p);
	}
}
OBJ_TYPE(frag_queue, frag_queue_release);
OBJ_TYPE_DECL(frag_queue);

struct frag_bucket {
	LIST_HEAD(frag_queue) queues;
};
static struct frag_bucket buckets[FRAG_BUCKETS];
static LIST_HEAD(frag_queue) by_age;
static struct spinlock frag_lock;
static u32 memory; /* charges of all queues */

static u32 bucket_of(const struct frag_key *k)
{
	u64 h = k->from.hi ^ k->from.lo ^ k->to.hi ^ k->to.lo ^ k->id ^ k->protocol;

	h *= 0x9e3779b97f4a7c15ul;
	return (u32)(h >> 58) % FRAG_BUCKETS;
}

static bool same_key(const struct frag_key *a, const struct frag_key *b)
{
	return a->id == b->id && ip_equal(a->from, b->from) && ip_equal(a->to, b->to) &&
		a->protocol == b->protocol && a->ifindex == b->ifindex;
}

/* Takes a queue off the lists; the caller drops the reference when the lock is free. */
static void unlink_queue(struct frag_queue *q)
{
	struct frag_bucket *const b = array_at(buckets, bucket_of(&q->key));

	list_remove(&b->queues, q, link);
	list_remove(&by_age, q, age);
	memory -= q->charge;
}

/* Unlinks a queue that is too old, or the oldest if there is no room; NULL: none needs to go. */
static struct frag_queue *take_old(u64 now)
{
	struct frag_queue *q = list_first(&by_age);

	if (q && (q->until_ns <= now || memory > FRAG_MEMORY)) {
		unlink_queue(q);
		return q;
	}
	return NULL;
}

static struct frag_queue *find(const struct frag_key *k)
{
	struct frag_bucket *const b = array_at(buckets, bucket_of(k));
	struct frag_queue *q;

	list_for_each(q, &b->queues, link) {
		if (same_key(&q->key, k))
			return q;
	}
	q = obj_new(frag_queue);
	if (!q)
		return NULL;
	q->key = *k;
	q->until_ns = time_mono_ns() + FRAG_TIME_NS;
	q->charge = sizeof(*q);
	memory += q->charge;
	list_push_front(&b->queues, q, link);
	list_push_back(&by_age, q, age);
	return q;
}

enum frag_result { FRAG_KEPT, FRAG_DUPLICATE, FRAG_BAD };

/*
 * Puts the fragment in its place. It is bad if it overlaps another one, does not fit to what the last
 * one said about the length, or makes the datagram too long.
 */
static enum frag_result insert(struct frag_queue *q, struct packet *p, u32 offset, bool more)
{
	u32 len = p->len, end = offset + len;
	struct packet *at, *prev;

	if (end > 0xffff || !len || (more && (len & 7)) || q->nr >= FRAGS_MAX)
		return FRAG_BAD;
	list_for_each(at, &q->packets, link) {
		if (at->control[0] >= offset)
			break;
	}
	if (at && at->control[0] == offset && at->len == len)
		return FRAG_DUPLICATE;
	prev = at ? at->link.prev : list_last(&q->packets);
	if ((prev && prev->control[0] + prev->len > offset) || (at && at->control[0] < end))
		return FRAG_BAD;
	if (more ? q->total && end > q->total : q->total && end != q->total)
		return FRAG_BAD;
	if (!more) {
		if (list_last(&q->packets) &&
			list_last(&q->packets)->control[0] + list_last(&q->packets)->len > end)
			return FRAG_BAD;
		q->total = end;
	}
	p->control[0] = offset;
	if (at)
		list_insert_before(&q->packets, at, p, link);
	else
		list_push_back(&q->packets, p, link);
	q->nr++;
	q->bytes += len;
	q->charge += (u32)sizeof(*p) + len;
	memory += (u32)sizeof(*p) + len;
	return FRAG_KEPT;
}

/* Copies a fragment's data into the whole packet, whose data begins at @base. */
static bool copy_fragment(struct packet *whole, const struct packet *p)
{
	u32 off, n;
	u8 b[256];

	for (off = 0; off < p->len; off += n) {
		n = min(p->len - off, (u32)sizeof(b));
		if (!packet_read(p, off, span_first(span_of(b), n)) ||
			!packet_write(whole, p->control[0] + off,
				cspan_first(cspan_of(b), n)))
			return false;
	}
	return true;
}

/* One packet of all fragments: the headers of the first, then the data. NULL: no memory, or no room. */
static struct packet *join(struct frag_queue *q, struct netdev *d)
{
	struct packet *first = list_first(&q->packets), *p, *whole;
	u32 headers = first->head - first->net, at = (u32)round_up(64u + headers, 8u), head;

	/* A sender can put extension headers before the fragment's until the head is full. */
	if (at > PACKET_DATA - 64u)
		return NULL;
	whole = packet_new(at);
	if (!whole)
		return NULL;
	head = min(min(q->total, HEAD_BYTES), PACKET_DATA - at);
	span_copy(span_sub(span_of(whole->data), at - headers, headers),
		cspan_sub(cspan_of(first->data), first->net, headers));
	whole->tail += (u16)head;
	whole->len = head;
	whole->net = (u16)(at - headers);
	whole->dev = d;
	whole->ethertype = first->ethertype;
	whole->kind = first->kind;
	whole->mark = first->mark;
	whole->csum = first->csum == CSUM_PARTIAL ? CSUM_UNKNOWN : first->csum;
	if (q->nr > 1)
		whole->csum = CSUM_UNKNOWN;
	if (packet_add_room(whole, q->total - head)) {
		packet_drop(&whole);
		return NULL;
	}
	list_for_each(p, &q->packets, link) {
		if (!copy_fragment(whole, p)) {
			packet_drop(&whole);
			return NULL;
		}
	}
	return whole;
}

struct packet *frag_add(struct packet *p, const struct frag_key *k, u32 offset, bool more)
{
	bool is4 = p->ethertype == ETHERTYPE_IP4;
	enum frag_result result = FRAG_BAD;
	struct netdev *d = p->dev;
	struct frag_queue *q, *done = NULL, *old;
	struct packet *whole = NULL;

	spin_lock(&frag_lock);
	while ((old = take_old(time_mono_ns())) != NULL) {
		ip_count(is4, IP_REASM_TIMEOUT);
		ip_count(is4, IP_REASM_FAILS);
		obj_put(&old);
	}
	q = find(k);
	if (q)
		result = insert(q, p, offset, more);
	if (q && (result == FRAG_BAD || q->bytes == q->total)) {
		unlink_queue(q);
		done = q;
	}
	spin_unlock(&frag_lock);
	if (result != FRAG_KEPT)
		packet_drop(&p);
	if (done && result == FRAG_KEPT)
		whole = join(done, d);
	if (done)
		ip_count(is4, whole ? IP_REASM_OKS : IP_REASM_FAILS);
	obj_put(&done);
	return whole;
}

void frag_init(void)
{
	lock_level(&frag_lock, 0);
}
