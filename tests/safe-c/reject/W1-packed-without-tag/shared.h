// reject: shared.h
// SPDX-License-Identifier: MPL-2.0
/* Packed for one unit. */
#include <thing.h>

struct stream { // <- W1
	struct obj obj;
	struct PACK {
		u8 kind;
		u64 value;
	} head;
};
