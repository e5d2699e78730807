// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct holder {
	u32 *(*where)(struct thing *t); // <- P4
};
