// accept: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct holder {
	const struct thing_ops *ops;
};
static const struct thing_ops *chosen;
static const struct thing_ops *choose(struct holder *h)
{
	chosen = h->ops;
	return chosen;
}
