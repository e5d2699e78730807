// SPDX-License-Identifier: MPL-2.0
/* The part of <limits.h> that libfdt's headers need. */
#ifndef LIBC_LIMITS_H
#define LIBC_LIMITS_H
#define INT_MAX   __INT_MAX__
#define INT32_MAX __INT32_MAX__
#define UINT_MAX  (__INT_MAX__ * 2u + 1u)
#endif
