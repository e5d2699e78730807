// reject: P3
// SPDX-License-Identifier: MPL-2.0
/* No code runs for such an index, so nothing checks it. */
#include <thing.h>

struct TABLE part {
	u64 (*get)(u64 n);
};
struct TABLE whole {
	u64 n;
	struct part part;
	struct part parts[2];
};
static u64 same(u64 n)
{
	return n;
}
static const struct whole whole[2] = { { 1, { same }, { { same }, { same } } }, { 2, { same }, { { same }, { same } } } };
static const struct part *by_field = &whole[9].part; // <- P3
static const struct part *by_row = whole[2].parts; // <- P3
static const struct part *const negative = &whole[-1].part; // <- P3
static u64 use(void)
{
	static const struct part *const local = &whole[1 + 1].part; // <- P3

	return local->get(1) + negative->get(2) + load_once(by_field)->get(3) + load_once(by_row)->get(4);
}
