// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
struct a_state {
	struct {
		u32 n;
	} sub;
	enum { A_ON, A_OFF } mode;
};
static u32 use(const struct a_state *s)
{
	return s->sub.n + s->mode;
}
