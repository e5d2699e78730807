// reject: L2
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

static u32 code[4] __attribute__((section(".text"))) = { 1 }; // <- L2
