// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static _Thread_local u32 n; // <- L1
