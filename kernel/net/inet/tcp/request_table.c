// SPDX-License-Identifier: MPL-2.0
/*
 * The tables of requests. A request is small, and each listener has a limited number of them. It is
 * in the hash table, by its key, and in its listener's list; both hold a reference. The hash has a
 * secret key, so the chains are short.
 *
 * Locks: listener's lock, then bucket.
 */
#include "tcp.h"

#define NR_BUCKETS TCP_REQUEST_BUCKETS

static void request_release(struct tcp_request *r)
{
	obj_put(&r->listener);
}
OBJ_TYPE(tcp_request, request_release);

static struct tcp_request_bucket {
	struct spinlock lock;
	struct tcp_request *first;
} buckets[NR_BUCKETS];

void tcp_request_table_init(void)
{
	u32 i;

	for (i = 0; i < NR_BUCKETS; i++)
		lock_level(&array_at(buckets, i)->lock, LOCK_NET_TABLE);
}

static bool tcp_request_has_key(const struct tcp_key *a, const struct tcp_key *b)
{
	return a->local_port == b->local_port && a->peer_port == b->peer_port &&
		ip_equal(a->local, b->local) && ip_equal(a->peer, b->peer) &&
		(!ip_is_link_local(a->peer) || a->ifindex == b->ifindex);
}

struct tcp_request *tcp_request_find(const struct tcp_key *k)
{
	struct tcp_request_bucket *const b = array_at(buckets, tcp_key_hash(k) % NR_BUCKETS);
	struct tcp_request *r;

	if (!load_once(b->first))
		return NULL;
	spin_lock(&b->lock);
	r = b->first;
	while (r && !tcp_request_has_key(&r->key, k))
		r = r->hash_next;
	if (r)
		(void)obj_get(r); /* the table has one, too */
	spin_unlock(&b->lock);
	return r;
}

static u32 most_requests(const struct tcp_sock *l)
{
	return max(min(l->backlog, tcp_settings.max_syn_backlog), 8u);
}

bool tcp_request_add(struct tcp_request *r)
{
	struct tcp_request_bucket *const b = array_at(buckets, tcp_key_hash(&r->key) % NR_BUCKETS);
	struct tcp_sock *l = r->listener;
	bool good;

	spin_lock(&l->lock);
	good = l->state == TCP_LISTEN && l->nr_requests < most_requests(l);
	if (good) {
		l->nr_requests++;
		r->listed = r->hashed = true;
		(void)obj_get(r);
		list_push_back(&l->requests, r, link);
		spin_lock(&b->lock);
		r->hash_next = b->first;
		b->first = obj_get(r);
		spin_unlock(&b->lock);
		if (!l->keep_ns || r->deadline_ns < l->keep_ns)
			l->keep_ns = r->deadline_ns;
		tcp_timer_update(l);
	}
	spin_unlock(&l->lock);
	return good;
}

void tcp_request_unlink(struct tcp_request *r)
{
	struct tcp_request_bucket *const b = array_at(buckets, tcp_key_hash(&r->key) % NR_BUCKETS);
	struct tcp_request *at, *ref = NULL;

	if (r->listed) {
		r->listed = false;
		list_remove(&r->listener->requests, r, link);
		r->listener->nr_requests--;
		ref = r;
		obj_put(&ref);
	}
	spin_lock(&b->lock);
	if (r->hashed) {
		r->hashed = false;
		ref = r;
		if (b->first == r) {
			b->first = r->hash_next;
		} else {
			for (at = b->first; at && at->hash_next != r; at = at->hash_next)
				;
			if (at)
				at->hash_next = r->hash_next;
		}
	}
	spin_unlock(&b->lock);
	obj_put(&ref);
}

void tcp_request_remove(struct tcp_request *r)
{
	struct tcp_sock *l = r->listener;

	spin_lock(&l->lock);
	tcp_request_unlink(r);
	spin_unlock(&l->lock);
}

struct tcp_request *tcp_request_next(u32 bucket, u32 family, u32 *n)
{
	struct tcp_request_bucket *const b = array_at(buckets, bucket);
	struct tcp_request *r;
	u32 i = 0;

	if (!load_once(b->first))
		return NULL;
	spin_lock(&b->lock);
	for (r = b->first; r; r = r->hash_next, i++) {
		if (i >= *n && (!family || r->listener->family == family))
			break;
	}
	*n = i;
	if (r)
		(void)obj_get(r); /* the table has one, too */
	spin_unlock(&b->lock);
	return r;
}
