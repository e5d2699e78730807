// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

extern u32 elsewhere; // <- L4
