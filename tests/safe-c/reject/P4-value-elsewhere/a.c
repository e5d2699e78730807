// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
struct hidden;
struct holder {
	struct hidden *h; // <- P4
};
