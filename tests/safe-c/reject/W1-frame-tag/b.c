// reject: W1
// SPDX-License-Identifier: MPL-2.0
/* The frame's header is not included here. */
#include <thing.h>
struct task { // <- W1
	struct obj obj;
	u64 stack;
};
