// reject: P2
// SPDX-License-Identifier: MPL-2.0
/* Bytes from outside must not become a pointer. */
#include <thing.h>

struct message {
	u32 op;
	struct thing *target;
};
static bool receive(struct cspan bytes, struct message *m)
{
	return span_read(bytes, 0, m); // <- P2
}
