// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <frame/types.h>

typedef const
#include <frame/lit.h> // <- L4
static u32 n;
