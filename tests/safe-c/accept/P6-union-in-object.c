// accept: P6
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

struct packet {
	struct obj obj;
	union {
		u8 bytes[64];
		u32 words[16];
	} data;
	u32 len;
};
static u32 first(const struct packet *p)
{
	return p->data.words[0] + p->data.bytes[p->len];
}
