// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
struct hidden {
	u64 x;
};
