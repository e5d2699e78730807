// SPDX-License-Identifier: MPL-2.0
/*
 * Reassembly of fragments, for IPv4 and IPv6 (RFC 791, RFC 8200 4.5, RFC 5722).
 *
 * A queue for each datagram has its fragments by offset. A fragment that is there already is
 * dropped; one that overlaps others is an attack, and the whole datagram is dropped (RFC 5722; also
 * for IPv4, as on Linux). When all are there, their data is copied into one packet.
 *
 * What strangers can make this machine keep is bounded: FRAG_MEMORY bytes in all, counting a page
 * for each fragment of a packet, FRAGS_MAX fragments a datagram, and the time that a datagram may
 * take. Queues stand in the order of their age. For room, the oldest go. The network's job drops
 * those that are too old; if the first fragment has come, its sender is told (RFC 792, RFC 8200
 * 4.5).
 *
 * Fragments are the stranger's easiest way to memory, since each first one makes a queue. Besides
 * the bounds above: a fragment of another length than a multiple of 8 must be the last one; what
 * ends beyond 64 KiB is bad; the key has the protocol and, mixed with a secret, chooses the bucket.
 * Flooding can push out the datagrams of others, as everywhere; it cannot make this machine slow,
 * as a list has FRAGS_MAX entries.
 *
 * Locking: frag_lock guards all; a leaf but for the pools.
 */
#include <frame/sync.h>
#include <frame/time.h>
#include <frame/wait.h>
#include <kernel/knobs.h>
#include <kernel/random.h>

#include "ip.h"

#define FRAG_MEMORY  (4u << 20)
#define FRAGS_MAX    128u
#define FRAG_BUCKETS 64u
#define HEAD_BYTES   128u /* of the data, in the head of the whole packet */

struct frag_queue {
	struct obj obj;
	struct frag_key key;
	u64 until_ns;
	bool is4;
	u32 ifindex;   /* by which the first fragment has come */
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
static struct frag_ages {
	LIST_HEAD(frag_queue) queues; /* the oldest, which is due first, is first */
} by_age[2];                          /* IPv4, IPv6: their times differ */
static struct spinlock frag_lock;
static u32 memory; /* charges of all queues */
static u32 frag_job_number;
static struct ip_hash_key hash_key;

static u32 frag_bucket_of(const struct frag_key *k)
{
	struct ip_addr both = { k->from.hi ^ k->to.hi, k->from.lo ^ k->to.lo ^ k->protocol };

	return ip_hash(both, k->id, &hash_key) % FRAG_BUCKETS;
}

static bool frag_same_key(const struct frag_key *a, const struct frag_key *b)
{
	return a->id == b->id && ip_equal(a->from, b->from) && ip_equal(a->to, b->to) &&
		a->protocol == b->protocol && a->ifindex == b->ifindex;
}

/* Takes a queue off the lists; the caller drops the reference when the lock is free. */
static void unlink_queue(struct frag_queue *q)
{
	struct frag_bucket *const b = array_at(buckets, frag_bucket_of(&q->key));
	struct frag_ages *const ages = array_at(by_age, q->is4 ? 0 : 1);

	list_remove(&b->queues, q, link);
	list_remove(&ages->queues, q, age);
	memory -= q->charge;
}

/* The queue that is due first; NULL: there is none. */
static struct frag_queue *first_due(void)
{
	struct frag_queue *a = list_first(&by_age[0].queues), *b = list_first(&by_age[1].queues);

	return !a || (b && b->until_ns < a->until_ns) ? b : a;
}

/* Unlinks the oldest queue if there is no room; NULL: there is. */
static struct frag_queue *take_for_room(void)
{
	struct frag_queue *q = NULL;

	if (memory > FRAG_MEMORY)
		q = first_due();
	if (q)
		unlink_queue(q);
	return q;
}

/* Unlinks a queue that is too old; NULL: there is none, and *@next is when there will be. */
static struct frag_queue *take_old(u64 now, u64 *const next)
{
	struct frag_queue *q;

	spin_lock(&frag_lock);
	q = first_due();
	*next = q ? q->until_ns : NO_DEADLINE;
	if (q && q->until_ns <= now)
		unlink_queue(q);
	else
		q = NULL;
	spin_unlock(&frag_lock);
	return q;
}

static void tell_sender(struct frag_queue *q)
{
	struct packet *first = list_first(&q->packets);
	struct netdev *d;

	if (!first || first->control[0])
		return;
	d = netdev_by_index(q->ifindex);
	first->dev = d; /* the one by which it came may have gone */
	if (d)
		icmp_send_error(first, ICMP_TIME_EXCEEDED, 1, ICMP6_TIME_EXCEEDED, 1, 0);
	obj_put(&d);
}

#define EXPIRE_MAX 64u /* queues in one turn */

static u64 frag_expire(u64 now)
{
	struct frag_queue *q;
	u64 next = now;
	u32 i;

	for (i = 0; i < EXPIRE_MAX && (q = take_old(now, &next)) != NULL; i++) {
		ip_count(q->is4, IP_REASM_TIMEOUT);
		ip_count(q->is4, IP_REASM_FAILS);
		tell_sender(q);
		obj_put(&q);
	}
	return next;
}
static const struct net_job frag_job = { .run = frag_expire };

void frag_usage(bool is4, u32 *const nr, u32 *const bytes)
{
	const struct frag_ages *const ages = array_at(by_age, is4 ? 0 : 1);
	const struct frag_queue *q;

	*nr = *bytes = 0;
	spin_lock(&frag_lock);
	list_for_each(q, &ages->queues, age) {
		++*nr;
		*bytes += q->charge;
	}
	spin_unlock(&frag_lock);
}

void frag_shutdown(void)
{
	u64 next;
	struct frag_queue *q;

	while ((q = take_old(~0ul, &next)) != NULL)
		obj_put(&q);
}

/* *@first: it is the first of its age list, so the job has to know when it is due. */
static struct frag_queue *frag_find(const struct frag_key *k, bool is4, bool *const first)
{
	struct frag_ages *const ages = array_at(by_age, is4 ? 0 : 1);
	struct frag_bucket *const b = array_at(buckets, frag_bucket_of(k));
	struct frag_queue *q;

