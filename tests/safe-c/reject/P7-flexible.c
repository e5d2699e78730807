// reject: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct names {
	u32 n;
	u8 text[]; // <- P7
};
