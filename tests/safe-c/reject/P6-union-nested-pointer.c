// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct link {
	struct thing *next;
};
struct node {
	struct obj obj;
	union {
		u64 raw[2];
		struct link link; // <- P6
	} u;
};
