// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct header {
	bool big;
	u8 pad[7];
};
static bool receive(struct cspan bytes)
{
	struct header h = { 0 };
	return span_read(bytes, 0, &h) && h.big; // <- P2
}
