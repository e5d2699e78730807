// reject: P5
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct sly {
	struct { // <- P5
		struct obj obj;
	};
	u32 n;
};
