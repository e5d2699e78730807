// SPDX-License-Identifier: MPL-2.0
/*
 * What frame/boot/dt.c calls to unflatten a tree; tests make nodes instead, so the linker drops the
 * callers.
 */
#ifndef LIBFDT_H
#define LIBFDT_H

#include "../../../frame/boot/libc/string.h"

const char *fdt_get_name(const void *fdt, int offset, int *len);
int fdt_first_property_offset(const void *fdt, int offset);
int fdt_next_property_offset(const void *fdt, int offset);
const void *fdt_getprop_by_offset(const void *fdt, int offset, const char **name, int *len);
int fdt_first_subnode(const void *fdt, int offset);
int fdt_next_subnode(const void *fdt, int offset);
#define fdt_for_each_property_offset(p, fdt, n)                     \
	for ((p) = fdt_first_property_offset((fdt), (n)); (p) >= 0; \
		(p) = fdt_next_property_offset((fdt), (p)))
#define fdt_for_each_subnode(s, fdt, n) \
	for ((s) = fdt_first_subnode((fdt), (n)); (s) >= 0; (s) = fdt_next_subnode((fdt), (s)))

#endif
