// reject: P2
// SPDX-License-Identifier: MPL-2.0
/* A const value must not be written through a frame macro. */
#include <thing.h>

static bool receive(struct cspan bytes, const struct pair *p)
{
	return span_read(bytes, 0, p); // <- P2
}
