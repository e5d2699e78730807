// reject: shared.h
// SPDX-License-Identifier: MPL-2.0
/* The type of a function in a struct without a tag. */
#include <thing.h>

struct caller { // <- W1
	struct obj obj;
	struct {
		u64 (*call)(CALLED);
	} in;
};
