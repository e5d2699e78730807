// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* Would make pointers to it storable. */
#include <thing.h>

struct FRAME_HANDLE mine { // <- L2
	u32 n;
};
