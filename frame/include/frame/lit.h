// SPDX-License-Identifier: MPL-2.0
/*
 * Literal strings. A `struct lit` is one pointer to a string constant of the program: it can be
 * stored in any field or table, never dangles and never tears. The zero value is the empty string.
 *
 * Context: any.
 * Trust: the "" in LIT makes anything but a literal a compile error; literals are read-only and
 *        never freed.
 */
#ifndef FRAME_LIT_H
#define FRAME_LIT_H

#include <frame/types.h>

struct lit {
	const char *_s;
};

/*
 * Makes a lit of a string literal; nothing else compiles. Usable in initialisers of static tables
 * and in functions.
 */
#define LIT(literal) ((struct lit){ ._s = ("" literal) })

#endif
