// accept: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct label {
	struct lit text;
	u32 n;
};
static const struct label labels[] = { { LIT("one"), 1 }, { LIT("two"), 2 } };
static size_t use(u32 i)
{
	struct label l = labels[i];
	l.text = LIT("three");
	return cspan_len(lit_span(l.text));
}
