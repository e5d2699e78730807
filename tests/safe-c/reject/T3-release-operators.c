// reject: T3
// SPDX-License-Identifier: MPL-2.0
/* Release functions that end in an operator, or are an expression otherwise. */
#include <thing.h>

struct one {
	struct obj obj;
	u64 v;
};
struct two {
	struct obj obj;
	u64 v;
};
struct three {
	struct obj obj;
	u64 v;
};
struct four {
	struct obj obj;
	u64 v;
};
struct five {
	struct obj obj;
	u64 v;
};
struct six {
	struct obj obj;
	u64 v;
};
struct seven {
	struct obj obj;
	u64 v;
};
struct eight {
	struct obj obj;
	u64 v;
};
static u64 kept;
static void done(struct five *f)
{
	kept = f->v;
}
OBJ_TYPE_DECL(one);
OBJ_TYPE(one, kept = kept ||); // <- T3
OBJ_TYPE_DECL(two);
OBJ_TYPE(two, *); // <- T3 P5
OBJ_TYPE_DECL(three);
OBJ_TYPE(three, kept = (u64)); // <- T3 P2
OBJ_TYPE_DECL(four);
OBJ_TYPE(four, kept == 0 ? NULL :); // <- T3
OBJ_TYPE_DECL(five);
OBJ_TYPE(five, (done)); // <- T3
OBJ_TYPE_DECL(six);
OBJ_TYPE(six, kept &&); // <- T3
OBJ_TYPE_DECL(seven);
OBJ_TYPE(seven, !); // <- T3
OBJ_TYPE_DECL(eight);
OBJ_TYPE(eight, sizeof); // <- T3
