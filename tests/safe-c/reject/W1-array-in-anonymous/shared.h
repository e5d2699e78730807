// reject: shared.h
// SPDX-License-Identifier: MPL-2.0
/* An array two structs deep. */
#include <thing.h>

struct deep { // <- W1
	struct obj obj;
	struct {
		struct {
			u64 words[DEEP];
		} in;
		struct other *other;
	} out;
};
