// reject: L2
// SPDX-License-Identifier: MPL-2.0
/* Constants of several characters, wherever a constant may stand. */
#include <thing.h>

#define TWO 'ab' // <- L2
#if 'ab' > 1 // <- L2
#define BIG 1
#endif
enum letters {
	LETTERS = 'abc', // <- L2
};
static u32 sum(u32 n)
{
	u8 cut = (u8)'\0a'; // <- L2
	u8 own[1] = { [0] = 'a\x62' }; // <- L2

	switch (n) {
	case 'abcd': // <- L2
		return own[0];
	case 'a':
		return cut;
	default:
		return LETTERS + TWO + 'ab'; // <- L2
	}
}
