// reject: nested.h
// SPDX-License-Identifier: MPL-2.0
/* The struct inside has no name, and another field for each unit. */
#include <thing.h>
struct nested { // <- W1
	struct obj obj;
	struct {
		FIELD
	} in;
};
OBJ_TYPE_DECL(nested);
void nested_set(struct nested *e, u64 v);
