// SPDX-License-Identifier: MPL-2.0
/* A frame header that breaks the rules of frame macros; tests/safe-c/run gives it to the checker as one. */
#ifndef LINT_MACROS_H
#define LINT_MACROS_H

#define bad_new(T)     ((struct T *)lint_alloc(&_##T##_type)) // <- F1
#define good_new(T)    (_good_new(T))
#define _good_new(T)   ((struct T *)lint_alloc(&_##T##_type))
#define bad_next(p)    (p + 1) // <- F2
#define good_next(p)   ((p) + 1)
#define BAD_ROW(a, n)  { a, (n) } // <- F2
#define GOOD_ROW(a, n) { (a), (n) }
#define GOOD_NAME(x)   { #x, sizeof(x) }

#endif