	list_for_each(q, &b->queues, link) {
		if (frag_same_key(&q->key, k))
			return q;
	}
	q = obj_new(frag_queue);
	if (!q)
		return NULL;
	q->key = *k;
	q->is4 = is4;
	q->until_ns = time_mono_ns() +
		knob_get(is4 ? KNOB_FRAG4_TIME : KNOB_FRAG6_TIME) * NSEC_PER_SEC;
	*first = !ages->queues.first;
	q->charge = sizeof(*q);
	memory += q->charge;
	list_push_front(&b->queues, q, link);
	list_push_back(&ages->queues, q, age);
	return q;
}

enum frag_result { FRAG_KEPT, FRAG_DUPLICATE, FRAG_BAD };

/*
 * Puts the fragment in its place. It is bad if it overlaps another one, does not fit to what the
 * last one said about the length, or makes the datagram too long. The walk is from the front:
 * fragments mostly come in order, but there are FRAGS_MAX at most. Neighbours on the list are
 * enough to find an overlap, since those that are there do not overlap.
 */
static enum frag_result frag_insert(struct frag_queue *q, struct packet *p, u32 offset, bool more)
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
	q->charge += packet_memory(p);
	memory += packet_memory(p);
	return FRAG_KEPT;
}

#define JOIN_HEADERS 60u /* the longest IPv4 header; that of IPv6 has 40 bytes */

/*
 * One packet of all fragments: the internet header of the first, without the extension headers of
 * IPv6, which may be as long as a sender wants; then the data. NULL: no memory. Data is copied, so
 * that fragments with little data do not keep their pages, and a reader meets few ranges. The sum
 * was not looked at until now, unless the device has said something about a datagram of one
 * fragment.
 */
static struct packet *frag_join(struct frag_queue *q, struct netdev *d)
{
	struct packet *first = list_first(&q->packets), *p, *whole;
	u32 headers = q->is4 ? (u32)first->head - first->net : 40u, at = 64u + JOIN_HEADERS, head;

	if (headers > JOIN_HEADERS)
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
	whole->control[1] = first->control[1];
	whole->csum = first->csum == CSUM_PARTIAL ? CSUM_UNKNOWN : first->csum;
	if (q->nr > 1)
		whole->csum = CSUM_UNKNOWN;
	if (packet_add_room(whole, q->total - head)) {
		packet_drop(&whole);
		return NULL;
	}
	list_for_each(p, &q->packets, link) {
		if (!packet_copy(whole, p->control[0], p)) {
			packet_drop(&whole);
			return NULL;
		}
	}
	return whole;
}

/*
 * The queue that is complete, or bad, is unlinked under the lock and belongs to this call from then
 * on; the copy is made without the lock. The datagram goes on as if it had come by the device of
 * its last fragment.
 */
struct packet *frag_add(struct packet *p, const struct frag_key *k, u32 offset, bool more)
{
	bool is4 = p->ethertype == ETHERTYPE_IP4;
	enum frag_result result = FRAG_BAD;
	struct netdev *d = p->dev;
	struct frag_queue *q, *done = NULL, *old;
	struct packet *whole = NULL;
	bool start = false;

	spin_lock(&frag_lock);
	while ((old = take_for_room()) != NULL) {
		ip_count(is4, IP_REASM_FAILS);
		obj_put(&old);
	}
	q = frag_find(k, is4, &start);
	if (q)
		result = frag_insert(q, p, offset, more);
	if (q && !offset)
		q->ifindex = d->index;
	if (q && (result == FRAG_BAD || q->bytes == q->total)) {
		unlink_queue(q);
		done = q;
	}
	spin_unlock(&frag_lock);
	if (start)
		net_job_kick(frag_job_number);
	if (result != FRAG_KEPT)
		packet_drop(&p);
	if (done && result == FRAG_KEPT)
		whole = frag_join(done, d);
	if (done)
		ip_count(is4, whole ? IP_REASM_OKS : IP_REASM_FAILS);
	obj_put(&done);
	return whole;
}

void frag_init(void)
{
	lock_level(&frag_lock, 0);
	hash_key = (struct ip_hash_key){ random_u64(), random_u64() };
	frag_job_number = net_job_register(&frag_job);
}
