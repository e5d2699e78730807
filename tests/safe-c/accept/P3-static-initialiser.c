// accept: P3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct TABLE part {
	u64 (*get)(u64 n);
};
struct TABLE whole {
	u64 n;
	struct part part;
};
static u64 same(u64 n)
{
	return n;
}
static const struct whole whole[2] = { { 1, { same } }, { 2, { same } } };
static const struct part *chosen = &whole[1].part;
static u64 use(void)
{
	static const u32 size = sizeof(whole[0].part);

	return load_once(chosen)->get(size);
}
