// accept: W2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
struct big {
	u64 word[100];
};
void use(struct big *a, const struct big *b);
void use(struct big *a, const struct big *b)
{
	*a = *b;
}
