// reject: b.c
// SPDX-License-Identifier: MPL-2.0
#define MARK
#include "kept.h"

static u64 same(u64 n)
{
	return n;
}
static u64 lend(void)
{
	kept_ops_t local = { same };

	kept_keep(&local);
	return kept_use();
}
