// SPDX-License-Identifier: MPL-2.0
/*
 * MTUs of paths (RFC 1191, RFC 8201): what ICMP has told about a destination, for ten minutes.
 *
 * The table has a fixed size and one entry a place, so a stranger who makes this machine send to
 * many addresses can make it forget, but not keep more. What is forgotten is learned again by the
 * next packet that is too big. An MTU is never taken below the least that a link must carry, so a
 * forged message cannot cut packets to nothing; who calls route_learn_mtu has checked besides that
 * the message quotes a packet that a socket of this machine has sent.
 *
 * Locking: pmtu_lock, a leaf.
 */
#include <frame/sync.h>
#include <frame/time.h>
#include <kernel/netdev.h>

#include "nd.h"

#define PMTU_ENTRIES 256u
#define PMTU_LIFE_NS (600 * NSEC_PER_SEC)
#define PMTU_MIN4    552u
#define PMTU_MIN6    1280u

static struct path_mtu {
	struct ip_addr to;
	u32 mtu;
	u64 expires_ns;
} path_mtus[PMTU_ENTRIES]; /* pmtu_lock */
static struct spinlock pmtu_lock;

/* The place of a destination: a later destination of the same place takes it over. */
static u32 pmtu_place(struct ip_addr a)
{
	u64 h = (a.hi ^ (a.hi >> 32)) * 0x9e3779b97f4a7c15ul + a.lo;

	h *= 0x9e3779b97f4a7c15ul;
	return (u32)(h >> 56) % PMTU_ENTRIES;
}

u32 route_mtu(const struct route *r, struct ip_addr to)
{
	const struct netdev *d = r->kind == ROUTE_LOCAL ? addr_loopback() : r->device;
	u32 mtu = r->mtu ? r->mtu : !d ? 1500 : ip_is4(to) ? load_once(d->mtu) : addr_mtu6(d);

	if (r->kind == ROUTE_LOCAL)
		return mtu;
	struct path_mtu *const e = array_at(path_mtus, pmtu_place(to));
	/*
	 * Without the lock: another destination's place, or none's. A torn read is as good as
	 * "later".
	 */
	if (likely(load_once(e->to.lo) != to.lo || load_once(e->to.hi) != to.hi))
		return mtu;
	spin_lock(&pmtu_lock);
	if (ip_equal(e->to, to) && e->expires_ns > time_mono_ns())
		mtu = min(mtu, e->mtu);
	spin_unlock(&pmtu_lock);
	return mtu;
}

void route_learn_mtu(struct ip_addr to, u32 mtu)
{
	struct path_mtu *const e = array_at(path_mtus, pmtu_place(to));
	u64 now = time_mono_ns();

	mtu = max(mtu, ip_is4(to) ? PMTU_MIN4 : PMTU_MIN6);
	spin_lock(&pmtu_lock);
	if (!ip_equal(e->to, to) || e->expires_ns <= now || mtu < e->mtu) {
		store_once(e->to.hi, to.hi);
		store_once(e->to.lo, to.lo);
		e->mtu = mtu;
		e->expires_ns = now + PMTU_LIFE_NS;
	}
	spin_unlock(&pmtu_lock);
}
