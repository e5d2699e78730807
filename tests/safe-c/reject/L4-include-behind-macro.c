// reject: L4
// SPDX-License-Identifier: MPL-2.0
/* The brace is in the macro. */
#include <frame/types.h>

#define OPEN static u32 use(void) {
#define CLOSE return 0; }
OPEN // <- L4
;
#include <frame/errno.h> // <- L4
CLOSE
