// accept: declared.h
// SPDX-License-Identifier: MPL-2.0
#ifndef DECLARED_H
#define DECLARED_H
#include <frame/types.h>
extern u32 declared_total;
u32 declared_add(u32 x);
#endif
