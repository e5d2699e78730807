// reject: b.c
// SPDX-License-Identifier: MPL-2.0
#define SIZED_TOP (1ul << 40)
#include "shared.h"
