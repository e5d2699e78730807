// SPDX-License-Identifier: MPL-2.0
/*
 * Counts of each user's resources (kernel/user_limit.h).
 *
 * A charge adds first and undoes the addition if the sum is too high. So the count may exceed the
 * limit for a moment, but no two charges can both pass on the same rest.
 *
 * Users share slots by the remainder of their id, so two users may count as one. That costs one of
 * them some of its limit, and never gives anybody more.
 */
#include <frame/atomic.h>
#include <kernel/user_limit.h>

#define NR_SLOTS 251u

struct user_counts {
	struct atomic count[NR_USER_RESOURCES];
};
static struct user_counts slots[NR_SLOTS];

u64 user_charge_always(enum user_resource r, u32 uid, u64 n)
{
	return atomic_add(array_at(array_at(slots, uid % NR_SLOTS)->count, r), n);
}

bool user_charge(enum user_resource r, u32 uid, u64 n, u64 limit)
{
	if (user_charge_always(r, uid, n) <= limit)
		return true;
	user_uncharge(r, uid, n);
	return false;
}

void user_uncharge(enum user_resource r, u32 uid, u64 n)
{
	(void)atomic_sub(array_at(array_at(slots, uid % NR_SLOTS)->count, r), n);
}
