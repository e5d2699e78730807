// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 tab<:4]; // <- L2
