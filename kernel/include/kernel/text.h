// SPDX-License-Identifier: MPL-2.0
/* Texts in tables of bytes: they end with a NUL, or with the table. */
#ifndef KERNEL_TEXT_H
#define KERNEL_TEXT_H

#include <frame/span.h>

/* The text at the beginning of the array @bytes, without the NUL: a span. */
#define text_in(bytes) cspan_first(cspan_of(bytes), cspan_strlen(cspan_of(bytes)))

#endif
