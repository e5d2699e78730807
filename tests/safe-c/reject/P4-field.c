// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct holder {
	struct pair *where; // <- P4
};
