// SPDX-License-Identifier: MPL-2.0
/* The part of <stdlib.h> that libfdt's headers need. */
#ifndef LIBC_STDLIB_H
#define LIBC_STDLIB_H
#endif
