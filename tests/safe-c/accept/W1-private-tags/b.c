// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
struct b_entry {
	u32 key;
};
static u64 use(struct b_entry e)
{
	return e.key;
}
