// accept: P7
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

enum { NAME_MAX = 32 };
static size_t use(struct cspan text)
{
	u8 name[NAME_MAX + 1] = { 0 };
	return span_copy(span_of(name), text);
}
