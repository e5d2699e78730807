// reject: T3
// SPDX-License-Identifier: MPL-2.0
/* A release function is one name. */
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
static u64 kept;
static void done(struct two *t)
{
	kept = t->v;
}
#define KEEP(p) kept = (p)->v
#define DONE done
OBJ_TYPE_DECL(one);
OBJ_TYPE(one, KEEP); // <- T3 T2 P8
OBJ_TYPE_DECL(two);
OBJ_TYPE(two, DONE); // <- T3
OBJ_TYPE_DECL(three);
OBJ_TYPE(three, kept = 1; NULL_RELEASE); // <- T3
