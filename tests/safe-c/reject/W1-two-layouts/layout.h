// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
struct layout { // <- W1
	struct obj obj;
#ifdef WIDE
	u64 key;
#else
	struct thing *key;
#endif
};
