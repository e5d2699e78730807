// reject: unsized.h
// SPDX-License-Identifier: MPL-2.0
#ifndef UNSIZED_H
#define UNSIZED_H
extern const u32 unsized_table[]; // <- P7
#endif
