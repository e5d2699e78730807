// reject: P4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 *last; // <- P4
