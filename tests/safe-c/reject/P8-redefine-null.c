// reject: P8
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>
#undef NULL // <- P8
#define NULL ((struct thing *)0x1000) // <- P8
