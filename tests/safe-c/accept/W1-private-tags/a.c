// accept: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
struct a_entry {
	u64 key;
};
static u64 use(struct a_entry e)
{
	return e.key;
}
