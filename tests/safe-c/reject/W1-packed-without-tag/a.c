// reject: a.c
// SPDX-License-Identifier: MPL-2.0
#define PACK PACKED
#include "shared.h"
