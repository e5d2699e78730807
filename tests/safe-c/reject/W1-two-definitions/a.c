// reject: W1
// SPDX-License-Identifier: MPL-2.0
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct entry {
	struct obj obj;
	u64 key;
};
