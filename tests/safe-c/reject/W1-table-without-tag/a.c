// reject: a.c
// SPDX-License-Identifier: MPL-2.0
#define MARK TABLE
#include "kept.h"

static const kept_ops_t *kept;
void kept_keep(const kept_ops_t *ops)
{
	kept = ops;
}
u64 kept_use(void)
{
	return kept->get(1);
}
