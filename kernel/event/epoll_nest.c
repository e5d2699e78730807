// SPDX-License-Identifier: MPL-2.0
/*
 * Instances that watch instances: no loops, no deep nesting, no event that spreads over too many
 * paths. See epoll_ctl(2), ELOOP and EINVAL.
 *
 * Why limits are needed. A notification passes from instance to instance on one stack, under one
 * poll_source.lock inside another. A loop would never end, a long chain would exhaust the stack,
 * and a wide graph would take too long with interrupts off.
 *
 * How they are kept. An addition that nests takes epoll_nesting, so the graph does not grow while
 * it is checked. It may shrink at any time, which does no harm: the walks hold epoll_topology,
 * under which items leave the lists. A walk visits each instance once: it stores its number and its
 * result there. epoll_check_nesting computes the depth below the new inner instance and the height
 * above the outer one; the sum is limited. epoll_check_paths then counts, for each length, the
 * paths from the watched file to the outermost instances.
 *
 * The recursions are bounded: by MAX_NESTING levels, and in breadth by the visits or by the path
 * limits.
 */
#include <frame/sync.h>
#include <kernel/list.h>
#include <uapi/errno.h>

#include "epoll.h"

#define MAX_NESTING 4u

struct mutex epoll_nesting;
struct spinlock epoll_topology;
static u64 walk; /* number of the present walk */

/*
 * The longest chain of instances below @ep. More than MAX_NESTING if @target is in one of them,
 * which would be a loop. epoll_topology held.
 */
static u32 depth_below(struct epoll *ep, const struct epoll *target, u32 level)
{
	struct epoll_item *it;
	u32 depth = 0;

	if (ep->walk == walk)
		return ep->walk_depth;
	list_for_each(it, &ep->inner, inner_link) {
		/* A level too deep counts as a loop: the recursion ends here. */
		if (it->inner == target || level > MAX_NESTING)
			depth = MAX_NESTING + 1;
		else
			depth = max(depth, depth_below(it->inner, target, level + 1) + 1);
		if (depth > MAX_NESTING)
			break;
	}
	ep->walk = walk;
	ep->walk_depth = depth;
	return depth;
}

/* The longest chain of instances above @ep. epoll_topology held. */
static u32 height_above(struct epoll *ep, u32 level)
{
	struct epoll_item *it;
	u32 height = 0;

	if (ep->walk == walk)
		return ep->walk_depth;
	if (ep->watchers && level <= MAX_NESTING) {
		list_for_each(it, &ep->watchers->items, watch_link)
			height = max(height, height_above(it->ep, level + 1) + 1);
	}
	ep->walk = walk;
	ep->walk_depth = height;
	return height;
}

int epoll_check_nesting(struct epoll *ep, struct epoll *inner)
{
	u32 below, above;

	spin_lock(&epoll_topology);
	walk++;
	below = depth_below(inner, ep, 0);
	walk++;
	above = height_above(ep, 0);
	spin_unlock(&epoll_topology);
	return below + 1 + above > MAX_NESTING ? -ELOOP : 0;
}

/*
 * Paths by the number of instances above the first watcher: any number of instances may watch a
 * file, but only a few of them through long chains.
 */
static const u32 path_limit[MAX_NESTING + 1] = { ~0u, 500, 100, 50, 10 };
struct epoll_paths {
	u32 count[MAX_NESTING + 1];
};

/* Counts the paths from the watchers in @w upwards. false: over a limit. epoll_topology held. */
static bool count_paths(struct epoll_watch *w, u32 depth, struct epoll_paths *paths)
{
	struct epoll_item *it;

	if (depth > MAX_NESTING)
		return false;
	list_for_each(it, &w->items, watch_link) {
		struct epoll_watch *up = it->ep->watchers;
		if (up && !list_empty(&up->items)) {
			if (!count_paths(up, depth + 1, paths))
				return false;
		} else if (++*array_at(paths->count, depth) > path_limit[depth]) {
			return false;
		}
	}
	return true;
}

int epoll_check_paths(struct epoll_watch *w, u32 depth)
{
	struct epoll_paths paths = { 0 };
	bool ok;

	spin_lock(&epoll_topology);
	ok = count_paths(w, depth, &paths);
	spin_unlock(&epoll_topology);
	return ok ? 0 : -EINVAL;
}
