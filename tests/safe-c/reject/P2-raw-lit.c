// reject: P2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct label {
	struct lit text;
};
static bool receive(struct cspan bytes)
{
	struct label l = { { 0 } };
	return span_read(bytes, 0, &l); // <- P2
}
