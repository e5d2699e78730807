// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct holder {
	struct obj obj;
	struct thing things[2]; // <- P5
};
