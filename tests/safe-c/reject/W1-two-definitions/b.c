// reject: W1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct entry { // <- W1
	struct obj obj;
	struct thing *key;
};
