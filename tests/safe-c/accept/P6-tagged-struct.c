// accept: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct event {
	u32 kind;
	struct thing *thing;
	struct other *other;
	union {
		u64 number;
		struct pair pair;
	} arg;
};
static u64 value(const struct event *e)
{
	return e->thing ? e->arg.number : e->arg.pair.a;
}
