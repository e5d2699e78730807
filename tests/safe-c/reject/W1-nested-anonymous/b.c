// reject: b.c
// SPDX-License-Identifier: MPL-2.0
#define FIELD struct other *number;
#include "nested.h"

static u64 forge(u64 v)
{
	struct nested *e = obj_new(nested);

	nested_set(e, v);
	return e->in.number->secret;
}
