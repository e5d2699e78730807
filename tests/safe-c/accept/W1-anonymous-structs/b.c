// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
struct b_state {
	struct {
		struct thing *t;
	} sub;
	enum { B_ON, B_OFF } mode;
};
static struct thing *use(const struct b_state *s)
{
	return s->mode == B_ON ? s->sub.t : NULL;
}
