// reject: L1
// SPDX-License-Identifier: MPL-2.0
#include <thing.h>

__asm__(".globl evil"); // <- L1
