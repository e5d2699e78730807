// reject: L4
// SPDX-License-Identifier: MPL-2.0
#include <frame/types.h>
#include <frame_arch/cpu.h> // <- L4
