// reject: P2
// SPDX-License-Identifier: MPL-2.0
/* What is between the fields of a struct that was copied is undefined for GCC: an index from there may be one number for its check and another one for its use. */
#include <thing.h>

struct gap {
	u32 a;
	u64 b;
};
struct tail {
	u64 b;
	u16 a[3];
};
struct bits {
	u32 a : 3;
	u32 b : 28;
};
struct unnamed {
	u32 a : 3;
	u32 : 29;
};
struct within {
	struct gap gap[2];
};
struct whole {
	u32 a : 3;
	u32 b : 29;
	u16 c[2];
};
static u8 between(struct gap gap, struct tail tail, struct bits bits, struct within within, struct unnamed unnamed, struct whole whole)
{
	(void)span_read(span_const(span_of((u8[16]){ 0 })), 0, &gap); // <- P2
	span_fill(value_span(&whole), 0);
	return span_byte(value_cspan(&gap), 5) + // <- P2
		span_byte(value_cspan(&tail), 15) + // <- P2
		span_byte(value_cspan(&bits), 3) + // <- P2
		span_byte(value_cspan(&unnamed), 3) + // <- P2
		span_byte(value_cspan(&within), 5); // <- P2
}
