// reject: a.c
// SPDX-License-Identifier: MPL-2.0
#define FIELD u64 number;
#include "nested.h"

OBJ_TYPE(nested, NULL_RELEASE);
void nested_set(struct nested *e, u64 v)
{
	e->in.number = v;
}
