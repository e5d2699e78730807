// reject: shared.h
// SPDX-License-Identifier: MPL-2.0
/* The type of a function's parameter, by a typedef. */
#include <thing.h>

typedef struct {
	FIELD value;
} sent_t;
void sent_take(sent_t *s); // <- W1
