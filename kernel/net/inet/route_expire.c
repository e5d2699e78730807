// SPDX-License-Identifier: MPL-2.0
/*
 * Routes of IPv6 that end at a time (RTA_EXPIRES). A route does not change once it is in a table, so
 * its end stands in it from the start. The job looks at all routes when the first end that it knows
 * of has come, removes those that are over, and learns from the others when the next end is. If the
 * route with the first end was removed by others, one walk finds nothing to do.
 */
#include <frame/task.h>
#include <frame/time.h>
#include <frame/wait.h>

#include "addr.h"
#include "rule.h"
#include "trie.h"

#define WALK_PORTION 64u /* the CPU is given to others after so many routes */

static u32 job_number;
static u64 first_end = NO_DEADLINE; /* net_config: no route ends before */

/* Removes what is over. Returns when the next route ends. net_config held. */
static u64 route_expire_walk(u64 now)
{
	struct route *r, *next = route_next(NULL);
	u64 end = NO_DEADLINE;
	u32 n = 0;
	int err;

	while (next) {
		r = next;
		/* The next one is found first: a route that was removed leads nowhere. */
		next = route_next(r);
		if (r->expires_ns > now) {
			end = min(end, r->expires_ns);
		} else if (r->expires_ns) {
			err = route_remove(r);
			(void)err; /* it is there */
		}
		obj_put(&r);
		if (++n % WALK_PORTION == 0)
			task_cond_resched();
	}
	return end;
}

static u64 expire_run(u64 now)
{
	u64 next;

	mutex_lock(&net_config);
	if (first_end <= now)
		first_end = route_expire_walk(now);
	next = first_end;
	mutex_unlock(&net_config);
	return next;
}
static const struct net_job expire_job = { .run = expire_run };

bool route_is_there(const struct route *r)
{
	struct route_table *t = route_table_find(r->table);
	struct trie_node *n = t ? trie_node_get(&t->root, r->to, r->bits, false) : NULL;
	const struct route *at = n ? n->routes.first : NULL;

	while (at && at != r)
		at = at->link.next;
	return at;
}

void route_ends(const struct route *r)
{
	if (!r->expires_ns)
		return;
	first_end = min(first_end, r->expires_ns);
	net_job_kick(job_number);
}

void route_expire_init(void)
{
	job_number = net_job_register(&expire_job);
}
