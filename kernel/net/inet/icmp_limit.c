// SPDX-License-Identifier: MPL-2.0
/*
 * How many ICMP errors this machine sends, since anybody can make it send them: to one destination
 * as icmp_ratelimit and its burst of 6 allow, and to all together as icmp_msgs_per_sec and
 * icmp_msgs_burst. Destinations share the places of a small table, which a stranger cannot foresee.
 *
 * What is left of the credit for all must tell a stranger nothing: otherwise packets with forged
 * sources show which ports of this machine are open (CVE-2020-25705). So only a message that its
 * destination has credit for takes of the credit for all, and takes up to two messages more by
 * chance.
 */
#include <frame/sync.h>
#include <frame/time.h>

#include "forward.h"

#define ONE_BURST    6u
#define LIMIT_PLACES 256u

static struct spinlock limit_lock;
static u64 limit_all; /* limit_lock: the time up to which credit is used */
static u64 limit_one[LIMIT_PLACES];
static u64 limit_key[2];
static u32 limits[NR_ICMP_LIMITS] = { 1000, 1000, 50 };

u32 icmp_limit_get(enum icmp_limit l)
{
	return load_once(*array_at(limits, l));
}

void icmp_limit_set(enum icmp_limit l, u32 v)
{
	store_once(*array_at(limits, l), v);
}

void icmp_limit_init(u64 key, u64 other)
{
	limit_key[0] = key;
	limit_key[1] = other | 1;
}

/*
 * Credit grows with time, one message an interval, up to a burst: @used is where it is used up to.
 * A message takes @extra intervals more, of what there is.
 */
static bool take_credit(u64 *const used, u64 now, u64 interval, u32 burst, u64 extra)
{
	u64 floor = now > burst * interval ? now - burst * interval : 0;
	u64 at = max(*used, floor);

	if (at + interval > now)
		return false;
	*used = min(at + interval + extra * interval, now);
	return true;
}

static u32 icmp_limit_place(struct ip_addr to)
{
	u64 h = (to.hi ^ limit_key[0]) * 0x9e3779b97f4a7c15ul;

	h = (h ^ h >> 32 ^ to.lo) * limit_key[1];
	return (u32)(h >> 40) % LIMIT_PLACES;
}

bool icmp_limit_take(struct ip_addr to, u64 now, u64 extra)
{
	u64 interval = icmp_limit_get(ICMP_LIMIT_INTERVAL_MS) * NSEC_PER_MSEC;
	u32 per_second = icmp_limit_get(ICMP_LIMIT_PER_SECOND);
	u32 burst = icmp_limit_get(ICMP_LIMIT_BURST);
	bool ok;

	if (!interval)
		return true;
	if (!per_second)
		return false;
	now += 10 * NSEC_PER_SEC; /* the first bursts are whole */
	spin_lock(&limit_lock);
	ok = take_credit(array_at(limit_one, icmp_limit_place(to)), now, interval, ONE_BURST, 0) &&
		take_credit(&limit_all, now, NSEC_PER_SEC / per_second, burst, extra);
	spin_unlock(&limit_lock);
	return ok;
}

/*
 * Redirects to one sender: the first at once, each further one after twice the time of the one
 * before, from REDIRECT_LOAD_NS on, and none after REDIRECTS_MAX, until the sender has been silent
 * for REDIRECT_SILENCE_NS. A sender that does not listen is not told for ever. Of senders that share
 * a place the last one has it: another one's credit is not its own.
 */
#define REDIRECTS_MAX       9u
#define REDIRECT_LOAD_NS    (20 * NSEC_PER_MSEC)
#define REDIRECT_SILENCE_NS (REDIRECT_LOAD_NS << (REDIRECTS_MAX + 1))

static struct redirect_credit {
	struct ip_addr to;
	u64 last_ns;
	u32 sent;
} redirect_credits[LIMIT_PLACES]; /* limit_lock */

bool icmp_limit_redirect(struct ip_addr to, u64 now)
{
	struct redirect_credit *const c = array_at(redirect_credits, icmp_limit_place(to));
	bool ok = false;

	spin_lock(&limit_lock);
	if (!ip_equal(c->to, to) || now > c->last_ns + REDIRECT_SILENCE_NS)
		c->sent = 0;
	c->to = to;
	if (c->sent >= REDIRECTS_MAX) {
		c->last_ns = now;
	} else if (!c->sent || now > c->last_ns + (REDIRECT_LOAD_NS << c->sent)) {
		c->last_ns = now;
		c->sent++;
		ok = true;
	}
	spin_unlock(&limit_lock);
	return ok;
}
