// SPDX-License-Identifier: MPL-2.0
/* What the programs of the corpus share: an object, values, a table. */
#ifndef THING_H
#define THING_H

#include <frame/lit.h>
#include <frame/obj.h>
#include <frame/span.h>
#include <frame/types.h>

struct pair {
	u32 a, b;
};

struct grid {
	u32 rows;
	u32 cell[3][4];
};

struct other {
	struct obj obj;
	u64 secret;
};

struct thing {
	struct obj obj;
	u32 count;
	u8 name[16];
	u32 tab[4];
	struct pair pair;
	struct thing *next;
	struct other *other;
};
OBJ_TYPE_DECL(thing);
OBJ_TYPE_DECL(other);

struct TABLE thing_ops {
	struct lit name;
	int (*poke)(struct thing *t, u32 how);
};

#endif
