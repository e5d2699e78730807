// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

u32 elsewhere(u32 x); // <- L4
