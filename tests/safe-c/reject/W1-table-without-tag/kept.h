// reject: kept.h
// SPDX-License-Identifier: MPL-2.0
/* A table for one unit, which keeps pointers to it; a value for the other, which lends a local. */
#include <thing.h>
typedef struct MARK {
	u64 (*get)(u64 n);
} kept_ops_t;
void kept_keep(const kept_ops_t *ops); // <- W1
u64 kept_use(void);
