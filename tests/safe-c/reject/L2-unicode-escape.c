// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 \u00e9t\u00e9; // <- L2
