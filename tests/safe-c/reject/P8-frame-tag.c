// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct span_list {
	u32 n;
};
struct timer { // <- P8 W1
	u64 x;
};
#include <frame/time.h>
