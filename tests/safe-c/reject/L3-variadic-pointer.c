// reject: L3
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct printer {
	int (*print)(u32 level, ...); // <- L3
};
