// accept: P5
// SPDX-License-Identifier: MPL-2.0
#include <frame/atomic.h>
#include <frame/obj.h>

struct stats {
	struct atomic hits, misses;
};
struct cache {
	struct obj obj;
	struct stats stats;
	struct atomic per_cpu[MAX_CPUS];
};
static struct atomic total;
static void hit(struct cache *c, u32 cpu)
{
	atomic_add(&c->stats.hits, 1);
	atomic_add(array_at(c->per_cpu, cpu), 1);
	atomic_add(&total, 1);
}
