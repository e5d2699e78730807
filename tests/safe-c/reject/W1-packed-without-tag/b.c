// reject: b.c
// SPDX-License-Identifier: MPL-2.0
#define PACK
#include "shared.h"
