// accept: sized.h
// SPDX-License-Identifier: MPL-2.0
#ifndef SIZED_H
#define SIZED_H
extern const u32 sized_table[8];
#endif
