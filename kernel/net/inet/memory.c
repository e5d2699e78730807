// SPDX-License-Identifier: MPL-2.0
/*
 * The memory of all datagrams and raw packets that wait for their readers (udp_mem in udp(7)).
 *
 * A receive buffer limits what one socket keeps; this account limits what all sockets keep
 * together. A packet counts with its object and a whole page for each fragment, since the smallest
 * fragment keeps a page. A socket takes from the account in pages and keeps one page of it while
 * its queue is empty, so that a socket that gets one little packet after the other does not touch
 * the account at all.
 *
 * Locking: the socket's lock guards its reserve; the account is one atomic number.
 */
#include <frame/atomic.h>
#include <frame/page.h>

#include "sock.h"

static struct atomic held; /* bytes: the sum of all reserves */
static u64 limit_pages[3]; /* as udp_mem shows them; the last one is the limit */

bool inet_memory_charge(struct inet_reserve *r, u32 n)
{
	u64 want = r->used + n, more;

	if (unlikely(want > r->held)) {
		more = round_up(want - r->held, PAGE_SIZE);
		if (atomic_add(&held, more) >> PAGE_SHIFT > inet_memory_limit(2)) {
			(void)atomic_sub(&held, more);
			return false;
		}
		r->held += more;
	}
	r->used = want;
	return true;
}

static void reserve_give_back(struct inet_reserve *r, u64 keep)
{
	if (r->held > keep) {
		(void)atomic_sub(&held, r->held - keep);
		r->held = keep;
	}
}

void inet_memory_uncharge(struct inet_reserve *r, u32 n)
{
	r->used -= n;
	reserve_give_back(r, r->used ? round_up(r->used, PAGE_SIZE) : PAGE_SIZE);
}

void inet_memory_end(struct inet_reserve *r)
{
	r->used = 0;
	reserve_give_back(r, 0);
}

u64 inet_memory_limit(u32 i)
{
	return load_once(*array_at(limit_pages, i));
}

void inet_memory_set_limit(u32 i, u64 pages)
{
	store_once(*array_at(limit_pages, i), pages);
}

/* As Linux: an eighth of the free pages is the middle value. */
void inet_memory_init(void)
{
	struct page_stats s;

	page_get_stats(&s);
	limit_pages[1] = max(s.free / 8, 128ul);
	limit_pages[0] = limit_pages[1] / 4 * 3;
	limit_pages[2] = limit_pages[0] * 2;
}

u64 inet_memory_held(void)
{
	return atomic_load(&held);
}
