// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static _Atomic u32 n; // <- L1
