// reject: a.c
// SPDX-License-Identifier: MPL-2.0
#define CALLED u64 n
#include "shared.h"
