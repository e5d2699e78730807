// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct holder {
	struct obj obj;
	union {
		struct { // <- P6
			struct obj other;
		};
		u64 raw[4];
	};
};
