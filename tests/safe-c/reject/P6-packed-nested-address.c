// reject: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct PACKED wire {
	u8 kind;
	struct pair pair;
	u32 word[4];
};
static void use(struct wire *w, u32 i)
{
	w->kind = (u8)load_once(w->pair.b); // <- P6
	*array_at(w->word, i) = 1; // <- P6
}
